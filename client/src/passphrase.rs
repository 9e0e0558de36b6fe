//! Where passphrases come from: the terminal, without an echo, or a file. Never the command line, which every
//! process of the machine can read.

use std::{
    fs,
    io::{self, BufRead as _},
    path::Path,
};

use airlock_engine::Passphrase;

use crate::{exit::Exit, problem::Problem, prompt};

/// Reads it from the first line of a file, or of standard input for `-`.
///
/// # Errors
/// When the file can't be read, or its first line is empty.
pub(crate) fn from_file(path: &Path) -> Result<Passphrase, Problem> {
    let unusable = |why: &dyn std::fmt::Display| {
        Problem::usage(
            "passphrase-file",
            "the passphrase cannot be read",
            format_args!("{}: {why}", path.display()),
            "give a file whose first line is the passphrase, or `-` and the passphrase on standard input",
        )
    };
    let mut text = String::new();
    if path == Path::new("-") {
        io::stdin().lock().read_line(&mut text).map_err(|error| unusable(&error))?;
    } else {
        text = fs::read_to_string(path).map_err(|error| unusable(&error))?;
    }
    let length = text.find(['\n', '\r']).unwrap_or(text.len());
    text.truncate(length);
    if text.is_empty() {
        return Err(unusable(&"its first line is empty"));
    }
    Ok(Passphrase::new(text))
}

/// Asks for it at the terminal.
///
/// # Errors
/// When there is no terminal.
pub(crate) fn ask(question: &str) -> Result<Passphrase, Problem> {
    Ok(Passphrase::new(ask_for_text(question)?))
}

/// Asks for a new one, twice.
///
/// # Errors
/// When there is no terminal, it is empty, or the two differ.
pub(crate) fn ask_for_new() -> Result<Passphrase, Problem> {
    let first = ask_for_text("New passphrase: ")?;
    let refuse = |why| {
        Err(Problem::usage(
            "passphrase-refused",
            "the passphrase was not set",
            why,
            "run it again; several words that you can remember are best",
        ))
    };
    if first.is_empty() {
        return refuse("it is empty");
    }
    if ask_for_text("Once more: ")? != first {
        return refuse("the two that you typed differ");
    }
    Ok(Passphrase::new(first))
}

fn ask_for_text(question: &str) -> Result<String, Problem> {
    let no_terminal = |why: &dyn std::fmt::Display| {
        Problem::new(
            Exit::Vault,
            "passphrase-needed",
            "the vault needs its passphrase",
            format_args!("there is no terminal to ask at: {why}"),
            "give --passphrase-file FILE (`-` reads standard input)",
        )
    };
    if !prompt::has_terminal() {
        return Err(no_terminal(&"this process has none"));
    }
    rpassword::prompt_password(question).map_err(|error| no_terminal(&error))
}
