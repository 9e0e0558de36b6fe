//! The post-quantum ratchet (docs/protocol.md §14): it runs beside the Double Ratchet and gives a second key for each
//! message. This variant is ours; from Signal's Triple Ratchet it takes how the two keys are combined.
//!
//! [`epoch`] has the secrets and who offers, [`exchange`] the states between two epochs, [`header`] what is sent. This
//! file is the machine that turns them.

mod epoch;
mod exchange;
mod header;
pub(crate) mod saved;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use core::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

pub(crate) use self::{
    epoch::Role,
    header::{Part, PqHeader},
};
use self::{
    epoch::{EpochKeys, EpochRoot},
    exchange::{Answering, Asked, Copies, Exchange, Offering, Turned},
};
use crate::{
    kem::{KemCiphertext, KemSeed},
    ratchet::{ChainKey, MessageKey, OpenRatchetError, Skipped, SkippedKeys, skip},
};

/// A key is offered after so many messages of an epoch, sent and opened. An epoch
/// costs two messages of 2 KiB instead of 512 bytes, so this adds a tenth to what short messages take.
pub const EPOCH_MESSAGES: u32 = 50;

/// A key is offered, with the next message, when an epoch is so old, in milliseconds: 7 days, so that a
/// slow conversation heals too.
pub const EPOCH_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// Both directions of one session.
pub(crate) struct PqRatchet {
    role: Role,
    /// The epoch that we receive in. We send in the same, or in the next one when [`Exchange::Turned`].
    epoch: u32,
    /// R of the epoch that we send in.
    root: EpochRoot,
    sending: ChainKey,
    /// How many messages we sent in the epoch before.
    previous: u32,
    receiving: ChainKey,
    exchange: Exchange,
    /// When `epoch` began here, and how many messages were sent and opened since.
    since_ms: u64,
    messages: u32,
    /// By epoch.
    skipped: SkippedKeys<u32>,
}

/// What changes once a message is known to be real.
pub(crate) enum PqStep {
    /// Its key was kept, and goes.
    Late(u32, u32),
    Advance {
        receiving: ChainKey,
        turn: bool,
        skipped: Skipped<u32>,
    },
}

impl PqRatchet {
    /// Epoch 0, of what PQXDH gave.
    pub(crate) fn start(role: Role, okm: &[u8; 96], now_ms: u64) -> Self {
        let EpochKeys { root, sending, receiving } = EpochKeys::start(role, okm);
        Self {
            role,
            epoch: 0,
            root,
            sending,
            previous: 0,
            receiving,
            exchange: Exchange::Resting,
            since_ms: now_ms,
            messages: 0,
            skipped: SkippedKeys::default(),
        }
    }

    /// The header and the key of the next message. None when the numbers have run out.
    pub(crate) fn next_key(
        &mut self,
        now_ms: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Option<(PqHeader, MessageKey)> {
        let number = self.sending.index();
        let key = self.sending.advance()?;
        self.begin_or_answer(now_ms, rng);
        let part = self.part();
        self.messages = self.messages.saturating_add(1);
        Some((PqHeader { epoch: self.sending_epoch(), previous: self.previous, number, part }, key))
    }

    /// What is done when sending because it needs randomness.
    fn begin_or_answer(&mut self, now_ms: u64, rng: &mut (impl CryptoRng + ?Sized)) {
        // At the last epoch there is no next.
        let Some(next) = self.epoch.checked_add(1) else { return };
        match &self.exchange {
            Exchange::Resting if self.role.offers(next) && self.is_due(now_ms) => {
                let offering = Offering { seed: KemSeed::generate(rng), copies: Copies(0) };
                self.exchange = Exchange::Offering(Box::new(offering));
            }
            Exchange::Asked(Asked { public }) => {
                let (ciphertext, secret) = public.encapsulate(rng);
                let (next, confirmation) = self.root.next(self.role, next, public, &ciphertext, &secret);
                let answering = Answering { ciphertext, confirmation, next, copies: Copies(0) };
                self.exchange = Exchange::Answering(Box::new(answering));
            }
            _ => {}
        }
    }

    /// Whether the epoch is old. One in which nothing was heard never is: who does not answer can't heal us.
    fn is_due(&self, now_ms: u64) -> bool {
        self.receiving.index() > 0
            && (self.messages >= EPOCH_MESSAGES || now_ms.saturating_sub(self.since_ms) >= EPOCH_MS)
    }

    fn part(&mut self) -> Part {
        match &mut self.exchange {
            Exchange::Offering(offering) => {
                let Offering { seed, copies } = &mut **offering;
                if copies.next() { Part::Offer(seed.public()) } else { Part::Nothing }
            }
            Exchange::Answering(answering) => {
                let Answering { ciphertext, confirmation, copies, .. } = &mut **answering;
                if copies.next() { Part::Answer(ciphertext.clone(), *confirmation) } else { Part::Nothing }
            }
            Exchange::Resting | Exchange::Turned(_) | Exchange::Asked(_) => Part::Nothing,
        }
    }

    fn sending_epoch(&self) -> u32 {
        self.epoch.saturating_add(u32::from(matches!(self.exchange, Exchange::Turned(_))))
    }

    /// The key of a message, and the step to take once it opened with it.
    pub(crate) fn key_of(
        &self,
        header: &PqHeader,
        now_ms: u64,
    ) -> Result<(MessageKey, PqStep), OpenRatchetError> {
        let PqHeader { epoch, previous, number, part: _ } = *header;
        if let Some(kept) = self.skipped.find(epoch, number, now_ms) {
            return Ok((kept.key().copy(), PqStep::Late(epoch, number)));
        }
        let mut skipped = Skipped::default();
        let turn = epoch != self.epoch;
        let mut receiving = if !turn {
            self.receiving.copy()
        } else if epoch < self.epoch {
            return Err(OpenRatchetError::Repeated);
        } else {
            let next = self.next_receiving().filter(|_| epoch - self.epoch == 1);
            let next = next.ok_or(OpenRatchetError::OutOfTurn)?.copy();
            let mut rest = self.receiving.copy();
            skip(&mut rest, self.epoch, previous, &mut skipped, now_ms)?;
            next
        };
        if number < receiving.index() {
            return Err(OpenRatchetError::Repeated);
        }
        skip(&mut receiving, epoch, number, &mut skipped, now_ms)?;
        let key = receiving.advance().ok_or(OpenRatchetError::Gap { got: number })?;
        Ok((key, PqStep::Advance { receiving, turn, skipped }))
    }

    fn next_receiving(&self) -> Option<&ChainKey> {
        match &self.exchange {
            Exchange::Turned(turned) => Some(&turned.receiving),
            Exchange::Answering(answering) => Some(&answering.next.receiving),
            Exchange::Resting | Exchange::Offering(_) | Exchange::Asked(_) => None,
        }
    }

    /// Takes the step of a message that opened, and its sender's part.
    pub(crate) fn commit(&mut self, step: PqStep, header: PqHeader, now_ms: u64) {
        let PqHeader { epoch, part, .. } = header;
        match step {
            PqStep::Late(epoch, number) => self.skipped.remove(epoch, number),
            PqStep::Advance { receiving, turn, skipped } => {
                if turn {
                    self.turn(epoch, now_ms);
                }
                self.receiving = receiving;
                self.skipped.keep(skipped);
            }
        }
        self.skipped.forget_old(now_ms);
        self.messages = self.messages.saturating_add(1);
        // A part of an earlier epoch came late, and is of no use any more.
        if epoch == self.epoch {
            self.take(part);
        }
    }

    /// They are in the next epoch: so are we, and the one before is gone but for its skipped keys.
    fn turn(&mut self, epoch: u32, now_ms: u64) {
        if let Exchange::Answering(answering) = core::mem::replace(&mut self.exchange, Exchange::Resting) {
            // Copied, as moving out of the box would leave them in it.
            let next = &answering.next;
            self.send_in(next.root.copy(), next.sending.copy());
        }
        self.epoch = epoch;
        (self.since_ms, self.messages) = (now_ms, 0);
    }

    fn send_in(&mut self, root: EpochRoot, sending: ChainKey) {
        self.previous = self.sending.index();
        (self.root, self.sending) = (root, sending);
    }

    /// A part that does not fit the state is one that was repeated, or one that its sender had no right to: either way
    /// the message stands and the part is passed over.
    fn take(&mut self, part: Part) {
        let Some(next) = self.epoch.checked_add(1) else { return };
        match (part, &self.exchange) {
            (Part::Offer(public), Exchange::Resting) if !self.role.offers(next) => {
                self.exchange = Exchange::Asked(Asked { public });
            }
            (Part::Answer(ciphertext, confirmation), Exchange::Offering(offering)) => {
                if let Some(keys) = self.answered(offering, next, &ciphertext, &confirmation) {
                    let EpochKeys { root, sending, receiving } = keys;
                    self.exchange = Exchange::Turned(Box::new(Turned { receiving }));
                    self.send_in(root, sending);
                }
            }
            _ => {}
        }
    }

    /// The next epoch, if they answered this very key. They may have answered another one: that of a state of ours
    /// which was restored from a copy since. To turn by it would be to lose them.
    fn answered(
        &self,
        offering: &Offering,
        next: u32,
        ciphertext: &KemCiphertext,
        confirmation: &[u8; 32],
    ) -> Option<EpochKeys> {
        let (secret, public) = offering.seed.decapsulate(ciphertext.as_array());
        let (keys, expected) = self.root.next(self.role, next, &public, ciphertext, &secret);
        bool::from(expected.ct_eq(confirmation)).then_some(keys)
    }
}

impl fmt::Debug for PqRatchet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, epoch, root: _, sending: _, previous: _, receiving: _, exchange, .. } = self;
        let exchange = match exchange {
            Exchange::Resting => "resting",
            Exchange::Offering(_) => "offering",
            Exchange::Turned(_) => "turned",
            Exchange::Asked(_) => "asked",
            Exchange::Answering(_) => "answering",
        };
        f.debug_struct("PqRatchet")
            .field("role", role)
            .field("epoch", epoch)
            .field("exchange", &exchange)
            .field("skipped", &self.skipped.len())
            .finish_non_exhaustive()
    }
}

/// For the test that names every secret type; these are private to this folder.
#[cfg(test)]
pub(crate) fn assert_secrets_are_wiped_on_drop() {
    fn wiped_on_drop<T: zeroize::ZeroizeOnDrop>() {}
    wiped_on_drop::<EpochRoot>();
}
