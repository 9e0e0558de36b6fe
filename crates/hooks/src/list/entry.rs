//! The entries of a list: what each kind can look for, in the one form in which it may be written.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use unicode_normalization::is_nfc;

use super::{EntryProblem, ListKind};
use crate::{limits::ENTRY_BYTES_MAX, manifest::Strength, plain_text};

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
    /// `words`: a word or phrase, in Unicode normal form C. `domains`: a domain name in lower case, in its ASCII
    /// form. `images`: `pdq:` or `sha256:` and 64 digits of lower-case hex.
    pub value: String,
    /// What to do when it is found.
    pub verdict: EntryVerdict,
    /// Who asked for it.
    pub submitter: String,
}

impl Entry {
    pub(super) fn check(&self, kind: ListKind) -> Result<(), EntryProblem> {
        let max = if kind == ListKind::Domains { DOMAIN_BYTES_MAX } else { ENTRY_BYTES_MAX };
        plain_text::check(&self.value, max).map_err(EntryProblem::Text)?;
        match kind {
            ListKind::Words => check_words(&self.value),
            ListKind::Domains => check_domain(&self.value),
            ListKind::Images => check_hash(&self.value),
            ListKind::Dictionary | ListKind::Model => Err(EntryProblem::Blob),
        }?;
        plain_text::check(&self.submitter, ENTRY_BYTES_MAX).map_err(EntryProblem::Submitter)
    }

    /// One line of the payload: `warn:burnt toast`.
    pub(super) fn line(&self) -> [&str; 4] {
        [self.verdict.name(), ":", &self.value, "\n"]
    }
}

fn check_words(value: &str) -> Result<(), EntryProblem> {
    let mut ends = value.chars().next().into_iter().chain(value.chars().next_back());
    if !ends.all(char::is_alphanumeric) {
        return Err(EntryProblem::Ends);
    }
    if is_nfc(value) { Ok(()) } else { Err(EntryProblem::NotNormal) }
}

/// Letters, digits and hyphens (RFC 1123 §2.1), in labels of at most 63 (RFC 1035 §2.3.4), at least two of them: an
/// entry covers all names below it, and one label would be a whole top-level domain.
fn check_domain(value: &str) -> Result<(), EntryProblem> {
    if !value.is_ascii() {
        return Err(EntryProblem::NotAscii);
    }
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let label = |label: &str| {
        (1..=DOMAIN_LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let whole = value.contains('.') && value.split('.').all(label);
    if whole { Ok(()) } else { Err(EntryProblem::NotDomain) }
}

fn check_hash(value: &str) -> Result<(), EntryProblem> {
    let digits = HASH_PREFIXES.iter().find_map(|prefix| value.strip_prefix(prefix));
    let bytes = digits.and_then(|digits| HEXLOWER.decode(digits.as_bytes()).ok());
    if bytes.is_some_and(|bytes| bytes.len() == HASH_BYTES) { Ok(()) } else { Err(EntryProblem::NotHash) }
}

/// What an entry of the kind `images` starts with: a perceptual hash, or an exact one.
const HASH_PREFIXES: [&str; 2] = ["pdq:", "sha256:"];

/// Length of both hashes: 256 bits.
const HASH_BYTES: usize = 32;

/// Longest domain name in bytes (RFC 1035 §2.3.4), without the root's dot.
const DOMAIN_BYTES_MAX: usize = 253;

/// Longest part of a domain name in bytes.
const DOMAIN_LABEL_BYTES_MAX: usize = 63;
