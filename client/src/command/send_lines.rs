//! `airlock send --each-line`: many messages from a script, each with its own fate as soon as that is known.

use std::{
    io::{self, BufRead as _, Read as _},
    thread,
};

use airlock_engine::{Contact, Engine, ReportMade, Start};
use airlock_protocol::{MessageId, outgoing::TEXT_BYTES_MAX};
use serde_json::Map;
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    Context,
    decide::{self, Decided, Policy},
    send::{self, Fate},
};
use crate::{args::Send, exit::Exit, problem::Problem, remedies};

/// Messages that may wait for the relay at once. One at a time would wait a round trip and a disk sync for each;
/// this many share them, and a script that is stopped has at most this many fates still open.
const UNDER_WAY_MAX: usize = 64;

/// Longest line in bytes: twice the longest text, as in [`send`].
const LINE_BYTES_MAX: u64 = 2 * TEXT_BYTES_MAX as u64 + 1;

struct Done {
    line: u64,
    id: Option<MessageId>,
    reports: Vec<ReportMade>,
    fate: Result<Fate, Problem>,
}

pub(crate) async fn run(args: &Send, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let contact = context.contact(&engine, &args.contact)?;
    let policy = decide::policy(args.on_warn, context);
    engine.start(Start::DeliverOnly).await;
    let mut lines = read_lines();
    let mut under_way = JoinSet::new();
    let mut exit = Exit::Ok;
    let mut ended = false;
    loop {
        tokio::select! {
            line = lines.recv(), if !ended && under_way.len() < UNDER_WAY_MAX => match line {
                None => ended = true,
                Some((number, text)) => {
                    let text = text?;
                    // In the order of the lines: each is at the gate before the next is looked at.
                    let decided = decided(&engine, &contact, &text, policy).await?;
                    let (engine, limit) = (engine.clone(), context.settings.timeout.value);
                    under_way.spawn(async move { follow(&engine, number, decided, limit).await });
                }
            },
            Some(done) = under_way.join_next() => {
                if let Ok(done) = done {
                    let fate = show(context, &contact, done)?;
                    // The first one that was not sent names the exit code.
                    exit = if exit == Exit::Ok { fate } else { exit };
                }
            }
            else => break,
        }
    }
    engine.shutdown().await;
    Ok(exit)
}

async fn decided(engine: &Engine, to: &Contact, text: &str, policy: Policy) -> Result<Decided, Problem> {
    let composed = engine.compose(to.account, text).await.map_err(|error| remedies::compose(&error))?;
    decide::until_settled(engine, to, composed, policy).await
}

async fn follow(engine: &Engine, line: u64, decided: Decided, limit: std::time::Duration) -> Done {
    let (id, reports) = match &decided {
        Decided::Queued { id, reports } => (Some(*id), reports.clone()),
        _ => (None, Vec::new()),
    };
    Done { line, id, reports, fate: send::wait(engine, decided, limit).await }
}

fn show(context: &Context, to: &Contact, done: Done) -> Result<Exit, Problem> {
    let fate = done.fate?;
    let more = Map::from_iter([("line".to_owned(), done.line.into())]);
    let record = send::fate_json(to, done.id, &fate, &done.reports, more);
    context.output.result("send", &record, || format!("{} {}", done.line, send::fate_line(&fate)))?;
    Ok(fate.exit())
}

/// Lines that say something, with their numbers from 1. They are read by a thread of their own, because reading
/// standard input can't be interrupted, and one at a time, so that a fast writer waits for the relay.
fn read_lines() -> mpsc::Receiver<(u64, Result<String, Problem>)> {
    let (sender, receiver) = mpsc::channel(1);
    thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        for number in 1.. {
            match read_line(&mut stdin, number) {
                Ok(None) => return,
                Ok(Some(line)) if line.trim().is_empty() => {}
                Ok(Some(line)) => {
                    if sender.blocking_send((number, Ok(line))).is_err() {
                        return;
                    }
                }
                Err(problem) => {
                    // Whoever listened has stopped: there is nobody to tell.
                    drop(sender.blocking_send((number, Err(problem))));
                    return;
                }
            }
        }
    });
    receiver
}

fn read_line(input: &mut impl io::BufRead, number: u64) -> Result<Option<String>, Problem> {
    let refuse = |why: &dyn std::fmt::Display| {
        Problem::usage(
            "text-unreadable",
            format_args!("line {number} cannot be sent as a message"),
            why,
            format_args!(
                "send lines in UTF-8 of at most {TEXT_BYTES_MAX} bytes; the lines before it were sent"
            ),
        )
    };
    let mut bytes = Vec::new();
    let read = input.take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes).map_err(|error| refuse(&error))?;
    if read == 0 {
        return Ok(None);
    }
    if bytes.len() as u64 == LINE_BYTES_MAX && !bytes.ends_with(b"\n") {
        return Err(refuse(&"it is too long"));
    }
    let mut line = String::from_utf8(bytes).map_err(|_| refuse(&"it is not UTF-8 text"))?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_any_way_and_an_overlong_one_is_refused() {
        let mut input = io::Cursor::new(b"one\r\n\ntwo".to_vec());
        let mut next = || read_line(&mut input, 1).unwrap();
        assert_eq!(
            [next(), next(), next(), next()],
            [Some("one".into()), Some(String::new()), Some("two".into()), None]
        );

        let endless = io::repeat(b'x');
        let problem = read_line(&mut io::BufReader::new(endless), 7).unwrap_err();
        insta::assert_snapshot!(problem, @r"
        error: line 7 cannot be sent as a message
          why: it is too long
           do: send lines in UTF-8 of at most 49152 bytes; the lines before it were sent
        ");
        assert_eq!(read_line(&mut &b"\xff\n"[..], 1).unwrap_err().why, "it is not UTF-8 text");
    }
}
