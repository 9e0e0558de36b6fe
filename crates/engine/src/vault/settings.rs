//! Values of which a vault has one: keys, profile, relay, how the gate stands.

use airlock_wire::encode;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{VaultError, stored};

/// Which value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name {
    AccountKey,
    DeviceKeys,
    DeviceList,
    Profile,
    Token,
    Relay,
    Gate,
    Guardian,
    Seen,
    Suspended,
    AuditHead,
    NextPrekey,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::AccountKey => "account key",
            Self::DeviceKeys => "device keys",
            Self::DeviceList => "device list",
            Self::Profile => "profile name",
            Self::Token => "delivery token",
            Self::Relay => "relay address",
            Self::Gate => "gate setting",
            Self::Guardian => "guardian",
            Self::Seen => "editions seen",
            Self::Suspended => "hooks before orders",
            Self::AuditHead => "audit head",
            Self::NextPrekey => "next prekey number",
        }
    }
}

pub(crate) fn put<T: Serialize>(db: &Connection, name: Name, value: &T) -> Result<(), VaultError> {
    let value = Zeroizing::new(encode(value));
    db.prepare_cached(
        "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
    )?
    .execute(params![name.text(), value.as_slice()])?;
    Ok(())
}

pub(crate) fn get<T: DeserializeOwned>(db: &Connection, name: Name) -> Result<Option<T>, VaultError> {
    let bytes: Option<Vec<u8>> = db
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name.text()], |row| row.get(0))
        .optional()?;
    bytes.map(Zeroizing::new).map(|bytes| stored(name.text(), &bytes)).transpose()
}

/// Forgets a value.
pub(crate) fn remove(db: &Connection, name: Name) -> Result<(), VaultError> {
    db.prepare_cached("DELETE FROM setting WHERE name = ?1")?.execute([name.text()])?;
    Ok(())
}

/// A value that every vault has.
pub(crate) fn need<T: DeserializeOwned>(db: &Connection, name: Name) -> Result<T, VaultError> {
    get(db, name)?.ok_or(VaultError::Malformed { what: name.text(), cause: airlock_wire::CodecError::Empty })
}
