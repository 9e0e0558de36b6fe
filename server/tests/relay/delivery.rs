//! Envelopes: in by token, out by push, gone by acknowledgement.

use airlock_wire::*;

use crate::client::{Client, Person, TOKEN, relay, relay_with};

#[tokio::test]
async fn an_envelope_reaches_its_device_and_is_gone_once_acknowledged() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    let mut sender = Client::connect(&relay).await;
    assert_eq!(sender.ask(bob.delivery(1, "before")).await, Ok(Answer::Accepted));
    device.subscribe(8).await;
    assert_eq!(device.push().await.sealed, b"before");
    assert_eq!(sender.ask(bob.delivery(2, "after")).await, Ok(Answer::Accepted));
    let second = device.push().await;
    assert_eq!((second.sequence, second.sealed.as_slice()), (Sequence(2), b"after".as_slice()));

    device.acknowledge(&[Sequence(1), Sequence(2)]).await;
    assert_eq!(relay.status().await.unwrap().envelopes, 0);
    device.subscribe(8).await;
    sender.ask(bob.delivery(3, "third")).await.unwrap();
    assert_eq!(device.push().await.sealed, b"third");
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again_in_order() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    let mut sender = Client::connect(&relay).await;
    for number in 0..5u32 {
        sender.ask(bob.delivery(number, [number as u8])).await.unwrap();
    }
    device.subscribe(8).await;
    for number in 0..5u8 {
        assert_eq!(device.push().await.sealed, [number]);
    }
    device.acknowledge(&[Sequence(2)]).await;

    let mut again = bob.connect(&relay).await;
    again.subscribe(8).await;
    for number in [0, 2, 3, 4] {
        assert_eq!(again.push().await.sealed, [number]);
    }
}

#[tokio::test]
async fn no_more_than_the_window_is_under_way() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    let mut sender = Client::connect(&relay).await;
    for number in 0..5u32 {
        sender.ask(bob.delivery(number, "x")).await.unwrap();
    }
    device.subscribe(2).await;
    device.push().await;
    device.push().await;
    // Two round trips, one through the writer: a third push would have come with them.
    device.ask(Request::CountPrekeys).await.unwrap();
    device.acknowledge(&[]).await;
    assert_eq!(device.unread_pushes(), 0);
    device.acknowledge(&[Sequence(1)]).await;
    assert_eq!(device.push().await.sequence, Sequence(3));
}

#[tokio::test]
async fn many_pipelined_deliveries_are_each_accepted_and_pushed_once() {
    const COUNT: u32 = 900;
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    device.subscribe(256).await;
    let sending = async {
        let mut sender = Client::connect(&relay).await;
        let mut open = Vec::new();
        for number in 0..COUNT {
            open.push(sender.send(bob.delivery(number, number.to_le_bytes())).await);
        }
        for id in open {
            assert_eq!(sender.answer(id).await, Ok(Answer::Accepted));
        }
    };
    let receiving = async {
        for number in 0..COUNT {
            let push = device.push().await;
            assert_eq!(push.sealed, number.to_le_bytes());
            device.send(Request::Acknowledge { sequences: vec![push.sequence] }).await;
        }
    };
    tokio::join!(sending, receiving);
}

#[tokio::test]
async fn a_repeated_submission_is_accepted_and_stored_once() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    let mut sender = Client::connect(&relay).await;
    let first = sender.send(bob.delivery(1, "once")).await;
    let pipelined = sender.send(bob.delivery(1, "once")).await;
    assert_eq!(sender.answer(first).await, Ok(Answer::Accepted));
    assert_eq!(sender.answer(pipelined).await, Ok(Answer::Accepted));
    device.subscribe(8).await;
    let sequence = device.push().await.sequence;
    device.acknowledge(&[sequence]).await;
    assert_eq!(sender.ask(bob.delivery(1, "once")).await, Ok(Answer::Accepted));
    assert_eq!(relay.status().await.unwrap().envelopes, 0);
}

#[tokio::test]
async fn a_wrong_token_and_an_unknown_device_are_refused_alike() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&relay).await;
    let mut sender = Client::connect(&relay).await;
    let wrong = Request::Deliver {
        submit: SubmitId([0; 16]),
        token: DeliveryToken([8; 16]),
        envelope: Envelope { device: bob.device_id(), sealed: vec![1] },
    };
    assert_eq!(sender.ask(wrong).await, Err(Refusal::NoSuchRecipient));
    let nobody = Person::new(2);
    assert_eq!(sender.ask(nobody.delivery(1, "x")).await, Err(Refusal::NoSuchRecipient));
    let fetch = |account, token| Request::FetchBundles { account, token };
    let wrong = fetch(bob.account_id(), DeliveryToken([8; 16]));
    assert_eq!(sender.ask(wrong).await, Err(Refusal::NoSuchRecipient));
    assert_eq!(sender.ask(fetch(nobody.account_id(), TOKEN)).await, Err(Refusal::NoSuchRecipient));
}

#[tokio::test]
async fn a_full_mailbox_refuses_until_its_device_acknowledges() {
    let (relay, _dir) = relay_with(|config| config.limits.mailbox_messages = 2).await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    let mut sender = Client::connect(&relay).await;
    assert_eq!(sender.ask(bob.delivery(1, "a")).await, Ok(Answer::Accepted));
    assert_eq!(sender.ask(bob.delivery(2, "b")).await, Ok(Answer::Accepted));
    assert_eq!(sender.ask(bob.delivery(3, "c")).await, Err(Refusal::MailboxFull));
    assert_eq!(sender.ask(bob.delivery(1, "a")).await, Ok(Answer::Accepted), "a retry needs no place");
    device.subscribe(8).await;
    assert_eq!(device.push().await.sealed, b"a");
    device.acknowledge(&[Sequence(1)]).await;
    assert_eq!(sender.ask(bob.delivery(3, "c")).await, Ok(Answer::Accepted));
    assert_eq!(device.push().await.sealed, b"b");
    assert_eq!(device.push().await.sealed, b"c");
}

#[tokio::test]
async fn the_largest_envelope_passes_and_a_larger_one_is_refused() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    device.subscribe(8).await;
    let mut sender = Client::connect(&relay).await;
    let largest = vec![0x5A; ENVELOPE_BYTES_MAX];
    assert_eq!(sender.ask(bob.delivery(1, largest.clone())).await, Ok(Answer::Accepted));
    assert_eq!(device.push().await.sealed, largest);
    let refused = sender.ask(bob.delivery(2, vec![0; ENVELOPE_BYTES_MAX + 1])).await;
    let max = ENVELOPE_BYTES_MAX as u64;
    assert_eq!(refused, Err(Refusal::TooLarge { what: "the envelope".into(), got: max + 1, max }));
}

#[tokio::test]
async fn a_newer_connection_of_a_device_closes_the_older_and_gets_the_mail() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let mut old = bob.join(&relay).await;
    old.subscribe(8).await;
    let mut new = bob.connect(&relay).await;
    new.subscribe(8).await;
    assert_eq!(old.until_closed().await, Some(CloseReason::Superseded));
    let mut sender = Client::connect(&relay).await;
    sender.ask(bob.delivery(1, "here")).await.unwrap();
    assert_eq!(new.push().await.sealed, b"here");
}

#[tokio::test]
async fn a_device_that_does_not_read_holds_nobody_else_up() {
    let (relay, _dir) = relay().await;
    let (slow, quick) = (Person::new(1), Person::new(2));
    let mut stuck = slow.join(&relay).await;
    // Subscribed, and from here on never read: its window fills with 2.5 MiB waiting.
    stuck.subscribe(256).await;
    let mut reader = quick.join(&relay).await;
    reader.subscribe(8).await;
    let mut sender = Client::connect(&relay).await;
    for number in 0..40u32 {
        let big = slow.delivery(number, vec![1; ENVELOPE_BYTES_MAX]);
        assert_eq!(sender.ask(big).await, Ok(Answer::Accepted));
        assert_eq!(sender.ask(quick.delivery(number, "quick")).await, Ok(Answer::Accepted));
        let push = reader.push().await;
        reader.acknowledge(&[push.sequence]).await;
    }
}
