//! Ratchet keys: ours is a secret, theirs is public, and they are two types so that neither stands for the other.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use x25519_dalek::StaticSecret;
use zeroize::ZeroizeOnDrop;

use crate::agreement;

/// DHs: our ratchet key pair. The public half goes into every header, and costs more than the rest of a message.
#[derive(ZeroizeOnDrop)]
pub(super) struct OurRatchetKey {
    secret: StaticSecret,
    #[zeroize(skip)]
    public: [u8; 32],
}

impl OurRatchetKey {
    pub(super) fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::new(agreement::generate(rng))
    }

    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self::new(StaticSecret::from(bytes))
    }

    fn new(secret: StaticSecret) -> Self {
        let public = agreement::public(&secret);
        Self { secret, public }
    }

    pub(super) fn secret(&self) -> &StaticSecret {
        &self.secret
    }

    pub(super) fn public(&self) -> [u8; 32] {
        self.public
    }
}

/// DHr: their ratchet public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TheirRatchetKey(pub(super) [u8; 32]);
