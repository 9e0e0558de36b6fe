//! `airlock-relay compact`: gives back the disk space of what was deleted.

use crate::{
    data_dir::DataDir,
    error::StartError,
    identity::DirLock,
    store::{
        StoreError, disk_bytes,
        schema::{self, Open},
    },
};

/// How much the store takes on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes before.
    pub before: u64,
    /// Bytes after.
    pub after: u64,
}

/// Writes the store anew without the space of deleted rows. The relay must be stopped. It needs room for two
/// more stores meanwhile: one where temporary files go, one beside the store.
///
/// # Errors
/// [`StartError::NoRelay`], [`StartError::InUse`], or [`StartError::Store`] when there is no room. Then
/// nothing has changed.
pub fn compact(data_dir: impl Into<DataDir>) -> Result<Compacted, StartError> {
    let data_dir = data_dir.into();
    data_dir.must_have_relay()?;
    let _lock = DirLock::take(data_dir.path())?;
    let before = disk_bytes(&data_dir.store());
    let connection = schema::open(&data_dir, Open::Existing)?;
    connection
        .execute_batch("PRAGMA temp_store = FILE; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        .map_err(|source| StoreError::Write { source })?;
    drop(connection);
    Ok(Compacted { before, after: disk_bytes(&data_dir.store()) })
}
