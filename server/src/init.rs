//! What an operator does without a running relay: making one, and looking at what it holds.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use airlock_wire::Fingerprint;

use crate::{
    clock::unix_seconds,
    config::{COMMENTED_FILE, CONFIG_FILE},
    error::StartError,
    identity::{Identity, create_data_dir},
    store::{
        Status,
        schema::{self, Open, STORE_FILE},
    },
};

/// What [`initialise`] made or found.
#[derive(Clone, Debug)]
pub struct Initialised {
    /// Of the relay's key.
    pub fingerprint: Fingerprint,
    /// The configuration file.
    pub config: PathBuf,
    /// Whether the configuration file was written now, and not there before.
    pub config_is_new: bool,
}

/// Makes key, store and a commented configuration file in a data directory. What is there stays as it is.
///
/// # Errors
/// [`StartError`] says which file can't be made.
pub fn initialise(data_dir: &Path) -> Result<Initialised, StartError> {
    create_data_dir(data_dir)?;
    let identity = Identity::load_or_create(data_dir)?;
    schema::open(&data_dir.join(STORE_FILE), Open::OrCreate)?;
    let config = data_dir.join(CONFIG_FILE);
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&config).and_then(|mut file| {
            file.write_all(COMMENTED_FILE.as_bytes())?;
            // After a power cut an empty file would mean the defaults, whatever its operator had decided.
            file.sync_all()?;
            File::open(data_dir)?.sync_all()
        });
    let config_is_new = match written {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(source) => return Err(StartError::File { act: "write", path: config, source }),
    };
    Ok(Initialised { fingerprint: identity.fingerprint(), config, config_is_new })
}

/// What the relay of a data directory holds, whether or not it is running.
///
/// # Errors
/// [`StartError::NoRelay`] when no relay was ever made there; [`StartError::Store`] when it can't be read.
pub fn status(data_dir: &Path) -> Result<Status, StartError> {
    let store = data_dir.join(STORE_FILE);
    if !store.exists() {
        return Err(StartError::NoRelay { path: data_dir.to_owned() });
    }
    Ok(Status::read(&store, unix_seconds())?)
}
