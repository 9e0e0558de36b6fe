//! From a file to its blob, chunk by chunk.

use alloc::vec::Vec;

use airlock_wire::{Blob, BlobId};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    Attachment, CHUNK_BYTES,
    chunk::{ChunkCipher, TAG_BYTES},
    layout::{Rest, blob_bytes},
    pointer::{Pointer, SealedAttachment},
};
use crate::outgoing::{Checked, Content, MessageId};

/// Encrypts the file that a checked message announces. Only a [`Checked`] starts it: `tests/compile_fail` holds the
/// proof.
///
/// ```text
/// while let Some(wanted) = sealer.wants() { read `wanted` bytes; write what `seal_chunk` makes of them }
/// sealer.finish()
/// ```
#[must_use = "a file that is not sealed to its end can't be sent"]
pub struct AttachmentSealer {
    of: MessageId,
    attachment: Attachment,
    pointer: Pointer,
    cipher: ChunkCipher,
    rest: Rest,
    file_digest: Sha256,
    blob_digest: Sha256,
    /// The chunk at hand: its plaintext, then its ciphertext.
    chunk: Zeroizing<Vec<u8>>,
}

/// Why a file can't be sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealAttachmentError {
    /// The checked message is a text.
    #[error("the message has no attachment")]
    NoAttachment,
    /// Not as many bytes as [`AttachmentSealer::wants`] said, or not all of them.
    #[error("the next chunk takes {wanted} bytes of the file, and {got} were given")]
    Length {
        /// Bytes given.
        got: usize,
        /// Bytes wanted.
        wanted: usize,
    },
    /// What was read is not what was checked. What was made of it is to be deleted; nothing can be sent with it.
    #[error("the file changed while it was checked")]
    FileChanged,
}

impl AttachmentSealer {
    /// Begins, with a key and a blob id of its own.
    ///
    /// # Errors
    /// [`SealAttachmentError::NoAttachment`].
    pub fn new(checked: &Checked, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Self, SealAttachmentError> {
        let Content::Attachment(attachment) = checked.content() else {
            return Err(SealAttachmentError::NoAttachment);
        };
        let mut blob = [0; 32];
        rng.fill_bytes(&mut blob);
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *key);
        Ok(Self {
            of: checked.id(),
            cipher: ChunkCipher::new(&key, attachment),
            pointer: Pointer::new(BlobId(blob), *key),
            rest: Rest::whole(attachment.size),
            attachment: attachment.clone(),
            file_digest: Sha256::new(),
            blob_digest: Sha256::new(),
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES + TAG_BYTES)),
        })
    }

    /// How many bytes of the file the next chunk takes: at most [`CHUNK_BYTES`], and 0 where the file has ended and
    /// padding follows. None when all is sealed.
    #[must_use]
    pub fn wants(&self) -> Option<usize> {
        self.rest.next().map(|part| part.file)
    }

    /// Seals the next chunk. The ciphertext is to be written after that of the chunks before.
    ///
    /// # Errors
    /// [`SealAttachmentError::Length`]; nothing has changed then.
    pub fn seal_chunk(&mut self, file: &[u8]) -> Result<&[u8], SealAttachmentError> {
        let Some(part) = self.rest.next().filter(|part| part.file == file.len()) else {
            return Err(SealAttachmentError::Length { got: file.len(), wanted: self.wants().unwrap_or(0) });
        };
        self.file_digest.update(file);
        self.chunk.clear();
        self.chunk.extend_from_slice(file);
        self.chunk.resize(part.padded, 0);
        self.cipher.seal(part.last, &mut self.chunk);
        self.blob_digest.update(self.chunk.as_slice());
        self.rest.take(part);
        Ok(&self.chunk)
    }

    /// Ends, when all was the file that the gate checked.
    ///
    /// # Errors
    /// [`SealAttachmentError::Length`] before the end, [`SealAttachmentError::FileChanged`] when it was another file.
    pub fn finish(self) -> Result<SealedAttachment, SealAttachmentError> {
        if let Some(wanted) = self.wants() {
            return Err(SealAttachmentError::Length { got: 0, wanted });
        }
        let Self { of, attachment, pointer, file_digest, blob_digest, .. } = self;
        if file_digest.finalize()[..] != attachment.digest {
            return Err(SealAttachmentError::FileChanged);
        }
        let bytes = blob_bytes(attachment.size);
        let blob = Blob { id: pointer.blob(), bytes, digest: blob_digest.finalize().into() };
        Ok(SealedAttachment::new(of, &attachment, blob, pointer))
    }
}

impl core::fmt::Debug for AttachmentSealer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AttachmentSealer")
            .field("of", &self.of)
            .field("rest", &self.rest)
            .finish_non_exhaustive()
    }
}
