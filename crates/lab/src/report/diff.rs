//! What differs between two reports, in words. Timings are left out: they differ between any two.

use std::{collections::BTreeSet, fmt};

use super::{
    Case, Claim, Grid, Panel, Plot, Report, ReportDigest, ReportError, ScenarioReport, number::counted,
};

/// What differs between two reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The digest of each.
    pub digests: [ReportDigest; 2],
    /// Each difference, in words.
    pub lines: Vec<String>,
}

impl Difference {
    /// Compares two reports.
    ///
    /// # Errors
    /// When one contradicts itself.
    pub fn between(old: &Report, new: &Report) -> Result<Self, ReportError> {
        let mut words = Words::default();
        words.change("the program", &old.program, &new.program);
        words.change("the seed", &old.seed, &new.seed);
        let names = |report: &Report| report.scenarios.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        words.order("scenario", &names(old), &names(new));
        for scenario in &new.scenarios {
            if let Some(before) = old.scenarios.iter().find(|before| before.name == scenario.name) {
                words.within(&scenario.name, |words| scenarios(words, before, scenario));
            }
        }
        let digests = [old.digest()?, new.digest()?];
        if words.lines.is_empty() && digests[0] != digests[1] {
            // Two scenarios of one name, for example: nothing that the lab writes.
            words.lines.push("something that has no words here".into());
        }
        Ok(Self { digests, lines: words.lines })
    }

    /// Whether the reports are the same but for timings.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.lines.is_empty()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [old, new] = &self.digests;
        if self.is_none() {
            return writeln!(f, "No difference, timings left aside.\nBoth have the SHA-256 {old}");
        }
        writeln!(f, "{}, timings left aside:", counted(self.lines.len(), "difference", "differences"))?;
        for line in &self.lines {
            writeln!(f, "  {line}")?;
        }
        write!(f, "SHA-256 of the first   {old}\n           the second {new}\n")
    }
}

/// Differences, each said with the place that it is in.
#[derive(Default)]
struct Words {
    place: Vec<String>,
    lines: Vec<String>,
}

impl Words {
    fn say(&mut self, text: impl fmt::Display) {
        let place: String = self.place.iter().map(|place| format!("{place}: ")).collect();
        self.lines.push(format!("{place}{text}"));
    }

    fn within(&mut self, place: impl Into<String>, each: impl FnOnce(&mut Self)) {
        self.place.push(place.into());
        each(self);
        self.place.pop();
    }

    fn change<T: PartialEq + fmt::Display + ?Sized>(&mut self, what: &str, old: &T, new: &T) {
        if old != new {
            self.say(format_args!("{what}: {old} → {new}"));
        }
    }

    /// What is only in one of two lists of names, or stands in another order.
    fn order(&mut self, what: &str, old: &[String], new: &[String]) {
        let (before, after): (BTreeSet<_>, BTreeSet<_>) = (old.iter().collect(), new.iter().collect());
        for name in old.iter().filter(|name| !after.contains(name)) {
            self.say(format_args!("the {what} {name} is gone"));
        }
        for name in new.iter().filter(|name| !before.contains(name)) {
            self.say(format_args!("the {what} {name} is new"));
        }
        if before == after && old != new {
            self.say(format_args!("the {what}s stand in another order, or another number of times"));
        }
    }
}

fn scenarios(words: &mut Words, old: &ScenarioReport, new: &ScenarioReport) {
    words.change("the title", &old.title, &new.title);
    words.change("the question", &old.question, &new.question);
    words.order("setting", &old.settings, &new.settings);
    words.change("the headline", &old.headline.join(" "), &new.headline.join(" "));
    let ids = |scenario: &ScenarioReport| scenario.claims.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
    words.order("claim", &ids(old), &ids(new));
    for claim in &new.claims {
        if let Some(before) = old.claims.iter().find(|before| before.id == claim.id) {
            words.within(format!("the claim {}", claim.id), |words| claims(words, before, claim));
        }
    }
    let ids = |scenario: &ScenarioReport| scenario.panels.iter().map(|p| p.id.clone()).collect::<Vec<_>>();
    words.order("panel", &ids(old), &ids(new));
    for panel in &new.panels {
        if let Some(before) = old.panels.iter().find(|before| before.id == panel.id) {
            words.within(format!("the panel {}", panel.id), |words| panels(words, before, panel));
        }
    }
    cases(words, &old.case, &new.case);
    words.change("the command", &old.command, &new.command);
}

fn cases(words: &mut Words, old: &Case, new: &Case) {
    words.change("the case for the check", &old.in_favour, &new.in_favour);
    words.change("the case against it", &old.against, &new.against);
}

fn claims(words: &mut Words, old: &Claim, new: &Claim) {
    words.change("standing", old.standing.word(), new.standing.word());
    words.change("text", &old.text, &new.text);
    words.change("method", &old.method, &new.method);
    let records = |claim: &Claim| claim.evidence.iter().map(ToString::to_string).collect::<Vec<_>>();
    words.order("record", &records(old), &records(new));
}

fn panels(words: &mut Words, old: &Panel, new: &Panel) {
    words.change("the title", &old.title, &new.title);
    words.change("what it says", &old.says, &new.says);
    cases(words, &old.case, &new.case);
    match (&old.grid, &new.grid) {
        (Some(old), Some(new)) => grids(words, old, new),
        (None, Some(_)) => words.say("the grid is new"),
        (Some(_), None) => words.say("the grid is gone"),
        (None, None) => {}
    }
    match (&old.plot, &new.plot) {
        (Some(old), Some(new)) => plots(words, old, new),
        (None, Some(_)) => words.say("the plot is new"),
        (Some(_), None) => words.say("the plot is gone"),
        (None, None) => {}
    }
    let sources = |panel: &Panel| {
        panel
            .sources
            .iter()
            .map(|source| format!("{} ({})", source.figure, source.citation))
            .collect::<Vec<_>>()
    };
    words.order("source", &sources(old), &sources(new));
}

fn grids(words: &mut Words, old: &Grid, new: &Grid) {
    words.change("the first column", &old.corner, &new.corner);
    words.order("column", &old.columns, &new.columns);
    let labels = |grid: &Grid| grid.rows.iter().map(|(label, _)| label.clone()).collect::<Vec<_>>();
    words.order("row", &labels(old), &labels(new));
    for (label, cells) in &new.rows {
        let Some((_, before)) = old.rows.iter().find(|(before, _)| before == label) else { continue };
        for (column, cell) in new.columns.iter().zip(cells) {
            let Some(place) = old.columns.iter().position(|before| before == column) else { continue };
            let Some(was) = before.get(place) else { continue };
            words.within(format!("{label}, {column}"), |words| {
                if was.text != cell.text {
                    words.say(format_args!("{} → {}", was.text, cell.text));
                } else if was.tone != cell.tone {
                    words.say(format_args!("{} is printed in another way", cell.text));
                }
            });
        }
    }
}

fn plots(words: &mut Words, old: &Plot, new: &Plot) {
    if old == new {
        return;
    }
    let (before, after) = (words.lines.len(), old.numbers() != new.numbers());
    if after {
        words.within("the plot", |words| grids(words, &old.numbers(), &new.numbers()));
    }
    if words.lines.len() == before {
        words.say("the plot is drawn in another way: its axes, marks or intervals");
    }
}
