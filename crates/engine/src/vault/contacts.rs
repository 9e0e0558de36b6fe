//! Other accounts, and how to reach them.

use airlock_protocol::outgoing::ReturnAddress;
use airlock_wire::{AccountId, DeliveryToken, DeviceList, RelayAddress, SignedDeviceList, encode};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{VaultError, fixed, int, stored, uint};

/// Another account, as we know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// Who.
    pub account: AccountId,
    /// Our name for them.
    pub name: String,
    /// Their name for themselves, once they have introduced themselves.
    pub introduced_as: Option<String>,
    /// Whether the account key was confirmed: by a link from a trusted place, or by comparing safety numbers.
    pub verified: bool,
    /// Where they receive.
    pub relay: RelayAddress,
    /// Messages not yet read.
    pub unread: u64,
    /// When they became a contact, in ms since 1970.
    pub added_ms: u64,
}

const COLUMNS: &str = "account, name, introduced_as, verified, relay,
    (SELECT count(*) FROM message WHERE message.account = contact.account AND unread = 1), added_ms";

type Columns = (Vec<u8>, String, Option<String>, bool, String, i64, i64);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn contact(
    (account, name, introduced_as, verified, relay, unread, added_ms): Columns,
) -> Result<Contact, VaultError> {
    let malformed =
        |_| VaultError::Malformed { what: "relay address", cause: airlock_wire::CodecError::Malformed };
    Ok(Contact {
        account: AccountId(fixed("account id", &account)?),
        name,
        introduced_as,
        verified,
        relay: relay.parse().map_err(malformed)?,
        unread: uint(unread),
        added_ms: uint(added_ms),
    })
}

/// Stores a new contact, or where and with which token a known one is to be reached.
pub(crate) fn put(
    db: &Connection,
    address: &ReturnAddress,
    name: &str,
    verified: bool,
    now_ms: u64,
) -> Result<(), VaultError> {
    db.prepare_cached(
        "INSERT INTO contact (account, name, verified, relay, token, added_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (account) DO UPDATE SET relay = ?4, token = ?5, verified = max(verified, ?3)",
    )?
    .execute(params![
        address.account.0.as_slice(),
        name,
        verified,
        address.relay.to_string(),
        address.token.0.as_slice(),
        int(now_ms)
    ])?;
    Ok(())
}

pub(crate) fn get(db: &Connection, account: &AccountId) -> Result<Option<Contact>, VaultError> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM contact WHERE account = ?1"))?;
    query.query_row([account.0.as_slice()], columns).optional()?.map(contact).transpose()
}

/// All of them, by name.
pub(crate) fn all(db: &Connection) -> Result<Vec<Contact>, VaultError> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM contact ORDER BY name"))?;
    let rows: Vec<Columns> = query.query_map([], columns)?.collect::<Result<_, _>>()?;
    rows.into_iter().map(contact).collect()
}

pub(crate) fn name_taken(db: &Connection, name: &str, by_other_than: &AccountId) -> Result<bool, VaultError> {
    let mut query = db.prepare_cached("SELECT 1 FROM contact WHERE name = ?1 AND account <> ?2")?;
    Ok(query.exists(params![name, by_other_than.0.as_slice()])?)
}

pub(crate) fn rename(db: &Connection, account: &AccountId, name: &str) -> Result<(), VaultError> {
    db.prepare_cached("UPDATE contact SET name = ?2 WHERE account = ?1")?
        .execute(params![account.0.as_slice(), name])?;
    Ok(())
}

pub(crate) fn introduce(db: &Connection, account: &AccountId, name: &str) -> Result<(), VaultError> {
    db.prepare_cached("UPDATE contact SET introduced_as = ?2 WHERE account = ?1")?
        .execute(params![account.0.as_slice(), name])?;
    Ok(())
}

pub(crate) fn set_verified(db: &Connection, account: &AccountId, verified: bool) -> Result<(), VaultError> {
    db.prepare_cached("UPDATE contact SET verified = ?2 WHERE account = ?1")?
        .execute(params![account.0.as_slice(), verified])?;
    Ok(())
}

pub(crate) fn token(db: &Connection, account: &AccountId) -> Result<Option<DeliveryToken>, VaultError> {
    let mut query = db.prepare_cached("SELECT token FROM contact WHERE account = ?1")?;
    let bytes: Option<Vec<u8>> = query.query_row([account.0.as_slice()], |row| row.get(0)).optional()?;
    bytes.map(|bytes| Ok(DeliveryToken(fixed("delivery token", &bytes)?))).transpose()
}

/// The newest device list of a contact that we have seen and verified.
pub(crate) fn devices(db: &Connection, account: &AccountId) -> Result<Option<DeviceList>, VaultError> {
    let mut query = db.prepare_cached("SELECT devices FROM contact WHERE account = ?1")?;
    let bytes: Option<Vec<u8>> =
        query.query_row([account.0.as_slice()], |row| row.get(0)).optional()?.flatten();
    let Some(bytes) = bytes else { return Ok(None) };
    let signed: SignedDeviceList = stored("device list", &bytes)?;
    let malformed =
        |_| VaultError::Malformed { what: "device list", cause: airlock_wire::CodecError::Malformed };
    signed.verify().map(Some).map_err(malformed)
}

pub(crate) fn set_devices(
    db: &Connection,
    account: &AccountId,
    devices: &SignedDeviceList,
) -> Result<(), VaultError> {
    db.prepare_cached("UPDATE contact SET devices = ?2 WHERE account = ?1")?
        .execute(params![account.0.as_slice(), encode(devices)])?;
    Ok(())
}
