//! The table of blobs: announced, stored, released, expired. Their bytes are in files ([`crate::blobs`]).

use airlock_wire::{AccountId, Answer, Blob, BlobId, Refusal};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    blob_index::{Admission, BlobEntry, BlobIndex, BlobNumber, charge},
    mailbox_index::DeviceNumber,
    rules::DAY_SECONDS,
};
use crate::{
    blobs::Turns,
    config::Config,
    limits::{PURGE_ROWS_MAX, UPLOAD_KEPT_SECONDS},
};

/// How long blobs stay, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetimes {
    stored: u64,
    unfinished: u64,
}

impl Lifetimes {
    pub(super) fn of(config: &Config) -> Self {
        Self { stored: u64::from(config.limits.blob_days) * DAY_SECONDS, unfinished: UPLOAD_KEPT_SECONDS }
    }
}

/// Notes a blob that is to come, or finds the one that was announced before. It takes room from now on; the uploads
/// that had to make room for it are added to `gone`.
pub(super) fn announce(
    transaction: &Transaction<'_>,
    index: &mut BlobIndex,
    turns: &Turns,
    (account, blob): (AccountId, &Blob),
    now: u64,
    gone: &mut Vec<BlobNumber>,
) -> rusqlite::Result<Result<Answer, Refusal>> {
    match index.admit(account, blob) {
        Err(refusal) => return Ok(Err(refusal)),
        Ok(Admission::Known(known)) => {
            // Asked for again, so it is not idle.
            transaction
                .prepare_cached("UPDATE blob SET arrived = ?2 WHERE number = ?1 AND stored = 0")?
                .execute(params![known.number.0, now.cast_signed()])?;
            return Ok(Ok(Answer::Done));
        }
        Ok(Admission::New { bytes: 0 }) => {}
        Ok(Admission::New { bytes }) => {
            let Some(idle) = idle(transaction, turns, account, bytes)? else {
                return Ok(Err(Refusal::BlobsFull));
            };
            for (number, id) in idle {
                discard(transaction, number)?;
                index.remove(&id);
                gone.push(number);
            }
        }
    }
    transaction
        .prepare_cached("INSERT INTO blob (id, account, bytes, digest, arrived) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![blob.id.0, account.0, blob.bytes.cast_signed(), blob.digest, now.cast_signed()])?;
    let number = BlobNumber(transaction.last_insert_rowid());
    index.add(BlobEntry { number, account, blob: *blob, stored: false });
    Ok(Ok(Answer::Done))
}

/// The uploads of an account that no stream goes on with, those that were asked for longest ago first, until they count
/// for `bytes`. None if all of them count for less.
fn idle(
    transaction: &Transaction<'_>,
    turns: &Turns,
    account: AccountId,
    bytes: u64,
) -> rusqlite::Result<Option<Vec<(BlobNumber, BlobId)>>> {
    let mut select = transaction.prepare_cached(
        "SELECT number, id, bytes FROM blob WHERE stored = 0 AND account = ?1 ORDER BY arrived, number",
    )?;
    let mut rows = select.query([account.0])?;
    let (mut idle, mut found) = (Vec::new(), 0_u64);
    while found < bytes {
        let Some(row) = rows.next()? else { return Ok(None) };
        let number = BlobNumber(row.get(0)?);
        if !turns.are_taken(number) {
            idle.push((number, BlobId(row.get(1)?)));
            found += charge(row.get::<_, i64>(2)?.cast_unsigned());
        }
    }
    Ok(Some(idle))
}

/// Notes that a blob's file is whole and on disk. `false` if it has been deleted meanwhile.
pub(super) fn finish(transaction: &Transaction<'_>, number: BlobNumber, now: u64) -> rusqlite::Result<bool> {
    let changed = transaction
        .prepare_cached("UPDATE blob SET stored = 1, arrived = ?2 WHERE number = ?1")?
        .execute(params![number.0, now.cast_signed()])?;
    Ok(changed == 1)
}

/// Deletes a blob whose upload failed for good.
pub(super) fn discard(transaction: &Transaction<'_>, number: BlobNumber) -> rusqlite::Result<()> {
    for delete in ["DELETE FROM blob_release WHERE blob = ?1", "DELETE FROM blob WHERE number = ?1"] {
        transaction.prepare_cached(delete)?.execute([number.0])?;
    }
    Ok(())
}

/// Notes that a device has a blob; `true` if it was the last of its account, and the blob is deleted.
pub(super) fn release(
    transaction: &Transaction<'_>,
    device: DeviceNumber,
    id: &BlobId,
) -> rusqlite::Result<bool> {
    let number: Option<i64> = transaction
        .prepare_cached(
            "SELECT blob.number FROM blob JOIN device ON device.account = blob.account
             WHERE blob.id = ?1 AND blob.stored = 1 AND device.number = ?2",
        )?
        .query_row(params![id.0, device.0], |row| row.get(0))
        .optional()?;
    let Some(number) = number else { return Ok(false) };
    transaction
        .prepare_cached("INSERT OR IGNORE INTO blob_release (blob, device) VALUES (?1, ?2)")?
        .execute(params![number, device.0])?;
    let waiting: i64 = transaction
        .prepare_cached(
            "SELECT count(*) FROM device JOIN blob ON blob.account = device.account
             WHERE blob.number = ?1 AND device.number NOT IN (SELECT device FROM blob_release WHERE blob = ?1)",
        )?
        .query_row([number], |row| row.get(0))?;
    if waiting > 0 {
        return Ok(false);
    }
    discard(transaction, BlobNumber(number))?;
    Ok(true)
}

/// Deletes blobs that have waited too long. `true` if more may be left.
pub(super) fn purge(
    transaction: &Transaction<'_>,
    lifetimes: Lifetimes,
    now: u64,
    gone: &mut Vec<BlobId>,
) -> rusqlite::Result<bool> {
    let mut more = false;
    for (stored, kept) in [(1, lifetimes.stored), (0, lifetimes.unfinished)] {
        let oldest = now.saturating_sub(kept).cast_signed();
        let expired: Vec<(BlobNumber, BlobId)> = transaction
            .prepare_cached("SELECT number, id FROM blob WHERE stored = ?1 AND arrived < ?2 LIMIT ?3")?
            .query_map(params![stored, oldest, PURGE_ROWS_MAX], |row| {
                Ok((BlobNumber(row.get(0)?), BlobId(row.get(1)?)))
            })?
            .collect::<rusqlite::Result<_>>()?;
        more |= expired.len() == PURGE_ROWS_MAX as usize;
        for (number, id) in expired {
            discard(transaction, number)?;
            gone.push(id);
        }
    }
    Ok(more)
}

/// All blobs of the file.
pub(super) fn load(connection: &Connection, config: &Config) -> rusqlite::Result<BlobIndex> {
    let mut index = BlobIndex::new(&config.limits);
    let mut select = connection.prepare("SELECT number, id, account, bytes, digest, stored FROM blob")?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let blob = Blob {
            id: BlobId(row.get(1)?),
            bytes: row.get::<_, i64>(3)?.cast_unsigned(),
            digest: row.get(4)?,
        };
        let number = BlobNumber(row.get(0)?);
        index.add(BlobEntry { number, account: AccountId(row.get(2)?), blob, stored: row.get(5)? });
    }
    Ok(index)
}
