//! What is signed of a list, byte for byte.

use serde::Serialize;

use super::{Blob, Day, Entry, ListFormatError, ListKind};
use crate::plain_text;

/// The signed fields in one fixed order, so that equal lists have equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Body {
    pub(super) id: String,
    /// Tells which of the two contents follows.
    pub(super) kind: ListKind,
    pub(super) version: u64,
    pub(super) issued: Day,
    pub(super) expires: Day,
    pub(super) content: Content,
}

/// Entries or a blob, as the kind says. Untagged: the kind is signed before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Content {
    Entries(Vec<Entry>),
    Blob(Blob),
}

impl Content {
    /// The content of a list of this kind, when that one and no other is there.
    pub(super) fn of(
        kind: ListKind,
        entries: Option<Vec<Entry>>,
        blob: Option<Blob>,
    ) -> Result<Self, ListFormatError> {
        match (kind.has_entries(), entries, blob) {
            (true, Some(entries), None) => Ok(Self::Entries(entries)),
            (false, None, Some(blob)) => Ok(Self::Blob(blob)),
            (true, ..) => Err(ListFormatError::Content { kind, has: "entries" }),
            (false, ..) => Err(ListFormatError::Content { kind, has: "a blob" }),
        }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match self {
            Self::Entries(entries) => entries,
            Self::Blob(_) => &[],
        }
    }

    pub(super) fn blob(&self) -> Option<&Blob> {
        match self {
            Self::Entries(_) => None,
            Self::Blob(blob) => Some(blob),
        }
    }

    /// What the guest gets.
    pub(super) fn payload(&self) -> Vec<u8> {
        match self {
            Self::Entries(entries) => entries.iter().flat_map(Entry::line).collect::<String>().into_bytes(),
            Self::Blob(blob) => blob.bytes.clone(),
        }
    }

    fn payload_len(&self) -> usize {
        match self {
            Self::Entries(entries) => entries.iter().flat_map(Entry::line).map(str::len).sum(),
            Self::Blob(blob) => blob.bytes.len(),
        }
    }
}

impl Body {
    /// The signed bytes: a label that no other signature of Airlock starts with, then the fields in postcard.
    pub(super) fn signed_bytes(&self) -> Result<Vec<u8>, ListFormatError> {
        let fields = postcard::to_allocvec(self).map_err(|error| ListFormatError::Json(error.to_string()))?;
        Ok([SIGNATURE_LABEL, fields.as_slice()].concat())
    }

    pub(super) fn check(&self) -> Result<(), ListFormatError> {
        plain_text::check_id(&self.id)
            .map_err(|()| ListFormatError::Id(self.id.escape_debug().to_string()))?;
        let (got, max) = (self.content.entries().len(), self.kind.entries_max());
        if got > max {
            return Err(ListFormatError::TooManyEntries { got, max });
        }
        let (got, max) = (self.content.payload_len(), self.kind.payload_bytes_max());
        if got > max {
            return Err(ListFormatError::TooLarge { got, max });
        }
        match &self.content {
            Content::Entries(entries) => check_entries(entries, self.kind)?,
            Content::Blob(blob) => blob.check(self.kind)?,
        }
        if self.expires < self.issued {
            return Err(ListFormatError::Dates { issued: self.issued, expires: self.expires });
        }
        Ok(())
    }
}

fn check_entries(entries: &[Entry], kind: ListKind) -> Result<(), ListFormatError> {
    for entry in entries {
        let value = || entry.value.escape_debug().to_string();
        entry.check(kind).map_err(|why| ListFormatError::Entry { value: value(), why })?;
    }
    let wrong = entries.windows(2).find(|pair| pair[0].value >= pair[1].value);
    wrong.map_or(Ok(()), |pair| Err(ListFormatError::Order(pair[1].value.clone())))
}

/// First bytes of what is signed, so that the signature of a list can't be taken for that of anything else.
const SIGNATURE_LABEL: &[u8] = b"airlock hook list, version 1\0";
