//! The mirror of a ratchet at rest.

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{
    DoubleRatchet, Heard, PAST_KEYS_MAX, ReceivingChain, SKIPPED_KEYS_MAX, Speaking, Turn,
    chain_key::SavedChain,
    message_key::MessageKey,
    ratchet_key::{OurRatchetKey, TheirRatchetKey},
    root_key::RootKey,
    skipped::{SkippedKey, SkippedKeys},
};
use crate::{
    kdf::Key32,
    saved::{SavedError, SavedSecret},
};

#[derive(Serialize, Deserialize)]
pub(crate) struct SavedRatchet {
    turn: SavedTurn,
    receiving: Option<SavedReceiving>,
    skipped: Vec<SavedSkipped>,
    past: Vec<TheirRatchetKey>,
}

#[derive(Serialize, Deserialize)]
enum SavedTurn {
    Speaking { root: SavedSecret, ours: SavedSecret, chain: SavedChain, previous: u32 },
    Heard { root: SavedSecret, theirs: TheirRatchetKey, previous: u32 },
}

#[derive(Serialize, Deserialize)]
struct SavedReceiving {
    theirs: TheirRatchetKey,
    chain: SavedChain,
}

#[derive(Serialize, Deserialize)]
struct SavedSkipped {
    theirs: TheirRatchetKey,
    number: u32,
    since_ms: u64,
    key: SavedSecret,
}

impl DoubleRatchet {
    pub(crate) fn to_saved(&self) -> SavedRatchet {
        let Self { turn, receiving, skipped, past } = self;
        let turn = match turn {
            Turn::Speaking(speaking) => {
                let Speaking { root, ours, chain, previous } = &**speaking;
                SavedTurn::Speaking {
                    root: SavedSecret(*root.as_bytes()),
                    ours: SavedSecret(ours.secret().to_bytes()),
                    chain: SavedChain::of(chain),
                    previous: *previous,
                }
            }
            Turn::Heard(heard) => {
                let Heard { root, theirs, previous } = &**heard;
                SavedTurn::Heard { root: SavedSecret(*root.as_bytes()), theirs: *theirs, previous: *previous }
            }
        };
        let receiving = receiving.as_deref().map(|ReceivingChain { theirs, chain }| SavedReceiving {
            theirs: *theirs,
            chain: SavedChain::of(chain),
        });
        let save_key = |kept: &SkippedKey<TheirRatchetKey>| SavedSkipped {
            theirs: kept.chain,
            number: kept.number,
            since_ms: kept.since_ms,
            key: SavedSecret(*kept.key().as_bytes()),
        };
        let past = past.iter().copied().collect();
        SavedRatchet { turn, receiving, skipped: skipped.iter().map(save_key).collect(), past }
    }

    pub(crate) fn from_saved(saved: SavedRatchet) -> Result<Self, SavedError> {
        let SavedRatchet { turn, receiving, skipped, past } = saved;
        if skipped.len() > SKIPPED_KEYS_MAX || past.len() > PAST_KEYS_MAX {
            return Err(SavedError::Damaged);
        }
        let turn = match turn {
            SavedTurn::Speaking { root, ours, chain, previous } => Turn::Speaking(Box::new(Speaking {
                root: RootKey::new(&Key32::new(root.0)),
                ours: OurRatchetKey::from_bytes(ours.0),
                chain: chain.restore(),
                previous,
            })),
            SavedTurn::Heard { root, theirs, previous } => {
                Turn::Heard(Box::new(Heard { root: RootKey::new(&Key32::new(root.0)), theirs, previous }))
            }
        };
        let receiving = receiving.map(|SavedReceiving { theirs, chain }| {
            Box::new(ReceivingChain { theirs, chain: chain.restore() })
        });
        // By reference, as moving them out would leave them in the memory of the list.
        let restore_key = |saved: &SavedSkipped| {
            SkippedKey::new(saved.theirs, saved.number, saved.since_ms, MessageKey::new(saved.key.0))
        };
        let skipped = SkippedKeys::from_saved(skipped.iter().map(restore_key));
        Ok(Self { turn, receiving, skipped, past: VecDeque::from(past) })
    }
}
