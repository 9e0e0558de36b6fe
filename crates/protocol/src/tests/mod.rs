//! Tests that need what the crate keeps to itself: forgeries behind the outer layer, and the wiping of secrets.

mod attachment;
mod forged;
mod letter;
mod secrets;
