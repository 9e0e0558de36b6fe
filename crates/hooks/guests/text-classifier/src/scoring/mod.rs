//! How `text-classifier` scores a text, and what follows from a score.
//!
//! Plain Rust, which the benchmark and the tests also run natively beside the component.

pub mod decision;
pub mod features;
pub mod model;
