//! The audit log at rest: a chain of entries, each hashed over the one before.

use airlock_wire::{decode, encode};
use rusqlite::{Connection, OptionalExtension, params};

use super::{VaultError, fixed, int, uint};
use crate::audit::{AuditEntry, AuditError, AuditRecord, chain};

/// Adds an entry and gives its number. `opening` opens the entry's commitment, if it has one.
pub(crate) fn append(
    db: &Connection,
    entry: &AuditEntry,
    opening: Option<&[u8; 32]>,
) -> Result<u64, VaultError> {
    let last: Option<(i64, Vec<u8>)> = db
        .prepare_cached("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (number, previous) = match last {
        Some((number, hash)) => (uint(number) + 1, fixed("audit hash", &hash)?),
        None => (1, [0; 32]),
    };
    let encoded = encode(entry);
    db.prepare_cached("INSERT INTO audit (number, entry, opening, hash) VALUES (?1, ?2, ?3, ?4)")?.execute(
        params![
            int(number),
            encoded,
            opening.map(<[u8; 32]>::as_slice),
            chain(&previous, number, &encoded).as_slice()
        ],
    )?;
    Ok(number)
}

/// The whole log, oldest first, if its chain is unbroken.
pub(crate) fn all(db: &Connection) -> Result<Vec<AuditRecord>, AuditError> {
    type Columns = (i64, Vec<u8>, Option<Vec<u8>>, Vec<u8>);
    let mut query = db
        .prepare_cached("SELECT number, entry, opening, hash FROM audit ORDER BY number")
        .map_err(VaultError::from)?;
    let rows: Vec<Columns> = query
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .and_then(Iterator::collect)
        .map_err(VaultError::from)?;
    let mut previous = [0; 32];
    let mut records = Vec::with_capacity(rows.len());
    for (expected, (number, encoded, opening, hash)) in (1..).zip(rows) {
        let number = uint(number);
        let hash = fixed("audit hash", &hash)?;
        if number != expected || hash != chain(&previous, number, &encoded) {
            return Err(AuditError::Broken { number: expected });
        }
        let entry = decode(&encoded).map_err(|cause| VaultError::Malformed { what: "audit entry", cause })?;
        let opening = opening.map(|key| fixed("commitment key", &key)).transpose()?;
        records.push(AuditRecord { number, entry, opening, hash });
        previous = hash;
    }
    Ok(records)
}
