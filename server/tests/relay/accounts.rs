//! Who a connection speaks for, and who may have an account.

use airlock_relay::Registration;
use airlock_wire::*;

use crate::client::{Client, Person, TOKEN, relay, relay_with};

#[tokio::test]
async fn nothing_of_a_device_is_served_before_it_has_proved_itself() {
    let (relay, _dir) = relay().await;
    let mut client = Client::connect(&relay).await;
    let person = Person::new(1);
    for request in [
        person.register(1, None),
        Request::CountPrekeys,
        Request::Subscribe { window: 1 },
        Request::Acknowledge { sequences: vec![] },
    ] {
        assert_eq!(client.ask(request).await, Err(Refusal::NotAuthenticated));
    }
    client.authenticate(&person.device).await.unwrap();
    assert_eq!(client.ask(Request::Subscribe { window: 1 }).await, Err(Refusal::NotRegistered));
}

#[tokio::test]
async fn a_proof_fits_its_own_connection_challenge_and_device_only() {
    let (relay, _dir) = relay().await;
    let (alice, bob) = (Person::new(1), Person::new(2));
    let mut one = Client::connect(&relay).await;
    let mut other = Client::connect(&relay).await;
    let Ok(Answer::Challenge(challenge)) = one.ask(Request::Challenge).await else { panic!() };
    // Made for another connection, as a relay in the middle would.
    let relayed = other.proof(&alice.device, &challenge);
    assert_eq!(one.ask(relayed).await, Err(Refusal::BadSignature));
    // A challenge is good for one attempt.
    let late = one.proof(&alice.device, &challenge);
    assert_eq!(one.ask(late).await, Err(Refusal::BadSignature));
    assert_eq!(other.ask(one.proof(&bob.device, &challenge)).await, Err(Refusal::BadSignature));
    assert_eq!(one.authenticate(&alice.device).await, Ok(Answer::Done));
    assert_eq!(one.authenticate(&bob.device).await, Err(Refusal::BadSignature));
}

#[tokio::test]
async fn a_device_list_can_grow_older_but_never_go_back() {
    let (relay, _dir) = relay().await;
    let alice = Person::new(1);
    let mut client = alice.connect(&relay).await;
    assert_eq!(client.ask(alice.register(5, None)).await, Ok(Answer::Done));
    assert_eq!(client.ask(alice.register(5, None)).await, Ok(Answer::Done), "the same again is fine");
    let old = Err(Refusal::OldDeviceList { stored: 5 });
    assert_eq!(client.ask(alice.register(4, None)).await, old);
    let other_content = Request::Register {
        devices: alice.devices_and(5, &[DeviceId([3; 32])]),
        token: TOKEN.hash(),
        invite: None,
    };
    assert_eq!(client.ask(other_content).await, old);
    assert_eq!(client.ask(alice.register(6, None)).await, Ok(Answer::Done));
}

#[tokio::test]
async fn a_device_list_must_name_the_device_that_brings_it() {
    let (relay, _dir) = relay().await;
    let (alice, mallory) = (Person::new(1), Person::new(2));
    let mut client = mallory.connect(&relay).await;
    let refused = client.ask(alice.register(1, None)).await;
    let why = "it does not name the device of this connection".to_owned();
    assert_eq!(refused, Err(Refusal::BadDeviceList(why)));
}

#[tokio::test]
async fn listing_the_device_of_somebody_else_takes_nothing_from_them() {
    let (relay, _dir) = relay().await;
    let (alice, mallory) = (Person::new(1), Person::new(2));
    let mut device = alice.join(&relay).await;
    let mut thief = mallory.connect(&relay).await;
    let stolen = DeliveryToken([9; 16]);
    let request = Request::Register {
        devices: mallory.devices_and(1, &[alice.device_id()]),
        token: stolen.hash(),
        invite: None,
    };
    assert_eq!(thief.ask(request).await, Ok(Answer::Done));
    let mut sender = Client::connect(&relay).await;
    assert_eq!(sender.ask(alice.delivery(1, "for alice")).await, Ok(Answer::Accepted));
    let by_thief = Request::Deliver {
        submit: SubmitId([1; 16]),
        token: stolen,
        envelope: Envelope { device: alice.device_id(), sealed: vec![] },
    };
    assert_eq!(sender.ask(by_thief).await, Err(Refusal::NoSuchRecipient));
    device.subscribe(4).await;
    assert_eq!(device.push().await.sealed, b"for alice");
}

#[tokio::test]
async fn a_device_claimed_by_somebody_else_first_is_its_own_once_it_speaks() {
    let (relay, _dir) = relay().await;
    let (alice, mallory) = (Person::new(1), Person::new(2));
    let mut thief = mallory.connect(&relay).await;
    let claim = Request::Register {
        devices: mallory.devices_and(1, &[alice.device_id()]),
        token: DeliveryToken([9; 16]).hash(),
        invite: None,
    };
    thief.ask(claim).await.unwrap();
    alice.join(&relay).await;
    let mut sender = Client::connect(&relay).await;
    assert_eq!(sender.ask(alice.delivery(1, "for alice")).await, Ok(Answer::Accepted));
}

#[tokio::test]
async fn a_removed_device_loses_its_mailbox() {
    let (relay, _dir) = relay().await;
    let (alice, tablet) = (Person::new(1), Person::new(2));
    let mut client = alice.connect(&relay).await;
    let both = Request::Register {
        devices: alice.devices_and(1, &[tablet.device_id()]),
        token: TOKEN.hash(),
        invite: None,
    };
    client.ask(both).await.unwrap();
    let mut sender = Client::connect(&relay).await;
    assert_eq!(sender.ask(tablet.delivery(1, "x")).await, Ok(Answer::Accepted));
    assert_eq!(client.ask(alice.register(2, None)).await, Ok(Answer::Done));
    assert_eq!(sender.ask(tablet.delivery(2, "y")).await, Err(Refusal::NoSuchRecipient));
    assert_eq!(relay.status().await.unwrap().devices, 1);
}

#[tokio::test]
async fn an_invite_admits_one_account_once() {
    let (relay, _dir) = relay_with(|config| config.registration = Registration::Invite).await;
    let code = relay.make_invite(60).await.unwrap();
    let expired = relay.make_invite(0).await.unwrap();
    assert_eq!(relay.status().await.unwrap().invites_open, 1);
    let (alice, bob) = (Person::new(1), Person::new(2));
    let mut client = alice.connect(&relay).await;
    assert_eq!(client.ask(alice.register(1, None)).await, Err(Refusal::InviteNeeded));
    let unknown = InviteCode([0; 16]);
    assert_eq!(client.ask(alice.register(1, Some(unknown))).await, Err(Refusal::InviteUnknown));
    assert_eq!(client.ask(alice.register(1, Some(expired))).await, Err(Refusal::InviteExpired));
    assert_eq!(client.ask(alice.register(1, Some(code))).await, Ok(Answer::Done));
    assert_eq!(client.ask(alice.register(2, None)).await, Ok(Answer::Done), "known accounts need none");
    let mut second = bob.connect(&relay).await;
    assert_eq!(second.ask(bob.register(1, Some(code))).await, Err(Refusal::InviteUsed));
    assert_eq!(relay.status().await.unwrap().invites_open, 0);
}

#[tokio::test]
async fn a_closed_and_a_full_relay_take_nobody_new() {
    let alice = Person::new(1);
    let (closed, _dir) = relay_with(|config| config.registration = Registration::Closed).await;
    let refused = alice.connect(&closed).await.ask(alice.register(1, None)).await;
    assert_eq!(refused, Err(Refusal::RegistrationClosed));
    let (full, _dir) = relay_with(|config| config.limits.accounts = 1).await;
    alice.join(&full).await;
    let bob = Person::new(2);
    let refused = bob.connect(&full).await.ask(bob.register(1, None)).await;
    assert_eq!(refused, Err(Refusal::RegistrationClosed));
}
