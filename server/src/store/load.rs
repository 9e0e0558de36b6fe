//! Fills the memory of the store from its file, at the start.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, RwLock, mpsc::SyncSender},
    time::Instant,
};

use airlock_wire::{AccountId, DeliveryTokenHash, DeviceId, SubmitId};
use rusqlite::Connection;
use tokio::sync::watch;

use super::{
    Shared, StoreError,
    blob_index::{BlobIndex, BlobNumber},
    blobs,
    directory::Directory,
    mailbox_index::{DeviceNumber, Entry, MailboxIndex},
    recent::RecentEnvelopes,
    rules::Rules,
    submits::RecentSubmits,
    writer::{Deletes, Writer},
};
use crate::{
    blobs::{BlobFiles, Turns},
    clock::unix_seconds,
    config::Config,
    limits::{RECENT_BYTES_MAX, SUBMIT_KEPT_SECONDS, SUBMITS_KEPT_MAX},
    metrics::Metrics,
};

/// The shared memory and the writer for this database.
pub(super) fn load(
    connection: Connection,
    config: &Config,
    metrics: Arc<Metrics>,
    files: &BlobFiles,
    (checkpoint, delete_files): (SyncSender<()>, SyncSender<BlobNumber>),
) -> Result<(Arc<Shared>, Writer), StoreError> {
    let failed = |source| StoreError::Read { source };
    let (directory, mut index) = registered(&connection, config).map_err(failed)?;
    let mut deletes = Deletes::default();
    deletes.rows = envelopes(&connection, &mut index).map_err(failed)?;
    deletes.since = (!deletes.rows.is_empty()).then(Instant::now);
    let submits = submits(&connection).map_err(failed)?;
    let blobs = blobs_with_files(&connection, config, files)?;
    let shared = Arc::new(Shared {
        rules: Mutex::new(Rules::of(config)),
        index: Mutex::new(index),
        recent: Mutex::new(RecentEnvelopes::new(RECENT_BYTES_MAX)),
        directory: RwLock::new(directory),
        blobs: Mutex::new(blobs),
        turns: Turns::default(),
        leases: Arc::default(),
        metrics,
        failure: watch::Sender::new(None),
    });
    let writer = Writer {
        connection,
        shared: shared.clone(),
        submits,
        delete_files,
        deletes,
        next_purge: Instant::now(),
        checkpoint,
        log_pages: 0,
    };
    Ok((shared, writer))
}

fn registered(connection: &Connection, config: &Config) -> rusqlite::Result<(Directory, MailboxIndex)> {
    let mut directory = Directory::new(&config.limits);
    let mut index = MailboxIndex::new(&config.limits);
    let now = Instant::now();
    let mut select = connection.prepare("SELECT id, token FROM account")?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        directory.set_account(AccountId(row.get(0)?), DeliveryTokenHash(row.get(1)?), now);
    }
    let mut select = connection.prepare("SELECT id, number, account, last_sequence FROM device")?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let number = DeviceNumber(row.get(1)?);
        directory.set_device(DeviceId(row.get(0)?), number, AccountId(row.get(2)?));
        index.add(number, row.get::<_, i64>(3)?.cast_unsigned());
    }
    Ok((directory, index))
}

/// Puts the stored envelopes into the index; those of devices that are gone are to be deleted.
fn envelopes(
    connection: &Connection,
    index: &mut MailboxIndex,
) -> rusqlite::Result<Vec<(DeviceNumber, i64)>> {
    let mut orphans = Vec::new();
    let mut select =
        connection.prepare("SELECT row, device, sequence, length(sealed) FROM envelope ORDER BY row")?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let device = DeviceNumber(row.get(1)?);
        let sequence = row.get::<_, i64>(2)?.cast_unsigned();
        let entry = Entry { row: row.get(0)?, sequence, bytes: row.get(3)? };
        if !index.restore(device, entry) {
            orphans.push((device, entry.row));
        }
    }
    Ok(orphans)
}

/// Holds tables and files against each other. A file without a row is left from a deletion; a stored blob without its
/// file is lost, which its recipient must hear of, and the others' mail must not suffer from.
fn blobs_with_files(
    connection: &Connection,
    config: &Config,
    files: &BlobFiles,
) -> Result<BlobIndex, StoreError> {
    let mut index = blobs::load(connection, config).map_err(|source| StoreError::Read { source })?;
    let on_disk = |source| StoreError::BlobFile { source };
    let numbers: HashSet<BlobNumber> = index.entries().map(|entry| entry.number).collect();
    files.delete_others(|number| numbers.contains(&number)).map_err(on_disk)?;
    let mut lost = Vec::new();
    for entry in index.entries().filter(|entry| entry.stored) {
        if files.length(entry.number).map_err(on_disk)? != Some(entry.blob.bytes) {
            lost.push(entry.blob.id);
        }
    }
    for id in &lost {
        index.remove(id);
        connection
            .execute("DELETE FROM blob WHERE id = ?1", [id.0])
            .map_err(|source| StoreError::Write { source })?;
    }
    if !lost.is_empty() {
        tracing::error!(
            lost = lost.len(),
            "attachments have lost their files: their recipients can't fetch them"
        );
    }
    Ok(index)
}

fn submits(connection: &Connection) -> rusqlite::Result<RecentSubmits> {
    let mut recent = RecentSubmits::new(SUBMITS_KEPT_MAX);
    let oldest = unix_seconds().saturating_sub(SUBMIT_KEPT_SECONDS).cast_signed();
    let mut select =
        connection.prepare("SELECT device, id, arrived FROM submit WHERE arrived >= ?1 ORDER BY row")?;
    let mut rows = select.query([oldest])?;
    while let Some(row) = rows.next()? {
        recent.remember(
            DeviceNumber(row.get(0)?),
            SubmitId(row.get(1)?),
            row.get::<_, i64>(2)?.cast_unsigned(),
        );
    }
    Ok(recent)
}
