//! What went wrong, for a person: what, why, and what to do about it.

use std::fmt;

use serde::Serialize;

use crate::{exit::Exit, printable::printable_line};

/// An error as it is shown: three short lines, or one object with `--json`.
///
/// There is no problem without a remedy: a command that can't name one has not understood its error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A name for scripts that never changes, such as `unknown-contact`.
    pub code: &'static str,
    /// The exit code.
    #[serde(serialize_with = "as_number")]
    pub exit: Exit,
    /// What could not be done.
    pub what: String,
    /// The reason.
    pub why: String,
    /// What the person can do now.
    #[serde(rename = "do")]
    pub remedy: String,
}

impl Problem {
    /// A problem whose three lines are safe to print, whatever they quote.
    #[must_use]
    pub fn new(
        exit: Exit,
        code: &'static str,
        what: impl fmt::Display,
        why: impl fmt::Display,
        remedy: impl fmt::Display,
    ) -> Self {
        let safe = |text: String| printable_line(&text).into_owned();
        let (what, why, remedy) = (what.to_string(), why.to_string(), remedy.to_string());
        Self { code, exit, what: safe(what), why: safe(why), remedy: safe(remedy) }
    }

    /// A wrong command line or config file.
    #[must_use]
    pub fn usage(
        code: &'static str,
        what: impl fmt::Display,
        why: impl fmt::Display,
        remedy: impl fmt::Display,
    ) -> Self {
        Self::new(Exit::Usage, code, what, why, remedy)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\n  why: {}\n   do: {}", self.what, self.why, self.remedy)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a field by reference")]
fn as_number<S: serde::Serializer>(exit: &Exit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(exit.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_cannot_be_used_to_print_control_characters() {
        let problem = Problem::new(Exit::Failure, "test", "\u{1b}[31mred", "two\nlines", "nothing");
        assert_eq!(problem.to_string(), "error: ␛[31mred\n  why: two⏎lines\n   do: nothing");
    }
}
