//! A comparison: what came of one scenario under each setting of Alice's gate. Plain values, and JSON.
//!
//! Every number and every "found" is computed by `run` from what the parties got; none is typed here.

use serde::Serialize;

use crate::marker::Encoding;
pub use crate::record::*;

/// Version of the JSON form. A change that a reader could stumble over changes it.
pub const COMPARISON_VERSION: u32 = 1;

/// One scenario under several settings.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// [`COMPARISON_VERSION`].
    pub version: u32,
    /// As in the scenario.
    pub scenario: String,
    /// As in the scenario.
    pub title: String,
    /// The place of the message whose readers the table shows.
    pub highlight: usize,
    /// The encodings in which each marker was looked for.
    pub encodings: Vec<Encoding>,
    /// One per setting, in the order asked for.
    pub runs: Vec<Run>,
    /// How long all of it took.
    pub took_ms: u64,
}
