//! The outer layer, as someone on the way could change it.

use airlock_protocol::{OpenError, Received};

use crate::pair::{Left, Pair, Party};

#[test]
fn an_envelope_has_one_of_eight_sizes() {
    let mut pair = Pair::connected();
    for (bytes, size) in [(1, 2_048), (256, 2_048), (3_000, 8_192), (40_000, 65_536)] {
        assert_eq!(pair.alice_says(&"x".repeat(bytes)).len(), size, "{bytes} bytes in a first message");
    }
    let answer = pair.bob_says("now the start need not be repeated");
    pair.alice_opens(&answer).unwrap();
    for (bytes, size) in [(1, 512), (256, 512), (400, 1_024), (3_000, 4_096), (49_152, 65_536)] {
        assert_eq!(pair.alice_says(&"x".repeat(bytes)).len(), size, "{bytes} bytes");
    }
}

#[test]
fn no_envelope_shows_what_is_in_it_or_who_sent_it() {
    let mut pair = Pair::connected();
    let sealed = pair.alice_says("the quick brown fox");
    let peer = pair.alice.us.peer();
    for secret in [b"the quick brown fox".as_slice(), &peer.account.0, &peer.device.0, &pair.alices.id().0] {
        assert!(!sealed.windows(secret.len()).any(|window| window == secret));
    }
    let again = pair.alice_says("the quick brown fox");
    let same = sealed.iter().zip(&again).filter(|(one, other)| one == other).count();
    assert!(same < sealed.len() / 50, "{same} bytes are the same");
}

#[test]
fn a_change_of_any_byte_is_refused() {
    let mut pair = Pair::connected();
    let answer = pair.bob_says("hi");
    pair.alice_opens(&answer).unwrap();
    let sealed = pair.alice_says("hello");
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        let error = Received::parse(&changed, &pair.bob.us).unwrap_err();
        let expected = if at == 0 { OpenError::EnvelopeVersion(0) } else { OpenError::NotForUs };
        assert_eq!(error, expected, "byte {at}");
    }
}

#[test]
fn an_envelope_for_another_device_is_refused() {
    let mut pair = Pair::connected();
    let sealed = pair.alice_says("for bob");
    assert_eq!(Received::parse(&sealed, &Party::new(3).us).unwrap_err(), OpenError::NotForUs);
    assert_eq!(Received::parse(&sealed, &pair.alice.us).unwrap_err(), OpenError::NotForUs);
}

#[test]
fn bytes_of_a_length_that_no_envelope_has_are_refused() {
    let bob = Party::new(2);
    for got in [0, 1, 256, 511, 513, 1_000, 65_535, 65_537, 131_072] {
        let error = Received::parse(&vec![1; got], &bob.us).unwrap_err();
        assert_eq!(error, OpenError::EnvelopeLength { got });
    }
}

#[test]
fn an_ephemeral_key_of_low_order_is_refused() {
    let bob = Party::new(2);
    let mut sealed = vec![0; 512];
    sealed[0] = 1;
    assert!(matches!(Received::parse(&sealed, &bob.us).unwrap_err(), OpenError::WeakKey(_)));
}

#[test]
fn the_claimed_sender_is_there_before_the_message_is_opened() {
    let (mut alice, bob) = (Party::new(1), Party::new(2));
    let mut alices = alice.start_with(bob.bundle(Left::OneTime), &bob.devices());
    let sealed = alice.say(&mut alices, "hello");
    let received = Received::parse(&sealed, &bob.us).unwrap();
    assert_eq!(received.sender(), alice.us.peer());
    assert_eq!(received.session_id(), alices.id());
    let first = bob.first(&sealed);
    assert_eq!(first.devices(), &alice.devices());
    assert_eq!(first.signed_devices(), alice.us.device_list());
}
