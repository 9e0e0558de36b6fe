//! A report as JSON: how it is written, read again, and named by its digest.

use std::fmt;

use serde::de::Error as _;
use sha2::{Digest as _, Sha256};

use super::{Plot, REPORT_VERSION, Report, Timings};

/// Why something is not a report that this program can read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is no report at all, or has fields that none has.
    #[error("it is not a report of the lab: {0}")]
    Json(#[from] serde_json::Error),
    /// It is one of another time.
    #[error("it is a report of version {found}, and this program reads version {REPORT_VERSION}")]
    Version {
        /// What it says.
        found: u64,
    },
    /// It contradicts itself.
    #[error("{place} {what}")]
    Shape {
        /// Where: `the panel readers of first-conversation`.
        place: String,
        /// What is wrong.
        what: &'static str,
    },
}

/// The SHA-256 of a report without its timings: the same whenever scenarios, settings and seed are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportDigest([u8; 32]);

impl fmt::Display for ReportDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Report {
    /// Reads a report: a file that the lab wrote, or the line that `airlock lab run --json` printed.
    ///
    /// # Errors
    /// When it is no report, one of another version, or one that contradicts itself.
    pub fn parse(text: &str) -> Result<Self, ReportError> {
        let mut value: serde_json::Value = serde_json::from_str(text)?;
        let Some(fields) = value.as_object_mut() else {
            return Err(serde_json::Error::custom("it is not an object").into());
        };
        if fields.get("type").is_some_and(|kind| kind == LINE_TYPE) {
            fields.remove("type");
            fields.remove("v");
        }
        match fields.get("version").and_then(serde_json::Value::as_u64) {
            Some(found) if found != u64::from(REPORT_VERSION) => return Err(ReportError::Version { found }),
            _ => {}
        }
        let report: Self = serde_json::from_value(value)?;
        report.check()?;
        Ok(report)
    }

    /// The report as it is written to a file. Timings stand at its end.
    ///
    /// # Errors
    /// When it contradicts itself, so that nobody could read it again.
    pub fn to_json(&self) -> Result<String, ReportError> {
        self.check()?;
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Names the report by all of it that is the same another time.
    ///
    /// # Errors
    /// When it contradicts itself.
    pub fn digest(&self) -> Result<ReportDigest, ReportError> {
        self.check()?;
        let lasting = Self { timings: Timings::default(), ..self.clone() };
        Ok(ReportDigest(Sha256::digest(serde_json::to_vec(&lasting)?).into()))
    }

    /// Whether every grid is a rectangle, every point a number, and every claim has a record.
    fn check(&self) -> Result<(), ReportError> {
        let lasting = self.scenarios.iter().flat_map(|scenario| {
            scenario.panels.iter().map(|panel| (scenario.name.as_str(), panel)).collect::<Vec<_>>()
        });
        let timed = self.timings.panels.iter().map(|timed| (timed.scenario.as_str(), &timed.panel));
        for (scenario, panel) in lasting.chain(timed) {
            let refuse = |what| {
                let place = format!("the panel {} of {scenario}", panel.id);
                Err(ReportError::Shape { place, what })
            };
            if let Some(grid) = &panel.grid
                && grid.rows.iter().any(|(_, cells)| cells.len() != grid.columns.len())
            {
                return refuse("has a row with more or fewer figures than it has columns");
            }
            if let Some(what) = panel.plot.as_ref().and_then(Plot::fault) {
                return refuse(what);
            }
        }
        for claim in self.claims() {
            if claim.evidence.is_empty() {
                let place = format!("the claim {}", claim.id);
                return Err(ReportError::Shape { place, what: "names no record that proves it" });
            }
        }
        Ok(())
    }
}

/// The type of the line that `--json` prints.
pub const LINE_TYPE: &str = "lab-report";

impl Plot {
    fn fault(&self) -> Option<&'static str> {
        let series = self.series();
        let mut numbers =
            self.axes().into_iter().filter_map(|axis| axis.range).chain(series.iter().flat_map(|series| {
                series.points.iter().chain(series.band.iter().flat_map(|band| &band.ends)).copied()
            }));
        if !numbers.all(|(a, b)| a.is_finite() && b.is_finite())
            || !self.marks().iter().all(|mark| mark.x.is_finite())
        {
            return Some("draws something that is not a number");
        }
        let bands = series.iter().filter_map(|series| series.band.as_ref().map(|band| (series, band)));
        if bands.into_iter().any(|(series, band)| band.ends.len() != series.points.len()) {
            return Some("has an interval for more or fewer points than it has");
        }
        if let Self::Bars { names, .. } = self {
            let placed = |x: f64| x.fract() == 0.0 && x >= 0.0 && x < names.len() as f64;
            if !series.iter().flat_map(|series| &series.points).all(|(x, _)| placed(*x)) {
                return Some("has a bar where no name is");
            }
        }
        None
    }
}
