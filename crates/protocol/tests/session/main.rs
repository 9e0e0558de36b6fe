//! Two devices in memory, with a clock and a random generator that the tests hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod attachment;
mod bundle;
mod conversation;
mod envelope;
mod epochs;
mod errors;
mod order;
mod pair;
mod saved;
