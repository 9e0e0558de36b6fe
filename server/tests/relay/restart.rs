//! What was accepted outlives the relay, however it ends.

use airlock_relay::{Config, Relay, StartError};
use airlock_wire::*;

use crate::client::{Client, Person, relay};

#[tokio::test]
async fn an_accepted_envelope_is_there_for_another_reader_of_the_file() {
    let (relay, dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&relay).await;
    let mut sender = Client::connect(&relay).await;
    for number in 0..10u32 {
        assert_eq!(sender.ask(bob.delivery(number, "x")).await, Ok(Answer::Accepted));
        let status = airlock_relay::status(dir.path()).unwrap();
        assert_eq!((status.envelopes, status.envelope_bytes), (u64::from(number) + 1, u64::from(number) + 1));
    }
}

#[tokio::test]
async fn a_relay_started_again_has_the_same_key_accounts_mail_and_memory_of_submissions() {
    let (first, dir) = relay().await;
    let bob = Person::new(1);
    let mut device = bob.join(&first).await;
    device.subscribe(8).await;
    let mut sender = Client::connect(&first).await;
    for number in 1..=3 {
        sender.ask(bob.delivery(number, [number as u8])).await.unwrap();
    }
    // All three are deleted, so no row is left to tell which sequences were used.
    for _ in 1..=3 {
        device.push().await;
    }
    device.acknowledge(&[Sequence(1), Sequence(2), Sequence(3)]).await;
    sender.ask(bob.delivery(4, "waits")).await.unwrap();
    let fourth = device.push().await;
    device.acknowledge(&[fourth.sequence]).await;
    let fingerprint = first.address().fingerprint;
    first.shutdown().await;

    let again = Relay::start(Config::loopback(dir.path())).await.unwrap();
    assert_eq!(again.address().fingerprint, fingerprint);
    let mut sender = Client::connect(&again).await;
    assert_eq!(sender.ask(bob.delivery(4, "waits")).await, Ok(Answer::Accepted));
    assert_eq!(again.status().await.unwrap().envelopes, 0, "the retry was known");
    sender.ask(bob.delivery(5, "new")).await.unwrap();
    let mut device = bob.connect(&again).await;
    device.subscribe(8).await;
    let push = device.push().await;
    assert_eq!((push.sequence, push.sealed.as_slice()), (Sequence(5), b"new".as_slice()));
}

#[tokio::test]
async fn envelopes_wait_in_order_through_a_restart() {
    let (first, dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&first).await;
    let mut sender = Client::connect(&first).await;
    for number in 1..=20u32 {
        sender.ask(bob.delivery(number, [number as u8])).await.unwrap();
    }
    first.shutdown().await;
    let again = Relay::start(Config::loopback(dir.path())).await.unwrap();
    let mut device = bob.connect(&again).await;
    device.subscribe(100).await;
    for number in 1..=20u8 {
        let push = device.push().await;
        assert_eq!((push.sequence, push.sealed), (Sequence(number.into()), vec![number]));
    }
}

#[tokio::test]
async fn a_shutdown_answers_what_is_in_hand_and_tells_everyone_to_go() {
    let (relay, dir) = relay().await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    device.subscribe(8).await;
    let mut sender = Client::connect(&relay).await;
    sender.ask(Request::Challenge).await.unwrap();
    // The push shows that the relay has the request; its answer may still be on the way.
    let open = sender.send(bob.delivery(1, "in hand")).await;
    assert_eq!(device.push().await.sealed, b"in hand");
    let shutting_down = tokio::spawn(relay.shutdown());
    assert_eq!(sender.answer(open).await, Ok(Answer::Accepted));
    for client in [&mut sender, &mut device] {
        assert_eq!(client.until_closed().await, Some(CloseReason::Shutdown));
        assert!(client.told_to_go);
    }
    shutting_down.await.unwrap();
    assert_eq!(airlock_relay::status(dir.path()).unwrap().envelopes, 1);
}

#[tokio::test]
async fn a_data_directory_serves_one_relay_at_a_time() {
    let (relay, dir) = relay().await;
    let second = Relay::start(Config::loopback(dir.path())).await;
    assert!(matches!(second, Err(StartError::InUse { .. })));
    relay.shutdown().await;
    Relay::start(Config::loopback(dir.path())).await.unwrap();
}
