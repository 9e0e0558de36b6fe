//! Whatever is sent to a relay's port, the relay goes on serving everybody else.

use std::{net::UdpSocket, time::Duration};

use airlock_tests::{
    Client, Dice, Relay, World,
    attacker::{Attacker, Handshake},
    waiting::until,
};
use airlock_wire::{
    Answer, CloseReason, FRAME_BYTES_MAX, FromRelay, Refusal, Request, RequestId, Sequence, ToRelay, encode,
    frame,
};

use crate::PROGRAMS;

#[test]
fn random_datagrams_leave_the_relay_serving() {
    let mut dice = Dice::new("random datagrams");
    let (mut world, alice, bob) = world();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(world.relay.listen()).unwrap();
    for _ in 0..2_000 {
        let length = usize::try_from(dice.between(0, 1_400)).unwrap();
        let mut bytes = dice.bytes(length);
        // Every other one looks like the start of a QUIC handshake: long header, version 1.
        if dice.between(0, 2) == 0 && length > 20 {
            let first = 0xC0 | (bytes[0] & 0x0F);
            bytes[..5].copy_from_slice(&[first, 0, 0, 0, 1]);
        }
        // The kernel may say that nobody listens, which would show in what follows.
        let _ = socket.send(&bytes);
    }
    still_serves(&mut world.relay, &alice, &bob);
}

#[test]
fn frames_that_are_no_requests_end_their_connection_with_a_reason() {
    let mut dice = Dice::new("bad frames");
    let (mut world, alice, bob) = world();
    let challenge = frame(&ToRelay { id: RequestId(1), request: Request::Challenge });
    let mut trailing = encode(&ToRelay { id: RequestId(1), request: Request::Challenge });
    trailing.push(0);
    let mut other_version = challenge.clone();
    other_version[4] = 99;
    let too_long = u32::try_from(FRAME_BYTES_MAX + 1).unwrap().to_le_bytes().to_vec();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("random bytes", with_length(&dice.bytes(300))),
        ("a length over the limit", too_long),
        ("the largest length there is", vec![0xFF; 4]),
        ("nothing in a frame", with_length(&[])),
        ("bytes after the request", with_length(&trailing)),
        ("another version", other_version),
    ];
    for (what, bytes) in cases {
        let attacker = Attacker::connect(world.relay.listen(), Handshake::Right).unwrap();
        assert_eq!(attacker.send_and_be_closed(&bytes), CloseReason::Malformed, "{what}");
    }
    // A connection that behaves is answered, by the same relay, over the same way.
    let attacker = Attacker::connect(world.relay.listen(), Handshake::Right).unwrap();
    let answer = attacker.ask(&challenge);
    assert!(matches!(answer, FromRelay::Answer { answer: Ok(Answer::Challenge(_)), .. }));
    still_serves(&mut world.relay, &alice, &bob);
}

#[test]
fn a_handshake_for_another_protocol_is_refused() {
    let (mut world, alice, bob) = world();
    assert!(Attacker::connect(world.relay.listen(), Handshake::OtherProtocol).is_err());
    still_serves(&mut world.relay, &alice, &bob);
}

#[test]
fn requests_without_the_right_to_them_are_refused_and_change_nothing() {
    let (mut world, alice, bob) = world();
    let attacker = Attacker::connect(world.relay.listen(), Handshake::Right).unwrap();
    for request in [
        Request::CountPrekeys,
        Request::Subscribe { window: 1 },
        Request::Acknowledge { sequences: (0..50).map(Sequence).collect() },
    ] {
        let answer = attacker.ask(&frame(&ToRelay { id: RequestId(7), request }));
        let FromRelay::Answer { answer: Err(refusal), .. } = answer else {
            panic!("not refused: {answer:?}")
        };
        assert_eq!(refusal, Refusal::NotAuthenticated);
    }
    still_serves(&mut world.relay, &alice, &bob);
}

#[test]
fn connections_that_stall_half_way_do_not_hold_others_up() {
    let (mut world, alice, bob) = world();
    let whole = frame(&ToRelay { id: RequestId(1), request: Request::Challenge });
    let stalled: Vec<Attacker> = (0..40)
        .map(|_| {
            let attacker = Attacker::connect(world.relay.listen(), Handshake::Right).unwrap();
            attacker.send(&whole[..whole.len() - 1]);
            attacker
        })
        .collect();
    still_serves(&mut world.relay, &alice, &bob);
    drop(stalled);
}

#[test]
fn a_reader_that_never_reads_does_not_hold_others_up() {
    let (mut world, alice, bob) = world();
    let attacker = Attacker::connect(world.relay.listen(), Handshake::Right).unwrap();
    // Thousands of requests whose answers nobody takes: the relay must stop reading, not buffer.
    let request = frame(&ToRelay { id: RequestId(1), request: Request::Challenge });
    attacker.send_as_much_as_is_taken(&request.repeat(1_000), Duration::from_secs(2));
    still_serves(&mut world.relay, &alice, &bob);
}

fn world() -> (World, Client, Client) {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    (world, alice, bob)
}

fn with_length(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [&length, body].concat()
}

/// The same process, without a panic, still carries messages.
fn still_serves(relay: &mut Relay, alice: &Client, bob: &Client) {
    assert_eq!(alice.run(&["send", "bob", "still there?"]), "sent");
    until("the message", || bob.receive().contains(&"still there?".to_owned()).then_some(()));
    assert!(relay.process().is_running(), "{}", relay.log());
    assert!(!relay.log().contains("panicked"), "{}", relay.log());
}
