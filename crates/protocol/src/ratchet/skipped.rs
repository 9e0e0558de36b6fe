//! Keys of messages that were overtaken by later ones, kept in case they still come: bounded in number and age.

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};

use serde::{Deserialize, Serialize};

use super::message_key::MessageKey;
use crate::saved::{SavedError, SavedSecret};

/// Most skipped keys kept per session: 64 KiB of secrets. Beyond it the oldest is given up, and so is its message
/// if it comes after all. The same number as in libsignal.
pub const SKIPPED_KEYS_MAX: usize = 2_000;

/// Longest time that a skipped key is kept, in milliseconds: 30 days. A message that is later than this is given up,
/// so that a device stolen later can't open it.
pub const SKIPPED_MS_MAX: u64 = 30 * 24 * 60 * 60 * 1_000;

/// One kept key and the message that it is for: the `number`th of the chain that `C` names, which is their ratchet key
/// or an epoch.
pub(crate) struct SkippedKey<C> {
    chain: C,
    number: u32,
    since_ms: u64,
    /// Boxed, as a list that grows leaves what lies in it behind.
    key: Box<MessageKey>,
}

impl<C: Copy + PartialEq> SkippedKey<C> {
    fn new(chain: C, number: u32, since_ms: u64, key: MessageKey) -> Self {
        Self { chain, number, since_ms, key: Box::new(key) }
    }

    pub(crate) fn key(&self) -> &MessageKey {
        &self.key
    }

    fn is_for(&self, chain: C, number: u32) -> bool {
        self.number == number && self.chain == chain
    }

    fn is_old(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.since_ms) > SKIPPED_MS_MAX
    }
}

/// Keys skipped by one message that is not yet known to be real.
pub(crate) struct Skipped<C>(VecDeque<SkippedKey<C>>);

impl<C: Copy + PartialEq> Skipped<C> {
    pub(crate) fn push(&mut self, chain: C, number: u32, key: MessageKey, now_ms: u64) {
        push_bounded(&mut self.0, SkippedKey::new(chain, number, now_ms, key));
    }
}

/// One at rest.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedSkipped<C> {
    chain: C,
    number: u32,
    since_ms: u64,
    key: SavedSecret,
}

/// MKSKIPPED, oldest first.
pub(crate) struct SkippedKeys<C>(VecDeque<SkippedKey<C>>);

impl<C: Copy + PartialEq> SkippedKeys<C> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn to_saved(&self) -> Vec<SavedSkipped<C>> {
        let save = |&SkippedKey { chain, number, since_ms, ref key }: &SkippedKey<C>| SavedSkipped {
            chain,
            number,
            since_ms,
            key: SavedSecret(*key.as_bytes()),
        };
        self.0.iter().map(save).collect()
    }

    pub(crate) fn from_saved(saved: &[SavedSkipped<C>]) -> Result<Self, SavedError> {
        if saved.len() > SKIPPED_KEYS_MAX {
            return Err(SavedError::Damaged);
        }
        // By reference, as moving them out would leave them in the memory of the list.
        let restore = |&SavedSkipped { chain, number, since_ms, ref key }: &SavedSkipped<C>| {
            SkippedKey::new(chain, number, since_ms, MessageKey::new(key.0))
        };
        Ok(Self(saved.iter().map(restore).collect()))
    }

    pub(crate) fn find(&self, chain: C, number: u32, now_ms: u64) -> Option<&SkippedKey<C>> {
        self.0.iter().find(|kept| kept.is_for(chain, number)).filter(|kept| !kept.is_old(now_ms))
    }

    pub(crate) fn remove(&mut self, chain: C, number: u32) {
        self.0.retain(|kept| !kept.is_for(chain, number));
    }

    pub(crate) fn keep(&mut self, skipped: Skipped<C>) {
        skipped.0.into_iter().for_each(|key| push_bounded(&mut self.0, key));
    }

    pub(crate) fn forget_old(&mut self, now_ms: u64) {
        while self.0.front().is_some_and(|oldest| oldest.is_old(now_ms)) {
            self.0.pop_front();
        }
    }
}

impl<C> Default for Skipped<C> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<C> Default for SkippedKeys<C> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

fn push_bounded<C>(keys: &mut VecDeque<SkippedKey<C>>, key: SkippedKey<C>) {
    if keys.len() >= SKIPPED_KEYS_MAX {
        keys.pop_front();
    }
    keys.push_back(key);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratchet::ratchet_key::TheirRatchetKey;

    const THEIRS: TheirRatchetKey = TheirRatchetKey([1; 32]);

    fn skipped(numbers: core::ops::Range<u32>, now_ms: u64) -> Skipped<TheirRatchetKey> {
        let mut skipped = Skipped::default();
        numbers.for_each(|n| skipped.push(THEIRS, n, MessageKey::new([0; 32]), now_ms));
        skipped
    }

    #[test]
    fn the_store_gives_up_the_oldest_when_it_is_full() {
        let mut keys = SkippedKeys::default();
        keys.keep(skipped(0..2_001, 0));
        assert_eq!(keys.len(), SKIPPED_KEYS_MAX);
        assert!(keys.find(THEIRS, 0, 0).is_none());
        assert!(keys.find(THEIRS, 1, 0).is_some() && keys.find(THEIRS, 2_000, 0).is_some());
    }

    #[test]
    fn a_key_older_than_the_limit_is_not_found_and_then_forgotten() {
        let mut keys = SkippedKeys::default();
        keys.keep(skipped(0..1, 1_000));
        assert!(keys.find(THEIRS, 0, 1_000 + SKIPPED_MS_MAX).is_some());
        assert!(keys.find(THEIRS, 0, 1_001 + SKIPPED_MS_MAX).is_none());
        keys.forget_old(1_001 + SKIPPED_MS_MAX);
        assert_eq!(keys.len(), 0);
    }

    #[test]
    fn a_removed_key_is_gone_and_its_neighbours_stay() {
        let mut keys = SkippedKeys::default();
        keys.keep(skipped(0..3, 0));
        keys.remove(THEIRS, 1);
        let left: Vec<u32> = keys.0.iter().map(|kept| kept.number).collect();
        assert_eq!(left, [0, 2]);
    }
}
