//! End-to-end tests: what a person, an operator and an attacker can do with the real programs.

// Clippy's leave for tests ends at `#[test]`; what several tests share here is a test as much.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod attachments;
mod audit;
mod chaos;
mod delivery;
mod errors;
mod gate;
mod hooks;
mod hostile;
mod leak;
mod orders;
mod pictures;
mod restart;
mod screen;
mod tidy;

use airlock_tests::Programs;

/// The programs under test, as cargo built them for this run.
const PROGRAMS: Programs =
    Programs { client: env!("CARGO_BIN_EXE_e2e-airlock"), relay: env!("CARGO_BIN_EXE_e2e-airlock-relay") };
