//! Small words: counts, names in a row, cells.

use crate::report::{Figure, Grid, Tone, grouped};

/// `1 message`, `3 messages`.
pub(super) fn counted(number: usize, what: &str) -> String {
    match (number, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        // `copies`, but `days` and `keys`.
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number} {stem}ies"),
        _ => format!("{number} {what}s"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => "none".into(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn either(names: &[String]) -> String {
    match names {
        [] => "none".into(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// What happened.
pub(super) fn strong(text: impl Into<String>) -> Figure {
    Figure { text: text.into(), tone: Tone::Strong }
}

/// What did not.
pub(super) fn faint(text: impl Into<String>) -> Figure {
    Figure { text: text.into(), tone: Tone::Faint }
}

/// As it is.
pub(super) fn plain(text: impl Into<String>) -> Figure {
    Figure { text: text.into(), tone: Tone::Plain }
}

/// A promise that is broken.
pub(super) fn broken(text: impl Into<String>) -> Figure {
    Figure { text: text.into(), tone: Tone::Broken }
}

/// Zero is faint, so that the eye finds what happened.
pub(super) fn number(number: u64) -> Figure {
    if number == 0 { faint("0") } else { plain(grouped(number)) }
}

/// Of how many.
pub(super) fn share(part: usize, of: usize) -> Figure {
    let text = format!("{part} of {of}");
    if part == 0 { faint(text) } else { plain(text) }
}

/// A grid of rows that are added one by one.
pub(super) struct Rows {
    grid: Grid,
}

impl Rows {
    pub(super) fn new(corner: &str, columns: Vec<String>) -> Self {
        Self { grid: Grid { corner: corner.into(), columns, rows: Vec::new() } }
    }

    pub(super) fn add(&mut self, label: impl Into<String>, cells: Vec<Figure>) {
        self.grid.rows.push((label.into(), cells));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.grid.rows.is_empty()
    }

    pub(super) fn grid(self) -> Grid {
        self.grid
    }
}
