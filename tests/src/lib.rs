//! What the end-to-end tests stand on: a real relay process, real client processes, and a terminal to look at.
//!
//! Nothing here knows how Airlock works inside. It starts programs, reads what they print, kills them, and waits
//! for events with a deadline; it never sleeps and hopes.
//!
//! Reading order: [`world`], [`relay`], [`client`], [`process`], [`screen`], [`wire_tap`], [`attacker`],
//! [`waiting`], [`dice`].

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this library is test code: a broken expectation ends the test"
)]

pub mod attacker;
pub mod client;
pub mod dice;
pub mod process;
pub mod relay;
pub mod screen;
pub mod waiting;
pub mod wire_tap;
pub mod world;

pub use client::{Client, Ended};
pub use dice::Dice;
pub use process::Running;
pub use relay::Relay;
pub use screen::Screen;
pub use world::{Programs, World};
