//! The source of a list, as its maintainer writes it, and the signing of it.

use ed25519_dalek::{Signer, SigningKey};
use serde::Deserialize;

use super::{Body, Entry, ListFormatError, ListKind, SignedList};

/// A list before it is signed: TOML, entries in any order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSource {
    /// Names the list.
    pub id: String,
    /// What its entries are.
    pub kind: ListKind,
    /// Higher than that of every earlier edition.
    pub version: u64,
    /// First day, as `2026-11-22`.
    pub issued: String,
    /// Last day.
    pub expires: String,
    /// What it looks for.
    #[serde(default)]
    pub entries: Vec<Entry>,
}

impl ListSource {
    /// Parses a source file.
    ///
    /// # Errors
    /// When it is not TOML, or a field is missing or unknown.
    pub fn parse(text: &str) -> Result<Self, ListFormatError> {
        toml::from_str(text).map_err(|error| ListFormatError::Toml(error.to_string().trim_end().into()))
    }

    /// Sorts the entries and signs the list.
    ///
    /// # Errors
    /// When an entry or a date can't be in a list.
    pub fn sign(mut self, key: &SigningKey) -> Result<SignedList, ListFormatError> {
        self.entries.sort_by(|one, other| one.value.cmp(&other.value));
        let body = Body {
            id: self.id,
            kind: self.kind,
            version: self.version,
            issued: self.issued.parse()?,
            expires: self.expires.parse()?,
            entries: self.entries,
        };
        let signature = key.sign(&body.signed_bytes()?).to_bytes();
        SignedList::new(body, signature)
    }
}
