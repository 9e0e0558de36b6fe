//! Signed lists: what a hook matches against, apart from its code.
//!
//! A list names who submitted each entry, has a version, expires, and is signed by a key that the manifest names.
//! `SignedList` → [`List`]: only [`SignedList::verify`] makes a `List`, and only a `List` reaches a guest.

mod day;
mod error;
mod file;
pub mod key;
mod source;

use serde::{Deserialize, Serialize};
use unicode_normalization::is_nfc;

pub use day::{Day, DayError};
pub use error::{EntryProblem, ListError, ListFormatError};
pub use key::{ListKey, demo_key};
pub use source::ListSource;

use crate::{
    Digest,
    limits::{ENTRY_BYTES_MAX, LIST_CLOCK_SKEW_DAYS, LIST_ENTRIES_MAX, LIST_PAYLOAD_BYTES_MAX},
    manifest::Strength,
    plain_text,
};

/// What a list's entries are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListKind {
    /// Words and phrases.
    Words,
}

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

/// What a list wants when an entry is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryVerdict {
    /// Warn the sender.
    Warn,
    /// Block the message.
    Block,
    /// Report it.
    Report,
}

impl EntryVerdict {
    /// As in lists and in the payload that a guest reads.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Block => "block",
            Self::Report => "report",
        }
    }

    /// As strong as this verdict.
    #[must_use]
    pub fn strength(self) -> Strength {
        match self {
            Self::Warn => Strength::Warn,
            Self::Block => Strength::Block,
            Self::Report => Strength::Report,
        }
    }
}

/// One thing that a list looks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A word or phrase, in Unicode normal form C.
    pub value: String,
    /// What to do when it is found.
    pub verdict: EntryVerdict,
    /// Who asked for it.
    pub submitter: String,
}

/// What is signed. Fields and entries are in one fixed order, so that equal lists have equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Body {
    id: String,
    kind: ListKind,
    version: u64,
    issued: Day,
    expires: Day,
    entries: Vec<Entry>,
}

impl Body {
    /// The signed bytes: a label that no other signature of Airlock starts with, then the fields in postcard.
    fn signed_bytes(&self) -> Result<Vec<u8>, ListFormatError> {
        let fields = postcard::to_allocvec(self).map_err(|error| ListFormatError::Json(error.to_string()))?;
        Ok([SIGNATURE_LABEL, fields.as_slice()].concat())
    }

    fn check(&self) -> Result<(), ListFormatError> {
        if self.entries.len() > LIST_ENTRIES_MAX {
            return Err(ListFormatError::TooManyEntries { got: self.entries.len(), max: LIST_ENTRIES_MAX });
        }
        for entry in &self.entries {
            let wrong = |why| ListFormatError::Entry { value: entry.value.escape_debug().to_string(), why };
            check_value(&entry.value).map_err(wrong)?;
            plain_text::check(&entry.submitter, ENTRY_BYTES_MAX)
                .map_err(|why| wrong(EntryProblem::Submitter(why)))?;
        }
        if let Some(pair) = self.entries.windows(2).find(|pair| pair[0].value >= pair[1].value) {
            return Err(ListFormatError::Order(pair[1].value.clone()));
        }
        if self.expires < self.issued {
            return Err(ListFormatError::Dates { issued: self.issued, expires: self.expires });
        }
        let payload = payload(&self.entries).len();
        if payload > LIST_PAYLOAD_BYTES_MAX {
            return Err(ListFormatError::TooLarge { got: payload, max: LIST_PAYLOAD_BYTES_MAX });
        }
        Ok(())
    }
}

fn check_value(value: &str) -> Result<(), EntryProblem> {
    plain_text::check(value, ENTRY_BYTES_MAX).map_err(EntryProblem::Text)?;
    let mut ends = value.chars().next().into_iter().chain(value.chars().next_back());
    if !ends.all(char::is_alphanumeric) {
        return Err(EntryProblem::Ends);
    }
    if is_nfc(value) { Ok(()) } else { Err(EntryProblem::NotNormal) }
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
        Ok(List { body: body.clone(), payload: payload(&body.entries), digest: self.digest, last_day })
    }

    /// Checks whose list it is, and not whether it is still valid.
    pub(crate) fn authenticate(&self, wanted: &ListRequirement) -> Result<(), ListError> {
        let body = &self.body;
        if body.id != wanted.id {
            return Err(ListError::Id { wanted: wanted.id.clone(), got: body.id.clone() });
        }
        if body.kind != wanted.kind {
            return Err(ListError::Kind);
        }
        let signed = body.signed_bytes().map_err(|_| ListError::Signature)?;
        if wanted.key.verifies(&signed, &self.signature) { Ok(()) } else { Err(ListError::Signature) }
    }

    /// Which list it says it is.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.body.id
    }

    /// Which edition it says it is.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.body.version
    }

    /// What it looks for, in order of the values.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.body.entries
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

    /// Grows with each edition. Whoever keeps lists refuses a lower one than it has seen.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.body.version
    }

    /// What it looks for, in order of the values.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.body.entries
    }

    /// What the guest gets: one entry a line, as `wit/hook.wit` says.
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

fn payload(entries: &[Entry]) -> Vec<u8> {
    let lines = entries.iter().flat_map(|entry| [entry.verdict.name(), ":", &entry.value, "\n"]);
    lines.collect::<String>().into_bytes()
}

/// First bytes of what is signed, so that the signature of a list can't be taken for that of anything else.
const SIGNATURE_LABEL: &[u8] = b"airlock hook list, version 1\0";

#[cfg(test)]
mod tests;
