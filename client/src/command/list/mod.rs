//! `airlock list`: make, sign, show, compare and check the signed lists that hooks match against.

mod key;
mod make;
mod show;

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
};

use airlock_hooks::{Digest, SignedList, limits::LIST_FILE_BYTES_MAX, list::Day};
use jiff::Timestamp;
use serde_json::json;

use super::Context;
use crate::{
    args::{List, ListCommand},
    exit::Exit,
    problem::Problem,
    remedies,
};

pub(crate) fn run(args: &List, context: &Context) -> Result<Exit, Problem> {
    match &args.command {
        ListCommand::Key { file, new } => key::run(file, *new, context),
        ListCommand::Make(args) => make::make(args, context),
        ListCommand::Hash { files } => {
            for file in files {
                let entry = format!("sha256:{}", Digest::of(&read(file)?));
                context.output.result(
                    "entry",
                    &json!({ "file": file.to_string_lossy(), "entry": entry }),
                    || entry.clone(),
                )?;
            }
            Ok(Exit::Ok)
        }
        ListCommand::Sign { source, key, demo_key: _, out } => {
            make::sign(source, key.as_deref(), out.as_deref(), context)
        }
        ListCommand::Show { file } => show::show(file, context),
        ListCommand::Diff { old, new } => show::diff(old, new, context),
        ListCommand::Verify { file, key, hook } => {
            show::verify(file, key.as_deref(), hook.as_deref(), context)
        }
    }
}

/// A list as it is in a file.
pub(super) fn read_list(path: &Path) -> Result<SignedList, Problem> {
    SignedList::parse(&read(path)?).map_err(|error| remedies::list::format(path, &error))
}

/// A file, or as much of it as no list can have.
fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LIST_FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| remedies::list::unreadable(path, &error))?;
    Ok(bytes)
}

/// Writes text to a file, or to standard output when there is none.
pub(super) fn write(text: &str, out: Option<&Path>) -> Result<(), Problem> {
    match out {
        Some(path) => fs::write(path, text).map_err(|error| remedies::list::unwritable(path, &error)),
        None => std::io::stdout()
            .write_all(text.as_bytes())
            .map_err(|error| remedies::list::unwritable(Path::new("standard output"), &error)),
    }
}

/// Milliseconds since 1970, as this machine's clock has them.
pub(super) fn now_ms() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default()
}

/// Today, in UTC.
pub(super) fn today() -> Day {
    Day::of_ms(now_ms())
}
