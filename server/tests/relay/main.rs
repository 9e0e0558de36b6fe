//! The relay over real QUIC on the loopback interface, in reading order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "here a failure is the finding")]

mod blob_client;
mod client;
mod detour;

mod accounts;
mod admission;
mod blob_failures;
mod blobs;
mod command;
mod configuration;
mod delivery;
mod documents;
mod encrypted;
mod hostile;
mod monitoring;
mod prekeys;
mod restart;
mod service;
mod upkeep;
