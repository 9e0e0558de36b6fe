//! The side-by-side table of a comparison, for a terminal of 100 columns.

use std::{collections::BTreeSet, fmt};

use unicode_width::UnicodeWidthStr;

use crate::{
    claims,
    comparison::{Comparison, EnvelopeSeen, Fate, Run, Shown},
    observer::Party,
    person::Person,
};

/// Columns of the whole table: fits a terminal that is not full screen, and an issue or a mail.
const TABLE_COLUMNS: usize = 100;

/// Columns of one setting.
const CELL_COLUMNS: usize = 14;

/// Whether the terminal is to be sent colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// ANSI attributes.
    On,
    /// Plain text.
    Off,
}

/// A comparison, to be printed.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    comparison: &'a Comparison,
    colour: Colour,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Strong,
    Faint,
}

struct Cell {
    text: String,
    look: Look,
}

enum Line {
    Heading(String),
    Row { label: String, cells: Vec<Cell> },
}

impl<'a> Table<'a> {
    /// Shows a comparison.
    #[must_use]
    pub fn new(comparison: &'a Comparison, colour: Colour) -> Self {
        Self { comparison, colour }
    }

    fn rows(&self) -> Vec<Line> {
        let runs = &self.comparison.runs;
        let row = |label: &str, cell: &dyn Fn(&Run) -> Cell| Line::Row {
            label: label.into(),
            cells: runs.iter().map(cell).collect(),
        };
        let mut lines = vec![row("Alice's gate", &|run| strong(run.setting.to_string()))];

        let highlight = self.comparison.highlight;
        let marker = runs.first().and_then(|run| run.messages.get(highlight)).map(|message| &message.marker);
        lines.push(Line::Heading(format!("who could read “{}”", marker.map_or("", String::as_str))));
        for (party, label) in [
            (Party::Hook, "the hook, before encryption"),
            (Party::Disk, "Alice's disk: all files, vault too"),
            (Party::Wire, "the wire"),
            (Party::Relay, "the relay"),
            (Party::Authority, "the authority"),
            (Party::Recipient, "Bob"),
        ] {
            lines.push(row(label, &|run| read(run, highlight, party)));
        }

        lines.push(Line::Heading("what Alice was shown".into()));
        let shown = |label, kind: fn(&Shown) -> bool| row(label, &|run| count(run.shown(kind)));
        lines.push(shown("warned, and asked", |shown| matches!(shown, Shown::Warned { .. })));
        lines.push(shown("not sent", |shown| matches!(shown, Shown::Stopped { .. })));
        lines.push(shown("reported to the authority", |shown| matches!(shown, Shown::Reported { .. })));
        // Rare with the reference hook, and not to be hidden when it happens.
        let others = [
            shown("proposed something else", |shown| matches!(shown, Shown::Rewrite { .. })),
            shown("told that the check failed", |shown| matches!(shown, Shown::CheckFailed { .. })),
        ];
        lines.extend(others.into_iter().filter(|line| !is_zero(line)));

        lines.push(Line::Heading("what reached Bob of Alice's messages".into()));
        for (label, fate) in [
            ("as she wrote it", Fate::AsWritten),
            ("something else in its place", Fate::Changed),
            ("nothing", Fate::NotDelivered),
        ] {
            lines.push(row(label, &|run| plain(format!("{} of {}", run.fates(fate), run.alices().count()))));
        }

        lines.push(Line::Heading("what the relay stored, and could see of it".into()));
        let sizes: BTreeSet<(Person, u64)> = runs
            .iter()
            .flat_map(|run| &run.envelopes)
            .map(|envelope| (envelope.mailbox, envelope.bytes))
            .collect();
        for (mailbox, bytes) in sizes {
            let same = move |envelope: &&EnvelopeSeen| (envelope.mailbox, envelope.bytes) == (mailbox, bytes);
            lines.push(row(&format!("envelopes of {} B for {mailbox}", grouped(bytes)), &|run| {
                count(run.envelopes.iter().filter(same).count())
            }));
        }

        lines.push(Line::Heading("what the hook cost".into()));
        lines.push(row("bytes that left because of it", &|run| size(run.hook_bytes())));
        lines.push(row("work of the hook (fuel)", &|run| size(run.fuel())));
        lines.push(row("key press to outbox, median (ms)", &|run| {
            plain(format!("{:.1}", run.compose_us_median() as f64 / 1000.0))
        }));
        lines.push(row("bytes on the wire, all parties", &|run| size(run.wire.bytes())));
        lines
    }

    fn paint(&self, text: &str, look: Look) -> String {
        match (self.colour, look) {
            (Colour::On, Look::Strong) => format!("\u{1b}[1m{text}\u{1b}[0m"),
            (Colour::On, Look::Faint) => format!("\u{1b}[2m{text}\u{1b}[0m"),
            (Colour::On, Look::Plain) | (Colour::Off, _) => text.to_owned(),
        }
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { title, runs, .. } = self.comparison;
        let label_columns = TABLE_COLUMNS.saturating_sub(CELL_COLUMNS * runs.len());
        let hook = runs.iter().find_map(|run| run.hook.as_ref());
        let hook = hook.map_or_else(String::new, |hook| format!(" Hook: {hook}."));
        wrapped(
            f,
            &format!("{title}: one conversation, {} settings of Alice's gate.{hook}", runs.len()),
            "",
        )?;
        writeln!(f)?;
        for line in self.rows() {
            match line {
                Line::Heading(text) => writeln!(f, "\n{}", self.paint(&text, Look::Strong))?,
                Line::Row { label, cells } => {
                    let mut text = padded(&format!("  {label}"), label_columns);
                    for Cell { text: cell, look } in &cells {
                        text.push_str(&self.paint(&padded(cell, CELL_COLUMNS), *look));
                    }
                    writeln!(f, "{}", text.trim_end())?;
                }
            }
        }
        writeln!(f)?;
        for claim in claims::claims(self.comparison) {
            wrapped(f, &claim, "  ")?;
        }
        Ok(())
    }
}

fn plain(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), look: Look::Plain }
}

fn strong(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), look: Look::Strong }
}

/// Zero is faint, so that the eye finds what happened.
fn count(number: usize) -> Cell {
    size(number as u64)
}

fn size(number: u64) -> Cell {
    Cell { text: grouped(number), look: if number == 0 { Look::Faint } else { Look::Plain } }
}

fn read(run: &Run, message: usize, party: Party) -> Cell {
    match run.messages.get(message) {
        Some(message) if message.read_by(party) => strong("yes"),
        _ => Cell { text: "no".into(), look: Look::Faint },
    }
}

fn is_zero(line: &Line) -> bool {
    matches!(line, Line::Row { cells, .. } if cells.iter().all(|cell| cell.text == "0"))
}

/// A number with a comma every three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Fills up to a number of columns; a text that is too long keeps its end, and one space after it.
fn padded(text: &str, columns: usize) -> String {
    let fill = columns.saturating_sub(text.width()).max(1);
    format!("{text}{}", " ".repeat(fill))
}

/// Breaks between words, so that no line is wider than the table.
fn wrapped(f: &mut fmt::Formatter<'_>, text: &str, indent: &str) -> fmt::Result {
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > TABLE_COLUMNS {
            writeln!(f, "{line}")?;
            line = indent.to_owned();
        } else if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(f, "{line}")
}
