//! The gate as this device has it: which hooks in which order, in which modes, reporting to whom.
//!
//! With the gate off nothing of a hook is read, compiled or run. With it on, a hook that can't be used does not
//! turn the gate off: each message then fails in the way that the hook's manifest states.

mod open;
mod status;
mod stored;

use std::io;

use airlock_hooks::{Difference, Package};
use airlock_protocol::Mode;

pub(crate) use open::{Fresh, Gate, OpenHook, setting};
pub use status::{Authority, GateStatus, HookStatus, OrderInForce};
pub use stored::Lock;
pub(crate) use stored::{StoredGate, StoredHook};

use crate::{consent::Locked, seen::ListRollback, vault::VaultError};

/// Most hooks in the chain. Each is asked about each message while its sender waits, and each stands on the status
/// line of every conversation.
pub const CHAIN_MAX: usize = 8;

/// Why the gate can't be set so.
#[derive(Debug, thiserror::Error)]
pub enum EnableError {
    /// The package is not a hook that this build accepts.
    #[error("{0}")]
    Load(#[from] airlock_hooks::LoadError),
    /// There is no such hook, or its folder is not a hook's.
    #[error("{0}")]
    Package(#[from] airlock_hooks::PackageError),
    /// The sandbox does not start.
    #[error("{0}")]
    Host(#[from] airlock_hooks::HostError),
    /// Report mode needs somebody to report to.
    #[error("report mode needs an authority: an account that reports go to")]
    NoAuthority,
    /// The authority is not a contact.
    #[error("the authority is not a contact, so there is no way to reach it")]
    UnknownAuthority,
    /// No hook has been enabled yet, so there is none to set a mode for.
    #[error("no hook is installed")]
    NoHook,
    /// Several hooks were enabled, and none was named.
    #[error("several hooks have been enabled ({}), and none was named", .0.join(", "))]
    WhichHook(Vec<String>),
    /// It was never enabled.
    #[error("the hook `{0}` has not been enabled")]
    NotEnabled(String),
    /// The chain is as long as it may get.
    #[error("there are {CHAIN_MAX} hooks in the gate already")]
    ChainFull,
    /// The list is missing, expired or wrong now, at the moment when somebody enables it.
    #[error("the hook's list cannot be used: {0}")]
    List(airlock_hooks::ListError),
    /// The files changed since the user enabled the hook.
    #[error("the hook's files have changed since it was enabled")]
    Changed,
    /// The list in the home is another than the one that the user agreed to.
    #[error("the hook's list has changed since it was enabled: {agreed} was agreed to, and {found} is there")]
    ListChanged {
        /// Which edition was agreed to.
        agreed: String,
        /// Which is there.
        found: String,
    },
    /// An earlier edition of its list, or another text under the same version.
    #[error(transparent)]
    Rollback(#[from] ListRollback),
    /// It would see more, do more, look for more or answer to someone else, and nobody has agreed to that.
    #[error("the change of the hook `{}` widens, and nobody has agreed to it", .0.hook)]
    Wider(Box<Difference>),
    /// A lock holds it as it stands.
    #[error(transparent)]
    Locked(#[from] Locked),
    /// The hook's files can't be written.
    #[error("the hook's files cannot be written: {0}")]
    Write(io::Error),
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A hook in the home.
#[derive(Debug)]
pub struct Installed {
    /// What it is.
    pub package: Package,
    /// In which mode the gate asks it; off when it does not.
    pub mode: Mode,
}
