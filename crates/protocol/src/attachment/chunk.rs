//! The chunks of a blob: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015) with ChaCha20-Poly1305
//! (docs/protocol.md §10.2).
//!
//! The nonce counts the chunks and marks the last, so that none can be left out, repeated, moved or cut off.

use alloc::vec::Vec;

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};

use super::Attachment;
use crate::kdf;

/// Bytes that encryption adds to each chunk.
pub(super) const TAG_BYTES: usize = 16;

/// The cipher of one attachment, at one chunk of it.
pub(crate) struct ChunkCipher {
    cipher: ChaCha20Poly1305,
    number: u64,
}

impl ChunkCipher {
    /// The key is bound to the file that was checked: with another digest or size nothing opens.
    pub(crate) fn new(key: &[u8; 32], of: &Attachment) -> Self {
        let key = kdf::attachment(key, &of.digest, of.size);
        Self { cipher: ChaCha20Poly1305::new((&*key).into()), number: 0 }
    }

    /// Seals the next chunk in the plaintext's own buffer.
    #[expect(
        clippy::expect_used,
        reason = "ChaCha20-Poly1305 refuses more than 256 GiB only, and a Vec grows"
    )]
    pub(crate) fn seal(&mut self, last: bool, buffer: &mut Vec<u8>) {
        self.cipher
            .encrypt_in_place(&nonce(self.number, last).into(), &[], buffer)
            .expect("a chunk is never that long");
        self.number += 1;
    }

    /// Opens the next chunk in place, or says which one is not authentic. The tag is checked first.
    pub(crate) fn open(&mut self, last: bool, buffer: &mut Vec<u8>) -> Result<(), u64> {
        self.cipher
            .decrypt_in_place(&nonce(self.number, last).into(), &[], buffer)
            .map_err(|_| self.number)?;
        self.number += 1;
        Ok(())
    }
}

/// docs/protocol.md (23): three zeros, the chunk's number (from 0, `u64`, big-endian as in STREAM), 1 for the last
/// chunk or else 0.
fn nonce(number: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}
