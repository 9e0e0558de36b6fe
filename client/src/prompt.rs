//! Questions to the person at the terminal. They go through the terminal itself, so that standard input and output
//! stay free for messages.

use std::{
    fs::OpenOptions,
    io::{self, BufRead as _, BufReader, Write as _},
};

use crate::{exit::Exit, problem::Problem};

const TERMINAL: &str = "/dev/tty";

/// Whether this process has a terminal, wherever its standard streams go.
#[must_use]
pub fn has_terminal() -> bool {
    OpenOptions::new().read(true).write(true).open(TERMINAL).is_ok()
}

/// Asks for a line. The question is printed as it is: whoever builds it makes what it quotes printable.
///
/// # Errors
/// When there is no terminal, or it is closed without an answer.
pub fn line(question: &str) -> Result<String, Problem> {
    read_line(question).map_err(|error| {
        Problem::new(
            Exit::Failure,
            "no-terminal",
            "you cannot be asked",
            format_args!("the terminal cannot be read: {error}"),
            "run this in a terminal, or give the answer as an option (see --help)",
        )
    })
}

/// Asks until the answer is one of `choices`: a letter each.
///
/// # Errors
/// As [`line()`].
pub fn choice<T: Copy>(question: &str, choices: &[(char, T)]) -> Result<T, Problem> {
    loop {
        let answer = line(question)?.trim().to_lowercase();
        let chosen = choices.iter().find(|(letter, _)| answer == letter.to_string());
        if let Some((_, choice)) = chosen {
            return Ok(*choice);
        }
    }
}

fn read_line(question: &str) -> io::Result<String> {
    let mut terminal = OpenOptions::new().read(true).write(true).open(TERMINAL)?;
    write!(terminal, "{question}")?;
    terminal.flush()?;
    let mut answer = String::new();
    if BufReader::new(terminal).read_line(&mut answer)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer.trim_end_matches(['\r', '\n']).to_owned())
}
