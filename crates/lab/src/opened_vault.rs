//! The inside of a vault, for whoever has its key: every value in every table.

use std::{fmt::Write as _, fs, path::Path};

use rusqlite::{Connection, Error, ErrorCode, OpenFlags, types::ValueRef};

use crate::{
    error::WorldError,
    observer::{Observations, Party},
    person::Person,
};

/// Bytes of a vault's key.
const KEY_BYTES: usize = 32;

/// How a key file starts in which the key is not wrapped: the version of the encoding, and the kind of file.
const PLAIN_KEY_FILE: [u8; 2] = [1, 0];

/// What is to be done with an opened vault.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Access {
    /// To look at it.
    Read,
    /// To change it.
    Write,
}

/// Adds every value of a home's vault, a record for each, and notes that it was looked into. A vault behind a passphrase
/// adds none, and counts as closed: its key is nowhere on the disk.
pub(crate) fn add(all: &mut Observations, person: Person, home: &Path) -> Result<(), WorldError> {
    let Some(database) = open(home, Access::Read)? else { return Ok(()) };
    all.looked_into(Party::Vault, Some(person));
    let tables: Vec<String> = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in tables {
        let mut select = database.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            for (number, column) in columns.iter().enumerate() {
                if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = row.get_ref(number)? {
                    all.add(Party::Vault, Some(person), format!("table {table}, column {column}"), bytes);
                }
            }
        }
    }
    Ok(())
}

/// The vault, when a key that fits lies beside it.
///
/// # Errors
/// When key or vault can't be read, which is something else than a key that does not fit.
pub(crate) fn open(home: &Path, access: Access) -> Result<Option<Connection>, WorldError> {
    let unreadable = |source| WorldError::Folder { folder: home.to_owned(), source };
    let key_file = fs::read(home.join("vault.key")).map_err(unreadable)?;
    let plain = key_file.strip_prefix(&PLAIN_KEY_FILE).filter(|key| key.len() == KEY_BYTES);
    let Some(key) = plain else { return Ok(None) };
    let access = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let database =
        Connection::open_with_flags(home.join("vault.db"), access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let mut pragma = String::from("PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'");
    for byte in key {
        // A String takes everything.
        let _ = write!(pragma, "{byte:02x}");
    }
    pragma.push_str("'\"");
    database.execute_batch(&pragma)?;
    match database.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())) {
        Ok(()) => Ok(Some(database)),
        // A file that this key does not open is searched as it lies, which is all that anybody has of it.
        Err(Error::SqliteFailure(error, _)) if error.code == ErrorCode::NotADatabase => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

    fn home(vault: &[u8]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("vault.key"), [&PLAIN_KEY_FILE[..], &KEY].concat()).unwrap();
        fs::write(home.path().join("vault.db"), vault).unwrap();
        home
    }

    #[test]
    fn a_vault_that_the_key_does_not_fit_stays_closed() {
        let home = home(&[0xA5; 8192]);
        assert!(open(home.path(), Access::Read).unwrap().is_none());
    }

    #[test]
    fn a_vault_that_cannot_be_read_is_an_error_and_not_a_closed_one() {
        let home = home(b"");
        fs::remove_file(home.path().join("vault.db")).unwrap();
        assert!(open(home.path(), Access::Read).is_err());
        fs::remove_file(home.path().join("vault.key")).unwrap();
        assert!(open(home.path(), Access::Read).is_err());
    }
}
