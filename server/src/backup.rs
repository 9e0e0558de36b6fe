//! `airlock-relay backup`: a copy of the data directory that a relay can be started on, made while one runs.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode};
use sha2::{Digest, Sha256};

use crate::{
    blobs::BlobFiles,
    config::CONFIG_FILE,
    data_dir::DataDir,
    error::StartError,
    identity::KEY_FILE,
    limits::BLOB_BUFFER_BYTES,
    store::{
        BlobNumber, StoreError,
        schema::{self, Open},
    },
};

/// What a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backup {
    /// Envelopes that wait.
    pub envelopes: u64,
    /// Attachments, each checked against its digest while it was copied.
    pub blobs: u64,
    /// Bytes of those.
    pub blob_bytes: u64,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The relay can't be read.
    #[error(transparent)]
    Relay(#[from] StartError),
    /// The folder, or the one that it is made under, is there.
    #[error("{path} is there already: name a folder that is not, or remove it", path = path.display())]
    InTheWay {
        /// Which.
        path: PathBuf,
    },
    /// A file of the backup can't be made.
    #[error("can't make the backup {path}: {source}", path = path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The copy of the store can't be made.
    #[error("can't copy the store to {path}: {source}", path = path.display())]
    Store {
        /// Where to.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The disk does not give an attachment back.
    #[error(
        "can't read the attachment {path}: {source}. No backup was made: `airlock-relay check` tells of all damage",
        path = path.display()
    )]
    Unreadable {
        /// Its file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An attachment is damaged; a backup of it would hide that.
    #[error(
        "an attachment does not hold what was uploaded, so no backup was made: `airlock-relay check` tells of all damage"
    )]
    Damaged,
}

/// Copies key, configuration, store and attachments into a new folder, all of it or nothing.
///
/// One-time prekeys stay out: a relay started on the copy could hand one out that was handed out already. Devices
/// publish new ones when they connect.
///
/// # Errors
/// [`BackupError`] says what is in the way.
pub fn backup(data_dir: impl Into<DataDir>, to: &Path) -> Result<Backup, BackupError> {
    let data_dir = data_dir.into();
    data_dir.must_have_relay()?;
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    let unfinished = to.with_file_name(name);
    if let Some(path) = [to, unfinished.as_path()].into_iter().find(|path| path.exists()) {
        return Err(BackupError::InTheWay { path: path.to_owned() });
    }
    let failed = |source| BackupError::Write { path: to.to_owned(), source };
    DirBuilder::new().mode(0o700).create(&unfinished).map_err(failed)?;
    let made = fill(&data_dir, &data_dir.beside(&unfinished)).and_then(|made| {
        sync(&unfinished).and_then(|()| fs::rename(&unfinished, to)).map_err(failed)?;
        let parent =
            to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        sync(parent).map_err(failed)?;
        Ok(made)
    });
    if made.is_err() {
        // Ours, made above. What can't be removed is said to be in the way next time.
        fs::remove_dir_all(&unfinished).ok();
    }
    made
}

fn fill(from: &DataDir, to: &DataDir) -> Result<Backup, BackupError> {
    let failed = |source| BackupError::Write { path: to.path().to_owned(), source };
    copy(&from.path().join(KEY_FILE), &to.path().join(KEY_FILE))?;
    if from.path().join(CONFIG_FILE).exists() {
        copy(&from.path().join(CONFIG_FILE), &to.path().join(CONFIG_FILE))?;
    }
    // The store first: an attachment that is stored later is not in it, and none that is in it is missed.
    let copied = copy_store(from, to)?;
    let blobs = Blobs { from: BlobFiles::at(from.path()), to: BlobFiles::in_dir(to.path()).map_err(failed)? };
    let path = to.store();
    let refused = |source| BackupError::Store { path: path.clone(), source };
    let made = Backup {
        envelopes: copied
            .query_row("SELECT count(*) FROM envelope", (), |row| row.get::<_, i64>(0))
            .map_err(refused)?
            .cast_unsigned(),
        ..copy_attachments(from, &copied, &path, &blobs)?
    };
    blobs.to.sync().map_err(failed)?;
    copied.close().map_err(|(_, source)| refused(source))?;
    sync(&path).map_err(failed)?;
    Ok(made)
}

/// Copies the attachments that the copied store, at `path`, calls stored. Those that have gone from the relay's own
/// `store` meanwhile go from the copy as well.
fn copy_attachments(
    store: &DataDir,
    copied: &Connection,
    path: &Path,
    blobs: &Blobs,
) -> Result<Backup, BackupError> {
    let refused = |source| BackupError::Store { path: path.to_owned(), source };
    let mut made = Backup::default();
    let stored: Vec<(i64, [u8; 32])> = copied
        .prepare("SELECT number, digest FROM blob WHERE stored = 1")
        .and_then(|mut select| select.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(refused)?;
    for (number, digest) in stored {
        match blobs.copy(BlobNumber(number))? {
            Some((bytes, copied)) if copied == digest => {
                made.blobs += 1;
                made.blob_bytes += bytes;
            }
            Some(_) => return Err(BackupError::Damaged),
            // Fetched by all its devices, or expired, since the store was copied.
            None if !is_announced(store, number)? => {
                copied.execute("DELETE FROM blob_release WHERE blob = ?1", [number]).map_err(refused)?;
                copied.execute("DELETE FROM blob WHERE number = ?1", [number]).map_err(refused)?;
            }
            None => return Err(BackupError::Damaged),
        }
    }
    Ok(made)
}

/// One state of the store, without what the relay does meanwhile, and without one-time prekeys. Under the same key, if
/// the store has one.
fn copy_store(from: &DataDir, to: &DataDir) -> Result<Connection, BackupError> {
    let source = schema::open(from, Open::ReadOnly).map_err(StartError::from)?;
    let path = to.store();
    // SQLite takes an empty file; made here, only its owner can read it.
    let private = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    private.map_err(|source| BackupError::Write { path: path.clone(), source })?;
    let refused = |source| BackupError::Store { path: path.clone(), source };
    let name = path.to_str().ok_or_else(|| BackupError::Write {
        path: path.clone(),
        source: io::Error::new(io::ErrorKind::InvalidFilename, "SQLite takes only names that are Unicode"),
    })?;
    source.execute("VACUUM INTO ?1", [name]).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StartError::from(StoreError::Read { source: error }).into()
        }
        _ => refused(error),
    })?;
    let copied = Connection::open(&path).map_err(refused)?;
    if let Some(key) = to.store_key() {
        schema::unlock(&copied, key).map_err(refused)?;
    }
    // Their bytes as well: what is only deleted stays in free pages.
    let without = "PRAGMA secure_delete = ON; DELETE FROM one_time_curve; DELETE FROM one_time_kem";
    copied.execute_batch(without).map_err(refused)?;
    Ok(copied)
}

/// Whether the relay still has a row for it.
fn is_announced(store: &DataDir, number: i64) -> Result<bool, BackupError> {
    let connection = schema::open(store, Open::ReadOnly).map_err(StartError::from)?;
    let found = connection
        .prepare("SELECT 1 FROM blob WHERE number = ?1")
        .and_then(|mut select| select.exists([number]))
        .map_err(|source| StartError::from(StoreError::Read { source }))?;
    Ok(found)
}

struct Blobs {
    from: BlobFiles,
    to: BlobFiles,
}

impl Blobs {
    /// Copies one, and gives its length and SHA-256. `None` if it has no file.
    fn copy(&self, number: BlobNumber) -> Result<Option<(u64, [u8; 32])>, BackupError> {
        let unreadable = |source| BackupError::Unreadable { path: self.from.path(number), source };
        let failed = |source| BackupError::Write { path: self.to.path(number), source };
        let mut from = match self.from.open(number) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let mut to = self.to.create(number).map_err(failed)?;
        let mut digest = Sha256::new();
        let mut bytes = 0;
        let mut buffer = vec![0; BLOB_BUFFER_BYTES];
        loop {
            let read = from.read(&mut buffer).map_err(unreadable)?;
            let part = buffer.get(..read).unwrap_or_default();
            if part.is_empty() {
                break;
            }
            digest.update(part);
            to.write_all(part).map_err(failed)?;
            bytes += read as u64;
        }
        to.sync_all().map_err(failed)?;
        Ok(Some((bytes, digest.finalize().into())))
    }
}

/// Copies a small file so that only its owner can read it.
fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let text = fs::read(from).map(zeroize::Zeroizing::new).map_err(|source| StartError::File {
        act: "read",
        path: from.to_owned(),
        source,
    })?;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        })
        .map_err(|source| BackupError::Write { path: to.to_owned(), source })
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store with one attachment, stored and released by a device, and no file of it.
    fn store_in(dir: &Path) -> DataDir {
        let dir = DataDir::from(dir);
        let store = schema::open(&dir, Open::OrCreate).unwrap();
        store
            .execute_batch(
                "INSERT INTO blob (number, id, account, bytes, digest, arrived, stored)
                     VALUES (7, x'01', x'02', 1, zeroblob(32), 0, 1);
                 INSERT INTO blob_release (blob, device) VALUES (7, 1)",
            )
            .unwrap();
        dir
    }

    #[test]
    fn an_attachment_that_went_while_the_store_was_copied_is_not_in_the_copy_and_one_that_lost_its_file_is_damage()
     {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = store_in(from.path());
        let copied = copy_store(&store, &to.path().into()).unwrap();
        let blobs = Blobs { from: BlobFiles::at(from.path()), to: BlobFiles::in_dir(to.path()).unwrap() };
        let copy = || copy_attachments(&store, &copied, to.path(), &blobs);
        assert!(matches!(copy(), Err(BackupError::Damaged)), "the relay still counts on it");

        let relay = schema::open(&store, Open::Existing).unwrap();
        relay.execute_batch("DELETE FROM blob_release; DELETE FROM blob").unwrap();
        assert_eq!(copy().unwrap(), Backup::default());
        let rows = "SELECT (SELECT count(*) FROM blob) + (SELECT count(*) FROM blob_release)";
        assert_eq!(copied.query_row(rows, (), |row| row.get::<_, i64>(0)).unwrap(), 0);
    }
}
