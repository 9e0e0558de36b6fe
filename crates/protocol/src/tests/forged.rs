//! Messages as someone could forge them who can make envelopes, which is anyone, or who has seen inside of one.

use alloc::vec;

use airlock_wire::{AccountId, Bundle, DeviceId, DeviceList, DeviceListError, KemRole, PrekeyId};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::{
    envelope::{self, Body, Inner},
    gate::{self, Outcome, Setting},
    identity::{AccountKey, DeviceKeys, LocalIdentity},
    incoming::{FirstMessage, OpenError, Opened, RatchetMessage, Received},
    kem::KemSeed,
    outgoing::{Draft, MessageId},
    pq_ratchet::{Part, PqHeader},
    pqxdh::{PqxdhError, Prekeys},
    prekey::{CurvePrekeySecret, CurveRole, KemPrekeySecret, VerifiedBundle},
    ratchet::FORWARD_JUMP_MAX,
    session::{Session, SessionId},
};

struct Party {
    account: AccountKey,
    us: LocalIdentity,
    signed: CurvePrekeySecret,
    last_resort: KemPrekeySecret,
}

fn party(rng: &mut ChaCha20Rng) -> Party {
    let account = AccountKey::generate(rng);
    let device = DeviceKeys::generate(rng);
    let list = DeviceList { account: account.id(), version: 1, devices: vec![device.public()] };
    Party {
        us: LocalIdentity::new(device, account.sign_device_list(&list)).unwrap(),
        account,
        signed: CurvePrekeySecret::generate(CurveRole::Signed, PrekeyId(1), rng),
        last_resort: KemPrekeySecret::generate(KemRole::LastResort, PrekeyId(2), rng),
    }
}

/// Alice's first message to Bob, after a change behind the outer layer.
struct World {
    rng: ChaCha20Rng,
    alice: Party,
    bob: Party,
    alices: Session,
}

impl World {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (alice, bob) = (party(&mut rng), party(&mut rng));
        let device = bob.us.device();
        let bundle = Bundle {
            device: device.id(),
            signed: bob.signed.public(device),
            one_time: None,
            kem: bob.last_resort.public(device),
        };
        let bundle = VerifiedBundle::verify(bundle, &bob.us.device_list().verify().unwrap()).unwrap();
        let alices = Session::initiate(&alice.us, bundle, 0, &mut rng).unwrap();
        Self { rng, alice, bob, alices }
    }

    fn say(&mut self, change: impl FnOnce(&mut Inner, &Self)) -> vec::Vec<u8> {
        let draft = Draft::text(MessageId([1; 16]), "hello").unwrap();
        let Outcome::Passed(passed) = gate::check(draft, Setting::Off).outcome else { panic!("no hook") };
        let sealed = self.alices.seal(&self.alice.us, &passed.checked, 0, &mut self.rng).unwrap();
        let mut inner = envelope::open(&sealed.into_envelope().sealed, self.bob.us.device()).unwrap();
        change(&mut inner, self);
        envelope::seal(&self.bob.us.device().public(), &inner, &mut self.rng).unwrap()
    }

    fn first(&self, sealed: &[u8]) -> Result<FirstMessage, OpenError> {
        match Received::parse(sealed, &self.bob.us)? {
            Received::First(first) => Ok(first),
            Received::Ratchet(_) => panic!("it is not a first message"),
        }
    }

    fn accept(&self, sealed: &[u8]) -> Result<(Session, Opened), OpenError> {
        let prekeys = Prekeys { signed: &self.bob.signed, one_time: None, kem: &self.bob.last_resort };
        self.first(sealed)?.accept(&self.bob.us, prekeys, 0)
    }

    /// What Bob says to a changed first message.
    fn refused(change: impl FnOnce(&mut Inner, &Self)) -> OpenError {
        let mut world = Self::new();
        let sealed = world.say(change);
        world.accept(&sealed).expect_err("it is forged")
    }
}

fn handshake(inner: &mut Inner) -> &mut crate::pqxdh::Handshake {
    let Body::First(first, _) = &mut inner.body else { panic!("it is not a first message") };
    &mut first.handshake
}

#[test]
fn an_unchanged_message_is_accepted() {
    let mut world = World::new();
    let sealed = world.say(|_, _| ());
    assert!(world.accept(&sealed).is_ok());
}

#[test]
fn another_sender_account_than_the_device_lists_is_refused() {
    let error = World::refused(|inner, _| inner.sender.account = AccountId([9; 32]));
    assert_eq!(error, OpenError::SenderNotListed);
}

#[test]
fn a_sender_device_that_the_account_does_not_list_is_refused() {
    let error = World::refused(|inner, _| inner.sender.device = DeviceId([9; 32]));
    assert_eq!(error, OpenError::SenderNotListed);
}

#[test]
fn a_device_list_that_its_account_did_not_sign_is_refused() {
    let error = World::refused(|inner, world| {
        let Body::First(first, _) = &mut inner.body else { panic!("it is not a first message") };
        first.devices = world.bob.account.sign_device_list(&first.devices.verify().unwrap());
    });
    assert_eq!(error, OpenError::DeviceList(DeviceListError::Signature));
}

#[test]
fn another_account_can_not_take_over_the_message() {
    // Mallory puts Alice's device, id and key, on a list of her own and claims the message.
    let error = World::refused(|inner, _| {
        let mallory = AccountKey::generate(&mut ChaCha20Rng::seed_from_u64(66));
        let Body::First(first, _) = &mut inner.body else { panic!("it is not a first message") };
        let list = DeviceList { account: mallory.id(), ..first.devices.verify().unwrap() };
        first.devices = mallory.sign_device_list(&list);
        inner.sender.account = mallory.id();
    });
    assert_eq!(error, OpenError::NotAuthentic);
}

#[test]
fn each_part_of_the_handshake_is_bound() {
    let other_key = crate::agreement::public(&[7; 32].into());
    assert_eq!(World::refused(|inner, _| handshake(inner).ephemeral = other_key), OpenError::NotAuthentic);
    assert_eq!(World::refused(|inner, _| handshake(inner).ciphertext[5] ^= 1), OpenError::NotAuthentic);
    let got = 1_087;
    let error = World::refused(|inner, _| handshake(inner).ciphertext.truncate(got));
    assert_eq!(error, OpenError::Pqxdh(PqxdhError::CiphertextLength { got }));
    for (change, which) in [
        ((|inner| handshake(inner).signed = PrekeyId(5)) as fn(&mut Inner), "signed"),
        (|inner| handshake(inner).one_time = Some(PrekeyId(5)), "one-time"),
        (|inner| handshake(inner).kem = PrekeyId(5), "KEM"),
        (|inner| handshake(inner).kem_role = KemRole::OneTime, "KEM"),
    ] {
        let error = World::refused(|inner, _| change(inner));
        assert_eq!(error, OpenError::Pqxdh(PqxdhError::WrongPrekeys(which)));
    }
}

#[test]
fn keys_of_low_order_are_refused() {
    assert!(matches!(
        World::refused(|inner, _| handshake(inner).ephemeral = [0; 32]),
        OpenError::Pqxdh(PqxdhError::WeakKey(_))
    ));
    assert!(matches!(World::refused(|inner, _| inner.header.key = [0; 32]), OpenError::WeakKey(_)));
}

#[test]
fn another_session_id_is_refused() {
    assert_eq!(World::refused(|inner, _| inner.session = SessionId([1; 16])), OpenError::NotAuthentic);
}

#[test]
fn each_part_of_the_header_is_bound() {
    for change in [
        (|inner| inner.header.number = 1) as fn(&mut Inner),
        |inner| inner.header.previous = 1,
        |inner| inner.header.nonce[0] ^= 1,
        |inner| inner.header.key = crate::agreement::public(&[7; 32].into()),
    ] {
        assert_eq!(World::refused(|inner, _| change(inner)), OpenError::NotAuthentic);
    }
}

fn post_quantum(inner: &mut Inner) -> &mut PqHeader {
    let Body::First(_, header) = &mut inner.body else { panic!("it is not a first message") };
    header
}

#[test]
fn each_part_of_the_post_quantum_header_is_bound() {
    let seed = KemSeed::generate(&mut ChaCha20Rng::seed_from_u64(7));
    let (ciphertext, _) = seed.public().encapsulate(&mut ChaCha20Rng::seed_from_u64(8));
    let offer = Part::Offer(seed.public());
    let answer = Part::Answer(ciphertext, [0; 32]);
    for change in [
        (&|header: &mut PqHeader| header.number = 1) as &dyn Fn(&mut PqHeader),
        &|header| header.previous = 1,
        &|header| header.epoch = 1,
        &|header| header.part = offer.clone(),
        &|header| header.part = answer.clone(),
    ] {
        let error = World::refused(|inner, _| change(post_quantum(inner)));
        assert_eq!(error, OpenError::NotAuthentic);
    }
    let error = World::refused(|inner, _| post_quantum(inner).number = FORWARD_JUMP_MAX + 1);
    assert_eq!(error, OpenError::Gap { got: FORWARD_JUMP_MAX + 1 });
}

#[test]
fn a_message_can_not_be_taken_for_one_of_version_1() {
    let error = World::refused(|inner, _| {
        let Body::First(first, _) = &inner.body else { panic!("it is not a first message") };
        inner.body = Body::FirstOfVersion1(first.clone());
    });
    assert_eq!(error, OpenError::Outdated);
    let mut world = World::new();
    let hello = world.say(|_, _| ());
    let (mut bobs, _) = world.accept(&hello).unwrap();
    let before = bobs.save();
    let stripped = world.say(|inner, _| {
        let Body::First(first, _) = &inner.body else { panic!("it is not a first message") };
        inner.body = Body::FirstOfVersion1(first.clone());
    });
    let first = world.first(&stripped).unwrap();
    assert_eq!(bobs.open(first, 0), Err(OpenError::NotAuthentic));
    assert_eq!(*before, *bobs.save());
}

#[test]
fn a_first_message_stripped_of_its_start_does_not_open_on_its_session() {
    let mut world = World::new();
    let hello = world.say(|_, _| ());
    let (mut bobs, _) = world.accept(&hello).unwrap();
    let stripped = world.say(|inner, _| {
        let Body::First(_, header) = &inner.body else { panic!("it is not a first message") };
        inner.body = Body::Ratchet(header.clone());
    });
    let message = RatchetMessage::from(Received::parse(&stripped, &world.bob.us).unwrap());
    assert_eq!(bobs.open(message, 0), Err(OpenError::NotAuthentic));
}

#[test]
fn a_repeated_start_with_another_device_list_does_not_open_on_its_session() {
    let mut world = World::new();
    let hello = world.say(|_, _| ());
    let (mut bobs, _) = world.accept(&hello).unwrap();
    let changed = world.say(|inner, world| {
        let Body::First(first, _) = &mut inner.body else { panic!("it is not a first message") };
        let list = DeviceList { version: 2, ..first.devices.verify().unwrap() };
        first.devices = world.alice.account.sign_device_list(&list);
    });
    let first = world.first(&changed).unwrap();
    assert_eq!(bobs.open(first, 0), Err(OpenError::NotAuthentic));
}

#[test]
fn padding_that_is_not_zero_or_not_the_smallest_is_refused() {
    // Room that nobody checks would be room for a modified client to hide something in.
    let mut world = World::new();
    let sealed = world.say(|_, _| ());
    let inner = envelope::open(&sealed, world.bob.us.device()).unwrap();
    let device = world.bob.us.device().public();
    for (size, padding) in [(sealed.len(), 1), (sealed.len() * 2, 0)] {
        let forged = envelope::seal_padded(&device, &inner, size, padding, &mut world.rng);
        assert_eq!(envelope::open(&forged, world.bob.us.device()).err(), Some(OpenError::Padding));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_refused_message_leaves_the_session_as_it_was(at: usize, skipped in 0usize..3) {
        let mut world = World::new();
        let hello = world.say(|_, _| ());
        let (mut bobs, _) = world.accept(&hello).unwrap();
        for _ in 0..skipped {
            drop(world.say(|_, _| ()));
        }
        let real = world.say(|_, _| ());
        let before = bobs.save();
        let mut forged = RatchetMessage::from(Received::parse(&real, &world.bob.us).unwrap());
        let at = at % forged.ciphertext.len();
        forged.ciphertext[at] ^= 1;
        prop_assert_eq!(bobs.open(forged, 0), Err(OpenError::NotAuthentic));
        prop_assert_eq!(&*before, &*bobs.save());
        let message = RatchetMessage::from(Received::parse(&real, &world.bob.us).unwrap());
        prop_assert!(bobs.open(message, 0).is_ok());
    }
}
