//! Fills the memory of the store from its file, at the start.

use std::{
    sync::{Arc, Mutex, RwLock, mpsc::SyncSender},
    time::Instant,
};

use airlock_wire::{AccountId, DeliveryTokenHash, DeviceId, SubmitId};
use rusqlite::Connection;
use tokio::sync::watch;

use super::{
    Shared, StoreError,
    accounts::Policy,
    directory::Directory,
    mailbox_index::{DeviceNumber, Entry, MailboxIndex},
    submits::RecentSubmits,
    writer::{Deletes, Writer},
};
use crate::{
    clock::unix_seconds,
    config::Config,
    limits::{SUBMIT_KEPT_SECONDS, SUBMITS_KEPT_MAX},
};

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// The shared memory and the writer for this database.
pub(super) fn load(
    connection: Connection,
    config: &Config,
    checkpoint: SyncSender<()>,
) -> Result<(Arc<Shared>, Writer), StoreError> {
    let failed = |source| StoreError::Read { source };
    let (directory, mut index) = registered(&connection, config).map_err(failed)?;
    let mut deletes = Deletes::default();
    deletes.rows = envelopes(&connection, &mut index).map_err(failed)?;
    deletes.since = (!deletes.rows.is_empty()).then(Instant::now);
    let submits = submits(&connection).map_err(failed)?;
    let shared = Arc::new(Shared {
        index: Mutex::new(index),
        directory: RwLock::new(directory),
        leases: Arc::default(),
        failure: watch::Sender::new(None),
    });
    let writer = Writer {
        connection,
        shared: shared.clone(),
        submits,
        policy: Policy { registration: config.registration, accounts_max: config.limits.accounts },
        message_seconds: u64::from(config.limits.message_days) * DAY_SECONDS,
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
