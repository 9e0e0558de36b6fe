//! How far this side is in making the next epoch, a type for each state; and how often it repeats its part.

use alloc::boxed::Box;

use super::epoch::EpochKeys;
use crate::{
    kem::{KemCiphertext, KemPublic, KemSeed},
    ratchet::ChainKey,
};

/// Copies of a part are never further apart than this, however long the answer takes.
const COPY_DISTANCE_MAX: u32 = 64;

/// Boxed, as a small state would have unused room for a large one, in which the compiler leaves copies of other
/// secrets.
pub(super) enum Exchange {
    /// Nothing is under way: both sides are in the same epoch, as far as this one knows.
    Resting,
    /// We offered a key.
    Offering(Box<Offering>),
    /// They answered our key: we send in the next epoch, and they will once they have heard us there.
    Turned(Box<Turned>),
    /// They offered a key. It is answered when we next send, as randomness comes with sending.
    Asked(Asked),
    /// We answered. We send in the next epoch once they do, which shows that the answer came.
    Answering(Box<Answering>),
}

pub(super) struct Offering {
    pub(super) seed: KemSeed,
    pub(super) copies: Copies,
}

pub(super) struct Turned {
    /// CK of theirs in the next epoch.
    pub(super) receiving: ChainKey,
}

pub(super) struct Asked {
    /// EK.
    pub(super) public: KemPublic,
}

pub(super) struct Answering {
    pub(super) ciphertext: KemCiphertext,
    pub(super) confirmation: [u8; 32],
    /// The next epoch.
    pub(super) next: EpochKeys,
    pub(super) copies: Copies,
}

/// Counts the messages since a part was first sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copies(pub(super) u32);

impl Copies {
    /// Whether the next message carries the part: the first does, then those 1, 2, 4, 8, … after it, and then every
    /// 64th. A lost copy is soon made good, and a long silence of the other side costs little.
    pub(super) fn next(&mut self) -> bool {
        let sent = self.0;
        self.0 = sent.saturating_add(1);
        sent.is_multiple_of(COPY_DISTANCE_MAX) || (sent < COPY_DISTANCE_MAX && sent.is_power_of_two())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn a_part_is_repeated_at_growing_distances_and_never_given_up() {
        let mut copies = Copies(0);
        let sent: Vec<u32> = (0..300).filter(|_| copies.next()).collect();
        assert_eq!(sent, [0, 1, 2, 4, 8, 16, 32, 64, 128, 192, 256]);
    }
}
