//! One claim, with everything that it rests on.

use std::fmt;

use super::{Claim, Report, Standing, number::counted, wrapping::paragraph};

/// Columns of the text.
const COLUMNS: usize = 100;

impl Report {
    /// Every claim: those of the scenarios, then those about timings.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.scenarios.iter().flat_map(|scenario| &scenario.claims).chain(&self.timings.claims)
    }

    /// A claim by its id.
    #[must_use]
    pub fn claim(&self, id: &str) -> Option<&Claim> {
        self.claims().find(|claim| claim.id == id)
    }

    /// Explains a claim of the report, for people.
    #[must_use]
    pub fn explain<'a>(&'a self, claim: &'a Claim) -> Explanation<'a> {
        let timed = self.timings.claims.iter().any(|timed| timed.id == claim.id);
        let scenario =
            self.scenarios.iter().find(|scenario| scenario.claims.iter().any(|c| c.id == claim.id));
        Explanation { claim, timed, command: scenario.map(|scenario| scenario.command.as_str()) }
    }
}

/// A claim, its standing, how it is computed, and each record.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a> {
    claim: &'a Claim,
    timed: bool,
    command: Option<&'a str>,
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Claim { id, text, standing, evidence, method } = self.claim;
        writeln!(f, "{id}\n")?;
        f.write_str(&paragraph("  ", text, COLUMNS))?;
        let standing = match standing {
            Standing::Held => "held: a promise of Airlock was looked at, and kept",
            Standing::Broken => "BROKEN: a promise of Airlock was looked at, and not kept",
            Standing::Seen => "seen: no promise, something that happened",
        };
        writeln!(f, "\nStanding: {standing}.")?;
        if self.timed {
            writeln!(f, "It rests on times, and can come out otherwise in another run.")?;
        }
        f.write_str(&paragraph("Method:   ", method, COLUMNS))?;
        writeln!(f, "\n{}:", counted(evidence.len(), "record", "records"))?;
        for record in evidence {
            f.write_str(&paragraph("  · ", &record.to_string(), COLUMNS))?;
        }
        match self.command {
            Some(command) => writeln!(f, "\nMade again by: {command}"),
            None => Ok(()),
        }
    }
}
