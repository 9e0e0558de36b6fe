//! The chat screen: contacts, a conversation, the gate, and a place to write.

pub(crate) mod app;
pub(crate) mod composer;
pub(crate) mod dialogs;
mod files;
pub(crate) mod gate_line;
mod hands;
pub(crate) mod keymap;
pub(crate) mod layout;
mod run;
pub(crate) mod talk;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod transcript;
pub(crate) mod update;
pub(crate) mod view;

pub use run::{Options, run};
