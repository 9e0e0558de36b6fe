//! What `autocorrect` corrects, and how: slips in a text, by a dictionary.
//!
//! Plain Rust, which the benchmark and the tests also run natively beside the component.

pub mod correction;
pub mod dictionary;
