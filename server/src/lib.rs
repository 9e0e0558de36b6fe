//! The relay: keeps sealed envelopes for devices until they fetch them.
//!
//! It understands `airlock-wire` and nothing else of Airlock, so it holds no code that could decrypt. What it
//! answers as accepted is on disk.
//!
//! Reading order: [`Config`], [`Relay`], then `accept` (who gets in), `connection` (one task per client), `session`
//! (what it may ask), `push`, `blobs`, and `store`. Beside them stand `metrics` (what is counted) and `monitor` (what
//! the operator asks).

mod accept;
mod admission;
mod authentication;
mod backup;
mod blobs;
mod check;
mod clock;
mod compact;
mod config;
mod connection;
mod data_dir;
mod endpoint;
mod error;
mod frame_reader;
mod identity;
mod init;
mod invite;
mod lease;
mod limits;
mod metrics;
mod monitor;
mod observer;
mod push;
mod rekey;
mod relay;
mod reply;
mod session;
mod store;
mod token_bucket;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use backup::{Backup, BackupError, backup};
pub use check::{Damage, Findings, check};
pub use compact::{Compacted, compact};
pub use config::{COMMENTED_FILE, CONFIG_FILE, Config, ConfigError, Registration};
pub use data_dir::DataDir;
pub use error::StartError;
pub use init::{Initialised, initialise, status};
pub use invite::{Invite, make as make_invite};
pub use limits::{INVITE_SECONDS_MAX, Limits};
pub use observer::{Observed, ObservedRequest};
pub use rekey::rekey;
pub use relay::Relay;
pub use store::{
    Status, StoreError, StoreKey, StoreKeyError,
    ceiling::{StoreCeiling, StoreLoad, measure_store},
    filling::{StoredCrowd, fill_store},
};

/// Locks. A panic under the lock is a fault that has been told already; the others go on with what is there.
fn guarded<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
