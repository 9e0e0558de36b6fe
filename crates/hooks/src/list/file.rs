//! A signed list as a file: JSON, no unknown fields, dates as days, the signature in hex.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{
    Entry, ListFormatError, ListKind, SignedList,
    blob::{Blob, BlobFile},
    body::{Body, Content},
};
use crate::{Digest, limits::LIST_FILE_BYTES_MAX};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    id: String,
    kind: ListKind,
    version: u64,
    issued: String,
    expires: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Vec<Entry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob: Option<BlobFile>,
    signature: String,
}

impl SignedList {
    /// Parses a list file. The signature is not looked at yet.
    ///
    /// # Errors
    /// When it is not a list, or one that is out of bounds or not in the canonical order.
    pub fn parse(bytes: &[u8]) -> Result<Self, ListFormatError> {
        if bytes.len() > LIST_FILE_BYTES_MAX {
            return Err(ListFormatError::FileTooLarge { got: bytes.len() });
        }
        let file: ListFile =
            serde_json::from_slice(bytes).map_err(|error| ListFormatError::Json(error.to_string()))?;
        let signature = HEXLOWER.decode(file.signature.as_bytes()).map_err(|_| ListFormatError::Signature)?;
        let signature = signature.as_slice().try_into().map_err(|_| ListFormatError::Signature)?;
        let blob = file.blob.map(BlobFile::parse).transpose()?;
        let body = Body {
            id: file.id,
            kind: file.kind,
            version: file.version,
            issued: file.issued.parse()?,
            expires: file.expires.parse()?,
            content: Content::of(file.kind, file.entries, blob)?,
        };
        Self::new(body, signature)
    }

    pub(super) fn new(body: Body, signature: [u8; 64]) -> Result<Self, ListFormatError> {
        body.check()?;
        let digest = Digest::of(&body.signed_bytes()?);
        Ok(Self { body, signature, digest })
    }

    /// The list as a file, as [`SignedList::parse`] reads it.
    ///
    /// # Errors
    /// None that its parts can cause: they are text and numbers.
    pub fn to_json(&self) -> Result<String, ListFormatError> {
        let Self { body, signature, digest: _ } = self;
        let (entries, blob) = match &body.content {
            Content::Entries(entries) => (Some(entries.clone()), None),
            Content::Blob(blob) => (None, Some(Blob::file(blob))),
        };
        let file = ListFile {
            id: body.id.clone(),
            kind: body.kind,
            version: body.version,
            issued: body.issued.to_string(),
            expires: body.expires.to_string(),
            entries,
            blob,
            signature: HEXLOWER.encode(signature),
        };
        let json =
            serde_json::to_string_pretty(&file).map_err(|error| ListFormatError::Json(error.to_string()))?;
        Ok(json + "\n")
    }
}
