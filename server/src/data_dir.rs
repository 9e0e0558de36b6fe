//! The folder of a relay, and the key of its store if that is encrypted.

use std::path::{Path, PathBuf};

use crate::{
    error::StartError,
    store::{StoreKey, schema::STORE_FILE},
};

/// Where a relay keeps what it has. A path alone stands for a folder whose store is not encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataDir {
    path: PathBuf,
    store_key: Option<StoreKey>,
}

impl<P: Into<PathBuf>> From<P> for DataDir {
    fn from(path: P) -> Self {
        Self { path: path.into(), store_key: None }
    }
}

impl DataDir {
    /// The folder, with its store under this key.
    #[must_use]
    pub fn with_store_key(self, store_key: StoreKey) -> Self {
        Self { store_key: Some(store_key), ..self }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn store_key(&self) -> Option<&StoreKey> {
        self.store_key.as_ref()
    }

    /// The database file.
    pub(crate) fn store(&self) -> PathBuf {
        self.path.join(STORE_FILE)
    }

    /// Another folder, with the same key.
    pub(crate) fn beside(&self, path: &Path) -> Self {
        Self { path: path.to_owned(), store_key: self.store_key.clone() }
    }

    /// Whether a relay was ever made there.
    #[must_use]
    pub fn has_relay(&self) -> bool {
        self.store().exists()
    }

    /// Refuses a folder in which none was.
    pub(crate) fn must_have_relay(&self) -> Result<(), StartError> {
        if self.has_relay() { Ok(()) } else { Err(StartError::NoRelay { path: self.path.clone() }) }
    }
}
