//! `airlock send`: one message, and its fate as it is known when the command ends.

use std::{
    io::{self, IsTerminal as _, Read as _},
    time::Duration,
};

use airlock_engine::{Contact, Delivery, Engine, Event, ReportMade, ReportState, Start};
use airlock_protocol::{MessageId, outgoing::TEXT_BYTES_MAX};
use serde_json::{Map, Value, json};
use tokio::{sync::broadcast, time::timeout};

use super::{
    Context,
    decide::{self, Decided},
    reports,
};
use crate::{
    args::Send,
    exit::Exit,
    printable::{printable, printable_line},
    problem::Problem,
    remedies,
};

/// What became of a message.
#[derive(Debug)]
pub(crate) enum Fate {
    /// The recipient's relay has it on disk.
    Sent,
    /// It is in the outbox, and will be sent later.
    Waiting { why: String },
    /// It can't be delivered.
    Failed { why: String },
    /// The hook blocked it.
    Blocked { why: String, draft: String },
    /// The hook failed, and the message is held.
    HookFailed { why: String, draft: String },
    /// Nobody could be asked.
    Undecided { why: String, draft: String },
    /// Its sender chose not to send it.
    Kept { draft: String },
}

/// What somebody wanted to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sending {
    Text,
    File,
}

/// Why a message still waits, when nothing more is known.
const NOT_IN_TIME: &str = "the relay has not accepted it in time; it is safe in the outbox";

/// The outbox still has it, and may know what is in the way.
fn waiting(engine: &Engine) -> Fate {
    Fate::Waiting { why: engine.delivery_problem().unwrap_or_else(|| NOT_IN_TIME.into()) }
}

impl Fate {
    /// In JSON and in lists.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Waiting { .. } => "queued",
            Self::Failed { .. } => "failed",
            Self::Blocked { .. } => "blocked",
            Self::HookFailed { .. } => "hook-failed",
            Self::Undecided { .. } => "needs-decision",
            Self::Kept { .. } => "kept",
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Sent => Exit::Ok,
            Self::Waiting { .. } => Exit::NotSentYet,
            Self::Failed { .. } => Exit::Relay,
            Self::Blocked { .. } => Exit::Blocked,
            Self::HookFailed { .. } => Exit::HookFailed,
            Self::Undecided { .. } | Self::Kept { .. } => Exit::NeedsDecision,
        }
    }

    pub(crate) fn why(&self) -> Option<&str> {
        match self {
            Self::Sent | Self::Kept { .. } => None,
            Self::Waiting { why }
            | Self::Failed { why }
            | Self::Blocked { why, .. }
            | Self::HookFailed { why, .. }
            | Self::Undecided { why, .. } => Some(why),
        }
    }

    /// What was written and not sent: nothing that somebody wrote is lost.
    pub(crate) fn draft(&self) -> Option<&str> {
        match self {
            Self::Sent | Self::Waiting { .. } | Self::Failed { .. } => None,
            Self::Blocked { draft, .. }
            | Self::HookFailed { draft, .. }
            | Self::Undecided { draft, .. }
            | Self::Kept { draft } => Some(draft),
        }
    }

    /// None when all is well.
    fn problem(&self, to: &str, sending: Sending) -> Option<Problem> {
        let (code, what, remedy) = match self {
            Self::Sent => return None,
            Self::Waiting { .. } => (
                "queued",
                format!("not sent to {to} yet"),
                "leave it: any later airlock command that connects (receive, send, chat) sends it".to_owned(),
            ),
            Self::Failed { .. } => (
                "failed",
                format!("the message to {to} cannot be delivered"),
                format!("it is in `airlock history {to}`; ask {to} for a new link if this stays"),
            ),
            Self::Blocked { .. } => (
                "blocked",
                format!("not sent to {to}: the hook blocks it"),
                format!(
                    "{}, or change the gate: `airlock hook mode advise` lets you decide",
                    match sending {
                        Sending::Text => "change the text",
                        Sending::File => "send another file, or another caption",
                    }
                ),
            ),
            Self::HookFailed { .. } => (
                "hook-failed",
                format!("not sent to {to}: the hook could not check it"),
                "see `airlock hook log`; `airlock hook disable` sends without a check".to_owned(),
            ),
            Self::Undecided { .. } => (
                "needs-decision",
                format!("not sent to {to}: you have to decide"),
                "run it in a terminal, or choose: --on-warn send".to_owned(),
            ),
            Self::Kept { .. } => {
                ("kept", format!("not sent to {to}"), "send it again when you have changed it".to_owned())
            }
        };
        let why = match self {
            Self::Kept { .. } => "you chose to keep it",
            _ => self.why().unwrap_or_default(),
        };
        Some(Problem::new(self.exit(), code, what, why, remedy))
    }
}

pub(crate) async fn run(args: &Send, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let contact = context.contact(&engine, &args.contact)?;
    let text = match args.text.as_slice() {
        [] => from_stdin(context)?,
        [dash] if dash == "-" => from_stdin(context)?,
        words => words.join(" "),
    };
    engine.start(Start::DeliverOnly).await;
    let composed = engine.compose(contact.account, &text).await.map_err(|error| remedies::compose(&error))?;
    let policy = decide::policy(args.on_warn, context);
    let decided = decide::until_settled(&engine, &contact, composed, policy).await?;
    let (id, made) = match &decided {
        Decided::Queued { id, reports } => (Some(*id), reports.clone()),
        _ => (None, Vec::new()),
    };
    let fate = wait(&engine, decided, context.settings.timeout.value).await?;
    let made: Vec<ReportMade> = made.into_iter().map(|report| current(&engine, report)).collect();
    engine.shutdown().await;
    show(context, &contact, id, &fate, &made, Sending::Text, Map::new())
}

/// Waits until the relay has a message, and the authorities' relays the reports that it caused.
pub(crate) async fn wait(engine: &Engine, decided: Decided, limit: Duration) -> Result<Fate, Problem> {
    Ok(match decided {
        Decided::Queued { id, reports } => {
            let mut events = engine.events();
            let settled = timeout(limit, async {
                let delivery = engine.settled(id).await;
                for report in &reports {
                    report_settled(engine, report, &mut events).await;
                }
                delivery
            });
            match settled.await {
                Err(_) => match engine.message(id).map_err(|error| remedies::vault(&error))? {
                    // The message went, and only its report still waits.
                    Some(message) if matches!(message.delivery, Delivery::Sent | Delivery::Delivered) => {
                        Fate::Sent
                    }
                    _ => waiting(engine),
                },
                Ok(delivery) => match delivery.map_err(|error| remedies::vault(&error))? {
                    Some(Delivery::Failed(why)) => Fate::Failed { why },
                    Some(Delivery::Queued) | None => waiting(engine),
                    Some(Delivery::Sent | Delivery::Delivered | Delivery::Received | Delivery::Renewed) => {
                        Fate::Sent
                    }
                },
            }
        }
        Decided::Blocked { why, draft } => Fate::Blocked { why, draft },
        Decided::HookFailed { why, draft } => Fate::HookFailed { why, draft },
        Decided::Undecided { why, draft } => Fate::Undecided { why, draft },
        Decided::Kept { draft } => Fate::Kept { draft },
    })
}

async fn report_settled(engine: &Engine, report: &ReportMade, events: &mut broadcast::Receiver<Event>) {
    while matches!(current(engine, report.clone()).state, ReportState::Queued) {
        match events.recv().await {
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// The report as it stands now.
pub(crate) fn current(engine: &Engine, report: ReportMade) -> ReportMade {
    let found = engine.reports_made().ok().into_iter().flatten().find(|made| made.number == report.number);
    found.unwrap_or(report)
}

fn from_stdin(context: &Context) -> Result<String, Problem> {
    if io::stdin().is_terminal() {
        context.output.note("Type the message. Ctrl-D on a line of its own ends it.");
    }
    let mut bytes = Vec::new();
    let unreadable = |why: &dyn std::fmt::Display| {
        Problem::usage(
            "text-unreadable",
            "standard input cannot be sent as a message",
            why,
            format_args!("send text in UTF-8 of at most {TEXT_BYTES_MAX} bytes"),
        )
    };
    // Twice the limit is enough to say that it is too long: normalising makes no text half as long.
    let max = 2 * TEXT_BYTES_MAX as u64 + 1;
    io::stdin().lock().take(max).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    let mut text = String::from_utf8(bytes).map_err(|_| unreadable(&"it is not UTF-8 text, or too long"))?;
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    Ok(text)
}

/// Prints what became of a message; `more` is what the caller adds to its record.
pub(crate) fn show(
    context: &Context,
    to: &Contact,
    id: Option<MessageId>,
    fate: &Fate,
    made: &[ReportMade],
    sending: Sending,
    more: Map<String, Value>,
) -> Result<Exit, Problem> {
    if context.output.format == crate::output::Format::Json {
        let record = fate_json(to, id, fate, made, more);
        context.output.result("send", &record, String::new)?;
        return Ok(fate.exit());
    }
    if let Some(problem) = fate.problem(&to.name, sending) {
        if let Some(draft) = fate.draft().filter(|draft| !draft.is_empty()) {
            context.output.note(&format!("Your draft:\n  {}", printable(draft).replace('\n', "\n  ")));
        }
        return Err(problem);
    }
    context.output.done("send", &json!({}), || "sent".to_owned())?;
    for report in made {
        context.output.note(&reports::notice(report));
    }
    Ok(Exit::Ok)
}

/// One JSON record; `more` is what the caller adds.
pub(crate) fn fate_json(
    to: &Contact,
    id: Option<MessageId>,
    fate: &Fate,
    made: &[ReportMade],
    mut more: Map<String, Value>,
) -> Value {
    more.insert("id".into(), id.map(|id| id.to_string()).into());
    more.insert("contact".into(), to.name.clone().into());
    more.insert("account".into(), to.account.to_string().into());
    more.insert("fate".into(), fate.name().into());
    more.insert("exit".into(), fate.exit().code().into());
    more.insert("why".into(), fate.why().into());
    more.insert("draft".into(), fate.draft().into());
    let reports: Vec<Value> = made.iter().map(reports::made_json).collect();
    more.insert("reports".into(), reports.into());
    Value::Object(more)
}

/// A fate in a few words, for a list of them.
pub(crate) fn fate_line(fate: &Fate) -> String {
    match fate.why() {
        Some(why) => format!("{}: {}", fate.name(), printable_line(why)),
        None => fate.name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Fate> {
        let (why, draft) = (|| "because".to_owned(), || "hello".to_owned());
        vec![
            Fate::Sent,
            Fate::Waiting { why: NOT_IN_TIME.into() },
            Fate::Failed { why: why() },
            Fate::Blocked { why: why(), draft: draft() },
            Fate::HookFailed { why: why(), draft: draft() },
            Fate::Undecided { why: why(), draft: draft() },
            Fate::Kept { draft: draft() },
        ]
    }

    #[test]
    fn every_fate_but_sent_has_three_lines() {
        let texts: Vec<String> = all()
            .iter()
            .map(|fate| match fate.problem("bob", Sending::Text) {
                Some(problem) => format!("exit {}\n{problem}", problem.exit.code()),
                None => format!("exit 0, {}", fate.name()),
            })
            .collect();
        insta::assert_snapshot!(texts.join("\n\n"));
    }

    #[test]
    fn whoever_sent_a_file_is_not_told_to_change_a_text() {
        let blocked = Fate::Blocked { why: "because".to_owned(), draft: String::new() };
        insta::assert_snapshot!(blocked.problem("bob", Sending::File).unwrap().to_string());
    }

    #[test]
    fn whatever_is_not_sent_gives_the_draft_back() {
        for fate in all() {
            let kept_by_the_vault = matches!(fate, Fate::Sent | Fate::Waiting { .. } | Fate::Failed { .. });
            assert_eq!(fate.draft().is_some(), !kept_by_the_vault, "{fate:?}");
        }
    }
}
