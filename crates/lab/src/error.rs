//! What can go wrong in the lab. All of it happens on this machine alone, so the remedy is nearly always the disk.

use std::{error::Error, io, path::PathBuf};

use airlock_relay::StartError;

use crate::{marker::MarkerError, measure::MeasureError, scenario::ScenarioError};

/// Why a world could not be made or looked at.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The relay does not start.
    #[error("the lab's relay does not start: {0}")]
    Relay(#[from] StartError),
    /// There is no port for the tap.
    #[error("the lab's tap has no port on loopback: {0}")]
    Tap(io::Error),
    /// A client did not do its part.
    ///
    /// The engine has an error type for each act; here they mean the same, since its network is this process.
    #[error("{who} could not {act}: {source}")]
    Client {
        /// Whose client.
        who: &'static str,
        /// What it was to do.
        act: &'static str,
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Something did not happen in time.
    #[error("waited {waited_s} s for {what}")]
    Timeout {
        /// What.
        what: &'static str,
        /// Seconds.
        waited_s: u64,
    },
    /// Something that a script needs cannot be made.
    #[error("{what} cannot be made: {why}")]
    Made {
        /// What.
        what: &'static str,
        /// Why not.
        why: String,
    },
    /// The gate did something to a message that it should not have seen.
    #[error("{who}'s introduction did not pass, though the gate was off")]
    Introduction {
        /// Whose.
        who: &'static str,
    },
    /// What a party holds can't be read.
    #[error("{folder} cannot be read: {source}", folder = folder.display())]
    Folder {
        /// Whose folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A database of the world can't be read or changed from outside.
    #[error("a database of the lab's world cannot be read: {0}")]
    Store(#[from] rusqlite::Error),
    /// The text can't be looked for.
    #[error(transparent)]
    Marker(#[from] MarkerError),
}

/// Why there is no comparison.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The scenario is not one.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The world of a run failed.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A measurement fails.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// A measurement broke off inside this program.
    #[error("a measurement broke off inside this program")]
    Broken,
    /// There is no folder for the worlds.
    #[error("no temporary folder can be made: {0}")]
    Folder(io::Error),
}

/// Names who was to do what when an engine's call fails.
pub(crate) trait Doing<T> {
    /// Adds the context.
    fn doing(self, who: &'static str, act: &'static str) -> Result<T, WorldError>;
}

impl<T, E: Error + Send + Sync + 'static> Doing<T> for Result<T, E> {
    fn doing(self, who: &'static str, act: &'static str) -> Result<T, WorldError> {
        self.map_err(|source| WorldError::Client { who, act, source: Box::new(source) })
    }
}
