//! The post-quantum ratchet by itself: its keys, as if everything of the classical one were known to everybody.

use alloc::{boxed::Box, vec, vec::Vec};

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::{exchange::Exchange, *};
use crate::{
    ratchet::{FORWARD_JUMP_MAX, SKIPPED_KEYS_MAX, SKIPPED_MS_MAX},
    saved::{Kind, restore, save},
};

type Message = (PqHeader, [u8; 32]);

struct Pair {
    rng: ChaCha20Rng,
    now_ms: u64,
    alice: PqRatchet,
    bob: PqRatchet,
}

/// What a copy of a state would be to a thief.
fn stolen(ratchet: &PqRatchet) -> PqRatchet {
    PqRatchet::from_saved(restore(Kind::Session, &save(Kind::Session, &ratchet.to_saved())).unwrap()).unwrap()
}

fn open(ratchet: &mut PqRatchet, message: &Message, now_ms: u64) -> Result<(), OpenRatchetError> {
    let (header, expected) = message;
    let (key, step) = ratchet.key_of(header, now_ms)?;
    if key.as_bytes() != expected {
        return Err(OpenRatchetError::NotAuthentic);
    }
    ratchet.commit(step, header.clone(), now_ms);
    Ok(())
}

impl Pair {
    fn new() -> Self {
        let okm: [u8; 96] = core::array::from_fn(|i| u8::try_from(i).unwrap());
        Self {
            rng: ChaCha20Rng::seed_from_u64(1),
            now_ms: 1_000,
            alice: PqRatchet::start(Role::Initiator, &okm, 1_000),
            bob: PqRatchet::start(Role::Responder, &okm, 1_000),
        }
    }

    fn alice_says(&mut self) -> Message {
        let (header, key) = self.alice.next_key(self.now_ms, &mut self.rng).unwrap();
        (header, *key.as_bytes())
    }

    fn bob_says(&mut self) -> Message {
        let (header, key) = self.bob.next_key(self.now_ms, &mut self.rng).unwrap();
        (header, *key.as_bytes())
    }

    fn alice_opens(&mut self, message: &Message) -> Result<(), OpenRatchetError> {
        open(&mut self.alice, message, self.now_ms)
    }

    fn bob_opens(&mut self, message: &Message) -> Result<(), OpenRatchetError> {
        open(&mut self.bob, message, self.now_ms)
    }

    /// A question and its answer, as they went over the wire.
    fn round_trip(&mut self) -> [Message; 2] {
        let question = self.alice_says();
        self.bob_opens(&question).unwrap();
        let answer = self.bob_says();
        self.alice_opens(&answer).unwrap();
        [question, answer]
    }

    /// Talks until Alice has offered a key for `epoch` and gives the message with it, which Bob has not got.
    fn until_alice_offers(&mut self) -> Message {
        loop {
            let question = self.alice_says();
            if matches!(question.0.part, Part::Offer(_)) {
                return question;
            }
            self.bob_opens(&question).unwrap();
            let answer = self.bob_says();
            self.alice_opens(&answer).unwrap();
        }
    }

    fn epochs(&self) -> (u32, u32) {
        (self.alice.epoch, self.bob.epoch)
    }
}

#[test]
fn an_epoch_takes_fifty_messages_and_then_one_round_trip_and_a_half() {
    let mut pair = Pair::new();
    let rounds = usize::try_from(EPOCH_MESSAGES).unwrap() / 2;
    for _ in 0..rounds {
        assert!(pair.round_trip().iter().all(|(header, _)| header.part == Part::Nothing));
    }
    let [offer, answer] = pair.round_trip();
    assert!(matches!((&offer.0.part, &answer.0.part), (Part::Offer(_), Part::Answer(..))));
    assert_eq!((offer.0.epoch, answer.0.epoch, pair.epochs()), (0, 0, (0, 0)));
    let [first, second] = pair.round_trip();
    assert_eq!((first.0.epoch, first.0.previous, first.0.number), (1, 26, 0));
    assert_eq!((second.0.epoch, second.0.previous, second.0.number), (1, 26, 0));
    assert_eq!(pair.epochs(), (1, 1));
    // From then on it is Bob who offers, then Alice again.
    for _ in 0..400 {
        pair.round_trip();
    }
    assert_eq!(pair.epochs(), (16, 16));
}

#[test]
fn an_old_epoch_ends_by_the_clock_however_little_is_said() {
    let mut pair = Pair::new();
    pair.round_trip();
    pair.now_ms += EPOCH_MS - 1;
    assert_eq!(pair.round_trip()[0].0.part, Part::Nothing);
    pair.now_ms += 1;
    assert!(matches!(pair.round_trip()[0].0.part, Part::Offer(_)));
    // A clock that was set back does no harm.
    pair.now_ms = 0;
    pair.round_trip();
    assert_eq!(pair.epochs(), (1, 1));
}

#[test]
fn nothing_is_offered_to_somebody_who_was_not_heard() {
    let mut pair = Pair::new();
    pair.now_ms += 2 * EPOCH_MS;
    assert!((0..200).all(|_| pair.alice_says().0.part == Part::Nothing));
}

/// A thief who only listens has all that the state's owner has, but for what is drawn after the theft.
#[test]
fn a_copied_state_reads_until_the_epoch_turned_and_then_no_more() {
    for steal_alices in [true, false] {
        let mut pair = Pair::new();
        pair.round_trip();
        let mut thief = stolen(if steal_alices { &pair.alice } else { &pair.bob });
        let mut follows = |pair: &mut Pair| {
            let [question, answer] = pair.round_trip();
            open(&mut thief, if steal_alices { &answer } else { &question }, pair.now_ms).is_ok()
        };
        for _ in 0..usize::try_from(EPOCH_MESSAGES).unwrap() / 2 {
            assert!(follows(&mut pair), "in epoch {:?}", pair.epochs());
        }
        while pair.epochs() != (1, 1) {
            follows(&mut pair);
        }
        assert!((0..200).all(|_| !follows(&mut pair)));
    }
}

#[test]
fn the_seed_of_an_offer_that_was_stolen_gives_that_epoch_and_not_the_next() {
    let mut pair = Pair::new();
    let offer = pair.until_alice_offers();
    let mut thief = stolen(&pair.alice);
    pair.bob_opens(&offer).unwrap();
    let answer = pair.bob_says();
    pair.alice_opens(&answer).unwrap();
    open(&mut thief, &answer, pair.now_ms).unwrap();
    while pair.epochs() == (1, 1) || pair.epochs().0 == 0 {
        let [_, answer] = pair.round_trip();
        if answer.0.epoch == 1 {
            open(&mut thief, &answer, pair.now_ms).unwrap();
        }
    }
    let [_, answer] = pair.round_trip();
    assert_eq!(answer.0.epoch, 2);
    assert!(open(&mut thief, &answer, pair.now_ms).is_err());
}

#[test]
fn an_epoch_that_ended_leaves_no_key_but_of_messages_under_way() {
    let mut pair = Pair::new();
    let late = [pair.alice_says(), pair.alice_says()];
    while pair.epochs() != (1, 1) {
        pair.round_trip();
    }
    assert_eq!(pair.bob.skipped.len(), 2);
    for message in &late {
        pair.bob_opens(message).unwrap();
        assert_eq!(pair.bob_opens(message), Err(OpenRatchetError::Repeated));
    }
    assert_eq!(pair.bob.skipped.len(), 0);
}

#[test]
fn the_last_messages_of_an_epoch_may_come_after_the_first_of_the_next() {
    let mut pair = Pair::new();
    let offer = pair.until_alice_offers();
    pair.bob_opens(&offer).unwrap();
    let (alices_last, answer) = (pair.alice_says(), pair.bob_says());
    pair.alice_opens(&answer).unwrap();
    let bobs_last = pair.bob_says();
    let first = pair.alice_says();
    assert_eq!((alices_last.0.epoch, bobs_last.0.epoch, first.0.epoch), (0, 0, 1));
    pair.bob_opens(&first).unwrap();
    let bobs_first = pair.bob_says();
    pair.alice_opens(&bobs_first).unwrap();
    pair.bob_opens(&alices_last).unwrap();
    pair.alice_opens(&bobs_last).unwrap();
    assert_eq!(pair.epochs(), (1, 1));
}

#[test]
fn a_lost_offer_and_a_lost_answer_are_repeated_with_what_is_said_next() {
    let mut pair = Pair::new();
    let _lost = pair.until_alice_offers();
    let again = pair.alice_says();
    assert!(matches!(again.0.part, Part::Offer(_)));
    pair.bob_opens(&again).unwrap();
    let _lost = pair.bob_says();
    let again = pair.bob_says();
    assert!(matches!(again.0.part, Part::Answer(..)));
    pair.alice_opens(&again).unwrap();
    let _lost = pair.alice_says();
    let question = pair.alice_says();
    pair.bob_opens(&question).unwrap();
    assert_eq!(pair.bob.epoch, 1);
    let answer = pair.bob_says();
    pair.alice_opens(&answer).unwrap();
    assert_eq!(pair.alice.epoch, 1);
}

#[test]
fn a_late_copy_of_a_part_changes_nothing() {
    let mut pair = Pair::new();
    let offer = pair.until_alice_offers();
    let late_offer = pair.alice_says();
    pair.bob_opens(&offer).unwrap();
    let (answer, late_answer) = (pair.bob_says(), pair.bob_says());
    assert!(matches!((&late_offer.0.part, &late_answer.0.part), (Part::Offer(_), Part::Answer(..))));
    pair.alice_opens(&answer).unwrap();
    pair.bob_opens(&late_offer).unwrap();
    pair.round_trip();
    pair.alice_opens(&late_answer).unwrap();
    pair.round_trip();
    assert_eq!(pair.epochs(), (1, 1));
    assert!(matches!((&pair.alice.exchange, &pair.bob.exchange), (Exchange::Resting, Exchange::Resting)));
}

#[test]
fn an_answer_that_was_made_for_another_key_is_passed_over_and_the_talk_goes_on() {
    let mut pair = Pair::new();
    let mut restored = stolen(&pair.alice);
    pair.round_trip();
    let offer = pair.until_alice_offers();
    pair.bob_opens(&offer).unwrap();
    let answer = pair.bob_says();
    // Alice's state was restored from a copy, and offers another key. Only what comes of the answer is looked at.
    restored.exchange =
        Exchange::Offering(Box::new(Offering { seed: KemSeed::generate(&mut pair.rng), copies: Copies(0) }));
    restored.take(answer.0.part.clone());
    assert!(matches!(restored.exchange, Exchange::Offering(_)));
    assert_eq!(restored.sending_epoch(), 0);
}

#[test]
fn a_part_out_of_turn_is_passed_over() {
    let mut pair = Pair::new();
    let public = KemSeed::generate(&mut pair.rng).public();
    let (ciphertext, _) = public.encapsulate(&mut pair.rng);
    for part in [Part::Offer(public), Part::Answer(ciphertext, [0; 32])] {
        // The first epoch is Alice's to offer, and she has not.
        pair.alice.take(part);
        assert!(matches!(pair.alice.exchange, Exchange::Resting));
    }
}

#[test]
fn a_message_of_an_epoch_that_nobody_made_is_refused() {
    let mut pair = Pair::new();
    let (header, key) = pair.alice_says();
    for epoch in [1, 2, u32::MAX] {
        let forged = (PqHeader { epoch, ..header.clone() }, key);
        assert_eq!(pair.bob_opens(&forged), Err(OpenRatchetError::OutOfTurn));
    }
    // Nor does one that is under way make the one after it.
    let offer = pair.until_alice_offers();
    pair.bob_opens(&offer).unwrap();
    let answer = pair.bob_says();
    pair.alice_opens(&answer).unwrap();
    let (header, key) = pair.alice_says();
    assert_eq!(header.epoch, 1);
    for epoch in [2, 3, u32::MAX] {
        let forged = (PqHeader { epoch, ..header.clone() }, key);
        assert_eq!(pair.bob_opens(&forged), Err(OpenRatchetError::OutOfTurn));
    }
    pair.bob_opens(&(header, key)).unwrap();
}

#[test]
fn the_last_epoch_and_the_last_number_end_without_a_panic() {
    let mut pair = Pair::new();
    (pair.alice.epoch, pair.bob.epoch) = (u32::MAX, u32::MAX);
    for _ in 0..60 {
        pair.round_trip();
    }
    assert_eq!(pair.epochs(), (u32::MAX, u32::MAX));
    pair.alice.sending = ChainKey::new([1; 32], u32::MAX);
    assert!(pair.alice.next_key(0, &mut pair.rng).is_none());
}

#[test]
fn a_gap_over_the_limit_is_refused_in_an_epoch_and_at_the_end_of_the_one_before() {
    let mut pair = Pair::new();
    let (header, key) = pair.alice_says();
    let far = (PqHeader { number: FORWARD_JUMP_MAX + 1, ..header }, key);
    assert_eq!(pair.bob_opens(&far), Err(OpenRatchetError::Gap { got: FORWARD_JUMP_MAX + 1 }));
    let offer = pair.until_alice_offers();
    pair.bob_opens(&offer).unwrap();
    let answer = pair.bob_says();
    pair.alice_opens(&answer).unwrap();
    let (header, key) = pair.alice_says();
    let far = (PqHeader { previous: u32::MAX, ..header }, key);
    assert!(matches!(pair.bob_opens(&far), Err(OpenRatchetError::Gap { .. })));
}

#[test]
fn a_hostile_peer_can_not_make_the_state_grow() {
    // Keys: 2,000 of at most 5 + 5 + 10 + 32 bytes; the rest with an answer of 1,088 bytes is far below 2 KiB.
    const SAVED_BYTES_MAX: usize = SKIPPED_KEYS_MAX * 52 + 2_048;
    let mut pair = Pair::new();
    let mut number = 0;
    for _ in 0..4 {
        let (mut chain, mut skipped) = (pair.bob.receiving.copy(), Skipped::default());
        number += 20_000;
        skip(&mut chain, pair.bob.epoch, number, &mut skipped, 0).unwrap();
        let key = *chain.advance().unwrap().as_bytes();
        let part = Part::Offer(KemSeed::generate(&mut pair.rng).public());
        let header = PqHeader { epoch: pair.bob.epoch, previous: 0, number, part };
        pair.bob_opens(&(header, key)).unwrap();
        number += 1;
        pair.bob_says();
        let saved = save(Kind::Session, &pair.bob.to_saved()).len();
        assert!(saved > SKIPPED_KEYS_MAX * 32 && saved < SAVED_BYTES_MAX, "{saved}");
    }
}

#[test]
fn a_skipped_key_is_given_up_after_thirty_days() {
    let mut pair = Pair::new();
    let (late, too_late, newest) = (pair.alice_says(), pair.alice_says(), pair.alice_says());
    pair.bob_opens(&newest).unwrap();
    pair.now_ms += SKIPPED_MS_MAX;
    pair.bob_opens(&late).unwrap();
    pair.now_ms += 1;
    assert_eq!(pair.bob_opens(&too_late), Err(OpenRatchetError::Repeated));
}

#[test]
fn a_long_silence_of_the_other_side_costs_few_copies() {
    let mut pair = Pair::new();
    pair.until_alice_offers();
    let copies = (0..999).filter(|_| pair.alice_says().0.part != Part::Nothing).count();
    // 1, 2, 4, 8, 16, 32, then every 64th.
    assert_eq!(copies, 6 + 15);
}

#[test]
fn a_state_comes_back_as_it_was_and_one_that_can_not_be_is_refused() {
    let mut pair = Pair::new();
    let same = |ratchet: &PqRatchet| {
        let saved = save(Kind::Session, &ratchet.to_saved());
        assert_eq!(*saved, *save(Kind::Session, &stolen(ratchet).to_saved()));
    };
    let mut seen = vec![];
    for _ in 0..60 {
        let question = pair.alice_says();
        pair.bob_opens(&question).unwrap();
        for ratchet in [&pair.alice, &pair.bob] {
            same(ratchet);
            seen.push(core::mem::discriminant(&ratchet.exchange));
        }
        let answer = pair.bob_says();
        same(&pair.bob);
        seen.push(core::mem::discriminant(&pair.bob.exchange));
        pair.alice_opens(&answer).unwrap();
        same(&pair.alice);
        seen.push(core::mem::discriminant(&pair.alice.exchange));
    }
    let first_seen = |(i, kind): &(usize, _)| seen.iter().position(|other| other == *kind) == Some(*i);
    assert_eq!(seen.iter().enumerate().filter(first_seen).count(), 5, "not every state was seen");
    // An epoch of Alice's, offered by Bob.
    pair = Pair::new();
    pair.bob.exchange =
        Exchange::Offering(Box::new(Offering { seed: KemSeed::generate(&mut pair.rng), copies: Copies(0) }));
    assert!(PqRatchet::from_saved(pair.bob.to_saved()).is_err());
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Event {
    Say {
        alice: bool,
        messages: usize,
    },
    Deliver {
        to_alice: bool,
        which: usize,
        again: bool,
    },
    Lose {
        to_alice: bool,
        which: usize,
    },
    /// A header changed on the way.
    Tamper {
        to_alice: bool,
        which: usize,
        how: u8,
    },
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    let (side, which) = (any::<bool>(), any::<usize>());
    prop_oneof![
        4 => (side, 1usize..30).prop_map(|(alice, messages)| Event::Say { alice, messages }),
        12 => (side, which, any::<bool>())
            .prop_map(|(to_alice, which, again)| Event::Deliver { to_alice, which, again }),
        2 => (side, which).prop_map(|(to_alice, which)| Event::Lose { to_alice, which }),
        2 => (side, which, any::<u8>()).prop_map(|(to_alice, which, how)| Event::Tamper { to_alice, which, how }),
        1 => Just(Event::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Over several epochs: whatever is shuffled, lost, repeated or changed, each message that comes opens once with
    /// the key that it was sealed with, and the two sides are never more than one epoch apart.
    #[test]
    fn each_message_has_its_key_in_whatever_order_it_comes(events in proptest::collection::vec(event(), 1..160)) {
        let mut pair = Pair::new();
        let (mut to_alice, mut to_bob): (Vec<Message>, Vec<Message>) = (vec![], vec![]);
        for event in events {
            pair.now_ms += 1;
            match event {
                Event::Say { alice: true, messages } => to_bob.extend((0..messages).map(|_| pair.alice_says())),
                Event::Say { alice: false, messages } => to_alice.extend((0..messages).map(|_| pair.bob_says())),
                Event::Deliver { to_alice: to, which, again } => {
                    let (queue, ratchet) =
                        if to { (&mut to_alice, &mut pair.alice) } else { (&mut to_bob, &mut pair.bob) };
                    if queue.is_empty() { continue }
                    // A few at a time, from the middle.
                    for _ in 0..queue.len().div_ceil(3) {
                        let message = queue.swap_remove(which % queue.len());
                        prop_assert_eq!(open(ratchet, &message, pair.now_ms), Ok(()));
                        if again {
                            prop_assert_eq!(open(ratchet, &message, pair.now_ms), Err(OpenRatchetError::Repeated));
                        }
                    }
                }
                Event::Lose { to_alice: to, which } => {
                    let queue = if to { &mut to_alice } else { &mut to_bob };
                    if !queue.is_empty() { queue.swap_remove(which % queue.len()); }
                }
                Event::Tamper { to_alice: to, which, how } => {
                    let (queue, ratchet) =
                        if to { (&to_alice, &mut pair.alice) } else { (&to_bob, &mut pair.bob) };
                    if queue.is_empty() { continue }
                    let (mut header, key) = queue[which % queue.len()].clone();
                    match how % 3 {
                        0 => header.number = header.number.wrapping_add(u32::from(how) + 1),
                        1 => header.epoch = header.epoch.wrapping_add(u32::from(how) + 1),
                        _ => header.number = header.number.wrapping_sub(u32::from(how) + 1),
                    }
                    let before = save(Kind::Session, &ratchet.to_saved());
                    prop_assert!(open(ratchet, &(header, key), pair.now_ms).is_err());
                    prop_assert_eq!(&*before, &*save(Kind::Session, &ratchet.to_saved()));
                }
                Event::Restart => (pair.alice, pair.bob) = (stolen(&pair.alice), stolen(&pair.bob)),
            }
            let (alices, bobs) = pair.epochs();
            prop_assert!(alices.abs_diff(bobs) <= 1, "{alices} and {bobs}");
        }
        for message in to_alice.iter().rev() {
            prop_assert_eq!(open(&mut pair.alice, message, pair.now_ms), Ok(()));
        }
        for message in to_bob.iter().rev() {
            prop_assert_eq!(open(&mut pair.bob, message, pair.now_ms), Ok(()));
        }
        // However it went, it does not stand still.
        let (before, _) = pair.epochs();
        for _ in 0..100 {
            pair.round_trip();
        }
        prop_assert!(pair.epochs().0 >= before + 2, "{before} and then {:?}", pair.epochs());
    }
}
