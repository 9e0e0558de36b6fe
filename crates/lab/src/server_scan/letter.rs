//! What goes between a client and the scanning server: JSON, one request and one reply a stream.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use crate::person::Person;

/// Longest request or reply: all letters of a scenario.
pub(super) const STREAM_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A message, as everybody on its way can read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Letter {
    pub(super) from: Person,
    pub(super) to: Person,
    pub(super) text: String,
    pub(super) file: Option<LetterFile>,
}

/// A file that goes with a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LetterFile {
    pub(super) name: String,
    /// In base64.
    bytes: String,
}

impl LetterFile {
    pub(super) fn new(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.into(), bytes: BASE64.encode(bytes) }
    }

    /// None when it is not base64.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        BASE64.decode(self.bytes.as_bytes()).ok()
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Carry this.
    Send(Letter),
    /// Give what has come for this person.
    Fetch(Person),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// It is carried.
    Accepted,
    /// It is not carried.
    Refused {
        /// As the sender is shown it.
        why: String,
    },
    /// What has come.
    Letters(Vec<Letter>),
}
