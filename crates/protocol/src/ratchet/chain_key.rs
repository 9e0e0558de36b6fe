//! A sending or receiving chain: each message turns it once, and there is no way back.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::message_key::MessageKey;
use crate::{kdf, saved::SavedSecret};

/// CK with the number of its next message, Ns or Nr.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct ChainKey {
    key: [u8; 32],
    index: u32,
}

impl ChainKey {
    pub(crate) fn new(key: [u8; 32], index: u32) -> Self {
        Self { key, index }
    }

    /// The number of the next message.
    pub(crate) fn index(&self) -> u32 {
        self.index
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// A second chain at the same place, to try a message that may be forged. It has a name of its own, and no
    /// `Clone`, because a copied chain that is kept would undo forward secrecy.
    pub(crate) fn copy(&self) -> Self {
        Self { key: self.key, index: self.index }
    }

    /// `CK, MK = KDF_CK(CK)`. None when the numbers have run out.
    pub(crate) fn advance(&mut self) -> Option<MessageKey> {
        let next = self.index.checked_add(1)?;
        let (chain, message) = kdf::chain(&self.key);
        self.key = *chain;
        self.index = next;
        Some(MessageKey::new(*message))
    }
}

/// The mirror of a chain at rest.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedChain {
    key: SavedSecret,
    index: u32,
}

impl SavedChain {
    pub(crate) fn of(chain: &ChainKey) -> Self {
        Self { key: SavedSecret(*chain.as_bytes()), index: chain.index() }
    }

    pub(crate) fn restore(self) -> ChainKey {
        ChainKey::new(self.key.0, self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_gives_a_new_key_each_time_and_counts() {
        let mut chain = ChainKey::new([1; 32], 0);
        let first = chain.advance().unwrap();
        let second = chain.advance().unwrap();
        assert_ne!(first.as_bytes(), second.as_bytes());
        assert_eq!(chain.index(), 2);
    }

    #[test]
    fn a_chain_ends_before_its_numbers_repeat() {
        let mut chain = ChainKey::new([1; 32], u32::MAX);
        assert!(chain.advance().is_none());
        assert_eq!(chain.index(), u32::MAX);
    }
}
