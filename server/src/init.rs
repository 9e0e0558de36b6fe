//! What an operator does without a running relay: making one, and looking at what it holds.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use airlock_wire::Fingerprint;

use crate::{
    clock::unix_seconds,
    config::{COMMENTED_FILE, CONFIG_FILE},
    data_dir::DataDir,
    error::StartError,
    identity::{Identity, create_data_dir},
    store::{
        Status,
        schema::{self, Open},
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
pub fn initialise(data_dir: impl Into<DataDir>) -> Result<Initialised, StartError> {
    let data_dir = data_dir.into();
    let folder = data_dir.path();
    create_data_dir(folder)?;
    let identity = Identity::load_or_create(folder)?;
    schema::open(&data_dir, Open::OrCreate)?;
    let config = folder.join(CONFIG_FILE);
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&config).and_then(|mut file| {
            file.write_all(COMMENTED_FILE.as_bytes())?;
            // After a power cut an empty file would mean the defaults, whatever its operator had decided.
            file.sync_all()?;
            File::open(folder)?.sync_all()
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
pub fn status(data_dir: impl Into<DataDir>) -> Result<Status, StartError> {
    let data_dir = data_dir.into();
    data_dir.must_have_relay()?;
    Ok(Status::read(&data_dir, unix_seconds())?)
}
