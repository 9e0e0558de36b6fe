//! The post-quantum part of a message's header: sent with it, authenticated with it (docs/protocol.md §14.3).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::kem::{KemCiphertext, KemPublic};

/// Which key of the post-quantum ratchet the message has, and, at times, a step towards the next epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PqHeader {
    /// The epoch that it is sent in.
    pub(crate) epoch: u32,
    /// How many messages its sender sent in the epoch before.
    pub(crate) previous: u32,
    /// Its number among those of its sender in this epoch.
    pub(crate) number: u32,
    pub(crate) part: Part,
}

/// Its sender's part in making the epoch after `epoch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    Nothing,
    /// EK: to be encapsulated to.
    Offer(KemPublic),
    /// CT, and C, by which whoever offered knows that both have the same keys.
    Answer(KemCiphertext, [u8; 32]),
}

impl PqHeader {
    /// Appends it as it stands in the associated data (27). The kind of the part tells its length.
    pub(crate) fn append_to(&self, bytes: &mut Vec<u8>) {
        let Self { epoch, previous, number, part } = self;
        [epoch, previous, number].iter().for_each(|field| bytes.extend_from_slice(&field.to_le_bytes()));
        match part {
            Part::Nothing => bytes.push(0),
            Part::Offer(public) => {
                bytes.push(1);
                bytes.extend_from_slice(public.as_bytes());
            }
            Part::Answer(ciphertext, confirmation) => {
                bytes.push(2);
                bytes.extend_from_slice(ciphertext.as_bytes());
                bytes.extend_from_slice(confirmation);
            }
        }
    }
}
