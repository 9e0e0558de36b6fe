//! What can keep a relay from starting or from going on, in words for its operator: what, why, what to do.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::{
    config::ConfigError,
    store::{StoreError, StoreKeyError},
};

/// Why a relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file or folder of the data directory can't be used.
    #[error("can't {act} {path}: {source}", path = path.display())]
    File {
        /// What was tried: "create", "read", "write", "replace", "lock".
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Two relays with one mailbox store would lose each other's envelopes.
    #[error(
        "another relay is running on {path}: stop it first, or give this one another folder with --data",
        path = path.display()
    )]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// No relay was ever made in this folder.
    #[error(
        "there is no relay in {path}: make one with `airlock-relay init`, or name another folder with --data",
        path = path.display()
    )]
    NoRelay {
        /// The data directory.
        path: PathBuf,
    },
    /// The key file is there but is not a key.
    #[error(
        "{path} is not a relay key ({why}): restore it from a backup; if there is none, move it away, and the \
         relay makes a new key, whose new address all users need",
        path = path.display()
    )]
    Identity {
        /// The key file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The port is taken, or not ours to use.
    #[error(
        "can't listen on {listen}: {source}. Another program may use this UDP port; choose one with --listen"
    )]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The port for metrics is taken, or not ours to use.
    #[error(
        "can't serve metrics on {address}: {source}. Another program may use this TCP port; choose one with --metrics"
    )]
    Metrics {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The TLS library refused our own settings.
    #[error("can't set up TLS: {0}")]
    Tls(String),
    /// The system gives no random bytes, so no secret can be made.
    #[error("the system gives no random bytes ({0}): try again; if it stays so, the system needs repair")]
    Random(getrandom::Error),
    /// The key of the store.
    #[error(transparent)]
    StoreKey(#[from] StoreKeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
