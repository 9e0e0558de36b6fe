//! The screens: `airlock chat` and `airlock demo`.
//!
//! Each is three parts that meet in its `run`: a state and a pure `update(state, event) -> effects`, a `view` that
//! only reads, and the loop that feeds keys and the engine's news to the one and draws the other. Colours, text
//! measuring, times and the plain values that are shown are shared.

pub mod chat;
pub mod demo;
pub mod theme;

pub(crate) mod diff;
pub(crate) mod qr;
pub(crate) mod text;

mod bridge;
mod clock;
mod editor;
mod model;
mod paths;
mod terminal;

pub use terminal::ScreenError;
