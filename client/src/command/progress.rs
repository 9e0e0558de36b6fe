//! How far a file has come on its way: a bar for people at a terminal, records for programs.

use std::io::{self, IsTerminal as _, Write as _};

use airlock_engine::{Transfer, safe_name};
use airlock_protocol::MessageId;
use serde_json::json;

use super::Context;
use crate::{
    output::{Format, Notes},
    printable::printable_line,
    problem::Problem,
    tui::text::{fit, size},
};

/// Cells of the bar itself.
const BAR_CELLS: u64 = 24;

/// Longest name before it is cut, in columns: name, bar and figures fit a line of 80.
const NAME_COLUMNS: usize = 28;

/// Programs get a record for each part in so many.
const RECORDS: u64 = 20;

/// Which way a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
}

/// Shows the progress of one file.
pub(crate) struct Progress<'a> {
    context: &'a Context,
    id: MessageId,
    way: Way,
    name: String,
    /// The last record that a program got.
    recorded: Option<u64>,
    /// Whether a bar stands on the terminal.
    drawn: bool,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(context: &'a Context, id: MessageId, way: Way, name: &str) -> Self {
        let name = printable_line(&safe_name(name)).into_owned();
        Self { context, id, way, name, recorded: None, drawn: false }
    }

    /// Shows how far it has come.
    pub(crate) fn show(&mut self, transfer: Transfer) -> Result<(), Problem> {
        let output = &self.context.output;
        match (output.format, output.notes) {
            (Format::Json, _) => {
                let step = transfer.done.saturating_mul(RECORDS) / transfer.total.max(1);
                if self.recorded.is_none_or(|last| last < step) {
                    self.recorded = Some(step);
                    let way = if self.way == Way::Up { "up" } else { "down" };
                    let record = json!({
                        "id": self.id.to_string(),
                        "way": way,
                        "done": transfer.done,
                        "total": transfer.total,
                    });
                    output.result("transfer", &record, String::new)?;
                }
            }
            (Format::Text, Notes::Shown) if io::stderr().is_terminal() => {
                self.drawn = true;
                // Nobody can be told that standard error is closed.
                drop(write!(io::stderr().lock(), "\r\u{1b}[K{}", bar(self.way, &self.name, transfer)));
            }
            (Format::Text, _) => {}
        }
        Ok(())
    }
}

/// The bar goes when all is done: what came of it stands in its place.
impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if self.drawn {
            drop(write!(io::stderr().lock(), "\r\u{1b}[K"));
        }
    }
}

/// The bar itself.
pub(super) fn cells(done: u64, of: u64) -> String {
    let full = done.saturating_mul(BAR_CELLS) / of.max(1);
    (0..BAR_CELLS).map(|cell| if cell < full { '█' } else { '░' }).collect()
}

fn bar(way: Way, name: &str, Transfer { done, total }: Transfer) -> String {
    let total = total.max(1);
    let cells = cells(done, total);
    let arrow = if way == Way::Up { '↑' } else { '↓' };
    let name = fit(name, NAME_COLUMNS);
    format!("{arrow} {name}  {cells} {:3} %  {}", done.saturating_mul(100) / total, size(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fits_a_line_and_ends_full() {
        let half = bar(
            Way::Up,
            "a picture of the picnic that we had on Sunday.jpg",
            Transfer { done: 5, total: 10 },
        );
        assert_eq!(half, "↑ a picture of the picnic tha…  ████████████░░░░░░░░░░░░  50 %  10 B");
        assert!(half.chars().count() < 80);
        let whole = bar(Way::Down, "x", Transfer { done: 2_700_000, total: 2_700_000 });
        assert_eq!(whole, "↓ x  ████████████████████████ 100 %  2.7 MB");
    }
}
