//! Secrets of our prekeys, until they are used up or too old.

use airlock_protocol::{CurvePrekeySecret, CurveRole, KemPrekeySecret};
use airlock_wire::{CodecError, KemRole, PrekeyId};
use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use super::{VaultError, int, uint};

fn curve_kind(role: CurveRole) -> &'static str {
    match role {
        CurveRole::Signed => "signed",
        CurveRole::OneTime => "one-time",
    }
}

fn kem_kind(role: KemRole) -> &'static str {
    match role {
        KemRole::LastResort => "kem last resort",
        KemRole::OneTime => "kem one-time",
    }
}

pub(crate) fn put_curve(db: &Connection, key: &CurvePrekeySecret, now_ms: u64) -> Result<(), VaultError> {
    put(db, curve_kind(key.role()), key.id(), &key.save(), now_ms)
}

pub(crate) fn put_kem(db: &Connection, key: &KemPrekeySecret, now_ms: u64) -> Result<(), VaultError> {
    put(db, kem_kind(key.role()), key.id(), &key.save(), now_ms)
}

pub(crate) fn curve(
    db: &Connection,
    role: CurveRole,
    id: PrekeyId,
) -> Result<Option<CurvePrekeySecret>, VaultError> {
    let secret = get(db, curve_kind(role), id)?;
    secret.map(|bytes| CurvePrekeySecret::restore(&bytes).map_err(|_| malformed())).transpose()
}

pub(crate) fn kem(
    db: &Connection,
    role: KemRole,
    id: PrekeyId,
) -> Result<Option<KemPrekeySecret>, VaultError> {
    let secret = get(db, kem_kind(role), id)?;
    secret.map(|bytes| KemPrekeySecret::restore(&bytes).map_err(|_| malformed())).transpose()
}

pub(crate) fn delete_curve(db: &Connection, id: PrekeyId) -> Result<(), VaultError> {
    delete(db, curve_kind(CurveRole::OneTime), id)
}

pub(crate) fn delete_kem(db: &Connection, id: PrekeyId) -> Result<(), VaultError> {
    delete(db, kem_kind(KemRole::OneTime), id)
}

/// The newest medium-term key, and when it was made.
pub(crate) fn newest_signed(db: &Connection) -> Result<Option<(CurvePrekeySecret, u64)>, VaultError> {
    let found = newest(db, curve_kind(CurveRole::Signed))?;
    found
        .map(|(bytes, made_ms)| Ok((CurvePrekeySecret::restore(&bytes).map_err(|_| malformed())?, made_ms)))
        .transpose()
}

/// The newest key of last resort.
pub(crate) fn newest_last_resort(db: &Connection) -> Result<Option<KemPrekeySecret>, VaultError> {
    let found = newest(db, kem_kind(KemRole::LastResort))?;
    found.map(|(bytes, _)| KemPrekeySecret::restore(&bytes).map_err(|_| malformed())).transpose()
}

/// Deletes medium-term and last-resort keys that were made before `before_ms`. The newest are never that old: they
/// are replaced long before. One-time keys stay until they are used, as a relay may still hand them out.
pub(crate) fn delete_older(db: &Connection, before_ms: u64) -> Result<(), VaultError> {
    db.prepare_cached("DELETE FROM prekey WHERE made_ms < ?1 AND kind IN (?2, ?3)")?.execute(params![
        int(before_ms),
        curve_kind(CurveRole::Signed),
        kem_kind(KemRole::LastResort)
    ])?;
    Ok(())
}

fn put(db: &Connection, kind: &str, id: PrekeyId, secret: &[u8], now_ms: u64) -> Result<(), VaultError> {
    db.prepare_cached("INSERT INTO prekey (kind, id, secret, made_ms) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![kind, id.0, secret, int(now_ms)])?;
    Ok(())
}

fn get(db: &Connection, kind: &str, id: PrekeyId) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    let mut query = db.prepare_cached("SELECT secret FROM prekey WHERE kind = ?1 AND id = ?2")?;
    Ok(query.query_row(params![kind, id.0], |row| row.get(0)).optional()?.map(Zeroizing::new))
}

/// A stored secret, and when it was made in ms since 1970.
type Dated = (Zeroizing<Vec<u8>>, u64);

fn newest(db: &Connection, kind: &str) -> Result<Option<Dated>, VaultError> {
    let mut query =
        db.prepare_cached("SELECT secret, made_ms FROM prekey WHERE kind = ?1 ORDER BY id DESC LIMIT 1")?;
    let row: Option<(Vec<u8>, i64)> =
        query.query_row([kind], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(row.map(|(secret, made_ms)| (Zeroizing::new(secret), uint(made_ms))))
}

fn delete(db: &Connection, kind: &str, id: PrekeyId) -> Result<(), VaultError> {
    db.prepare_cached("DELETE FROM prekey WHERE kind = ?1 AND id = ?2")?.execute(params![kind, id.0])?;
    Ok(())
}

fn malformed() -> VaultError {
    VaultError::Malformed { what: "prekey", cause: CodecError::Malformed }
}
