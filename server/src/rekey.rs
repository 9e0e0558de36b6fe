//! `airlock-relay rekey`: a store under another key, under its first, or under none.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
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
    let store = data_dir.store();
    let unfinished = store.with_extension("db.unfinished");
    let failed = |act, path: &std::path::Path| {
        let path = path.to_owned();
        move |source| StartError::File { act, path, source }
    };
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("delete", &unfinished)(error));
        }
        _ => {}
    }
    // SQLite takes an empty file; made here, only its owner can read it.
    let private = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished);
    private.map_err(failed("create", &unfinished))?;

    let connection = schema::open(&data_dir, Open::Existing)?;
    let name = unfinished.to_str().ok_or_else(|| {
        let only = "SQLite takes only names that are Unicode";
        failed("create", &unfinished)(io::Error::new(io::ErrorKind::InvalidFilename, only))
    })?;
    let written = export(&connection, name, new).and_then(|()| {
        // All of it in the one file, so that its log, which is under the old key, goes.
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
    });
    let closed = written.and_then(|()| connection.close().map_err(|(_, error)| error));
    closed.map_err(|source| StoreError::Write { source })?;
    let log = disk_bytes(&store).saturating_sub(fs::metadata(&store).map_or(0, |file| file.len()));
    if log > 0 {
        return Err(StartError::InUse { path: data_dir.path().to_owned() });
    }

    File::open(&unfinished).and_then(|file| file.sync_all()).map_err(failed("write", &unfinished))?;
    fs::rename(&unfinished, &store).map_err(failed("write", &store))?;
    File::open(data_dir.path()).and_then(|folder| folder.sync_all()).map_err(failed("write", data_dir.path()))
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
