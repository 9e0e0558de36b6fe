//! `airlock save`: a file that somebody sent, out of its message and onto the disk.

use std::path::Path;

use airlock_engine::{Direction, Engine, Event, Message, MessageFile, SaveTo, Saved};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use super::{
    Context, hex,
    progress::{Progress, Way},
};
use crate::{args::Save, exit::Exit, printable::printable_line, problem::Problem, remedies, tui::text::size};

/// Fewest digits of an id that name a message: with fewer, the next message could change which one is meant.
const DIGITS_MIN: usize = 4;

pub(crate) async fn run(args: &Save, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let (message, file) = find(&engine, &args.message)?;
    let path = args.path.as_deref().unwrap_or_else(|| Path::new("."));
    let to = if path.is_dir() { SaveTo::Folder(path.to_owned()) } else { SaveTo::File(path.to_owned()) };
    let way = if message.direction == Direction::In { Way::Down } else { Way::Up };
    let mut progress = Progress::new(context, message.id, way, &file.attachment.name);
    let mut events = engine.events();
    let saving = engine.save(message.id, to);
    tokio::pin!(saving);
    let saved = loop {
        tokio::select! {
            saved = &mut saving => break saved,
            event = events.recv() => match event {
                Ok(Event::Transfer { id, transfer, .. }) if id == message.id => progress.show(transfer)?,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                // The engine lives until the end of this function.
                Err(RecvError::Closed) => {}
            },
        }
    };
    // What was told while the last of it was written.
    while let Ok(event) = events.try_recv() {
        if let Event::Transfer { id, transfer, .. } = event
            && id == message.id
        {
            progress.show(transfer)?;
        }
    }
    drop(progress);
    let saved = saved.map_err(|error| remedies::save(&error))?;
    engine.shutdown().await;
    show(context, &message, &saved)?;
    Ok(Exit::Ok)
}

/// The message with a file that these digits name.
fn find(engine: &Engine, digits: &str) -> Result<(Message, MessageFile), Problem> {
    let unknown = |why: &str| {
        Problem::usage(
            "unknown-message",
            format_args!("there is no file to save for `{digits}`"),
            why,
            "copy the id that `airlock receive` or `airlock history CONTACT` shows beside the file",
        )
    };
    if digits.len() < DIGITS_MIN || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(unknown(&format!("a message's id is at least {DIGITS_MIN} hexadecimal digits")));
    }
    let mut found = engine.messages_with_file(digits, 2).map_err(|error| remedies::vault(&error))?;
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(unknown("no message with a file has an id that begins like this")),
        (Some(_), false) => Err(unknown("several messages begin like this: give more digits")),
        (Some(message), true) => match message.file.clone() {
            Some(file) => Ok((message, file)),
            None => Err(unknown("the message has no file")),
        },
    }
}

fn show(context: &Context, message: &Message, saved: &Saved) -> Result<(), Problem> {
    let Saved { path, size: bytes, digest, media_type, claimed_type } = saved;
    let record = json!({
        "id": message.id.to_string(),
        "path": path.to_string_lossy(),
        "size": bytes,
        "sha256": hex(digest),
        "media_type": media_type,
        "claimed_type": claimed_type,
    });
    context.output.result("saved", &record, || {
        let path = path.to_string_lossy();
        format!("saved {}  ({}, {})\nsha256 {}", printable_line(&path), size(*bytes), media_type, hex(digest))
    })?;
    if media_type != claimed_type {
        context.output.note(&format!(
            "Its sender's client said that it is {}; by its content it is {media_type}.",
            printable_line(claimed_type)
        ));
    }
    Ok(())
}
