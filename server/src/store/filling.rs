//! A store as it is after long use, made at once: for the load tool, which shows what a relay's growth costs.

use airlock_wire::{
    AccountId, DeliveryToken, Device, DeviceId, DeviceList, Signature, SignedDeviceList, encode,
};
use ed25519_dalek::{Signer as _, SigningKey};
use rusqlite::{Connection, params};

use super::{
    StoreError,
    schema::{self, Open},
};
use crate::{clock::unix_seconds, data_dir::DataDir, limits::SUBMITS_KEPT_MAX};

/// Rows in one commit.
const ROWS_TOGETHER: u64 = 100_000;

const CACHE_KIB: i64 = 1024 * 1024;

/// What a filled store holds.
#[derive(Clone, Copy, Debug)]
pub struct StoredCrowd {
    /// Accounts with one device each. They have no prekeys, which nothing but their own requests looks at.
    pub mailboxes: u32,
    /// Envelopes that wait in each mailbox, as they come in when all write to all.
    pub envelopes_each: u32,
    /// Bytes of an envelope.
    pub bytes: usize,
}

/// Makes a store in a data directory that has none.
///
/// # Errors
/// [`StoreError`] when it can't be made or written to.
pub fn fill_store(data_dir: impl Into<DataDir>, crowd: StoredCrowd) -> Result<(), StoreError> {
    let connection = schema::open(&data_dir.into(), Open::OrCreate)?;
    fill(&connection, crowd).map_err(|source| StoreError::Write { source })
}

fn fill(connection: &Connection, crowd: StoredCrowd) -> rusqlite::Result<()> {
    let mailboxes = u64::from(crowd.mailboxes);
    let envelopes = mailboxes * u64::from(crowd.envelopes_each);
    let remembered_from = envelopes.saturating_sub(SUBMITS_KEPT_MAX as u64);
    // Nobody was told that any of it is safe.
    connection.pragma_update(None, "synchronous", "OFF")?;
    // Accounts come in an order of their own, and go all over the table.
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    in_commits(connection, mailboxes, |number| register(connection, number))?;
    in_commits(connection, envelopes, |number| {
        let (device, sequence) = (number % mailboxes + 1, number / mailboxes + 1);
        store(connection, device, sequence, crowd.bytes)?;
        if number < remembered_from { Ok(()) } else { remember(connection, device, number) }
    })
}

fn in_commits(
    connection: &Connection,
    count: u64,
    mut insert: impl FnMut(u64) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut next = 0;
    while next < count {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let end = count.min(next + ROWS_TOGETHER);
        (next..end).try_for_each(&mut insert)?;
        connection.execute_batch("COMMIT")?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
        next = end;
    }
    Ok(())
}

fn register(connection: &Connection, number: u64) -> rusqlite::Result<()> {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let key = SigningKey::from_bytes(&seed);
    let (account, device) = (AccountId(key.verifying_key().to_bytes()), DeviceId(seed));
    let list = DeviceList { account, version: 1, devices: vec![Device { id: device, agreement: [0; 32] }] };
    let signed = SignedDeviceList::new(&list, |bytes| Signature(key.sign(bytes).to_bytes()));
    let token = DeliveryToken([0; 16]).hash();
    connection
        .prepare_cached("INSERT INTO account (id, version, devices, token) VALUES (?1, 1, ?2, ?3)")?
        .execute(params![account.0, encode(&signed), token.0])?;
    connection
        .prepare_cached("INSERT INTO device (id, account) VALUES (?1, ?2)")?
        .execute(params![device.0, account.0])?;
    Ok(())
}

fn store(connection: &Connection, device: u64, sequence: u64, bytes: usize) -> rusqlite::Result<()> {
    let sealed = vec![sequence.to_le_bytes()[0]; bytes];
    connection
        .prepare_cached("INSERT INTO envelope (device, sequence, arrived, sealed) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            device.cast_signed(),
            sequence.cast_signed(),
            unix_seconds().cast_signed(),
            sealed
        ])?;
    Ok(())
}

fn remember(connection: &Connection, device: u64, number: u64) -> rusqlite::Result<()> {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_le_bytes());
    connection
        .prepare_cached("INSERT INTO submit (device, id, arrived) VALUES (?1, ?2, ?3)")?
        .execute(params![device.cast_signed(), id, unix_seconds().cast_signed()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_store_is_one_that_a_relay_finds_sound() {
        let dir = tempfile::tempdir().unwrap();
        fill_store(dir.path(), StoredCrowd { mailboxes: 7, envelopes_each: 3, bytes: 512 }).unwrap();
        let status = crate::status(dir.path()).unwrap();
        assert_eq!((status.devices, status.envelopes), (7, 21));
        assert_eq!(crate::check(dir.path()).unwrap().damage, Vec::new());
    }
}
