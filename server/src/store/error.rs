//! Why the store can't be opened or can't go on.

use std::{io, path::PathBuf};

/// Why the store can't be opened or can't go on.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file can't be opened, or is damaged.
    #[error(
        "can't open the store {path}: {source}. Check that its disk has space and works. If the file is damaged, \
         restore it from a backup; without one, move it away, and all users must register again",
        path = path.display()
    )]
    Open {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A key is wanted, and there is none.
    #[error(
        "the store {path} is encrypted, or damaged: name the file of its key with --store-key. If it never had one, \
         restore it from a backup; without one, move it away, and all users must register again",
        path = path.display()
    )]
    KeyWanted {
        /// The database file.
        path: PathBuf,
    },
    /// There is a key, and the store is not encrypted.
    #[error(
        "the store {path} is not encrypted: leave --store-key out, or encrypt the store with `airlock-relay rekey \
         --new-store-key FILE`",
        path = path.display()
    )]
    NotEncrypted {
        /// The database file.
        path: PathBuf,
    },
    /// It does not open with the key.
    #[error(
        "the store {path} does not open with this key: name the file of its own key with --store-key; nobody can read \
         it without. If the key is the right one, the store is damaged: restore it from a backup",
        path = path.display()
    )]
    WrongKey {
        /// The database file.
        path: PathBuf,
    },
    /// The file can't be made.
    #[error("can't make the store {path}: {source}", path = path.display())]
    Create {
        /// The database file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another version of the relay made it.
    #[error(
        "the store {path} has format {found}, and this relay works with format {known}: use the version of \
         airlock-relay that made it, or a newer one",
        path = path.display()
    )]
    Version {
        /// The database file.
        path: PathBuf,
        /// Format of the file.
        found: i64,
        /// Format of this build.
        known: i64,
    },
    /// A database, but not a relay's.
    #[error("{path} is a database of some other program: name another folder with --data", path = path.display())]
    Foreign {
        /// The database file.
        path: PathBuf,
    },
    /// A row does not hold what was stored in it.
    #[error("the store is damaged ({what}): restore it from a backup")]
    Damaged {
        /// Which kind of row.
        what: &'static str,
    },
    /// A write did not reach the disk.
    #[error(
        "the relay can't write to its disk ({source}): it has stopped, and nothing that it accepted is lost. \
         Free some space or repair the disk, then start it again"
    )]
    Write {
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A stored envelope can't be read.
    #[error("the relay can't read its store ({source}): check the disk, then start it again")]
    Read {
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file of a blob can't be read, written, synced or deleted.
    #[error(
        "the relay can't work with the files of its attachments ({source}): it has stopped, and nothing that it \
         accepted is lost. Check the disk and the folder `blobs`, then start it again"
    )]
    BlobFile {
        /// What the system said.
        source: io::Error,
    },
    /// A thread of the store can't be started, or ended by a fault of ours.
    #[error("the store's {thread} thread failed{}", source.as_ref().map(|e| format!(": {e}")).unwrap_or_default())]
    Thread {
        /// Which.
        thread: &'static str,
        /// What the system said, if it could not be started.
        source: Option<io::Error>,
    },
}
