//! The audit log at rest: a chain of entries, each hashed over the one before. Where it ends is kept apart from it, so
//! that entries missing at its end are missed.

use airlock_protocol::Content;
use airlock_wire::{decode, encode};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{VaultError, fixed, int, settings, stored, uint};
use crate::audit::{AuditEntry, AuditError, AuditRecord, Kept, LogHead, chain, commitment};

/// Most bytes of files that are kept for replay, over all decisions: the oldest are forgotten for newer ones. Eight
/// of the largest files that a hook may be shown.
const FILES_BYTES_MAX: u64 = 64 << 20;

/// What is kept of a decision beside its entry.
pub(crate) struct Keep<'a> {
    pub(crate) key: [u8; 32],
    pub(crate) content: &'a Content,
    pub(crate) file: Option<&'a [u8]>,
}

/// Adds an entry and gives its number.
pub(crate) fn append(
    db: &Connection,
    entry: &AuditEntry,
    keep: Option<&Keep<'_>>,
) -> Result<u64, VaultError> {
    let head = head(db)?;
    let number = head.number + 1;
    let encoded = encode(entry);
    let hash = chain(&head.hash, number, &encoded);
    let content = keep.map(|keep| Zeroizing::new(encode(keep.content)));
    let file = keep.and_then(|keep| keep.file).map(|file| put_file(db, file)).transpose()?;
    db.prepare_cached(
        "INSERT INTO audit (number, entry, hash, key, content, file) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        int(number),
        encoded,
        hash.as_slice(),
        keep.map(|keep| keep.key.as_slice()),
        content.as_ref().map(|content| content.as_slice()),
        file.as_ref().map(<[u8; 32]>::as_slice),
    ])?;
    settings::put(db, settings::Name::AuditHead, &LogHead { number, hash })?;
    if file.is_some() {
        forget_oldest_files(db)?;
    }
    Ok(number)
}

/// Where the log ends.
pub(crate) fn head(db: &Connection) -> Result<LogHead, VaultError> {
    Ok(settings::get(db, settings::Name::AuditHead)?.unwrap_or(LogHead { number: 0, hash: [0; 32] }))
}

fn put_file(db: &Connection, bytes: &[u8]) -> Result<[u8; 32], VaultError> {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    db.prepare_cached("INSERT OR IGNORE INTO audit_file (digest, bytes) VALUES (?1, ?2)")?
        .execute(params![digest.as_slice(), bytes])?;
    Ok(digest)
}

fn forget_oldest_files(db: &Connection) -> Result<(), VaultError> {
    loop {
        let total: Option<i64> =
            db.query_row("SELECT sum(length(bytes)) FROM audit_file", [], |row| row.get(0))?;
        if uint(total.unwrap_or(0)) <= FILES_BYTES_MAX {
            return Ok(());
        }
        let oldest = "SELECT file FROM audit WHERE file IS NOT NULL ORDER BY number LIMIT 1";
        let Some(oldest) = db.query_row(oldest, [], |row| row.get::<_, Vec<u8>>(0)).optional()? else {
            return Ok(());
        };
        db.execute("UPDATE audit SET file = NULL WHERE file = ?1", [&oldest])?;
        db.execute("DELETE FROM audit_file WHERE digest = ?1", [&oldest])?;
    }
}

/// The bytes of a file that a hook judged, if they are kept.
pub(crate) fn file(db: &Connection, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, VaultError> {
    Ok(db
        .prepare_cached("SELECT bytes FROM audit_file WHERE digest = ?1")?
        .query_row([digest.as_slice()], |row| row.get(0))
        .optional()?)
}

/// Forgets what was judged. False when nothing was kept.
pub(crate) fn forget(db: &Connection, number: u64) -> Result<bool, VaultError> {
    let changed = db
        .prepare_cached(
            "UPDATE audit SET key = NULL, content = NULL, file = NULL WHERE number = ?1 AND key IS NOT NULL",
        )?
        .execute([int(number)])?;
    db.prepare_cached(
        "DELETE FROM audit_file WHERE digest NOT IN (SELECT file FROM audit WHERE file IS NOT NULL)",
    )?
    .execute([])?;
    Ok(changed > 0)
}

/// The whole log, oldest first, if it is the one that was written: its chain is unbroken, it ends where the last entry
/// was written, and what is kept opens the commitments.
pub(crate) fn all(db: &Connection) -> Result<Vec<AuditRecord>, AuditError> {
    type Columns = (i64, Vec<u8>, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>);
    let mut query = db
        .prepare_cached("SELECT number, entry, hash, key, content, file FROM audit ORDER BY number")
        .map_err(VaultError::from)?;
    let rows: Vec<Columns> = query
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })
        .and_then(Iterator::collect)
        .map_err(VaultError::from)?;
    let mut last = LogHead { number: 0, hash: [0; 32] };
    let mut records = Vec::with_capacity(rows.len());
    for (expected, (number, encoded, hash, key, content, file)) in (1..).zip(rows) {
        let number = uint(number);
        let hash = fixed("audit hash", &hash)?;
        if number != expected || hash != chain(&last.hash, number, &encoded) {
            return Err(AuditError::Broken { number: expected });
        }
        let entry: AuditEntry =
            decode(&encoded).map_err(|cause| VaultError::Malformed { what: "audit entry", cause })?;
        let kept = match (key, content) {
            (Some(key), Some(content)) => Some(Kept {
                key: fixed("commitment key", &key)?,
                content: stored("judged content", &content).map_err(|_| AuditError::Content { number })?,
                file: file.map(|digest| fixed("file digest", &digest)).transpose()?,
            }),
            _ => None,
        };
        if let (AuditEntry::Decided(decision), Some(kept)) = (&entry, &kept)
            && commitment(&kept.key, &kept.content) != decision.commitment.content
        {
            return Err(AuditError::Content { number });
        }
        records.push(AuditRecord { number, entry, kept, hash });
        last = LogHead { number, hash };
    }
    let head = head(db)?;
    if last.number != head.number {
        return Err(AuditError::CutOff { expected: head.number, found: last.number });
    }
    if last.hash != head.hash {
        return Err(AuditError::OtherHead { number: head.number });
    }
    Ok(records)
}
