//! Signed lists: what a hook matches against, apart from its code.
//!
//! A list names who submitted what it holds, has a version, expires, and is signed by a key that the manifest names.
//! `SignedList` → [`List`]: only [`SignedList::verify`] makes a `List`, and only a `List` reaches a guest.
//!
//! Reading order: [`ListKind`] (what a list can be of), [`Entry`] and [`Blob`] (what it holds), `body` (what is
//! signed), `file` and [`ListSource`] (how it is written).

mod blob;
mod body;
mod day;
pub mod dictionary;
mod difference;
mod entry;
mod error;
mod file;
pub mod key;
mod kind;
mod source;

pub use blob::Blob;
pub use day::{Day, DayError};
pub use difference::{EXAMPLES_MAX, ListChange, ListDifference};
pub use ed25519_dalek::SigningKey;
pub use entry::{Entry, EntryVerdict};
pub use error::{EntryProblem, ListError, ListFormatError};
pub use key::{KeyFileError, ListKey, ListKeyError, demo_key, key_from_text, key_to_text};
pub use kind::{KindError, ListKind};
pub use source::{BlobSource, ListSource, SourceError};

use crate::{Digest, limits::LIST_CLOCK_SKEW_DAYS};

use body::Body;

/// What a manifest demands of its list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListRequirement {
    /// Which list.
    pub id: String,
    /// Of what.
    pub kind: ListKind,
    /// Who signs it.
    pub key: ListKey,
    /// How old it may get, in days after the day it was issued.
    pub max_age_days: u32,
}

/// A list as read from a file: well-formed, its signature not yet looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedList {
    body: Body,
    signature: [u8; 64],
    digest: Digest,
}

impl SignedList {
    /// Checks a list against what the manifest demands.
    ///
    /// # Errors
    /// When it is another list, is not signed by the manifest's key, or is not valid at `now_ms` (milliseconds
    /// since 1970).
    pub fn verify(&self, wanted: &ListRequirement, now_ms: u64) -> Result<List, ListError> {
        self.authenticate(wanted)?;
        let body = &self.body;
        let today = Day::of_ms(now_ms);
        if body.issued > today.plus_days(LIST_CLOCK_SKEW_DAYS) {
            return Err(ListError::NotYet { issued: body.issued });
        }
        if today > body.expires {
            return Err(ListError::Expired { expires: body.expires });
        }
        let days = wanted.max_age_days;
        let oldest_use = body.issued.plus_days(days.into());
        if today > oldest_use {
            return Err(ListError::TooOld { issued: body.issued, days });
        }
        let last_day = body.expires.min(oldest_use);
        Ok(List { body: body.clone(), payload: body.content.payload(), digest: self.digest, last_day })
    }

    /// Checks whose list it is, and not whether it is still valid.
    ///
    /// # Errors
    /// When it is another list, of another kind, or is not signed by the manifest's key.
    pub fn authenticate(&self, wanted: &ListRequirement) -> Result<(), ListError> {
        let body = &self.body;
        if body.id != wanted.id {
            return Err(ListError::Id { wanted: wanted.id.clone(), got: body.id.clone() });
        }
        if body.kind != wanted.kind {
            return Err(ListError::Kind { wanted: wanted.kind, got: body.kind });
        }
        if self.is_signed_by(&wanted.key) { Ok(()) } else { Err(ListError::Signature) }
    }

    /// Whether this key signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &ListKey) -> bool {
        self.body.signed_bytes().is_ok_and(|signed| key.verifies(&signed, &self.signature))
    }

    /// Which list it says it is.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.body.id
    }

    /// What it says it is of.
    #[must_use]
    pub fn kind(&self) -> ListKind {
        self.body.kind
    }

    /// Which edition it says it is.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.body.version
    }

    /// What it looks for, in order of the values; none when it is a blob.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.body.content.entries()
    }

    /// What it is, when it has no entries.
    #[must_use]
    pub fn blob(&self) -> Option<&Blob> {
        self.body.content.blob()
    }

    /// The day it was issued.
    #[must_use]
    pub fn issued(&self) -> Day {
        self.body.issued
    }

    /// The last day on which it may be used.
    #[must_use]
    pub fn expires(&self) -> Day {
        self.body.expires
    }

    /// SHA-256 of the signed bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// A list that may be used: signed by the right key, the right one, and valid at the time it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct List {
    body: Body,
    payload: Vec<u8>,
    digest: Digest,
    last_day: Day,
}

impl List {
    /// Which list.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.body.id
    }

    /// What it is of.
    #[must_use]
    pub fn kind(&self) -> ListKind {
        self.body.kind
    }

    /// Grows with each edition. Whoever keeps lists refuses a lower one than it has seen.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.body.version
    }

    /// What it looks for, in order of the values: entry `n` is line `n` of the payload. None when it is a blob.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.body.content.entries()
    }

    /// What it is, when it has no entries.
    #[must_use]
    pub fn blob(&self) -> Option<&Blob> {
        self.body.content.blob()
    }

    /// What the guest gets: one entry a line, or the blob as it is (`wit/hook.wit`).
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// SHA-256 of the signed bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The last day on which it may be used, by its own date and by the manifest's maximum age.
    #[must_use]
    pub fn last_day(&self) -> Day {
        self.last_day
    }
}

#[cfg(test)]
mod tests;
