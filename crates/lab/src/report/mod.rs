//! A report: what came of scenarios under settings, as plain values. Its JSON form is the lab's machine interface;
//! the table, the page and the comparison of two reports are made from it and from nothing else.
//!
//! Whatever depends on this machine's clock, and on how QUIC cut bytes into datagrams at the time, stands in
//! [`Timings`] alone. All the rest is the same for the same scenarios, settings and seed, byte for byte.

mod claim;
mod data;
mod diff;
mod explain;
mod grid_text;
mod json;
mod number;
mod page;
mod panel;
mod svg;
mod table;
mod wrapping;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use svg::{Svg, svg};

pub use claim::{Claim, Evidence, Standing};
pub use diff::Difference;
pub use explain::Explanation;
pub use json::{LINE_TYPE, ReportDigest, ReportError};
pub(crate) use number::{decimal, figure, grouped};
pub use page::page;
pub use panel::{Axis, Band, Case, Figure, Grid, Mark, Panel, Plot, Series, Source, Tone};
pub use table::{Colour, Table};

/// Version of the JSON form. A change that a reader could stumble over changes it.
pub const REPORT_VERSION: u32 = 3;

/// Scenarios under settings, played or measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`REPORT_VERSION`].
    pub version: u32,
    /// Version of the program that made it.
    pub program: String,
    /// What all randomness of the lab's own was drawn from.
    pub seed: u64,
    /// In the order asked for.
    pub scenarios: Vec<ScenarioReport>,
    /// What is another time different; empty in a report that is compared.
    pub timings: Timings,
}

/// What came of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioReport {
    /// As in the scenario.
    pub name: String,
    /// As in the scenario.
    pub title: String,
    /// What it asks, in one sentence.
    pub question: String,
    /// The names of the settings it was played under, in order; empty for a measurement.
    pub settings: Vec<String>,
    /// What changed, in at most three sentences that a class can read from five metres.
    pub headline: Vec<String>,
    /// What is shown: the readers first, then the rest.
    pub panels: Vec<Panel>,
    /// What is said, each with the records that it rests on.
    pub claims: Vec<Claim>,
    /// The strongest honest case of either side for what the scenario shows.
    pub case: Case,
    /// The command that makes this part again.
    pub command: String,
}

/// What differs from run to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timings {
    /// How long all of it took, in milliseconds.
    pub took_ms: u64,
    /// Panels of times, datagrams, and whatever was learnt from them; by the scenario's name.
    pub panels: Vec<TimedPanel>,
    /// Claims about them.
    pub claims: Vec<Claim>,
}

/// A panel whose numbers depend on the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimedPanel {
    /// Of which scenario.
    pub scenario: String,
    /// What is shown.
    pub panel: Panel,
}
