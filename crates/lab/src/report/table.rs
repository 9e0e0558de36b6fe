//! A report for a terminal.

use std::fmt;

use super::{
    Claim, Grid, Panel, Report, ScenarioReport, Standing, Tone,
    grid_text::GridText,
    number::counted,
    wrapping::{padded, paragraph, wrap},
};

/// Fewest columns that a table is made for.
const COLUMNS_MIN: usize = 80;

/// Most columns: longer lines are hard to read.
const COLUMNS_MAX: usize = 120;

/// Most rows of a plot's numbers that are printed. All of them are in the JSON.
const PLOT_ROWS_MAX: usize = 12;

/// Whether the terminal is to be sent colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// ANSI attributes.
    On,
    /// Plain text.
    Off,
}

/// A report, to be printed.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    report: &'a Report,
    colour: Colour,
    columns: usize,
}

impl<'a> Table<'a> {
    /// Shows a report on a terminal of so many columns, of which it uses 80 to 120.
    #[must_use]
    pub fn new(report: &'a Report, colour: Colour, columns: usize) -> Self {
        Self { report, colour, columns: columns.clamp(COLUMNS_MIN, COLUMNS_MAX) }
    }

    fn scenario(&self, f: &mut fmt::Formatter<'_>, scenario: &ScenarioReport) -> fmt::Result {
        writeln!(f, "{}", self.paint(&scenario.title, Tone::Strong))?;
        f.write_str(&paragraph("", &scenario.question, self.columns))?;
        if !scenario.settings.is_empty() {
            f.write_str(&paragraph("Played under: ", &scenario.settings.join(", "), self.columns))?;
        }
        writeln!(f)?;
        for sentence in &scenario.headline {
            f.write_str(&paragraph("  ▸ ", sentence, self.columns))?;
        }
        for panel in &scenario.panels {
            self.panel(f, panel)?;
        }
        if !scenario.claims.is_empty() {
            writeln!(f, "\n{}", self.paint("What is claimed", Tone::Strong))?;
        }
        for claim in &scenario.claims {
            self.claim(f, claim)?;
        }
        writeln!(f)?;
        f.write_str(&paragraph("  For the check: ", &scenario.case.in_favour, self.columns))?;
        f.write_str(&paragraph("  Against it:    ", &scenario.case.against, self.columns))?;
        writeln!(f, "\n  Again: {}", scenario.command)
    }

    fn panel(&self, f: &mut fmt::Formatter<'_>, panel: &Panel) -> fmt::Result {
        writeln!(f, "\n{}", self.paint(&panel.title, Tone::Strong))?;
        f.write_str(&paragraph("  ", &panel.says, self.columns))?;
        let numbers = panel.plot.as_ref().map(super::Plot::numbers);
        match (&panel.grid, numbers) {
            (Some(grid), _) => self.grid(f, grid)?,
            (None, Some(numbers)) => {
                let rows = numbers.rows.len();
                let every = rows.div_ceil(PLOT_ROWS_MAX).max(1);
                let shown = Grid { rows: numbers.rows.into_iter().step_by(every).collect(), ..numbers };
                if let Some(plot) = &panel.plot {
                    f.write_str(&paragraph(
                        "  ",
                        &format!("In the cells: {}.", plot.measure()),
                        self.columns,
                    ))?;
                }
                self.grid(f, &shown)?;
                if every > 1 {
                    let left_out = rows - shown.rows.len();
                    writeln!(f, "  ({} in the JSON)", counted(left_out, "more row", "more rows"))?;
                }
            }
            (None, None) => {}
        }
        for source in &panel.sources {
            let text = format!("{} ({})", source.figure, source.citation);
            f.write_str(&paragraph("  Compare: ", &text, self.columns))?;
        }
        Ok(())
    }

    fn grid(&self, f: &mut fmt::Formatter<'_>, grid: &Grid) -> fmt::Result {
        for block in GridText::blocks(grid, self.columns - INDENT.len()) {
            for line in block.lines() {
                let line: String = line
                    .iter()
                    .map(|piece| {
                        let filled = padded(&piece.text, piece.columns);
                        let space = &filled[piece.text.len()..];
                        format!("{}{space}", self.paint(&piece.text, piece.tone))
                    })
                    .collect();
                writeln!(f, "{INDENT}{}", line.trim_end())?;
            }
        }
        Ok(())
    }

    fn claim(&self, f: &mut fmt::Formatter<'_>, claim: &Claim) -> fmt::Result {
        let tone = match claim.standing {
            Standing::Held => Tone::Strong,
            Standing::Broken => Tone::Broken,
            Standing::Seen => Tone::Faint,
        };
        let word = padded(claim.standing.word(), 8);
        let lines = wrap(&claim.text, self.columns - INDENT.len() - word.len());
        for (number, line) in lines.iter().enumerate() {
            let start = if number == 0 { self.paint(&word, tone) } else { " ".repeat(word.len()) };
            writeln!(f, "{INDENT}{start}{line}")?;
        }
        Ok(())
    }

    fn paint(&self, text: &str, tone: Tone) -> String {
        match (self.colour, tone) {
            (Colour::Off, _) | (_, Tone::Plain) => text.to_owned(),
            _ if text.is_empty() => String::new(),
            (Colour::On, Tone::Strong) => format!("\u{1b}[1m{text}\u{1b}[0m"),
            (Colour::On, Tone::Faint) => format!("\u{1b}[2m{text}\u{1b}[0m"),
            (Colour::On, Tone::Broken) => format!("\u{1b}[1;31m{text}\u{1b}[0m"),
        }
    }
}

const INDENT: &str = "  ";

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = "─".repeat(self.columns);
        for (number, scenario) in self.report.scenarios.iter().enumerate() {
            if number > 0 {
                writeln!(f, "\n{}\n", self.paint(&rule, Tone::Faint))?;
            }
            self.scenario(f, scenario)?;
        }
        let timings = &self.report.timings;
        if !timings.panels.is_empty() || !timings.claims.is_empty() {
            writeln!(f, "\n{}\n", self.paint(&rule, Tone::Faint))?;
            writeln!(f, "{}", self.paint("Timings: these differ from run to run", Tone::Strong))?;
            for timed in &timings.panels {
                self.panel(f, &timed.panel)?;
            }
            if !timings.claims.is_empty() {
                writeln!(f)?;
            }
            for claim in &timings.claims {
                self.claim(f, claim)?;
            }
        }
        let claims = || self.report.claims();
        let broken = claims().filter(|claim| claim.standing == Standing::Broken).count();
        let held = claims().filter(|claim| claim.standing == Standing::Held).count();
        if held + broken > 0 {
            let promises = counted(held + broken, "promise", "promises");
            let text = if broken == 0 {
                self.paint(&format!("{promises} of Airlock looked at, all held."), Tone::Strong)
            } else {
                self.paint(&format!("{broken} BROKEN of {promises} of Airlock looked at."), Tone::Broken)
            };
            writeln!(f, "\n{text}")?;
        }
        Ok(())
    }
}
