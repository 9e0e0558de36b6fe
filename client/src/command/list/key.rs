//! Key files: the secret with which somebody signs lists.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use airlock_hooks::list::{ListKey, SigningKey, demo_key, key_from_text, key_to_text};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{command::Context, exit::Exit, problem::Problem, remedies};

pub(super) fn run(file: &Path, new: bool, context: &Context) -> Result<Exit, Problem> {
    let key = if new { make(file)? } else { read(file)? };
    let public = ListKey::of(&key);
    context.output.result("list-key", &json!({ "key": public.to_string() }), || public.to_string())?;
    if new {
        context.output.note(
            "This is the public key: manifests and orders name it. Whoever has the file signs in your name; there is \
             no copy of it.",
        );
    }
    Ok(Exit::Ok)
}

/// The key to sign with: that of the file, or the public demo key.
pub(super) fn signing_key(file: Option<&Path>) -> Result<SigningKey, Problem> {
    file.map_or_else(|| Ok(demo_key()), read)
}

fn make(path: &Path) -> Result<SigningKey, Problem> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|error| remedies::list::key_not_made(path, &error))?;
    let key = SigningKey::from_bytes(&seed);
    let write = || -> io::Result<()> {
        // `create_new` also refuses a link that somebody put there.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(KEY_FILE_MODE).open(path)?;
        file.write_all(key_to_text(&key).as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| remedies::list::key_not_made(path, &error))?;
    Ok(key)
}

fn read(path: &Path) -> Result<SigningKey, Problem> {
    let mode = fs::metadata(path).map_err(|error| remedies::list::unreadable(path, &error))?.permissions();
    if mode.mode() & OTHERS != 0 {
        return Err(remedies::list::key_open_to_others(path, mode.mode() & 0o777));
    }
    let text =
        Zeroizing::new(fs::read_to_string(path).map_err(|error| remedies::list::unreadable(path, &error))?);
    key_from_text(&text).map_err(|error| remedies::list::bad_key(path, &error))
}

/// For its owner alone.
const KEY_FILE_MODE: u32 = 0o600;

/// What group and others may do.
const OTHERS: u32 = 0o077;
