//! The mirror of a ratchet at rest.

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{
    DoubleRatchet, Heard, PAST_KEYS_MAX, ReceivingChain, Speaking, Turn,
    chain_key::SavedChain,
    ratchet_key::{OurRatchetKey, TheirRatchetKey},
    root_key::RootKey,
    skipped::{SavedSkipped, SkippedKeys},
};
use crate::{
    kdf::Key32,
    saved::{SavedError, SavedSecret},
};

#[derive(Serialize, Deserialize)]
pub(crate) struct SavedRatchet {
    turn: SavedTurn,
    receiving: Option<SavedReceiving>,
    skipped: Vec<SavedSkipped<TheirRatchetKey>>,
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
        let past = past.iter().copied().collect();
        SavedRatchet { turn, receiving, skipped: skipped.to_saved(), past }
    }

    pub(crate) fn from_saved(saved: SavedRatchet) -> Result<Self, SavedError> {
        let SavedRatchet { turn, receiving, skipped, past } = saved;
        if past.len() > PAST_KEYS_MAX {
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
        Ok(Self { turn, receiving, skipped: SkippedKeys::from_saved(&skipped)?, past: VecDeque::from(past) })
    }
}
