//! Where a file lies and how it opens.

use core::fmt;

use airlock_wire::{Blob, BlobId};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Attachment;
use crate::outgoing::MessageId;

/// What a letter carries beside an [`Attachment`]: its blob's id and key. The length of the blob follows from the
/// file's, and it lies at the relay that delivered the letter: a sender can't make a client connect anywhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Pointer {
    #[zeroize(skip)]
    blob: BlobId,
    pub(super) key: [u8; 32],
}

impl Pointer {
    pub(super) fn new(blob: BlobId, key: [u8; 32]) -> Self {
        Self { blob, key }
    }

    /// The blob to fetch.
    #[must_use]
    pub fn blob(&self) -> BlobId {
        self.blob
    }
}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pointer").finish_non_exhaustive()
    }
}

/// A file that was encrypted whole and was the one that the gate checked. Made by
/// [`super::AttachmentSealer::finish`] alone, and needed to seal the letter: it can't be copied or read from bytes.
#[must_use = "a blob without its letter can't be opened by anyone"]
pub struct SealedAttachment {
    of: MessageId,
    size: u64,
    digest: [u8; 32],
    blob: Blob,
    pointer: Pointer,
}

impl SealedAttachment {
    pub(super) fn new(of: MessageId, attachment: &Attachment, blob: Blob, pointer: Pointer) -> Self {
        Self { of, size: attachment.size, digest: attachment.digest, blob, pointer }
    }

    /// What is to be uploaded: the bytes that the sealer gave out.
    #[must_use]
    pub fn blob(&self) -> Blob {
        self.blob
    }

    /// What the letter will carry; the sender needs it to open their own copy.
    #[must_use]
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// Whether it is this message's file.
    pub(crate) fn is_of(&self, id: MessageId, attachment: &Attachment) -> bool {
        self.of == id && self.size == attachment.size && self.digest == attachment.digest
    }
}

impl fmt::Debug for SealedAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, size, digest: _, blob, pointer: _ } = self;
        f.debug_struct("SealedAttachment")
            .field("of", of)
            .field("size", size)
            .field("blob_bytes", &blob.bytes)
            .finish_non_exhaustive()
    }
}
