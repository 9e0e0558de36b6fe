//! How far the lab is: a bar at a terminal, a line for each step elsewhere.

use std::io::{self, IsTerminal as _, Write as _};

use airlock_lab::Progress;

use crate::{
    command::{Context, progress::cells},
    output::{Format, Notes},
    printable::printable_line,
    tui::text::fit,
};

/// Columns of what stands beside the bar: with it, the line fits a terminal of 80.
const STEP_COLUMNS: usize = 48;

/// Shows the progress of a run.
pub(super) struct Shown<'a> {
    context: &'a Context,
    /// Whether a bar stands on the terminal.
    drawn: bool,
}

impl<'a> Shown<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        Self { context, drawn: false }
    }

    pub(super) fn show(&mut self, progress: &Progress) {
        let output = &self.context.output;
        if (output.format, output.notes) != (Format::Text, Notes::Shown) {
            return;
        }
        if io::stderr().is_terminal() {
            self.drawn = true;
            // Nobody can be told that standard error is closed.
            drop(write!(
                io::stderr().lock(),
                "\r\u{1b}[K{}",
                bar(progress.done, progress.of, &progress.to_string())
            ));
        } else {
            output.note(&printable_line(&progress.to_string()));
        }
    }
}

/// The bar goes when all is done: what came of it stands in its place.
impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if self.drawn {
            drop(write!(io::stderr().lock(), "\r\u{1b}[K"));
        }
    }
}

fn bar(done: usize, of: usize, step: &str) -> String {
    let (done, of) = (done as u64, of as u64);
    let percent = done.saturating_mul(100) / of.max(1);
    format!("{} {percent:3} %  {}", cells(done, of), fit(&printable_line(step), STEP_COLUMNS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fits_a_line_and_says_what_is_being_done() {
        let shown = bar(3, 12, "4/12 first-conversation: advise: searching what everyone got at last");
        assert_eq!(shown, "██████░░░░░░░░░░░░░░░░░░  25 %  4/12 first-conversation: advise: searching what…");
        assert!(shown.chars().count() <= 80);
    }
}
