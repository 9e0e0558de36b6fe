//! The mirror of a post-quantum ratchet at rest.

use alloc::{boxed::Box, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{
    PqRatchet, Role,
    epoch::{EpochKeys, EpochRoot},
    exchange::{Answering, Asked, Copies, Exchange, Offering, Turned},
};
use crate::{
    kem::{KemCiphertext, KemPublic, KemSeed},
    ratchet::{ChainKey, SavedChain, SavedSkipped, SkippedKeys},
    saved::{SavedError, SavedSecret},
};

#[derive(Serialize, Deserialize)]
pub(crate) struct SavedPqRatchet {
    role: Role,
    epoch: u32,
    root: SavedSecret,
    sending: SavedChain,
    previous: u32,
    receiving: SavedChain,
    exchange: SavedExchange,
    since_ms: u64,
    messages: u32,
    skipped: Vec<SavedSkipped<u32>>,
}

/// Chains of an epoch that has not begun are at number 0, so their keys are all.
#[derive(Serialize, Deserialize)]
enum SavedExchange {
    Resting,
    Offering {
        d: SavedSecret,
        z: SavedSecret,
        copies: u32,
    },
    Turned {
        receiving: SavedSecret,
    },
    Asked {
        public: KemPublic,
    },
    Answering {
        ciphertext: KemCiphertext,
        confirmation: [u8; 32],
        root: SavedSecret,
        sending: SavedSecret,
        receiving: SavedSecret,
        copies: u32,
    },
}

impl PqRatchet {
    pub(crate) fn to_saved(&self) -> SavedPqRatchet {
        let Self { role, epoch, root, sending, previous, receiving, exchange, since_ms, messages, skipped } =
            self;
        SavedPqRatchet {
            role: *role,
            epoch: *epoch,
            root: SavedSecret(*root.as_bytes()),
            sending: SavedChain::of(sending),
            previous: *previous,
            receiving: SavedChain::of(receiving),
            exchange: SavedExchange::of(exchange),
            since_ms: *since_ms,
            messages: *messages,
            skipped: skipped.to_saved(),
        }
    }

    pub(crate) fn from_saved(saved: SavedPqRatchet) -> Result<Self, SavedError> {
        let SavedPqRatchet {
            role,
            epoch,
            root,
            sending,
            previous,
            receiving,
            exchange,
            since_ms,
            messages,
            skipped,
        } = saved;
        Ok(Self {
            role,
            epoch,
            root: EpochRoot::new(root.0),
            sending: sending.restore(),
            previous,
            receiving: receiving.restore(),
            exchange: exchange.restore(role, epoch)?,
            since_ms,
            messages,
            skipped: SkippedKeys::from_saved(&skipped)?,
        })
    }
}

impl SavedExchange {
    fn of(exchange: &Exchange) -> Self {
        let key = |chain: &ChainKey| SavedSecret(*chain.as_bytes());
        match exchange {
            Exchange::Resting => Self::Resting,
            Exchange::Offering(offering) => {
                let Offering { seed, copies } = &**offering;
                Self::Offering { d: SavedSecret(seed.d), z: SavedSecret(seed.z), copies: copies.0 }
            }
            Exchange::Turned(turned) => Self::Turned { receiving: key(&turned.receiving) },
            Exchange::Asked(Asked { public }) => Self::Asked { public: public.clone() },
            Exchange::Answering(answering) => {
                let Answering { ciphertext, confirmation, next, copies } = &**answering;
                Self::Answering {
                    ciphertext: ciphertext.clone(),
                    confirmation: *confirmation,
                    root: SavedSecret(*next.root.as_bytes()),
                    sending: key(&next.sending),
                    receiving: key(&next.receiving),
                    copies: copies.0,
                }
            }
        }
    }

    /// Only the side whose turn it is offers, and only the other one answers.
    fn restore(self, role: Role, epoch: u32) -> Result<Exchange, SavedError> {
        let offers = epoch.checked_add(1).map(|next| role.offers(next));
        let fits = match &self {
            Self::Resting => true,
            Self::Offering { .. } | Self::Turned { .. } => offers == Some(true),
            Self::Asked { .. } | Self::Answering { .. } => offers == Some(false),
        };
        if !fits {
            return Err(SavedError::Damaged);
        }
        Ok(match self {
            Self::Resting => Exchange::Resting,
            Self::Offering { d, z, copies } => {
                let offering = Offering { seed: KemSeed { d: d.0, z: z.0 }, copies: Copies(copies) };
                Exchange::Offering(Box::new(offering))
            }
            Self::Turned { receiving } => {
                Exchange::Turned(Box::new(Turned { receiving: ChainKey::new(receiving.0, 0) }))
            }
            Self::Asked { public } => Exchange::Asked(Asked { public }),
            Self::Answering { ciphertext, confirmation, root, sending, receiving, copies } => {
                let next = EpochKeys {
                    root: EpochRoot::new(root.0),
                    sending: ChainKey::new(sending.0, 0),
                    receiving: ChainKey::new(receiving.0, 0),
                };
                let answering = Answering { ciphertext, confirmation, next, copies: Copies(copies) };
                Exchange::Answering(Box::new(answering))
            }
        })
    }
}
