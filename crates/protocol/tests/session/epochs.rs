//! The post-quantum ratchet in whole sessions: what it costs, and sessions of the time before it.

use airlock_protocol::{
    Content, DeviceKeys, EPOCH_MESSAGES, EPOCH_MS, Letter, LocalIdentity, OpenError, RatchetMessage,
    Received, SealError, Session,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::pair::{NOW_MS, Pair, checked};

fn answered() -> Pair {
    let mut pair = Pair::connected();
    let answer = pair.bob_says("answer");
    pair.alice_opens(&answer).unwrap();
    pair
}

/// Envelopes of a ping-pong with texts of 256 bytes.
fn ping_pong(pair: &mut Pair, rounds: usize) -> Vec<usize> {
    let text = "x".repeat(256);
    let mut sizes = Vec::new();
    for _ in 0..rounds {
        let question = pair.alice_says(&text);
        pair.bob_opens(&question).unwrap();
        let answer = pair.bob_says(&text);
        pair.alice_opens(&answer).unwrap();
        sizes.extend([question.len(), answer.len()]);
    }
    sizes
}

#[test]
fn in_steady_state_two_messages_of_an_epoch_have_a_larger_envelope() {
    let sizes = ping_pong(&mut answered(), 1_000);
    assert_eq!((sizes.iter().min(), sizes.iter().max()), (Some(&512), Some(&2_048)));
    let large = sizes.iter().filter(|size| **size == 2_048).count();
    // Two to an epoch, which takes 53 messages; the last one was not over. docs/protocol.md §14.5 has the mean.
    assert_eq!(large, 74);
    assert_eq!(sizes.iter().sum::<usize>() / sizes.len(), 568);
}

#[test]
fn without_an_answer_a_key_is_repeated_less_and_less() {
    let mut pair = answered();
    pair.now_ms += EPOCH_MS;
    let sizes: Vec<usize> = (0..1_000).map(|_| pair.alice_says("still here").len()).collect();
    assert_eq!(sizes.iter().filter(|size| **size == 2_048).count(), 7 + 15);
    assert_eq!(sizes[..8], [2_048, 2_048, 2_048, 512, 2_048, 512, 512, 512]);
}

#[test]
fn a_key_beside_the_longest_text_still_fits_an_envelope() {
    let mut pair = answered();
    pair.now_ms += EPOCH_MS;
    let long = "x".repeat(airlock_protocol::outgoing::TEXT_BYTES_MAX);
    let sealed = pair.alice_says(&long);
    assert_eq!(pair.bob_opens(&sealed).unwrap(), long);
}

#[test]
fn a_changed_key_or_answer_is_refused_with_its_message_and_changes_nothing() {
    let mut pair = answered();
    ping_pong(&mut pair, usize::try_from(EPOCH_MESSAGES).unwrap() / 2);
    for _ in 0..4 {
        let question = pair.alice_says("question");
        let before = pair.bobs.save();
        for at in (33..question.len()).step_by(97) {
            let mut changed = question.clone();
            changed[at] ^= 1;
            assert_eq!(pair.bob_opens(&changed), Err(OpenError::NotForUs));
        }
        assert_eq!(*before, *pair.bobs.save());
        pair.bob_opens(&question).unwrap();
        let answer = pair.bob_says("answer");
        pair.alice_opens(&answer).unwrap();
    }
}

/// Sessions that the last build of version 1 saved, and what was said on them: tests/vectors/version_1.json.
struct Version1 {
    vector: serde_json::Value,
}

impl Version1 {
    fn read() -> Self {
        Self { vector: serde_json::from_str(include_str!("../vectors/version_1.json")).unwrap() }
    }

    fn bytes(value: &serde_json::Value) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
    }

    fn saved(&self, name: &str) -> Vec<u8> {
        Self::bytes(&self.vector[format!("{name}_state")])
    }

    fn identity(&self, name: &str) -> LocalIdentity {
        let secret = |what: &str| Self::bytes(&self.vector[name][what]);
        let account = airlock_protocol::AccountKey::from_bytes(&secret("account").try_into().unwrap());
        let device =
            DeviceKeys::restore(&[[1, 1].as_slice(), &secret("signing"), &secret("agreement")].concat())
                .unwrap();
        let list =
            airlock_wire::DeviceList { account: account.id(), version: 1, devices: vec![device.public()] };
        LocalIdentity::new(device, account.sign_device_list(&list)).unwrap()
    }
}

#[test]
fn a_session_of_version_1_opens_what_is_under_way_and_stays_as_it_was_saved() {
    let vector = Version1::read();
    let saved = vector.saved("bob");
    let mut bobs = Session::restore(&saved).unwrap();
    assert!(!bobs.is_post_quantum());
    assert_eq!(*bobs.save(), *saved);
    let sealed = Version1::bytes(&vector.vector["steps"][0]["send"]["message"]["sealed"]);
    let received = Received::parse(&sealed, &vector.identity("bob")).unwrap();
    let opened = bobs.open(RatchetMessage::from(received), NOW_MS).unwrap();
    let Letter::Message { content: Content::Text(text), .. } = opened.letter else { panic!("not a text") };
    assert_eq!(text, "message 0");
    assert!(!Session::restore(&bobs.save()).unwrap().is_post_quantum());
}

#[test]
fn a_session_of_version_1_is_not_sent_on() {
    let vector = Version1::read();
    let us = vector.identity("bob");
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let saved = vector.saved("bob");
    let mut bobs = Session::restore(&saved).unwrap();
    assert!(!bobs.is_for_sending(NOW_MS));
    assert_eq!(bobs.seal(&us, &checked("hello"), NOW_MS, rng).unwrap_err(), SealError::Outdated);
    assert_eq!(*bobs.save(), *saved);
    // Not even where it was allowed, once it was saved and restored.
    bobs.dangerously_send_classical();
    assert!(bobs.seal(&us, &checked("hello"), NOW_MS, rng).is_ok());
    assert!(!Session::restore(&bobs.save()).unwrap().is_for_sending(NOW_MS));
}

#[test]
fn a_first_message_of_version_1_starts_no_session() {
    let vector = Version1::read();
    let sealed = Version1::bytes(&vector.vector["steps"][0]["send"]["message"]["sealed"]);
    let Received::First(first) = Received::parse(&sealed, &vector.identity("bob")).unwrap() else {
        panic!("it is a first message")
    };
    let bob = crate::pair::Party::new(2);
    let prekeys = bob.prekeys(&first);
    assert_eq!(first.accept(&bob.us, prekeys, NOW_MS).unwrap_err(), OpenError::Outdated);
}

#[test]
fn a_saved_session_of_one_version_is_none_of_the_other() {
    let vector = Version1::read();
    let pair = answered();
    assert!(pair.alices.is_post_quantum() && pair.alices.is_for_sending(NOW_MS));
    let mut saved = pair.alices.save().to_vec();
    saved[0] = 1;
    assert!(Session::restore(&saved).is_err());
    let mut saved = vector.saved("bob");
    saved[0] = 2;
    assert!(Session::restore(&saved).is_err());
}
