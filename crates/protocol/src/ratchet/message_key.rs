//! The key of one message.

use alloc::vec::Vec;

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{OpenRatchetError, header::Header};
use crate::kdf;

/// MK. It seals one message and opens one.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct MessageKey([u8; 32]);

impl MessageKey {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `ENCRYPT(mk, plaintext, CONCAT(AD, header))` (Double Ratchet §3.1; docs/protocol.md (18)), ChaCha20-Poly1305
    /// (RFC 8439) in the plaintext's own buffer, which so is overwritten.
    #[expect(
        clippy::expect_used,
        reason = "ChaCha20-Poly1305 refuses more than 256 GiB only, and a Vec grows"
    )]
    pub(super) fn encrypt(
        self,
        header: &Header,
        associated: &[u8],
        plaintext: Zeroizing<Vec<u8>>,
    ) -> Vec<u8> {
        let mut buffer = plaintext;
        self.cipher()
            .encrypt_in_place(&header.nonce.into(), &concat(associated, header), &mut *buffer)
            .expect("a message is never that long");
        core::mem::take(&mut *buffer)
    }

    /// `DECRYPT(mk, ciphertext, CONCAT(AD, header))`, in the ciphertext's own buffer. The tag is checked first.
    pub(super) fn decrypt(
        &self,
        header: &Header,
        associated: &[u8],
        ciphertext: Vec<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, OpenRatchetError> {
        let mut buffer = Zeroizing::new(ciphertext);
        self.cipher()
            .decrypt_in_place(&header.nonce.into(), &concat(associated, header), &mut *buffer)
            .map_err(|_| OpenRatchetError::NotAuthentic)?;
        Ok(buffer)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        let key = kdf::message(&self.0);
        ChaCha20Poly1305::new((&*key).into())
    }
}

/// `CONCAT(AD, header)`: one reading, as the header has a fixed size and stands last.
fn concat(associated: &[u8], header: &Header) -> Vec<u8> {
    [associated, &header.to_bytes()].concat()
}
