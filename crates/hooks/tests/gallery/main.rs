//! The hostile gallery: one hook for each attack, and what becomes of it.
//!
//! The hooks are in `crates/hooks/gallery`, each a folder as `airlock hook inspect` reads it, with the text that its
//! component is made of beside it. docs/hooks.md has the table: what each tries, what contains it, which test here
//! holds that, and what still gets out.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod covert;
mod folder;
mod inspected;
mod refused;
mod stopped;
