//! The key that the store's pages are encrypted with, if its operator wants that (SQLCipher, AES-256 with HMAC-SHA-512).
//! It belongs on another disk than the store, or where the system keeps secrets.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER_PERMISSIVE;
use zeroize::{Zeroize, Zeroizing};

use crate::identity::write_secret;

/// 32 random bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum StoreKeyError {
    /// No file.
    #[error(
        "there is no key of the store at {path}: name the file that `airlock-relay init --store-key` made",
        path = path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file can't be used.
    #[error("can't {act} the key of the store, {path}: {source}", path = path.display())]
    File {
        /// "read" or "write".
        act: &'static str,
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "{path} is not the key of a store, which is 64 hexadecimal digits: name another file with --store-key",
        path = path.display()
    )]
    Content {
        /// Which.
        path: PathBuf,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes ({0}): try again; if it stays so, the system needs repair")]
    Random(getrandom::Error),
}

impl StoreKey {
    /// Reads a key file.
    ///
    /// # Errors
    /// [`StoreKeyError`] names the file.
    pub fn read(path: &Path) -> Result<Self, StoreKeyError> {
        let text = fs::read(path).map(Zeroizing::new).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => StoreKeyError::Missing { path: path.to_owned() },
            _ => StoreKeyError::File { act: "read", path: path.to_owned(), source },
        })?;
        let decoded = HEXLOWER_PERMISSIVE.decode(text.trim_ascii()).map(Zeroizing::new);
        decoded
            .ok()
            .and_then(|bytes| Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?))))
            .ok_or_else(|| StoreKeyError::Content { path: path.to_owned() })
    }

    /// Reads a key file, or makes one that only its owner can read.
    ///
    /// # Errors
    /// [`StoreKeyError`] names the file.
    pub fn read_or_create(path: &Path) -> Result<Self, StoreKeyError> {
        match Self::read(path) {
            Err(StoreKeyError::Missing { .. }) => Self::create(path),
            other => other,
        }
    }

    fn create(path: &Path) -> Result<Self, StoreKeyError> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *key).map_err(StoreKeyError::Random)?;
        let mut text = Zeroizing::new(HEXLOWER_PERMISSIVE.encode(&*key));
        text.push('\n');
        write_secret(path, &text).map_err(|source| StoreKeyError::File {
            act: "write",
            path: path.to_owned(),
            source,
        })?;
        Ok(Self(key))
    }

    /// As SQLCipher takes a key that is not a passphrase.
    pub(crate) fn literal(&self) -> Zeroizing<String> {
        let mut digits = HEXLOWER_PERMISSIVE.encode(&*self.0);
        let literal = Zeroizing::new(format!("x'{digits}'"));
        digits.zeroize();
        literal
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.key");
        assert!(matches!(StoreKey::read(&path), Err(StoreKeyError::Missing { .. })));
        let key = StoreKey::read_or_create(&path).unwrap();
        assert_eq!(StoreKey::read_or_create(&path).unwrap(), key);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let another = StoreKey::read_or_create(&dir.path().join("another.key")).unwrap();
        assert_ne!(another, key);
        assert_eq!(format!("{key:?}"), "StoreKey", "no log shows it");
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.key");
        for wrong in ["", "0123", &"g".repeat(64), &"a5".repeat(33)] {
            fs::write(&path, wrong).unwrap();
            assert!(matches!(StoreKey::read_or_create(&path), Err(StoreKeyError::Content { .. })));
            assert_eq!(fs::read_to_string(&path).unwrap(), wrong);
        }
    }
}
