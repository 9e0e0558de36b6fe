//! What commands print: text for people, or one JSON object per line for programs.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use crate::{exit::Exit, printable, problem::Problem};

/// Version of the JSON lines. A new field does not change it; a changed or removed one does.
pub const JSON_VERSION: u32 = 1;

/// Who reads what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A person.
    Text,
    /// A program: one object per line, each with `"v"` and `"type"`.
    Json,
}

/// Whether notes are printed beside results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notes {
    /// They are.
    Shown,
    /// Only results and errors are.
    Hidden,
}

/// Where a command's results go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Who reads.
    pub format: Format,
    /// How much.
    pub notes: Notes,
}

impl Output {
    /// Prints a result: what the command was called for. It is out when this returns.
    ///
    /// # Errors
    /// When standard output is closed or full.
    pub fn result<T: Serialize>(
        &self,
        kind: &'static str,
        record: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Problem> {
        match self.format {
            Format::Json => print(&json_line(kind, record)?),
            Format::Text => print(&text()),
        }
    }

    /// The same for results that only say "done": `--quiet` leaves them out of text, never out of JSON.
    ///
    /// # Errors
    /// As [`Output::result`].
    pub fn done<T: Serialize>(
        &self,
        kind: &'static str,
        record: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Problem> {
        match (self.format, self.notes) {
            (Format::Text, Notes::Hidden) => Ok(()),
            _ => self.result(kind, record, text),
        }
    }

    /// Tells a person something beside the result, on standard error.
    pub fn note(&self, text: &str) {
        if (self.format, self.notes) == (Format::Text, Notes::Shown) {
            to_stderr(text);
        }
    }

    /// Shows an error: on standard error for people, on standard output for programs, which read it there with
    /// everything else.
    pub fn problem(&self, problem: &Problem) {
        if problem.code == OUTPUT_CLOSED {
            return;
        }
        match self.format {
            Format::Text => to_stderr(&problem.to_string()),
            Format::Json => {
                if let Ok(line) = json_line("error", problem)
                    && print(&line).is_err()
                {
                    to_stderr(&problem.to_string());
                }
            }
        }
    }

    /// Whether a person sits at a terminal and can be asked something there.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.format == Format::Text && io::stderr().is_terminal() && crate::prompt::has_terminal()
    }
}

/// The problem that is never shown: there is nobody left to read it.
const OUTPUT_CLOSED: &str = "output-closed";

#[derive(Serialize)]
struct Line<'a, T> {
    v: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    record: &'a T,
}

fn json_line<T: Serialize>(kind: &'static str, record: &T) -> Result<String, Problem> {
    let line = serde_json::to_string(&Line { v: JSON_VERSION, kind, record }).map_err(|error| {
        Problem::new(
            Exit::Failure,
            "json",
            format_args!("this {kind} cannot be printed as JSON"),
            error,
            "leave --json out, and report this as a bug",
        )
    })?;
    Ok(escape_for_terminals(&line))
}

/// JSON escapes the first 32 control characters only. Everything else that a terminal could act on stands inside
/// strings, where an escape means the same.
fn escape_for_terminals(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut safe, c| {
        if printable::is_dangerous(c) {
            let mut units = [0; 2];
            safe.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            safe.push(c);
        }
        safe
    })
}

fn print(text: &str) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") })
        .and_then(|()| out.flush());
    written.map_err(|error| {
        let code = if error.kind() == io::ErrorKind::BrokenPipe { OUTPUT_CLOSED } else { "output" };
        let remedy =
            "make room or choose another place for the output; `airlock history` shows messages again";
        Problem::new(Exit::Failure, code, "the output cannot be written", error, remedy)
    })
}

fn to_stderr(text: &str) {
    // Nobody can be told that standard error is closed.
    drop(writeln!(io::stderr().lock(), "{text}"));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_starts_with_its_version_and_type() {
        let line = json_line("message", &json!({ "text": "hi" })).unwrap();
        assert_eq!(line, r#"{"v":1,"type":"message","text":"hi"}"#);
    }

    #[test]
    fn a_line_holds_nothing_that_a_terminal_acts_on_and_means_the_same() {
        let text = "\u{1b}[2J\u{9b}31m\u{202E}\n\u{7f}";
        let line = json_line("message", &json!({ "text": text })).unwrap();
        assert!(!line.chars().any(printable::is_dangerous), "{line}");
        let back: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(back["text"], text);
    }
}
