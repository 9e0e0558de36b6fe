//! Messages as lines, for `history` and `receive`.

use airlock_engine::{Contact, Delivery, Direction, FileState, Message, MessageFile, safe_name};
use airlock_protocol::Attachment;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::{Context, hex};
use crate::{
    args::History,
    exit::Exit,
    printable::{printable, printable_line},
    problem::Problem,
    remedies,
    tui::{chat::transcript::RENEWED, text::size},
};

pub(crate) fn history(args: &History, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let contact = context.contact(&engine, &args.contact)?;
    let messages = engine.messages(contact.account, args.number).map_err(|error| remedies::vault(&error))?;
    for message in &messages {
        show(context, &contact, message)?;
    }
    if messages.is_empty() {
        context.output.note(&format!("Nothing has been said with {} yet.", printable_line(&contact.name)));
    }
    Ok(Exit::Ok)
}

pub(crate) fn show(context: &Context, contact: &Contact, message: &Message) -> Result<(), Problem> {
    if message.delivery == Delivery::Renewed {
        let record = json!({
            "contact": contact.name,
            "account": contact.account.to_string(),
            "at": timestamp(message.at_ms).map(|at| at.to_string()),
            "at_ms": message.at_ms,
        });
        return context.output.result("session-renewed", &record, || {
            let at = date_and_time(message.at_ms, &TimeZone::system());
            format!("{at}  {}: {RENEWED}", printable_line(&contact.name))
        });
    }
    context.output.result("message", &message_json(contact, message), || {
        message_text(&contact.name, message, &TimeZone::system())
    })
}

fn message_json(contact: &Contact, message: &Message) -> Value {
    let (delivery, why) = delivery_name(&message.delivery);
    json!({
        "id": message.id.to_string(),
        "contact": contact.name,
        "account": contact.account.to_string(),
        "direction": match message.direction { Direction::In => "in", Direction::Out => "out" },
        "text": message.text,
        "original": message.original,
        "at": timestamp(message.at_ms).map(|at| at.to_string()),
        "at_ms": message.at_ms,
        "delivery": delivery,
        "why": why,
        "effect": message.effect,
        "file": message.file.as_ref().map(file_json),
    })
}

fn file_json(file: &MessageFile) -> Value {
    json!({
        "name": file.attachment.name,
        "safe_name": safe_name(&file.attachment.name),
        "size": file.attachment.size,
        "media_type": file.attachment.media_type,
        "sha256": hex(&file.attachment.digest),
        "state": file.state.name(),
    })
}

fn delivery_name(delivery: &Delivery) -> (&'static str, Option<&str>) {
    match delivery {
        Delivery::Queued => ("queued", None),
        Delivery::Sent => ("sent", None),
        Delivery::Delivered => ("delivered", None),
        Delivery::Received => ("received", None),
        Delivery::Renewed => ("renewed", None),
        Delivery::Failed(why) => ("failed", Some(why)),
    }
}

/// One message. Its further lines are indented, so that none of them can pass for a message of its own.
fn message_text(contact: &str, message: &Message, zone: &TimeZone) -> String {
    let who = match message.direction {
        Direction::In => printable_line(contact).into_owned(),
        Direction::Out => "you".to_owned(),
    };
    let state = match &message.delivery {
        Delivery::Sent | Delivery::Delivered | Delivery::Received | Delivery::Renewed => String::new(),
        Delivery::Queued => "  (not sent yet)".to_owned(),
        Delivery::Failed(why) => format!("  (failed: {})", printable_line(why)),
    };
    let text = match &message.file {
        Some(file) => file_text(message, file),
        None => printable(&message.text).replace('\n', "\n  "),
    };
    let original = match &message.original {
        Some(original) => format!("\n  (you wrote: {})", printable_line(original)),
        None => String::new(),
    };
    format!("{}  {who}: {text}{state}{original}", date_and_time(message.at_ms, zone))
}

/// A file's line, its caption below, and how to get it.
fn file_text(message: &Message, file: &MessageFile) -> String {
    let Attachment { name, size: bytes, media_type, .. } = &file.attachment;
    let name = safe_name(name);
    let mut lines =
        vec![format!("[file] {} ({}, {})", printable_line(&name), size(*bytes), printable_line(media_type))];
    if !message.text.is_empty() {
        lines.push(printable(&message.text).replace('\n', "\n  "));
    }
    let id: String = message.id.to_string().chars().take(ID_DIGITS_SHOWN).collect();
    match file.state {
        FileState::Offered | FileState::Fetched => lines.push(format!("(airlock save {id})")),
        FileState::Gone => lines.push("(no longer at the relay)".to_owned()),
        FileState::Uploading => lines.push("(upload not complete)".to_owned()),
        FileState::Uploaded | FileState::Refused => {}
    }
    lines.join("\n  ")
}

/// Digits of a message's id that are shown: two messages of one home hardly ever share them.
const ID_DIGITS_SHOWN: usize = 8;

/// `2026-11-22 14:03`, or dashes for a time that no calendar has: a peer may claim any.
pub(crate) fn date_and_time(at_ms: u64, zone: &TimeZone) -> String {
    timestamp(at_ms).map_or_else(
        || "----------------".to_owned(),
        |at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

fn timestamp(at_ms: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(at_ms).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use airlock_protocol::MessageId;
    use airlock_wire::AccountId;

    use super::*;

    fn message(direction: Direction, text: &str, delivery: Delivery) -> Message {
        Message {
            id: MessageId([1; 16]),
            account: AccountId([2; 32]),
            direction,
            text: text.into(),
            original: None,
            at_ms: 1_795_357_800_000,
            delivery,
            effect: None,
            file: None,
        }
    }

    #[test]
    fn a_text_cannot_pass_for_another_message_or_act_on_the_terminal() {
        let attack = message(Direction::In, "hi\n2026-11-22 14:31  you: yes\u{1b}[2J", Delivery::Received);
        assert_eq!(
            message_text("bob\nmallory", &attack, &TimeZone::UTC),
            "2026-11-22 14:30  bob⏎mallory: hi\n  2026-11-22 14:31  you: yes␛[2J"
        );
    }

    #[test]
    fn what_has_not_arrived_says_so() {
        let text = |delivery| message_text("bob", &message(Direction::Out, "hi", delivery), &TimeZone::UTC);
        assert_eq!(text(Delivery::Queued), "2026-11-22 14:30  you: hi  (not sent yet)");
        assert_eq!(
            text(Delivery::Failed("no such recipient".into())),
            "2026-11-22 14:30  you: hi  (failed: no such recipient)"
        );
        assert_eq!(text(Delivery::Delivered), "2026-11-22 14:30  you: hi");
    }

    #[test]
    fn a_file_shows_what_it_is_and_how_to_get_it_and_cannot_lie_about_its_name() {
        let attachment = Attachment {
            name: "\u{202e}gpj.poster\u{1b}[2J".into(),
            caption: Some("hi".into()),
            size: 1_234_567,
            media_type: "image/jpeg".into(),
            digest: [3; 32],
        };
        let with = |state| {
            let file = Some(MessageFile { attachment: attachment.clone(), state });
            let message = Message { file, ..message(Direction::In, "on Sunday\nor so", Delivery::Received) };
            message_text("bob", &message, &TimeZone::UTC)
        };
        insta::assert_snapshot!([with(FileState::Offered), with(FileState::Gone)].join("\n"));
        let json = file_json(&MessageFile { attachment, state: FileState::Fetched });
        assert_eq!((&json["safe_name"], &json["state"]), (&"_gpj.poster_[2J".into(), &"fetched".into()));
    }

    #[test]
    fn an_impossible_time_is_shown_as_dashes() {
        assert_eq!(date_and_time(u64::MAX, &TimeZone::UTC), "----------------");
    }
}
