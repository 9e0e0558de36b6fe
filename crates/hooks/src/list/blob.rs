//! Lists that are one blob: a dictionary, whose words can be read, or a model, which is numbers alone.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::{ListFormatError, ListKind};
use crate::{
    limits::{ENTRY_BYTES_MAX, SENTENCE_BYTES_MAX},
    plain_text,
};

/// What a list of the kinds `dictionary` and `model` holds.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Blob {
    /// What it is, in one line.
    pub description: String,
    /// Who made it, or asked for it.
    pub submitter: String,
    /// What the guest gets. `dictionary`: UTF-8, one rule or word a line ([`super::dictionary`]), each line ended, sorted
    /// by bytes, none twice.
    pub bytes: Vec<u8>,
}

/// A blob in a list file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlobFile {
    description: String,
    submitter: String,
    base64: String,
}

impl Blob {
    pub(super) fn check(&self, kind: ListKind) -> Result<(), ListFormatError> {
        let line = |field, text: &str, max| {
            plain_text::check(text, max).map_err(|why| ListFormatError::BlobText { field, why })
        };
        line("description", &self.description, SENTENCE_BYTES_MAX)?;
        line("submitter", &self.submitter, ENTRY_BYTES_MAX)?;
        match kind {
            ListKind::Dictionary => check_dictionary(&self.bytes),
            ListKind::Model if self.bytes.is_empty() => Err(ListFormatError::EmptyBlob),
            ListKind::Model => Ok(()),
            ListKind::Words | ListKind::Domains | ListKind::Images => {
                Err(ListFormatError::Content { kind, has: "entries" })
            }
        }
    }

    pub(super) fn file(&self) -> BlobFile {
        let Self { description, submitter, bytes } = self;
        BlobFile {
            description: description.clone(),
            submitter: submitter.clone(),
            base64: BASE64.encode(bytes),
        }
    }
}

impl BlobFile {
    pub(super) fn parse(self) -> Result<Blob, ListFormatError> {
        let Self { description, submitter, base64 } = self;
        let bytes = BASE64.decode(base64.as_bytes()).map_err(|_| ListFormatError::Base64)?;
        Ok(Blob { description, submitter, bytes })
    }
}

/// A line is a rule or a word: anything else could not be found again, or would make two files of one dictionary.
fn check_dictionary(bytes: &[u8]) -> Result<(), ListFormatError> {
    if bytes.is_empty() {
        return Err(ListFormatError::EmptyBlob);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ListFormatError::NotText)?;
    let Some(text) = text.strip_suffix('\n') else { return Err(ListFormatError::LastLine) };
    let mut before = "";
    for (line, word) in text.split('\n').enumerate() {
        let number = line + 1;
        plain_text::check(word, ENTRY_BYTES_MAX).map_err(|why| ListFormatError::Line { number, why })?;
        if word <= before {
            return Err(ListFormatError::LineOrder { number });
        }
        before = word;
    }
    Ok(())
}

/// Says how large it is, and not what is in it: a dictionary has hundreds of thousands of bytes.
impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { description, submitter, bytes } = self;
        f.debug_struct("Blob")
            .field("description", description)
            .field("submitter", submitter)
            .field("bytes", &bytes.len())
            .finish()
    }
}
