//! The screen of `airlock demo`: Alice and her gate, what those between really hold, and Bob.

pub(crate) mod app;
pub(crate) mod layout;
pub(crate) mod middle;
pub(crate) mod model;
mod observe;
mod run;
pub(crate) mod story;
#[cfg(test)]
mod tests;
pub(crate) mod update;
pub(crate) mod view;

pub use run::run;
