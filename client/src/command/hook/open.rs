//! `airlock hook open` and `check-opening`: showing somebody what was judged, and checking what was shown.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use airlock_engine::{Opening, OpeningError, audit::OPENING_BYTES_MAX};
use airlock_protocol::Content;
use serde_json::json;

use super::{Context, hook_json};
use crate::{
    command::{hex, hook_name},
    exit::Exit,
    printable::{printable, printable_line},
    problem::Problem,
    remedies,
};

pub(super) fn run(number: u64, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let opening = engine.opening(number).map_err(|error| remedies::audit(&error))?;
    // A file to hand over, the same for people and programs.
    let file = serde_json::to_value(&opening).map_err(|error| unreadable(Path::new("-"), &error))?;
    context.output.result("opening", &json!({ "opening": file }), || file.to_string())?;
    context.output.note(
        "Whoever gets this can read what you wrote, and check it:\n  airlock hook check-opening FILE\n\
         It says nothing of any other message.",
    );
    Ok(Exit::Ok)
}

pub(super) fn check(path: &Path, context: &Context) -> Result<Exit, Problem> {
    let mut bytes = Vec::new();
    let max = OPENING_BYTES_MAX as u64 + 1;
    let read = if path == Path::new("-") {
        io::stdin().lock().take(max).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(max).read_to_end(&mut bytes))
    };
    read.map_err(|error| unreadable(path, &error))?;
    let opened =
        Opening::parse(&bytes).and_then(|opening| opening.check()).map_err(|error| refused(&error))?;
    let (decision, text) = (&opened.decision, opened.content.text());
    let kind = match &opened.content {
        Content::Text(_) => "a text",
        Content::Profile(_) => "a profile name",
        Content::Attachment(_) => "an attachment",
    };
    let attachment = match &opened.content {
        Content::Attachment(file) => Some(json!({
            "name": file.name,
            "size": file.size,
            "media_type": file.media_type,
            "sha256": hex(&file.digest),
        })),
        Content::Text(_) | Content::Profile(_) => None,
    };
    let record = json!({
        "number": opened.number,
        "hash": hex(&opened.hash),
        "kind": kind,
        "text": text,
        "attachment": attachment,
        "hook": hook_json(&decision.hook),
        "at_ms": decision.at_ms,
        "mode": decision.mode.name(),
        "verdict": decision.verdict,
        "code": decision.code,
        "effect": decision.effect,
    });
    context.output.result("opened", &record, || {
        let code = decision.code.map_or_else(String::new, |code| format!("({code})"));
        let file = attachment.as_ref().map_or_else(String::new, |file| format!("\n  file     {file}"));
        format!(
            "It opens. The entry commits to {kind}:\n  {}{}\n  by       {}, which answered {}{code}\n  \
             entry    {}\n  hash     {}",
            printable(text).replace('\n', "\n  "),
            printable_line(&file),
            printable_line(&hook_name(&decision.hook)),
            printable_line(&decision.verdict),
            opened.number,
            hex(&opened.hash),
        )
    })?;
    context.output.note(
        "This holds for whoever knows from elsewhere that their log has an entry with this hash: an entry of \
         `airlock hook log --json`, or where `verify-log` said that it ends.",
    );
    Ok(Exit::Ok)
}

fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> Problem {
    let what = format_args!("the opening in {} cannot be read", path.display()).to_string();
    Problem::usage("opening-unreadable", what, why, "give the file that `airlock hook open` printed")
}

fn refused(error: &OpeningError) -> Problem {
    Problem::new(
        Exit::AuditBroken,
        "opening-refused",
        "the opening proves nothing",
        error,
        "ask for the file as `airlock hook open` prints it, unchanged",
    )
}
