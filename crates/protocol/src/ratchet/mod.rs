//! The Double Ratchet (Signal's specification; docs/protocol.md §6): a fresh key for every message, and fresh
//! secrets with every change of who speaks.
//!
//! One file per noun: [`ratchet_key`], [`root_key`], [`chain_key`], [`message_key`], [`header`], [`skipped`]. This
//! file is the machine that turns them.

mod chain_key;
mod header;
mod message_key;
mod ratchet_key;
mod root_key;
pub(crate) mod saved;
mod skipped;

use alloc::{boxed::Box, collections::VecDeque};
use core::fmt;

use rand_core::CryptoRng;
use x25519_dalek::StaticSecret;

pub use self::skipped::{SKIPPED_KEYS_MAX, SKIPPED_MS_MAX};
pub(crate) use self::{
    chain_key::{ChainKey, SavedChain},
    header::Header,
    message_key::MessageKey,
    ratchet_key::TheirRatchetKey,
    skipped::{SavedSkipped, Skipped, SkippedKeys},
};
use self::{ratchet_key::OurRatchetKey, root_key::RootKey};
use crate::{agreement::WeakKey, kdf::Key32};

/// Most messages by which a header may run ahead of what was received in one chain. One message can ask for as much
/// work at the end of a chain and at the beginning of the next, and for that in either ratchet: 100,000 steps of a
/// chain in all. A sender who loses more in a row has to start a new session. The same limit as in libsignal.
pub const FORWARD_JUMP_MAX: u32 = 25_000;

/// How many of their earlier ratchet keys are remembered, so that a repeated old message is known as such, and costs
/// no agreement.
const PAST_KEYS_MAX: usize = 16;

/// Both directions of one session.
pub(crate) struct DoubleRatchet {
    turn: Turn,
    /// None until their first message.
    receiving: Option<Box<ReceivingChain>>,
    skipped: SkippedKeys<TheirRatchetKey>,
    past: VecDeque<TheirRatchetKey>,
}

/// Whose ratchet key is newest. A new key of ours is made when we speak next and not when they are heard, as the
/// specification allows ("Deferring new ratchet key generation").
/// Boxed, as a small state would have unused room for a large one, in which the compiler leaves copies of secrets.
enum Turn {
    /// Ours: we have a sending chain.
    Speaking(Box<Speaking>),
    /// Theirs: the next message of ours turns the ratchet.
    Heard(Box<Heard>),
}

struct Speaking {
    /// RK.
    root: RootKey,
    /// DHs.
    ours: OurRatchetKey,
    /// CKs and Ns.
    chain: ChainKey,
    /// PN: how many messages our sending chain before this one had.
    previous: u32,
}

struct Heard {
    /// RK.
    root: RootKey,
    /// DHr.
    theirs: TheirRatchetKey,
    /// Will be PN.
    previous: u32,
}

struct ReceivingChain {
    /// DHr.
    theirs: TheirRatchetKey,
    /// CKr and Nr.
    chain: ChainKey,
}

/// Why the ratchet can't seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealRatchetError {
    /// 2^32 - 1 messages in a row without an answer.
    Exhausted,
    WeakKey(WeakKey),
}

/// Why the ratchet can't open a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenRatchetError {
    /// Its key was used or given up.
    Repeated,
    /// Too far ahead.
    Gap {
        got: u32,
    },
    /// A new ratchet key of theirs, although they can't have seen one of ours since the last; or an epoch that nobody
    /// made.
    OutOfTurn,
    WeakKey(WeakKey),
    NotAuthentic,
}

impl DoubleRatchet {
    /// Alice's start: she knows Bob's first ratchet key, his signed prekey (§3.3, `RatchetInitAlice`).
    pub(crate) fn initiate(
        secret: &Key32,
        theirs: [u8; 32],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, WeakKey> {
        let heard = Heard { root: RootKey::new(secret), theirs: TheirRatchetKey(theirs), previous: 0 };
        let speaking = heard.speak(rng)?;
        Ok(Self {
            turn: Turn::Speaking(Box::new(speaking)),
            receiving: None,
            skipped: SkippedKeys::default(),
            past: VecDeque::new(),
        })
    }

    /// Bob's start, on Alice's first message: his signed prekey is his first ratchet key, and `theirs` is hers
    /// (§3.3, `RatchetInitBob`, and the first half of §3.5, `DHRatchet`).
    pub(crate) fn respond(secret: &Key32, ours: &StaticSecret, theirs: [u8; 32]) -> Result<Self, WeakKey> {
        let theirs = TheirRatchetKey(theirs);
        let (root, chain) = RootKey::new(secret).step(ours, theirs)?;
        Ok(Self {
            turn: Turn::Heard(Box::new(Heard { root, theirs, previous: 0 })),
            receiving: Some(Box::new(ReceivingChain { theirs, chain })),
            skipped: SkippedKeys::default(),
            past: VecDeque::new(),
        })
    }

    /// `RatchetEncrypt` (§3.4), but for the AEAD: the header and the key of the next message.
    pub(crate) fn next_key(
        &mut self,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Header, MessageKey), SealRatchetError> {
        if let Turn::Heard(heard) = &self.turn {
            self.turn = Turn::Speaking(Box::new(heard.speak(rng).map_err(SealRatchetError::WeakKey)?));
        }
        let Turn::Speaking(speaking) = &mut self.turn else { return Err(SealRatchetError::Exhausted) };
        let number = speaking.chain.index();
        let key = speaking.chain.advance().ok_or(SealRatchetError::Exhausted)?;
        // The nonce is drawn by whoever seals.
        let header =
            Header { key: speaking.ours.public(), previous: speaking.previous, number, nonce: [0; 12] };
        Ok((header, key))
    }

    /// `RatchetDecrypt` (§3.5), but for the AEAD: the key of a message, and the step to take once it opened with it.
    pub(crate) fn key_of(
        &self,
        header: &Header,
        now_ms: u64,
    ) -> Result<(MessageKey, Step), OpenRatchetError> {
        let theirs = TheirRatchetKey(header.key);
        if let Some(kept) = self.skipped.find(theirs, header.number, now_ms) {
            return Ok((kept.key().copy(), Step::Late(theirs, header.number)));
        }
        let (key, advance) = self.advance_to(theirs, header, now_ms)?;
        Ok((key, Step::Advance(advance)))
    }

    /// The key for a header that is on no skipped key, and the state that holds once the message is known to be real.
    fn advance_to(
        &self,
        theirs: TheirRatchetKey,
        header: &Header,
        now_ms: u64,
    ) -> Result<(MessageKey, Advance), OpenRatchetError> {
        let mut skipped = Skipped::default();
        let known = self.receiving.as_ref().filter(|receiving| receiving.theirs == theirs);
        let (mut chain, heard) = match (known, &self.turn) {
            (Some(receiving), _) => (receiving.chain.copy(), None),
            (None, _) if self.past.contains(&theirs) => return Err(OpenRatchetError::Repeated),
            (None, Turn::Heard(_)) => return Err(OpenRatchetError::OutOfTurn),
            (None, Turn::Speaking(speaking)) => {
                if let Some(receiving) = &self.receiving {
                    let mut rest = receiving.chain.copy();
                    skip(&mut rest, receiving.theirs, header.previous, &mut skipped, now_ms)?;
                }
                let (root, chain) =
                    speaking.root.step(speaking.ours.secret(), theirs).map_err(OpenRatchetError::WeakKey)?;
                (chain, Some(Heard { root, theirs, previous: speaking.chain.index() }))
            }
        };
        if header.number < chain.index() {
            return Err(OpenRatchetError::Repeated);
        }
        skip(&mut chain, theirs, header.number, &mut skipped, now_ms)?;
        let key = chain.advance().ok_or(OpenRatchetError::Gap { got: header.number })?;
        Ok((key, Advance { receiving: ReceivingChain { theirs, chain }, heard, skipped }))
    }

    /// Takes the step of a message that opened.
    pub(crate) fn commit(&mut self, step: Step, now_ms: u64) {
        match step {
            Step::Late(theirs, number) => self.skipped.remove(theirs, number),
            Step::Advance(advance) => self.advance(advance),
        }
        self.skipped.forget_old(now_ms);
    }

    fn advance(&mut self, advance: Advance) {
        let Advance { receiving, heard, skipped } = advance;
        let before = self.receiving.replace(Box::new(receiving));
        if let Some(heard) = heard {
            self.turn = Turn::Heard(Box::new(heard));
            self.past.extend(before.map(|chain| chain.theirs));
            self.past.drain(..self.past.len().saturating_sub(PAST_KEYS_MAX));
        }
        self.skipped.keep(skipped);
    }
}

/// What changes once a message is known to be real.
pub(crate) enum Step {
    /// Its key was kept, and goes.
    Late(TheirRatchetKey, u32),
    Advance(Advance),
}

pub(crate) struct Advance {
    receiving: ReceivingChain,
    /// When the message turned the ratchet.
    heard: Option<Heard>,
    skipped: Skipped<TheirRatchetKey>,
}

/// `SkipMessageKeys` (§3.5): keeps the keys of messages that did not come yet.
pub(crate) fn skip<C: Copy + PartialEq>(
    chain: &mut ChainKey,
    name: C,
    until: u32,
    skipped: &mut Skipped<C>,
    now_ms: u64,
) -> Result<(), OpenRatchetError> {
    let got = until.saturating_sub(chain.index());
    if got > FORWARD_JUMP_MAX {
        return Err(OpenRatchetError::Gap { got });
    }
    while chain.index() < until {
        let number = chain.index();
        let key = chain.advance().ok_or(OpenRatchetError::Gap { got })?;
        skipped.push(name, number, key, now_ms);
    }
    Ok(())
}

impl Heard {
    /// The second half of §3.5, `DHRatchet`: a new ratchet key of ours, and a sending chain.
    fn speak(&self, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Speaking, WeakKey> {
        let ours = OurRatchetKey::generate(rng);
        let (root, chain) = self.root.step(ours.secret(), self.theirs)?;
        Ok(Speaking { root, ours, chain, previous: self.previous })
    }
}

impl fmt::Debug for DoubleRatchet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { turn, receiving, skipped, past: _ } = self;
        let turn = match turn {
            Turn::Speaking(_) => "speaking",
            Turn::Heard(_) => "heard",
        };
        f.debug_struct("DoubleRatchet")
            .field("turn", &turn)
            .field("received", &receiving.as_ref().map(|receiving| receiving.chain.index()))
            .field("skipped", &skipped.len())
            .finish_non_exhaustive()
    }
}

/// For the test that names every secret type; these are private to this folder.
#[cfg(test)]
pub(crate) fn assert_secrets_are_wiped_on_drop() {
    fn wiped_on_drop<T: zeroize::ZeroizeOnDrop>() {}
    wiped_on_drop::<OurRatchetKey>();
    wiped_on_drop::<RootKey>();
    wiped_on_drop::<ChainKey>();
    wiped_on_drop::<MessageKey>();
}
