//! What `link-guard` warns of, and how it finds it.
//!
//! Plain Rust, which the benchmark and the tests also run natively beside the component.

pub mod host;
pub mod listed;
pub mod look_alike;
pub mod punycode;
pub mod warning;
