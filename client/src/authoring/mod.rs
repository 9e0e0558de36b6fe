//! For those who write hooks: a project to begin with, the last step of building it, and cases to try it on.

pub(crate) mod cases;
pub(crate) mod pack;
pub mod project;
pub(crate) mod trial;
