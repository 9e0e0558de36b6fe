//! End-to-end tests: what a person, an operator and an attacker can do with the real programs.

mod delivery;
mod errors;
mod gate;
mod hostile;
mod leak;
mod restart;
mod screen;
mod tidy;

use airlock_tests::Programs;

/// The programs under test, as cargo built them for this run.
const PROGRAMS: Programs =
    Programs { client: env!("CARGO_BIN_EXE_e2e-airlock"), relay: env!("CARGO_BIN_EXE_e2e-airlock-relay") };
