//! The root chain: each agreement of ratchet keys turns it once.

use x25519_dalek::StaticSecret;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{chain_key::ChainKey, ratchet_key::TheirRatchetKey};
use crate::{
    agreement::{WeakKey, agree},
    kdf::{self, Key32},
};

/// RK.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct RootKey([u8; 32]);

impl RootKey {
    /// RK = SK at the start (Double Ratchet §3.3).
    pub(super) fn new(secret: &Key32) -> Self {
        Self(**secret)
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `RK, CK = KDF_RK(RK, DH(DHs, DHr))`.
    pub(super) fn step(
        &self,
        ours: &StaticSecret,
        theirs: TheirRatchetKey,
    ) -> Result<(Self, ChainKey), WeakKey> {
        let shared = agree(ours, &theirs.0)?;
        let (root, chain) = kdf::root(&self.0, shared.as_bytes());
        Ok((Self::new(&root), ChainKey::new(*chain, 0)))
    }
}
