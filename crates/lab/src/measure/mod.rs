//! Measurements.

use serde::Deserialize;

use crate::report::{Claim, Panel};

/// A measurement.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Measure {}

/// What a measurement gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// What is shown of it.
    pub panels: Vec<Panel>,
    /// What is said of it.
    pub claims: Vec<Claim>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
#[error("the measurement fails")]
pub struct MeasureError;

impl Measure {
    /// Measures.
    ///
    /// # Errors
    /// When it can't.
    pub fn run(&self, _seed: u64, _progress: &mut dyn FnMut(&str)) -> Result<Measured, MeasureError> {
        match *self {}
    }
}
