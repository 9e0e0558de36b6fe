//! The keys that sign lists.

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};

/// The public key of whoever signs a list: Ed25519, 64 digits of lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ListKey(VerifyingKey);

/// Why a text is not a list's key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListKeyError {
    /// Not 32 bytes in hex.
    #[error("the key is not 64 digits of lower-case hex")]
    NotHex,
    /// A point for which signatures can be made without a secret, or no point at all.
    #[error("the key is not a safe Ed25519 key")]
    Weak,
}

impl ListKey {
    /// The public half of a signing key.
    #[must_use]
    pub fn of(key: &SigningKey) -> Self {
        Self(key.verifying_key())
    }

    /// `verify_strict`: one message, one signature, no weak keys.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl FromStr for ListKey {
    type Err = ListKeyError;

    fn from_str(text: &str) -> Result<Self, ListKeyError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| ListKeyError::NotHex)?;
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| ListKeyError::NotHex)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| ListKeyError::Weak)?;
        if key.is_weak() { Err(ListKeyError::Weak) } else { Ok(Self(key)) }
    }
}

impl fmt::Display for ListKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&HEXLOWER.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for ListKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListKey({self})")
    }
}

/// The seed of the key that signs the reference lists. **Public on purpose**: everyone can sign such a list, so
/// that the demo and the lab can show what a changed list does. No list that matters may name this key.
pub const DEMO_SEED: [u8; 32] = *b"airlock demo list key, no secret";

/// The key made of [`DEMO_SEED`].
#[must_use]
pub fn demo_key() -> SigningKey {
    SigningKey::from_bytes(&DEMO_SEED)
}
