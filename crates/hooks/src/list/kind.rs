//! What a list can be of, and how large each kind may get.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{
    DICTIONARY_BYTES_MAX, DOMAINS_ENTRIES_MAX, DOMAINS_PAYLOAD_BYTES_MAX, IMAGES_ENTRIES_MAX,
    IMAGES_PAYLOAD_BYTES_MAX, MODEL_BYTES_MAX, WORDS_ENTRIES_MAX, WORDS_PAYLOAD_BYTES_MAX,
};

/// What a list is of. The first three have entries, each with a verdict and a submitter; the others are one blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListKind {
    /// Words and phrases.
    Words,
    /// Domain names, each with all names below it.
    Domains,
    /// Hashes of pictures and files: PDQ and SHA-256.
    Images,
    /// The words that a spelling check knows.
    Dictionary,
    /// The numbers of a trained model.
    Model,
}

impl ListKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Words, Self::Domains, Self::Images, Self::Dictionary, Self::Model];

    /// As in manifests and lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Domains => "domains",
            Self::Images => "images",
            Self::Dictionary => "dictionary",
            Self::Model => "model",
        }
    }

    /// Whether it consists of entries. If not, it is one blob.
    #[must_use]
    pub fn has_entries(self) -> bool {
        match self {
            Self::Words | Self::Domains | Self::Images => true,
            Self::Dictionary | Self::Model => false,
        }
    }

    /// Most entries in one list of this kind; none for a blob.
    #[must_use]
    pub fn entries_max(self) -> usize {
        match self {
            Self::Words => WORDS_ENTRIES_MAX,
            Self::Domains => DOMAINS_ENTRIES_MAX,
            Self::Images => IMAGES_ENTRIES_MAX,
            Self::Dictionary | Self::Model => 0,
        }
    }

    /// Most bytes that a list of this kind hands to its guest.
    #[must_use]
    pub fn payload_bytes_max(self) -> usize {
        match self {
            Self::Words => WORDS_PAYLOAD_BYTES_MAX,
            Self::Domains => DOMAINS_PAYLOAD_BYTES_MAX,
            Self::Images => IMAGES_PAYLOAD_BYTES_MAX,
            Self::Dictionary => DICTIONARY_BYTES_MAX,
            Self::Model => MODEL_BYTES_MAX,
        }
    }
}

impl fmt::Display for ListKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a text is not a list's kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind of list: words, domains, images, dictionary, model")]
pub struct KindError(String);

impl std::str::FromStr for ListKind {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Self, KindError> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| KindError(text.into()))
    }
}
