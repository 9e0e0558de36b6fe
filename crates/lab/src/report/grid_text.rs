//! A grid in the columns of a terminal: words wrap, and columns that do not fit stand below the others.

use super::{
    Grid, Tone,
    wrapping::{columns, longest_word, wrap},
};

/// Space between two columns.
const GAP: usize = 2;

/// Some columns of a grid, that fit beside one another.
#[derive(Debug)]
pub(super) struct GridText<'a> {
    grid: &'a Grid,
    /// Which columns of the grid.
    shown: std::ops::Range<usize>,
    /// Width of the labels, and of each column shown.
    label: usize,
    widths: Vec<usize>,
}

/// A piece of a line: a text, and the columns that it has.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) columns: usize,
    pub(super) tone: Tone,
}

impl<'a> GridText<'a> {
    /// A grid in as few blocks as fit `most` columns.
    pub(super) fn blocks(grid: &'a Grid, most: usize) -> Vec<Self> {
        let labels = || grid.rows.iter().map(|(label, _)| label.as_str()).chain([grid.corner.as_str()]);
        let label_wanted = labels().map(columns).max().unwrap_or(0);
        let longest = labels().map(longest_word).max().unwrap_or(0);
        let narrowed = |share: usize| label_wanted.min((most * share / 100).max(longest));
        // Labels wrap rather than that a column stands below the others.
        let all_fit = |label: &usize| needed(grid, 0..grid.columns.len()) + label <= most;
        let label = [40, 32, 26].map(narrowed).into_iter().find(all_fit).unwrap_or_else(|| narrowed(40));
        let mut blocks = Vec::new();
        let mut from = 0;
        while from < grid.columns.len() {
            let mut to = from + 1;
            let room = most.saturating_sub(label);
            while to < grid.columns.len() && needed(grid, from..to + 1) <= room {
                to += 1;
            }
            // Where everything fits as it is, labels need not wrap.
            let wanted: usize = (from..to).map(|column| widest(grid, column) + GAP).sum();
            let label = if wanted + label_wanted <= most { label_wanted } else { label };
            let widths = widths(grid, from..to, most.saturating_sub(label));
            blocks.push(Self { grid, shown: from..to, label, widths });
            from = to;
        }
        blocks
    }

    /// The lines, with the columns' names first.
    pub(super) fn lines(&self) -> Vec<Vec<Piece>> {
        let names = self.grid.columns[self.shown.clone()].iter().map(|name| (name.as_str(), Tone::Strong));
        let mut lines = self.row(&self.grid.corner, names);
        for (label, cells) in &self.grid.rows {
            let cells = cells.get(self.shown.clone()).unwrap_or_default();
            lines.extend(self.row(label, cells.iter().map(|cell| (cell.text.as_str(), cell.tone))));
        }
        lines
    }

    fn row<'t>(&self, label: &str, cells: impl Iterator<Item = (&'t str, Tone)>) -> Vec<Vec<Piece>> {
        let wrapped: Vec<(Vec<String>, usize, Tone)> =
            std::iter::once((wrap(label, self.label), self.label, Tone::Plain))
                .chain(
                    cells.zip(&self.widths).map(|((text, tone), width)| (wrap(text, *width), *width, tone)),
                )
                .collect();
        let high = wrapped.iter().map(|(lines, ..)| lines.len()).max().unwrap_or(0);
        (0..high)
            .map(|row| {
                let piece = |(lines, width, tone): &(Vec<String>, usize, Tone)| Piece {
                    text: lines.get(row).cloned().unwrap_or_default(),
                    columns: width + GAP,
                    tone: *tone,
                };
                wrapped.iter().map(piece).collect()
            })
            .collect()
    }
}

fn texts(grid: &Grid, column: usize) -> impl Iterator<Item = &str> {
    let cells =
        grid.rows.iter().filter_map(move |(_, cells)| cells.get(column)).map(|cell| cell.text.as_str());
    cells.chain(grid.columns.get(column).map(String::as_str))
}

fn widest(grid: &Grid, column: usize) -> usize {
    texts(grid, column).map(columns).max().unwrap_or(0)
}

fn narrowest(grid: &Grid, column: usize) -> usize {
    // Narrower columns of prose are a ladder of words.
    let words = texts(grid, column).map(longest_word).max().unwrap_or(0);
    words.max(widest(grid, column).min(10))
}

/// Columns that these need at least.
fn needed(grid: &Grid, range: std::ops::Range<usize>) -> usize {
    range.map(|column| narrowest(grid, column) + GAP).sum()
}

/// Gives every column what it wants where there is room, and takes it from the widest where there is not.
fn widths(grid: &Grid, range: std::ops::Range<usize>, room: usize) -> Vec<usize> {
    let least: Vec<usize> = range.clone().map(|column| narrowest(grid, column)).collect();
    let mut widths: Vec<usize> = range.map(|column| widest(grid, column)).collect();
    while widths.iter().map(|width| width + GAP).sum::<usize>() > room {
        let widest = (0..widths.len()).filter(|at| widths[*at] > least[*at]).max_by_key(|at| widths[*at]);
        let Some(at) = widest else { break };
        widths[at] -= 1;
    }
    // Columns of one width are easier to read down, where they fit.
    let even = widths.iter().copied().max().unwrap_or(0);
    if (even + GAP) * widths.len() <= room { vec![even; widths.len()] } else { widths }
}
