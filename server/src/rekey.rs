//! `airlock-relay rekey`: a store under another key, under its first, or under none.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rusqlite::Connection;

use crate::{
    data_dir::DataDir,
    error::StartError,
    identity::DirLock,
    store::{
        StoreError, StoreKey, disk_bytes,
        schema::{self, Open},
    },
};

/// Writes the store anew under the key `new`, or readable by all if there is none, and then puts it in the place of the
/// old one. The relay must be stopped. Meanwhile there must be room for both.
///
/// # Errors
/// [`StartError::NoRelay`], [`StartError::InUse`], or what keeps the store from being read or written. Then nothing has
/// changed.
pub fn rekey(data_dir: impl Into<DataDir>, new: Option<&StoreKey>) -> Result<(), StartError> {
    let data_dir = data_dir.into();
    data_dir.must_have_relay()?;
    let _lock = DirLock::take(data_dir.path())?;
    let unfinished = data_dir.store().with_extension("db.unfinished");
    // Of one that was killed.
    fs::remove_file(&unfinished).ok();
    let done = write(&data_dir, new, &unfinished).and_then(|()| replace(&data_dir, &unfinished));
    if done.is_err() {
        // Ours, and perhaps not encrypted. What can't be removed is in the way next time, and said to be.
        fs::remove_file(&unfinished).ok();
    }
    done
}

fn write(data_dir: &DataDir, new: Option<&StoreKey>, to: &Path) -> Result<(), StartError> {
    let failed = |source| StartError::File { act: "write", path: to.to_owned(), source };
    let name = to.to_str().ok_or_else(|| {
        failed(io::Error::new(io::ErrorKind::InvalidFilename, "SQLite takes only names that are Unicode"))
    })?;
    // SQLite takes an empty file; made here, only its owner can read it.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(failed)?;
    let connection = schema::open(data_dir, Open::Existing)?;
    export(&connection, name, new)
        // All of it into the one file, so that its log, which is under the old key, goes with the connection.
        .and_then(|()| connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"))
        .and_then(|()| connection.close().map_err(|(_, error)| error))
        .map_err(|source| StoreError::Write { source })?;
    File::open(to).and_then(|file| file.sync_all()).map_err(failed)
}

fn replace(data_dir: &DataDir, with: &Path) -> Result<(), StartError> {
    let store = data_dir.store();
    let failed = |source| StartError::File { act: "replace", path: store.clone(), source };
    let only_file = fs::metadata(&store).map_err(failed)?.len();
    if disk_bytes(&store) > only_file {
        return Err(failed(io::Error::other("another program has it open, as `airlock-relay check` does")));
    }
    fs::rename(with, &store).map_err(failed)?;
    File::open(data_dir.path()).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn export(connection: &Connection, to: &str, key: Option<&StoreKey>) -> rusqlite::Result<()> {
    let literal = key.map(StoreKey::literal).unwrap_or_default();
    connection.execute("ATTACH DATABASE ?1 AS rekeyed KEY ?2", [to, literal.as_str()])?;
    connection.query_row("SELECT sqlcipher_export('rekeyed')", (), |_| Ok(()))?;
    for pragma in ["application_id", "user_version"] {
        let value: i64 = connection.query_row(&format!("PRAGMA main.{pragma}"), (), |row| row.get(0))?;
        connection.pragma_update(Some("rekeyed"), pragma, value)?;
    }
    connection.execute_batch("DETACH DATABASE rekeyed")
}
