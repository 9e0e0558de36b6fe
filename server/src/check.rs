//! `airlock-relay check`: whether what the store holds is whole. Reads, and works beside a running relay.
//!
//! SQLite keeps no checksum of rows, so a bit that flipped inside an envelope is not found here but by its recipient.
//! Lists and attachments carry what they are checked by.

use std::io::{self, Read};

use airlock_wire::{AccountId, CurvePrekey, KemPrekey, SignedDeviceList, decode};
use rusqlite::{Connection, OptionalExtension};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::{
    blobs::BlobFiles,
    data_dir::DataDir,
    error::StartError,
    limits::BLOB_BUFFER_BYTES,
    store::{
        BlobNumber, StoreError,
        schema::{self, Open},
    },
};

/// What was looked at, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Accounts with their signed lists.
    pub accounts: u64,
    /// Prekeys of all kinds.
    pub prekeys: u64,
    /// Envelopes that wait.
    pub envelopes: u64,
    /// Attachments that are stored, read to their ends.
    pub blobs: u64,
    /// Nothing, one hopes.
    pub damage: Vec<Damage>,
}

/// What is wrong. It names no account: an operator can do nothing about one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// SQLite can't follow its own structures.
    #[error("relay.db: {0}")]
    Database(String),
    /// Rows that do not hold what was stored in them.
    #[error("relay.db: {count} rows of the table {table} do not hold what was stored in them")]
    Rows {
        /// Of which table.
        table: &'static str,
        /// How many.
        count: u64,
    },
    /// Files that are not there, or not as long as they were.
    #[error("blobs/: {0} attachments have lost their files, or parts of them")]
    FilesLost(u64),
    /// Files whose digest is another.
    #[error("blobs/: {0} attachments do not hold what was uploaded")]
    FilesChanged(u64),
    /// Files that the disk does not give back, and what it said of one of them.
    #[error("blobs/: {0} attachments can't be read: {1}")]
    FilesUnreadable(u64, String),
}

/// Looks at everything in a data directory.
///
/// # Errors
/// [`StartError::NoRelay`] when no relay was ever made there; [`StartError::Store`] when it can't be opened or read.
pub fn check(data_dir: impl Into<DataDir>) -> Result<Findings, StartError> {
    let data_dir = data_dir.into();
    data_dir.must_have_relay()?;
    let mut connection = schema::open(&data_dir, Open::ReadOnly)?;
    let files = BlobFiles::at(data_dir.path());
    let mut findings = Findings::default();
    let mut stored = Vec::new();
    {
        // One state of the store, whatever the relay does meanwhile.
        let snapshot = connection.transaction().map_err(|source| StoreError::Read { source })?;
        // What can't even be read is the damage that is looked for.
        let read = structure(&snapshot, &mut findings).and_then(|()| rows(&snapshot, &mut findings));
        if let Err(error) = read {
            findings.damage.push(Damage::Database(error.to_string()));
        }
        if findings.damage.is_empty() {
            stored = announced(&snapshot).map_err(|source| StoreError::Read { source })?;
        }
    }
    // Outside the snapshot, which keeps a running relay from cutting its log back.
    let lost = contents(stored, &files, &mut findings);
    let lost = still_there(&connection, &lost).map_err(|source| StoreError::Read { source })?;
    if lost > 0 {
        findings.damage.push(Damage::FilesLost(lost));
    }
    Ok(findings)
}

fn structure(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut select = connection.prepare("PRAGMA integrity_check")?;
    let lines: Vec<String> = select.query_map((), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    findings.damage.extend(lines.into_iter().filter(|line| line != "ok").map(Damage::Database));
    Ok(())
}

fn rows(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut select = connection.prepare("SELECT id, devices FROM account")?;
    let mut accounts = select.query(())?;
    let mut wrong = 0;
    while let Some(row) = accounts.next()? {
        let (id, list): ([u8; 32], Vec<u8>) = (row.get(0)?, row.get(1)?);
        findings.accounts += 1;
        wrong += u64::from(!is_list_of(AccountId(id), &list));
    }
    report("account", wrong, findings);

    let signed = "SELECT signed_prekey FROM device WHERE signed_prekey IS NOT NULL";
    prekeys::<CurvePrekey>(connection, "device", signed, findings)?;
    let last_resort = "SELECT last_resort FROM device WHERE last_resort IS NOT NULL";
    prekeys::<KemPrekey>(connection, "device", last_resort, findings)?;
    prekeys::<CurvePrekey>(connection, "one_time_curve", "SELECT prekey FROM one_time_curve", findings)?;
    prekeys::<KemPrekey>(connection, "one_time_kem", "SELECT prekey FROM one_time_kem", findings)?;

    let count =
        |query: &str| connection.query_row(query, (), |row| row.get::<_, i64>(0)).map(i64::cast_unsigned);
    findings.envelopes = count("SELECT count(*) FROM envelope")?;
    let strangers = count("SELECT count(*) FROM device WHERE account NOT IN (SELECT id FROM account)")?;
    report("device", strangers, findings);
    let twice =
        count("SELECT count(*) FROM (SELECT 1 FROM envelope GROUP BY device, sequence HAVING count(*) > 1)")?;
    report("envelope", twice, findings);
    Ok(())
}

fn report(table: &'static str, count: u64, findings: &mut Findings) {
    if count > 0 {
        findings.damage.push(Damage::Rows { table, count });
    }
}

fn is_list_of(account: AccountId, bytes: &[u8]) -> bool {
    decode::<SignedDeviceList>(bytes)
        .is_ok_and(|signed| signed.verify().is_ok_and(|list| list.account == account))
}

fn prekeys<T: DeserializeOwned>(
    connection: &Connection,
    table: &'static str,
    query: &str,
    findings: &mut Findings,
) -> rusqlite::Result<()> {
    let mut select = connection.prepare(query)?;
    let mut rows = select.query(())?;
    let mut wrong = 0;
    while let Some(row) = rows.next()? {
        findings.prekeys += 1;
        wrong += u64::from(decode::<T>(&row.get::<_, Vec<u8>>(0)?).is_err());
    }
    report(table, wrong, findings);
    Ok(())
}

/// The attachments that are stored: number, length, SHA-256.
fn announced(connection: &Connection) -> rusqlite::Result<Vec<(BlobNumber, i64, [u8; 32])>> {
    let mut select = connection.prepare("SELECT number, bytes, digest FROM blob WHERE stored = 1")?;
    select.query_map((), |row| Ok((BlobNumber(row.get(0)?), row.get(1)?, row.get(2)?)))?.collect()
}

/// Reads each stored attachment. Gives those that have no file, or not all of it: they may have gone meanwhile.
fn contents(
    stored: Vec<(BlobNumber, i64, [u8; 32])>,
    files: &BlobFiles,
    findings: &mut Findings,
) -> Vec<BlobNumber> {
    let (mut lost, mut changed, mut unreadable) = (Vec::new(), 0, Vec::new());
    for (number, bytes, announced) in stored {
        findings.blobs += 1;
        match digest(files, number) {
            Ok(Some((length, _))) if length != bytes.cast_unsigned() => lost.push(number),
            Ok(Some((_, digest))) => changed += u64::from(digest != announced),
            Ok(None) => lost.push(number),
            Err(error) => unreadable.push(error),
        }
    }
    if changed > 0 {
        findings.damage.push(Damage::FilesChanged(changed));
    }
    if let Some(error) = unreadable.first() {
        findings.damage.push(Damage::FilesUnreadable(unreadable.len() as u64, error.to_string()));
    }
    lost
}

/// Length and SHA-256 of an attachment's file, if it has one.
fn digest(files: &BlobFiles, number: BlobNumber) -> io::Result<Option<(u64, [u8; 32])>> {
    let mut file = match files.open(number) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut digest = Sha256::new();
    let mut length = 0;
    let mut buffer = vec![0; BLOB_BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Some((length, digest.finalize().into()))),
            read => {
                digest.update(buffer.get(..read).unwrap_or_default());
                length += read as u64;
            }
        }
    }
}

/// How many of these a running relay has not deleted since.
fn still_there(connection: &Connection, numbers: &[BlobNumber]) -> rusqlite::Result<u64> {
    let mut select = connection.prepare("SELECT 1 FROM blob WHERE number = ?1")?;
    let mut count = 0;
    for number in numbers {
        let found: Option<i64> = select.query_row([number.0], |row| row.get(0)).optional()?;
        count += u64::from(found.is_some());
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_relay_deleted_meanwhile_is_not_called_lost() {
        let dir = tempfile::tempdir().unwrap();
        let store = schema::open(&dir.path().into(), Open::OrCreate).unwrap();
        let row = "INSERT INTO blob (number, id, account, bytes, digest, arrived) VALUES (1, x'01', x'02', 1, x'03', 0)";
        store.execute(row, ()).unwrap();
        assert_eq!(still_there(&store, &[BlobNumber(1), BlobNumber(2)]).unwrap(), 1);
    }

    #[test]
    fn an_attachment_that_cannot_be_read_is_damage_and_hides_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let files = BlobFiles::in_dir(dir.path()).unwrap();
        drop(files.create(BlobNumber(2)).unwrap());
        // A folder in the place of a file can be opened, and not read.
        let path = std::fs::read_dir(dir.path().join("blobs")).unwrap().next().unwrap().unwrap().path();
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let mut findings = Findings::default();
        let lost =
            contents(vec![(BlobNumber(2), 1, [0; 32]), (BlobNumber(3), 1, [0; 32])], &files, &mut findings);
        assert_eq!(lost, [BlobNumber(3)]);
        assert!(matches!(findings.damage[..], [Damage::FilesUnreadable(1, _)]), "{:?}", findings.damage);
    }
}
