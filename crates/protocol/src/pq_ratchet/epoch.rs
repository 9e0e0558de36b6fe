//! Epochs: each has a root and a chain for either direction, and comes of the one before by a secret of ML-KEM-768.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    kdf,
    kem::{KemCiphertext, KemPublic, KemSecret},
    ratchet::ChainKey,
};

/// Which side of PQXDH this one was. Of each epoch's two chains one is its own to send on; and it tells who offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Role {
    Initiator,
    Responder,
}

impl Role {
    /// Whether it is for this side to offer a key for an epoch: the initiator makes the odd ones. So nobody offers at
    /// the same time as the other side, and each side's secrets are renewed in turn.
    pub(super) fn offers(self, epoch: u32) -> bool {
        (self == Self::Initiator) == (epoch % 2 == 1)
    }
}

/// R of an epoch: all that the next one takes from it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct EpochRoot([u8; 32]);

/// The secrets of one epoch, at its beginning.
pub(super) struct EpochKeys {
    pub(super) root: EpochRoot,
    pub(super) sending: ChainKey,
    pub(super) receiving: ChainKey,
}

impl EpochRoot {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn copy(&self) -> Self {
        Self(self.0)
    }

    /// The epoch of this number, and C (docs/protocol.md (25)).
    pub(super) fn next(
        &self,
        role: Role,
        number: u32,
        public: &KemPublic,
        ciphertext: &KemCiphertext,
        secret: &KemSecret,
    ) -> (EpochKeys, [u8; 32]) {
        let okm = kdf::epoch(&self.0, &secret.0, number, public.as_bytes(), ciphertext.as_bytes());
        let [root, initiator, responder, confirmation] = split(&okm);
        (EpochKeys::new(role, *root, *initiator, *responder), *confirmation)
    }
}

impl EpochKeys {
    /// Epoch 0 (docs/protocol.md (24)).
    pub(super) fn start(role: Role, okm: &[u8; 96]) -> Self {
        let [root, initiator, responder] = split(okm);
        Self::new(role, *root, *initiator, *responder)
    }

    fn new(role: Role, root: [u8; 32], initiator: [u8; 32], responder: [u8; 32]) -> Self {
        let (initiator, responder) = (ChainKey::new(initiator, 0), ChainKey::new(responder, 0));
        let (sending, receiving) = match role {
            Role::Initiator => (initiator, responder),
            Role::Responder => (responder, initiator),
        };
        Self { root: EpochRoot(root), sending, receiving }
    }
}

/// 32 bytes each.
fn split<const N: usize, const BYTES: usize>(okm: &[u8; BYTES]) -> [Zeroizing<[u8; 32]>; N] {
    let mut keys: [Zeroizing<[u8; 32]>; N] = core::array::from_fn(|_| Zeroizing::new([0; 32]));
    for (key, bytes) in keys.iter_mut().zip(okm.as_chunks().0) {
        **key = *bytes;
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_side_sends_on_the_chain_that_the_other_receives_on() {
        let okm: [u8; 96] = core::array::from_fn(|i| u8::try_from(i / 32).unwrap());
        let (ours, theirs) =
            (EpochKeys::start(Role::Initiator, &okm), EpochKeys::start(Role::Responder, &okm));
        assert_eq!(ours.root.as_bytes(), theirs.root.as_bytes());
        assert_eq!((ours.sending.as_bytes(), ours.receiving.as_bytes()), (&[1; 32], &[2; 32]));
        assert_eq!((theirs.sending.as_bytes(), theirs.receiving.as_bytes()), (&[2; 32], &[1; 32]));
    }

    #[test]
    fn each_epoch_is_offered_by_exactly_one_side_and_the_next_by_the_other() {
        for epoch in 0..9 {
            assert_ne!(Role::Initiator.offers(epoch), Role::Responder.offers(epoch));
            assert_ne!(Role::Initiator.offers(epoch), Role::Initiator.offers(epoch + 1));
        }
        assert!(Role::Initiator.offers(1));
    }
}
