//! A client's home folder: where the vault, its key and the installed hooks are, and who may use it now.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::attachments::Kept;

/// A folder that holds one device: its vault, the key to it, its hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// The home at this path. Nothing is read or made yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether a vault has been made here.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.vault().exists() && self.key().exists()
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.0.join("vault.db")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.0.join("vault.key")
    }

    /// Installed hooks, one folder each.
    #[must_use]
    pub fn hooks(&self) -> PathBuf {
        self.0.join("hooks")
    }

    /// The editions of hooks that were enabled last, so that what they decided can be replayed after an update.
    pub(crate) fn kept_hooks(&self) -> PathBuf {
        self.0.join("kept")
    }

    /// Compiled hooks. May be deleted at any time.
    pub(crate) fn cache(&self) -> PathBuf {
        self.0.join("cache")
    }

    /// Ciphertext of files that come and go with messages.
    pub(crate) fn kept(&self) -> Kept {
        Kept::new(self.0.join("blobs"))
    }

    /// Makes the folder, for its owner alone.
    pub(crate) fn create(&self) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)
    }

    /// Takes the home for this process, until the lock is dropped.
    pub(crate) fn lock(&self) -> Result<HomeLock, LockError> {
        let path = self.0.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(HomeLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken),
            Err(TryLockError::Error(error)) => Err(LockError::Io(error)),
        }
    }
}

/// Why the home could not be taken.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Another process has it.
    Taken,
    /// The file system refuses.
    Io(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// While it lives, no other process opens the same home: two ratchets from one state would reuse keys.
#[derive(Debug)]
pub(crate) struct HomeLock {
    _file: File,
}

/// Writes a file that must survive a power cut whole or not at all: a new file, synced, then renamed.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_home_serves_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path().join("alice"));
        home.create().unwrap();
        let first = home.lock().unwrap();
        assert!(matches!(home.lock(), Err(LockError::Taken)));
        drop(first);
        assert!(home.lock().is_ok());
    }

    #[test]
    fn the_home_and_its_files_are_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path().join("alice"));
        home.create().unwrap();
        write_private(&home.key(), b"secret").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(home.path()), mode(&home.key())), (0o700, 0o600));
        assert_eq!(fs::read(home.key()).unwrap(), b"secret");
    }
}
