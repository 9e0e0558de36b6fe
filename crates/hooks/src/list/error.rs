//! Why a list can't be used, and why a file is not a list.

use std::fmt;

use super::{Day, DayError, ListKind};
use crate::{limits::LIST_FILE_BYTES_MAX, plain_text::PlainTextError};

/// Why a list can't be used now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// There is none.
    #[error("the list `{wanted}` is missing")]
    Missing {
        /// The manifest's.
        wanted: String,
    },
    /// Another list.
    #[error("it is the list `{got}`, and the manifest names `{wanted}`")]
    Id {
        /// The manifest's.
        wanted: String,
        /// The file's.
        got: String,
    },
    /// Other entries than the hook reads.
    #[error("its kind is `{got}`, and the manifest names the kind `{wanted}`")]
    Kind {
        /// The manifest's.
        wanted: ListKind,
        /// The file's.
        got: ListKind,
    },
    /// Changed, or signed by someone else.
    #[error("it is not signed by the key that the manifest names")]
    Signature,
    /// Dated in the future.
    #[error("it was issued on {issued}, which is in the future")]
    NotYet {
        /// Its date.
        issued: Day,
    },
    /// Over its own date.
    #[error("it expired on {expires}")]
    Expired {
        /// Its last day.
        expires: Day,
    },
    /// Over the manifest's maximum age.
    #[error("it was issued on {issued}, and the manifest allows {days} days")]
    TooOld {
        /// Its date.
        issued: Day,
        /// The manifest's limit.
        days: u32,
    },
}

/// Why a file is not a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListFormatError {
    /// Larger than any list may be.
    #[error("the list file has {got} bytes, and the limit is {LIST_FILE_BYTES_MAX}")]
    FileTooLarge {
        /// Its bytes.
        got: usize,
    },
    /// Not JSON (a signed list), a field is missing, or one is unknown.
    #[error("the list does not parse as JSON: {0}")]
    Json(String),
    /// Not TOML (the source of a list), a field is missing, or one is unknown.
    #[error("the list's source does not parse as TOML: {0}")]
    Toml(String),
    /// An id that no manifest can name.
    #[error("the list's id `{0}` is not 1 to 64 of a to z, 0 to 9 and `-`")]
    Id(String),
    /// Entries where a blob belongs, or the other way round, or both, or neither.
    #[error("a list of the kind `{kind}` has {has} and nothing else")]
    Content {
        /// What it is of.
        kind: ListKind,
        /// What it must have.
        has: &'static str,
    },
    /// A blob whose bytes nobody gave.
    #[error("the bytes of the list's blob are missing")]
    NoBytes,
    /// A blob that is not base64.
    #[error("the blob is not base64 with padding")]
    Base64,
    /// A blob of nothing.
    #[error("the blob is empty")]
    EmptyBlob,
    /// A text about the blob that is not fit for a screen.
    #[error("the blob's {field} is not fit for a screen: {why}")]
    BlobText {
        /// Which text.
        field: &'static str,
        /// What is wrong with it.
        why: PlainTextError,
    },
    /// A dictionary or a source that is no text.
    #[error("it is not UTF-8 text")]
    NotText,
    /// A dictionary whose last word may be cut off.
    #[error("the dictionary's last line has no end")]
    LastLine,
    /// A word that can't be looked up or shown.
    #[error("the dictionary's line {number} is not a word: {why}")]
    Line {
        /// Counted from 1.
        number: usize,
        /// What is wrong with it.
        why: PlainTextError,
    },
    /// Words are unique and sorted, so that a dictionary has one form only.
    #[error("the dictionary's line {number} is there twice or out of order")]
    LineOrder {
        /// Counted from 1.
        number: usize,
    },
    /// Not 64 bytes in hex.
    #[error("the signature is not 128 digits of hex")]
    Signature,
    /// A date that is none.
    #[error(transparent)]
    Day(#[from] DayError),
    /// It would expire before it was issued.
    #[error("the list expires on {expires}, before it is issued on {issued}")]
    Dates {
        /// First day.
        issued: Day,
        /// Last day.
        expires: Day,
    },
    /// Too many entries.
    #[error("the list has {got} entries, and the limit is {max}")]
    TooManyEntries {
        /// Its entries.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// Too much for a guest.
    #[error("what the list hands to its hook has {got} bytes, and the limit of its kind is {max}")]
    TooLarge {
        /// Their bytes.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// An entry that can't be looked for or shown.
    #[error("the entry \"{value}\" {why}")]
    Entry {
        /// Its value, with everything unprintable escaped.
        value: String,
        /// What is wrong with it.
        why: EntryProblem,
    },
    /// Entries are unique and sorted, so that a list has one form only.
    #[error("the entry \"{0}\" is there twice or out of order")]
    Order(String),
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryProblem {
    /// The value is not one plain line.
    Text(PlainTextError),
    /// The submitter is not one plain line.
    Submitter(PlainTextError),
    /// A phrase begins and ends with a letter or digit: otherwise it has no word boundary to stand at.
    Ends,
    /// Not in Unicode normal form C, so it would never be found.
    NotNormal,
    /// A domain name outside ASCII, which no link is compared in.
    NotAscii,
    /// Not the form of a domain name, or a whole top-level domain.
    NotDomain,
    /// Not a hash.
    NotHash,
    /// Its list has no entries.
    Blob,
}

impl fmt::Display for EntryProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(why) => write!(f, "is not fit for a list: {why}"),
            Self::Submitter(why) => write!(f, "names a submitter that is not fit for a screen: {why}"),
            Self::Ends => f.write_str("does not begin and end with a letter or digit"),
            Self::NotNormal => f.write_str("is not in Unicode normal form C"),
            Self::NotAscii => {
                f.write_str("is not in the ASCII form of domain names, which starts with `xn--`")
            }
            Self::NotDomain => f.write_str("is not a domain name of at least two parts, in lower case"),
            Self::NotHash => f.write_str("is not `pdq:` or `sha256:` and 64 digits of lower-case hex"),
            Self::Blob => f.write_str("is in a list of a kind that has no entries"),
        }
    }
}
