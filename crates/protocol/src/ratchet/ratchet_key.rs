//! Ratchet keys: ours is a secret, theirs is public, and they are two types so that neither stands for the other.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use x25519_dalek::StaticSecret;
use zeroize::ZeroizeOnDrop;

use crate::agreement;

/// DHs: our ratchet key pair.
#[derive(ZeroizeOnDrop)]
pub(super) struct OurRatchetKey(StaticSecret);

impl OurRatchetKey {
    pub(super) fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(agreement::generate(rng))
    }

    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(StaticSecret::from(bytes))
    }

    pub(super) fn secret(&self) -> &StaticSecret {
        &self.0
    }

    pub(super) fn public(&self) -> [u8; 32] {
        agreement::public(&self.0)
    }
}

/// DHr: their ratchet public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TheirRatchetKey(pub(super) [u8; 32]);
