//! Why there is no host, and why a hook is refused.

use std::io;

use airlock_protocol::gate::Failure;

use crate::{Digest, component::ComponentError, manifest::INTERFACE};

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The folder for compiled hooks can't be used.
    #[error("compiled hooks can't be kept in {dir}: {why}")]
    Cache {
        /// Which folder.
        dir: String,
        /// What is wrong with it.
        why: String,
    },
    /// This build has no engine: `Cargo.toml`'s feature `host` is off.
    #[error("this build has no WebAssembly engine, so no hook can be asked")]
    Absent,
    /// This machine can't run WebAssembly as this build wants it.
    #[error("the WebAssembly engine does not start: {0}")]
    Engine(String),
}

/// Why a hook is refused before it sees any message.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The component's bytes are not a component of acceptable size, or it imports anything, or is no hook.
    #[error("the hook is refused: {0}")]
    Component(#[source] ComponentError),
    /// The manifest is about another component.
    #[error("the hook is refused: its manifest is about the component {manifest}, and this is {component}")]
    Digest {
        /// What the manifest says.
        manifest: Digest,
        /// What is there.
        component: Digest,
    },
    /// WebAssembly that does not validate, or uses what this host switches off.
    #[error("the hook is refused: it does not compile: {0}")]
    Compile(String),
    /// An export of the right name and the wrong type.
    #[error("the hook is refused: it does not keep to `{INTERFACE}`: {0}")]
    Contract(String),
    /// It fails before it is even asked.
    #[error("the hook is refused: it does not start: {0}")]
    Start(#[source] Failure),
    /// The system gives no thread for the deadline.
    #[error("the deadline for hooks can't be watched: {0}")]
    Deadline(#[source] io::Error),
}
