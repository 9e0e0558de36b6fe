//! The source of a list, as its maintainer writes it, and the signing of it.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Component, Path, PathBuf},
};

use ed25519_dalek::{Signer, SigningKey};
use serde::{Deserialize, Serialize};

use super::{
    Blob, Entry, ListFormatError, ListKind, SignedList,
    body::{Body, Content},
};
use crate::limits::LIST_FILE_BYTES_MAX;

/// A list before it is signed: TOML, entries in any order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSource {
    /// Names the list.
    pub id: String,
    /// What it is of.
    pub kind: ListKind,
    /// Higher than that of every earlier edition.
    pub version: u64,
    /// First day, as `2026-11-22`.
    pub issued: String,
    /// Last day.
    pub expires: String,
    /// What it looks for, in the kinds that have entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<Entry>>,
    /// What it is, in the kinds that have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<BlobSource>,
}

/// A blob before it is signed: its bytes are in a file of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobSource {
    /// What it is, in one line.
    pub description: String,
    /// Who made it, or asked for it.
    pub submitter: String,
    /// The name of a file beside the source.
    pub file: String,
}

/// Why a list can't be signed from its files.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file is missing or can't be read.
    #[error("{} can't be read: {why}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        why: io::Error,
    },
    /// The blob lies somewhere else.
    #[error("the blob's file `{0}` is not the name of a file beside the source")]
    Elsewhere(String),
    /// What is in the files is no list.
    #[error("{}: {why}", path.display())]
    Format {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        #[source]
        why: ListFormatError,
    },
}

impl ListSource {
    /// Parses a source file.
    ///
    /// # Errors
    /// When it is not TOML, or a field is missing or unknown.
    pub fn parse(text: &str) -> Result<Self, ListFormatError> {
        toml::from_str(text).map_err(|error| ListFormatError::Toml(error.to_string().trim_end().into()))
    }

    /// The source as a file, as [`ListSource::parse`] reads it.
    ///
    /// # Errors
    /// None that its parts can cause: they are text and numbers.
    pub fn to_toml(&self) -> Result<String, ListFormatError> {
        toml::to_string(self).map_err(|error| ListFormatError::Toml(error.to_string()))
    }

    /// Sorts the entries and signs the list.
    ///
    /// # Errors
    /// When an entry or a date can't be in a list, or the list is a blob, which [`ListSource::sign_blob`] signs.
    pub fn sign(self, key: &SigningKey) -> Result<SignedList, ListFormatError> {
        self.sign_with(None, key)
    }

    /// Signs a list that is one blob of these bytes.
    ///
    /// # Errors
    /// When the bytes, a text or a date can't be in a list, or the list has entries.
    pub fn sign_blob(self, bytes: Vec<u8>, key: &SigningKey) -> Result<SignedList, ListFormatError> {
        self.sign_with(Some(bytes), key)
    }

    /// Reads a source and, if it names one, the blob beside it, and signs the list.
    ///
    /// # Errors
    /// When a file can't be read, or as the other two.
    pub fn sign_file(path: &Path, key: &SigningKey) -> Result<SignedList, SourceError> {
        let format = |why| SourceError::Format { path: path.into(), why };
        let text = String::from_utf8(read(path)?).map_err(|_| format(ListFormatError::NotText))?;
        let source = Self::parse(&text).map_err(format)?;
        let bytes = match &source.blob {
            Some(blob) => Some(read(&beside(path, &blob.file)?)?),
            None => None,
        };
        source.sign_with(bytes, key).map_err(format)
    }

    fn sign_with(self, bytes: Option<Vec<u8>>, key: &SigningKey) -> Result<SignedList, ListFormatError> {
        let blob = match (self.blob, bytes) {
            (None, None) => None,
            (Some(BlobSource { description, submitter, file: _ }), Some(bytes)) => {
                Some(Blob { description, submitter, bytes })
            }
            (Some(_), None) => return Err(ListFormatError::NoBytes),
            (None, Some(_)) => return Err(ListFormatError::Content { kind: self.kind, has: "entries" }),
        };
        // A list without entries is one that looks for nothing, and its source need not say so.
        let entries = match (self.entries, &blob) {
            (None, None) if self.kind.has_entries() => Some(Vec::new()),
            (entries, _) => entries,
        };
        let entries = entries.map(|mut entries| {
            entries.sort_by(|one, other| one.value.cmp(&other.value));
            entries
        });
        let body = Body {
            id: self.id,
            kind: self.kind,
            version: self.version,
            issued: self.issued.parse()?,
            expires: self.expires.parse()?,
            content: Content::of(self.kind, entries, blob)?,
        };
        let signature = key.sign(&body.signed_bytes()?).to_bytes();
        SignedList::new(body, signature)
    }
}

/// A source that somebody else wrote must not make its signer publish any other file.
fn beside(source: &Path, name: &str) -> Result<PathBuf, SourceError> {
    let mut parts = Path::new(name).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(_)), None) => Ok(source.with_file_name(name)),
        _ => Err(SourceError::Elsewhere(name.into())),
    }
}

/// Reads a file, but never more than a list may have.
fn read(path: &Path) -> Result<Vec<u8>, SourceError> {
    let failed = |why| SourceError::Read { path: path.into(), why };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(LIST_FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > LIST_FILE_BYTES_MAX {
        let why = ListFormatError::FileTooLarge { got: bytes.len() };
        return Err(SourceError::Format { path: path.into(), why });
    }
    Ok(bytes)
}
