//! The key of one message.

use alloc::vec::Vec;

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::OpenRatchetError;
use crate::kdf::{self, Key32};

/// MK. It seals one message and opens one.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct MessageKey([u8; 32]);

impl MessageKey {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A second one, to try a message that may be forged while the first stays kept.
    pub(crate) fn copy(&self) -> Self {
        Self(self.0)
    }

    /// In a session of version 1 (docs/protocol.md (11)).
    pub(crate) fn alone(self) -> AeadKey {
        AeadKey(kdf::message(&self.0))
    }

    /// With the key of the post-quantum ratchet for the same message (docs/protocol.md (26)).
    pub(crate) fn with(self, post_quantum: Self) -> AeadKey {
        AeadKey(kdf::combined(&self.0, &post_quantum.0))
    }
}

/// K of a message.
pub(crate) struct AeadKey(Key32);

impl AeadKey {
    /// `ENCRYPT(mk, plaintext, CONCAT(AD, header))` (Double Ratchet §3.1; docs/protocol.md (18)), ChaCha20-Poly1305
    /// (RFC 8439) in the plaintext's own buffer, which so is overwritten.
    #[expect(
        clippy::expect_used,
        reason = "ChaCha20-Poly1305 refuses more than 256 GiB only, and a Vec grows"
    )]
    pub(crate) fn encrypt(
        self,
        nonce: [u8; 12],
        associated: &[u8],
        plaintext: Zeroizing<Vec<u8>>,
    ) -> Vec<u8> {
        let mut buffer = plaintext;
        self.cipher()
            .encrypt_in_place(&nonce.into(), associated, &mut *buffer)
            .expect("a message is never that long");
        core::mem::take(&mut *buffer)
    }

    /// `DECRYPT(mk, ciphertext, CONCAT(AD, header))`, in the ciphertext's own buffer. The tag is checked first.
    pub(crate) fn decrypt(
        self,
        nonce: [u8; 12],
        associated: &[u8],
        ciphertext: Vec<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, OpenRatchetError> {
        let mut buffer = Zeroizing::new(ciphertext);
        self.cipher()
            .decrypt_in_place(&nonce.into(), associated, &mut *buffer)
            .map_err(|_| OpenRatchetError::NotAuthentic)?;
        Ok(buffer)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new((&*self.0).into())
    }
}
