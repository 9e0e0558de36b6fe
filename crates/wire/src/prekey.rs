//! Public prekeys as a device publishes them and a relay hands them out (PQXDH §3.2, §3.3).
//!
//! The relay treats them as data; whoever receives a [`Bundle`] verifies every signature before use
//! (`airlock-protocol`, `prekey`).

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::id::DeviceId;

/// Which prekey of its kind, as numbered by the device that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PrekeyId(pub u32);

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    /// The form that `ed25519-dalek` verifies.
    #[must_use]
    pub fn to_dalek(self) -> ed25519_dalek::Signature {
        ed25519_dalek::Signature::from_bytes(&self.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature").finish_non_exhaustive()
    }
}

/// serde has no arrays of 64, so a signature is written as its two halves.
impl Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (r, s) = self.0.split_at(32);
        let half = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).unwrap_or_default();
        (half(r), half(s)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (r, s) = <([u8; 32], [u8; 32])>::deserialize(deserializer)?;
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&r);
        bytes[32..].copy_from_slice(&s);
        Ok(Self(bytes))
    }
}

/// A signed X25519 prekey: the medium-term one, or a one-time one. Which of the two is part of what is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurvePrekey {
    /// Its number.
    pub id: PrekeyId,
    /// X25519 public key.
    pub public: [u8; 32],
    /// By the device's Ed25519 key.
    pub signature: Signature,
}

/// Whether a KEM prekey is used once or handed out when no one-time key is left (PQXDH §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KemRole {
    /// Used for one session, then deleted.
    OneTime,
    /// Used when the one-time keys have run out.
    LastResort,
}

/// A signed ML-KEM-768 prekey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KemPrekey {
    /// Its number.
    pub id: PrekeyId,
    /// Part of what is signed.
    pub role: KemRole,
    /// ML-KEM-768 encapsulation key, 1,184 bytes (FIPS 203 §8).
    #[serde(with = "serde_bytes")]
    pub public: Vec<u8>,
    /// By the device's Ed25519 key.
    pub signature: Signature,
}

/// What a relay hands out to someone who wants to start a session with one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// Whose keys these are.
    pub device: DeviceId,
    /// The medium-term X25519 prekey.
    pub signed: CurvePrekey,
    /// A one-time X25519 prekey, handed out to nobody else, if any was left.
    pub one_time: Option<CurvePrekey>,
    /// A one-time ML-KEM-768 prekey, or the last-resort one.
    pub kem: KemPrekey,
}

/// What a device publishes. One-time keys add to those already there; the others replace them.
///
/// The numbers of one kind of one-time key only grow: a relay skips a key whose number is not above all that
/// it has seen of that kind from the device, so that a repeated upload can't hand a key out twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrekeyUpload {
    /// The medium-term X25519 prekey.
    pub signed: CurvePrekey,
    /// The ML-KEM-768 prekey of last resort.
    pub last_resort: KemPrekey,
    /// One-time X25519 prekeys.
    pub one_time: Vec<CurvePrekey>,
    /// One-time ML-KEM-768 prekeys.
    pub one_time_kem: Vec<KemPrekey>,
}
