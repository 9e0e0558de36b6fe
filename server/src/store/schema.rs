//! The database file: its tables, and opening it.
//!
//! `envelope` and `submit` are keyed by their order of arrival, so that each commit appends to the end of a
//! table. Keyed by device, each envelope would rewrite a page of its own: three times the cost and four times
//! the bytes written. The order by device is kept in memory instead ([`super::mailbox_index`]).
//!
//! Each table has one writing process: `invite` belongs to `airlock-relay invite`, the rest to the relay.

use std::{
    fs::{File, OpenOptions},
    io::Read,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{StoreError, StoreKey};
use crate::{data_dir::DataDir, limits::DATABASE_BUSY};

/// The store in the data directory.
pub(crate) const STORE_FILE: &str = "relay.db";

/// Kept in the file's `user_version`. A change that an older relay can't work with changes the number.
const SCHEMA_VERSION: i64 = 2;

/// "ALRL", in the file's `application_id`: tells a relay's store from any other database.
const APPLICATION_ID: i64 = 0x414C_524C;

const TABLES: &str = "
CREATE TABLE account (
    id BLOB PRIMARY KEY,
    version INTEGER NOT NULL,   -- u64 as its bits
    devices BLOB NOT NULL,      -- SignedDeviceList
    token BLOB NOT NULL         -- DeliveryTokenHash
) WITHOUT ROWID;

CREATE TABLE device (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    account BLOB NOT NULL,
    last_sequence INTEGER NOT NULL DEFAULT 0,   -- at least that of each deleted envelope
    signed_prekey BLOB,
    last_resort BLOB,
    curve_last INTEGER NOT NULL DEFAULT -1,     -- highest number of a one-time prekey ever stored
    kem_last INTEGER NOT NULL DEFAULT -1
);
CREATE INDEX device_of_account ON device (account);

CREATE TABLE one_time_curve (
    device INTEGER NOT NULL,
    number INTEGER NOT NULL,
    prekey BLOB NOT NULL,
    PRIMARY KEY (device, number)
) WITHOUT ROWID;

CREATE TABLE one_time_kem (
    device INTEGER NOT NULL,
    number INTEGER NOT NULL,
    prekey BLOB NOT NULL,
    PRIMARY KEY (device, number)
) WITHOUT ROWID;

CREATE TABLE envelope (
    row INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    arrived INTEGER NOT NULL,   -- Unix time in seconds
    sealed BLOB NOT NULL
);

CREATE TABLE submit (
    row INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    id BLOB NOT NULL,
    arrived INTEGER NOT NULL
);

CREATE TABLE invite (
    hash BLOB PRIMARY KEY,      -- InviteCodeHash
    expires INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE invite_use (
    hash BLOB PRIMARY KEY,
    used INTEGER NOT NULL
) WITHOUT ROWID;
";

/// What version 2 added. Their bytes are in files, named by `number`.
const BLOB_TABLES: &str = "
CREATE TABLE blob (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    account BLOB NOT NULL,      -- for whom
    bytes INTEGER NOT NULL,
    digest BLOB NOT NULL,       -- SHA-256, as announced
    arrived INTEGER NOT NULL,   -- Unix time in seconds: when last announced, then when stored
    stored INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX blob_by_age ON blob (stored, arrived);

CREATE TABLE blob_release (
    blob INTEGER NOT NULL,
    device INTEGER NOT NULL,
    PRIMARY KEY (blob, device)
) WITHOUT ROWID;
";

/// What finds an account's uploads that have not ended, however many other accounts have. An older relay works with it.
const UNFINISHED_INDEX: &str =
    "CREATE INDEX IF NOT EXISTS blob_unfinished ON blob (account, arrived) WHERE stored = 0";

/// Whether the file may be made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    /// Made if it is not there, with its tables.
    OrCreate,
    /// Must be there.
    Existing,
    /// Must be there, and nothing is written.
    ReadOnly,
}

/// Opens the store and checks that this version can work with it.
pub(crate) fn open(data_dir: &DataDir, how: Open) -> Result<Connection, StoreError> {
    let path = &data_dir.store();
    let access = match how {
        Open::OrCreate | Open::Existing => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Open::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    // Each connection belongs to one thread, so SQLite needs no lock of its own.
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if how == Open::OrCreate {
        create_private(path)?;
    }
    let key = data_dir.store_key();
    let unusable = |source: rusqlite::Error| match (source.sqlite_error_code(), key) {
        (Some(ErrorCode::NotADatabase), None) => StoreError::KeyWanted { path: path.to_owned() },
        (Some(ErrorCode::NotADatabase), Some(_)) if is_plain(path) => {
            StoreError::NotEncrypted { path: path.to_owned() }
        }
        (Some(ErrorCode::NotADatabase), Some(_)) => StoreError::WrongKey { path: path.to_owned() },
        _ => StoreError::Open { path: path.to_owned(), source },
    };
    let mut connection = Connection::open_with_flags(path, flags).map_err(unusable)?;
    if let Some(key) = key {
        unlock(&connection, key).map_err(unusable)?;
    }
    prepare(&mut connection, how).map_err(unusable)?;

    let application: i64 =
        connection.query_row("PRAGMA application_id", (), |row| row.get(0)).map_err(unusable)?;
    let version: i64 = connection.query_row("PRAGMA user_version", (), |row| row.get(0)).map_err(unusable)?;
    match (application, version) {
        (APPLICATION_ID, SCHEMA_VERSION) => Ok(connection),
        (APPLICATION_ID, found) => {
            Err(StoreError::Version { path: path.to_owned(), found, known: SCHEMA_VERSION })
        }
        _ => Err(StoreError::Foreign { path: path.to_owned() }),
    }
}

/// Lets a connection read and write pages under the key. Before anything else is asked of it.
pub(crate) fn unlock(connection: &Connection, key: &StoreKey) -> rusqlite::Result<()> {
    // SQLCipher would tell standard error of each page that it can't read; what that means is in our own errors.
    connection.pragma_update(None, "cipher_log_level", "NONE")?;
    connection.pragma_update(None, "key", key.literal().as_str())
}

/// Whether the file begins as SQLite's do that are not encrypted.
fn is_plain(path: &Path) -> bool {
    let mut header = [0; 16];
    File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok()
        && header == *b"SQLite format 3\0"
}

/// Makes the empty file, if there is none, so that only its owner can read it; SQLite gives its log the same
/// mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|source| StoreError::Create { path: path.to_owned(), source })
}

fn prepare(connection: &mut Connection, how: Open) -> rusqlite::Result<()> {
    connection.busy_timeout(DATABASE_BUSY)?;
    if how == Open::ReadOnly {
        return Ok(());
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // In WAL mode FULL syncs the log at each commit: what "accepted" stands on.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Checkpoints have their own thread; one inside a commit would hold all senders up.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    if how == Open::OrCreate {
        let making = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let tables: i64 = making.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
        if tables == 0 {
            making.execute_batch(TABLES)?;
            making.pragma_update(None, "application_id", APPLICATION_ID)?;
            making.pragma_update(None, "user_version", 1)?;
        }
        let mut version: i64 = making.query_row("PRAGMA user_version", (), |row| row.get(0))?;
        let application: i64 = making.query_row("PRAGMA application_id", (), |row| row.get(0))?;
        if (application, version) == (APPLICATION_ID, 1) {
            making.execute_batch(BLOB_TABLES)?;
            making.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            version = SCHEMA_VERSION;
        }
        if (application, version) == (APPLICATION_ID, SCHEMA_VERSION) {
            making.execute_batch(UNFINISHED_INDEX)?;
        }
        making.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_store_opens_again_with_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().into();
        let first = open(&store, Open::OrCreate).unwrap();
        first.execute("INSERT INTO invite VALUES (x'00', 1)", ()).unwrap();
        let again = open(&store, Open::Existing).unwrap();
        let invites: i64 = again.query_row("SELECT count(*) FROM invite", (), |row| row.get(0)).unwrap();
        assert_eq!(invites, 1);
    }

    #[test]
    fn a_store_from_before_attachments_gets_their_tables_and_keeps_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let store = DataDir::from(dir.path());
        let old = Connection::open(store.store()).unwrap();
        old.execute_batch(TABLES).unwrap();
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        old.execute("INSERT INTO invite VALUES (x'00', 1)", ()).unwrap();
        drop(old);
        let migrated = open(&store, Open::OrCreate).unwrap();
        let rows: (i64, i64) = migrated
            .query_row("SELECT (SELECT count(*) FROM invite), (SELECT count(*) FROM blob)", (), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(rows, (1, 0));
        open(&store, Open::OrCreate).unwrap();
    }

    #[test]
    fn only_its_owner_can_read_the_store_and_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let connection = open(&dir.path().into(), Open::OrCreate).unwrap();
        connection.execute("INSERT INTO invite VALUES (x'00', 1)", ()).unwrap();
        for name in [STORE_FILE, "relay.db-wal"] {
            let mode = fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn stores_that_cannot_be_used_are_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = DataDir::from(dir.path().join(name));
            fs::create_dir_all(folder.path()).unwrap();
            folder
        };
        let key = |name: &str| StoreKey::read_or_create(&dir.path().join(name)).unwrap();
        open(&folder("newer"), Open::OrCreate).unwrap().pragma_update(None, "user_version", 9).unwrap();
        Connection::open(folder("foreign").store()).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
        fs::write(folder("corrupt").store(), [0x55; 8_192]).unwrap();
        open(&folder("plain"), Open::OrCreate).unwrap();
        let encrypted = folder("encrypted").with_store_key(key("its.key"));
        open(&encrypted, Open::OrCreate).unwrap();
        open(&encrypted, Open::ReadOnly).unwrap();

        let refused = [
            folder("newer"),
            folder("foreign"),
            folder("corrupt"),
            folder("missing"),
            folder("encrypted"),
            folder("encrypted").with_store_key(key("other.key")),
            folder("plain").with_store_key(key("its.key")),
        ];
        let texts: Vec<String> = refused
            .iter()
            .map(|folder| {
                let how = if folder.path().ends_with("missing") { Open::Existing } else { Open::OrCreate };
                let error = open(folder, how).unwrap_err().to_string();
                error.replace(&dir.path().display().to_string(), "DATA")
            })
            .collect();
        insta::assert_snapshot!(texts.join("\n"));
    }
}
