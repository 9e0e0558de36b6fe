//! The relay over real QUIC on the loopback interface, in reading order.
#![allow(missing_docs, reason = "tests are named as sentences")]

mod client;

mod accounts;
mod command;
mod delivery;
mod hostile;
mod prekeys;
mod restart;
