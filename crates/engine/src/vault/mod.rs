//! The vault: everything that a device remembers, in one SQLCipher database.
//!
//! A step of the ratchet and the bytes that come of it are written in one transaction, before the bytes leave;
//! an opened message and the ratchet that opened it likewise. So a kill at any point loses nothing and repeats
//! nothing (invariant 10).

use std::{fmt::Write as _, fs::OpenOptions, os::unix::fs::OpenOptionsExt};

use airlock_wire::{CodecError, decode};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use self::migration::{STEPS, newest};
use crate::{home::Home, unlock::VaultKey};

pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod contacts;
pub(crate) mod messages;
mod migration;
pub(crate) mod outbox;
pub(crate) mod prekeys;
pub(crate) mod reports;
pub(crate) mod sessions;
pub(crate) mod settings;

/// Why the vault did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file is damaged, or it is not the one that the key belongs to.
    #[error("the vault is damaged, or its key file belongs to another vault")]
    Damaged,
    /// Made by a newer build.
    #[error("the vault has version {found}, and the newest that this build knows is {known}")]
    Newer {
        /// Its version.
        found: i64,
        /// The newest that this build knows.
        known: i64,
    },
    /// A stored value does not decode.
    #[error("the vault holds a malformed {what}: {cause}")]
    Malformed {
        /// Which kind of value.
        what: &'static str,
        /// How it is wrong.
        cause: CodecError,
    },
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The file can't be made.
    #[error("the vault's file cannot be made: {0}")]
    File(String),
    /// The database or the disk refuses.
    #[error("the vault cannot be read or written: {0}")]
    Database(rusqlite::Error),
    /// Another thread failed while it held the vault; its transaction was rolled back.
    #[error("the vault is closed after an internal failure")]
    Poisoned,
}

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged,
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::Database(error),
        }
    }
}

/// An open vault.
pub(crate) struct Vault {
    database: Connection,
}

impl Vault {
    /// Makes the tables in a new file.
    pub(crate) fn create(home: &Home, key: &VaultKey) -> Result<Self, VaultError> {
        // SQLite gives its journals the permissions of the database, so these are set before it writes any.
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(home.vault());
        drop(file.map_err(|error| VaultError::File(error.to_string()))?);
        let mut vault = Self::connect(home, key, OpenFlags::SQLITE_OPEN_CREATE)?;
        vault.write(|db| -> Result<(), VaultError> {
            db.execute_batch(include_str!("schema.sql"))?;
            Ok(db.pragma_update(None, "user_version", newest(&STEPS))?)
        })?;
        Ok(vault)
    }

    /// Opens a vault that exists, and brings an older one to the newest version.
    pub(crate) fn open(home: &Home, key: &VaultKey) -> Result<Self, VaultError> {
        let mut vault = Self::connect(home, key, OpenFlags::empty())?;
        migration::migrate(&mut vault, &STEPS)?;
        Ok(vault)
    }

    fn connect(home: &Home, key: &VaultKey, create: OpenFlags) -> Result<Self, VaultError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
        let database = Connection::open_with_flags(home.vault(), flags)?;
        // A raw key, so SQLCipher does not stretch it: it is random already.
        let mut pragma = Zeroizing::new(String::with_capacity(160));
        // SQLCipher writes its own log to the terminal otherwise; its errors come back as results.
        pragma.push_str("PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'");
        for byte in key.0 {
            let _ = write!(pragma, "{byte:02x}");
        }
        pragma.push_str("'\"");
        database.execute_batch(&pragma)?;
        // The first read shows whether the key fits.
        database.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
        // Temporary tables would be written unencrypted, so they stay in memory.
        database.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;",
        )?;
        database.set_prepared_statement_cache_capacity(64);
        Ok(Self { database })
    }

    /// For reading alone.
    pub(crate) fn read(&self) -> &Connection {
        &self.database
    }

    /// Runs `work` in one transaction: on `Err` nothing of it stays; on `Ok` all of it is on disk.
    pub(crate) fn write<T, E: From<VaultError>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self.database.transaction().map_err(VaultError::from)?;
        let result = work(&transaction)?;
        transaction.commit().map_err(VaultError::from)?;
        Ok(result)
    }
}

/// Decodes a stored value, naming it when it is malformed.
fn stored<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, VaultError> {
    decode(bytes).map_err(|cause| VaultError::Malformed { what, cause })
}

/// A stored id of fixed length.
fn fixed<const N: usize>(what: &'static str, bytes: &[u8]) -> Result<[u8; N], VaultError> {
    bytes.try_into().map_err(|_| VaultError::Malformed { what, cause: CodecError::Malformed })
}

/// SQLite stores signed integers; a time or count over `i64::MAX` does not occur.
fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn uint(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn new_home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path());
        (folder, home)
    }

    #[test]
    fn a_vault_opens_with_its_key_and_not_with_another() {
        let (_folder, home) = new_home();
        drop(Vault::create(&home, &VaultKey([1; 32])).unwrap());
        assert!(Vault::open(&home, &VaultKey([1; 32])).is_ok());
        assert!(matches!(Vault::open(&home, &VaultKey([2; 32])), Err(VaultError::Damaged)));
    }

    #[test]
    fn a_damaged_vault_is_named_as_such() {
        let (_folder, home) = new_home();
        drop(Vault::create(&home, &VaultKey([1; 32])).unwrap());
        let mut bytes = fs::read(home.vault()).unwrap();
        bytes[100] ^= 1;
        fs::write(home.vault(), bytes).unwrap();
        assert!(matches!(Vault::open(&home, &VaultKey([1; 32])), Err(VaultError::Damaged)));
    }

    #[test]
    fn a_vault_of_a_newer_version_is_refused() {
        let (_folder, home) = new_home();
        let vault = Vault::create(&home, &VaultKey([1; 32])).unwrap();
        vault.database.pragma_update(None, "user_version", 9).unwrap();
        drop(vault);
        let refused = Vault::open(&home, &VaultKey([1; 32]));
        assert!(matches!(refused, Err(VaultError::Newer { found: 9, known: 2 })));
    }

    #[test]
    fn the_vault_and_its_journal_are_for_their_owner_alone() {
        let (folder, home) = new_home();
        let _vault = Vault::create(&home, &VaultKey([1; 32])).unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            let mode = file.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", file.path().display());
        }
    }

    #[test]
    fn nothing_of_a_failed_transaction_stays() {
        let (_folder, home) = new_home();
        let mut vault = Vault::create(&home, &VaultKey([1; 32])).unwrap();
        let failed: Result<(), VaultError> = vault.write(|db| {
            settings::put(db, settings::Name::Profile, &"alice".to_owned())?;
            Err(VaultError::DiskFull)
        });
        assert!(failed.is_err());
        assert_eq!(settings::get::<String>(vault.read(), settings::Name::Profile).unwrap(), None);
    }
}
