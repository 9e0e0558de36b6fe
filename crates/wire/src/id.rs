//! Ids and tokens: one newtype each, so that one can't stand in for another.

use alloc::string::String;
use core::{fmt, str::FromStr};

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Defines a fixed-size id whose text form is lower-case base32 (RFC 4648 §6, without padding).
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub [u8; $bytes]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&base32(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                unbase32(text).map(Self)
            }
        }
    };
}

id! {
    /// A person's identity: the account's Ed25519 public key itself.
    AccountId, 32
}

id! {
    /// One installation of the client: the device's Ed25519 public key itself.
    DeviceId, 32
}

id! {
    /// Chosen at random by a sender for one submission, so that a retry after a lost answer stores once.
    SubmitId, 16
}

id! {
    /// What a relay keeps of a [`DeliveryToken`]: its SHA-256.
    DeliveryTokenHash, 32
}

id! {
    /// What a relay keeps of an [`InviteCode`]: its SHA-256.
    InviteCodeHash, 32
}

/// The right to deliver to an account and to fetch its prekeys, handed out by its owner to contacts.
///
/// A secret of 128 random bits: it has no `Debug` text, and is compared through its hash only.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryToken(pub [u8; 16]);

impl DeliveryToken {
    /// What the relay stores and compares.
    #[must_use]
    pub fn hash(&self) -> DeliveryTokenHash {
        DeliveryTokenHash(Sha256::digest(self.0).into())
    }
}

impl DeliveryTokenHash {
    /// Whether `token` is the one behind this hash, in constant time.
    #[must_use]
    pub fn matches(&self, token: &DeliveryToken) -> bool {
        self.0.ct_eq(&token.hash().0).into()
    }
}

impl fmt::Debug for DeliveryToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryToken").finish_non_exhaustive()
    }
}

/// The right to register one account at a relay whose policy is `invite`. Used once.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteCode(pub [u8; 16]);

impl InviteCode {
    /// What the relay stores and compares.
    #[must_use]
    pub fn hash(&self) -> InviteCodeHash {
        InviteCodeHash(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InviteCode").finish_non_exhaustive()
    }
}

impl fmt::Display for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32(&self.0))
    }
}

impl FromStr for InviteCode {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        unbase32(text).map(Self)
    }
}

/// The place of an envelope in one device's mailbox. Grows by one for each envelope stored for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sequence(pub u64);

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// A character outside a–z, 2–7, or left-over bits at the end.
    #[error("it has a character that is not one of a to z and 2 to 7, or it was cut")]
    NotBase32,
    /// The right alphabet, but too short or too long.
    #[error("it stands for {got} bytes where {expected} are needed")]
    Length {
        /// Bytes that the text stands for.
        got: usize,
        /// Bytes that this kind of id has.
        expected: usize,
    },
}

fn base32(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

fn unbase32<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| IdError::NotBase32)?;
    bytes.as_slice().try_into().map_err(|_| IdError::Length { got: bytes.len(), expected: N })
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_survives_its_text_form(bytes: [u8; 32]) {
            let id = AccountId(bytes);
            prop_assert_eq!(id.to_string().parse::<AccountId>(), Ok(id));
        }

        #[test]
        fn no_text_panics_the_parser(text in ".{0,80}") {
            let _ = text.parse::<DeviceId>();
        }
    }

    #[test]
    fn a_cut_id_says_how_many_bytes_are_missing() {
        let text = AccountId([7; 32]).to_string();
        assert_eq!(text[..8].parse::<AccountId>(), Err(IdError::Length { got: 5, expected: 32 }));
    }

    #[test]
    fn a_token_shows_nothing_in_debug() {
        assert_eq!(format!("{:?}", DeliveryToken([0xAB; 16])), "DeliveryToken { .. }");
        assert_eq!(format!("{:?}", InviteCode([0xAB; 16])), "InviteCode { .. }");
    }

    #[test]
    fn a_hash_matches_its_own_token_only() {
        let hash = DeliveryToken([1; 16]).hash();
        assert!(hash.matches(&DeliveryToken([1; 16])));
        assert!(!hash.matches(&DeliveryToken([2; 16])));
    }
}
