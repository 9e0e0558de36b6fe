//! The inside of a vault, for whoever has its key: every value in every table.

use std::{fmt::Write as _, fs, path::Path};

use rusqlite::{Connection, OpenFlags, types::ValueRef};

use crate::{
    error::WorldError,
    observer::{Observations, Party},
    person::Person,
};

/// Bytes of a vault's key.
const KEY_BYTES: usize = 32;

/// How a key file starts in which the key is not wrapped: the version of the encoding, and the kind of file.
const PLAIN_KEY_FILE: [u8; 2] = [1, 0];

/// Adds every value of a home's vault, a record for each. A vault behind a passphrase adds none: its key is nowhere
/// on the disk.
pub(crate) fn add(all: &mut Observations, person: Person, home: &Path) -> Result<(), WorldError> {
    let unreadable = |source| WorldError::Folder { folder: home.to_owned(), source };
    let key_file = fs::read(home.join("vault.key")).map_err(unreadable)?;
    let Some(database) = open(home, &key_file)? else { return Ok(()) };
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

/// The vault, when the key lies beside it.
pub(crate) fn open(home: &Path, key_file: &[u8]) -> Result<Option<Connection>, WorldError> {
    let plain = key_file.strip_prefix(&PLAIN_KEY_FILE).filter(|key| key.len() == KEY_BYTES);
    let Some(key) = plain else { return Ok(None) };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(home.join("vault.db"), flags)?;
    let mut pragma = String::from("PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'");
    for byte in key {
        // A String takes everything.
        let _ = write!(pragma, "{byte:02x}");
    }
    pragma.push_str("'\"");
    database.execute_batch(&pragma)?;
    // A file that this key does not open is searched as it lies, which is all that anybody has of it.
    let fits = database.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())).is_ok();
    Ok(fits.then_some(database))
}
