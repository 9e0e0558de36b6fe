//! The keys that sign lists.

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

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

/// A key's secret half as a file holds it: a line that says what it is, and its seed in hex.
#[must_use]
pub fn key_to_text(key: &SigningKey) -> Zeroizing<String> {
    let seed = Zeroizing::new(HEXLOWER.encode(&*Zeroizing::new(key.to_bytes())));
    Zeroizing::new(format!("{KEY_FILE_LINE}\n{}\n", *seed))
}

/// Reads what [`key_to_text`] wrote.
///
/// # Errors
/// When it is something else. The error never quotes it.
pub fn key_from_text(text: &str) -> Result<SigningKey, KeyFileError> {
    let (first, rest) = text.split_once('\n').ok_or(KeyFileError::Other)?;
    if first != KEY_FILE_LINE {
        return Err(KeyFileError::Other);
    }
    let digits = rest.strip_suffix('\n').ok_or(KeyFileError::Damaged)?;
    let seed = Zeroizing::new(HEXLOWER.decode(digits.as_bytes()).map_err(|_| KeyFileError::Damaged)?);
    let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| KeyFileError::Damaged)?;
    Ok(SigningKey::from_bytes(seed))
}

/// Why a text is not a key's secret half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// It does not say that it is one.
    #[error("its first line is not `{KEY_FILE_LINE}`")]
    Other,
    /// It says that it is one, and what follows is none.
    #[error("what follows its first line is not 64 digits of lower-case hex and an end of line")]
    Damaged,
}

/// What a key's file starts with.
const KEY_FILE_LINE: &str = "airlock list key, version 1: keep it secret";

/// The seed of the key that signs the reference lists. **Public on purpose**: everyone can sign such a list, so
/// that the demo and the lab can show what a changed list does. No list that matters may name this key.
pub const DEMO_SEED: [u8; 32] = *b"airlock demo list key, no secret";

/// The key made of [`DEMO_SEED`].
#[must_use]
pub fn demo_key() -> SigningKey {
    SigningKey::from_bytes(&DEMO_SEED)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_file_says_what_it_is_and_anything_else_is_refused_without_being_quoted() {
        let text = key_to_text(&SigningKey::from_bytes(&[0xAB; 32]));
        assert!(text.starts_with("airlock list key"));
        for (changed, error) in [
            (text.replace("list key", "account key"), KeyFileError::Other),
            (text.trim_end().to_owned(), KeyFileError::Damaged),
            (
                text.to_uppercase().replace(&KEY_FILE_LINE.to_uppercase(), KEY_FILE_LINE),
                KeyFileError::Damaged,
            ),
            (text.replacen("ab", "", 1), KeyFileError::Damaged),
            (String::new(), KeyFileError::Other),
        ] {
            assert_eq!(key_from_text(&changed), Err(error), "{changed}");
            assert!(!error.to_string().contains("abab"));
        }
    }

    proptest! {
        #[test]
        fn every_key_is_read_as_it_was_written(seed: [u8; 32]) {
            let key = SigningKey::from_bytes(&seed);
            prop_assert_eq!(key_from_text(&key_to_text(&key)).map(|key| key.to_bytes()), Ok(seed));
        }
    }
}
