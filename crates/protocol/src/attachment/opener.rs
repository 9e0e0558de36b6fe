//! From a blob to its file, chunk by chunk.

use alloc::vec::Vec;

use airlock_wire::BlobId;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    Attachment, CHUNK_BYTES, Pointer,
    chunk::{ChunkCipher, TAG_BYTES},
    layout::{Rest, blob_bytes},
};

/// Decrypts a blob. Each chunk that it gives out is authentic and in its place; that the file is the one which the
/// letter announces is known after [`AttachmentOpener::finish`], and no sooner may it be called received.
#[must_use = "a file is whole after `finish`"]
pub struct AttachmentOpener {
    blob: BlobId,
    size: u64,
    digest: [u8; 32],
    cipher: ChunkCipher,
    rest: Rest,
    file_digest: Sha256,
    /// The chunk at hand: its ciphertext, then its plaintext.
    chunk: Zeroizing<Vec<u8>>,
}

/// Why a blob can't be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenAttachmentError {
    /// Changed, moved, cut, or not of this letter.
    #[error("part {chunk} of the attachment is damaged or is not what was sent")]
    NotAuthentic {
        /// Which chunk, from 0.
        chunk: u64,
    },
    /// Room that nobody checks would be room to hide something in.
    #[error("the attachment has something hidden in its padding")]
    Padding,
    /// Not as many bytes as [`AttachmentOpener::wants`] said, or not all of them.
    #[error("the next part takes {wanted} bytes, and {got} were given")]
    Length {
        /// Bytes given.
        got: usize,
        /// Bytes wanted.
        wanted: usize,
    },
    /// Every part is authentic, but they are not the file whose digest the message has.
    #[error("the attachment is not the file that its sender's gate checked")]
    Digest,
}

impl AttachmentOpener {
    /// Begins.
    pub fn new(attachment: &Attachment, pointer: &Pointer) -> Self {
        Self {
            blob: pointer.blob(),
            size: attachment.size,
            digest: attachment.digest,
            cipher: ChunkCipher::new(&pointer.key, attachment),
            rest: Rest::whole(attachment.size),
            file_digest: Sha256::new(),
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES + TAG_BYTES)),
        }
    }

    /// The blob to fetch.
    #[must_use]
    pub fn blob(&self) -> BlobId {
        self.blob
    }

    /// Its length in bytes.
    #[must_use]
    pub fn blob_bytes(&self) -> u64 {
        blob_bytes(self.size)
    }

    /// How many bytes of the blob the next chunk takes. None when all is opened.
    #[must_use]
    pub fn wants(&self) -> Option<usize> {
        self.rest.next().map(|part| part.padded + TAG_BYTES)
    }

    /// Opens the next chunk: the bytes of the file in it, none when it is padding.
    ///
    /// # Errors
    /// [`OpenAttachmentError`]; nothing of the chunk is given out then.
    pub fn open_chunk(&mut self, blob: &[u8]) -> Result<&[u8], OpenAttachmentError> {
        let Some(part) = self.rest.next().filter(|part| part.padded + TAG_BYTES == blob.len()) else {
            return Err(OpenAttachmentError::Length { got: blob.len(), wanted: self.wants().unwrap_or(0) });
        };
        self.chunk.clear();
        self.chunk.extend_from_slice(blob);
        self.cipher
            .open(part.last, &mut self.chunk)
            .map_err(|chunk| OpenAttachmentError::NotAuthentic { chunk })?;
        let (file, padding) = self.chunk.split_at_checked(part.file).unwrap_or((self.chunk.as_slice(), &[]));
        if padding.iter().any(|byte| *byte != 0) {
            return Err(OpenAttachmentError::Padding);
        }
        self.file_digest.update(file);
        self.rest.take(part);
        Ok(file)
    }

    /// Ends, when all was the file that the letter announces.
    ///
    /// # Errors
    /// [`OpenAttachmentError::Length`] before the end, [`OpenAttachmentError::Digest`].
    pub fn finish(self) -> Result<(), OpenAttachmentError> {
        if let Some(wanted) = self.wants() {
            return Err(OpenAttachmentError::Length { got: 0, wanted });
        }
        if self.file_digest.finalize()[..] == self.digest { Ok(()) } else { Err(OpenAttachmentError::Digest) }
    }
}

impl core::fmt::Debug for AttachmentOpener {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AttachmentOpener").field("rest", &self.rest).finish_non_exhaustive()
    }
}
