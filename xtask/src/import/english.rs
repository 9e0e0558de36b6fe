//! The dictionary of `autocorrect`: American English, from a hunspell dictionary.

use std::path::Path;

use airlock_hooks::list::dictionary;

use crate::{
    data::ENGLISH,
    guest::{self as file, ChoreError, read_text},
};

/// Compiles the dictionary, and puts its licence beside it.
pub(super) fn write(dir: &Path) -> Result<(), ChoreError> {
    let package = ENGLISH.folder()?.join("package");
    let affixes = package.join("index.aff");
    let compiled = dictionary::compile(&read_text(&affixes)?, &read_text(&package.join("index.dic"))?)
        .map_err(|why| ChoreError::Data { path: affixes, why: why.to_string() })?;
    let lines = compiled.iter().filter(|byte| **byte == b'\n').count();
    println!("{}: {lines} lines, {} bytes", ENGLISH.name(), compiled.len());
    file::write(&dir.join("dictionary.txt"), &compiled)?;
    file::write(&dir.join("LICENSE-dictionary"), read_text(&package.join("license"))?.as_bytes())
}
