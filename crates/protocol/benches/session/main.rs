//! What a session costs for a message of 256 bytes, beside Olm (vodozemac) in the same run. Ratios between the rows
//! of one group hold on other machines; the times, of the thread on its processor, do not.
//!
//! `airlock_double_ratchet` is the Double Ratchet alone, which is what Olm does: a session of version 1, restored from
//! the vectors. `airlock_ratchets` has the post-quantum ratchet beside it, with its epochs as they come, and `airlock`
//! is all that a message needs, with the sealed envelope, which hides the sender and has no counterpart in Olm.
//! Airlock's set-up verifies the bundle's signatures and includes ML-KEM-768; Olm's has neither. `primitives` is the
//! floor: what the primitives that the specification asks for cost, called one after the other.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "benchmark code")]

mod cpu_time;
mod primitives;

use std::{cell::RefCell, hint::black_box, time::Duration};

use airlock_protocol::{
    AccountKey, Checked, CurvePrekeySecret, CurveRole, DeviceKeys, Draft, Encrypted, FirstMessage,
    KemPrekeySecret, LocalIdentity, MessageId, Prekeys, RatchetMessage, Received, Session, VerifiedBundle,
    gate::{self, Outcome, Setting},
};
use airlock_wire::{Bundle, DeviceList, KemRole, PrekeyId};
use cpu_time::CpuTime;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use data_encoding::HEXLOWER;
use primitives::Primitives;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use vodozemac::olm::{Account, OlmMessage, Session as Olm, SessionConfig};

const TEXT_BYTES: usize = 256;

struct Party {
    us: LocalIdentity,
    devices: DeviceList,
    signed: CurvePrekeySecret,
    one_time: CurvePrekeySecret,
    kem: KemPrekeySecret,
}

impl Party {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        let account = AccountKey::generate(rng);
        let device = DeviceKeys::generate(rng);
        Self::of(&account, device, rng)
    }

    fn of(account: &AccountKey, device: DeviceKeys, rng: &mut ChaCha20Rng) -> Self {
        let devices = DeviceList { account: account.id(), version: 1, devices: vec![device.public()] };
        Self {
            us: LocalIdentity::new(device, account.sign_device_list(&devices)).unwrap(),
            devices,
            signed: CurvePrekeySecret::generate(CurveRole::Signed, PrekeyId(1), rng),
            one_time: CurvePrekeySecret::generate(CurveRole::OneTime, PrekeyId(2), rng),
            kem: KemPrekeySecret::generate(KemRole::OneTime, PrekeyId(3), rng),
        }
    }

    fn bundle(&self) -> Bundle {
        let device = self.us.device();
        Bundle {
            device: device.id(),
            signed: self.signed.public(device),
            one_time: Some(self.one_time.public(device)),
            kem: self.kem.public(device),
        }
    }

    fn start_with(&self, bundle: Bundle, devices: &DeviceList, rng: &mut ChaCha20Rng) -> Session {
        Session::initiate(&self.us, VerifiedBundle::verify(bundle, devices).unwrap(), 0, rng).unwrap()
    }

    fn accept(&self, first: FirstMessage) -> Session {
        let prekeys = Prekeys { signed: &self.signed, one_time: Some(&self.one_time), kem: &self.kem };
        first.accept(&self.us, prekeys, 0).unwrap().0
    }

    fn encrypt(&self, session: &mut Session, message: &Checked, rng: &mut ChaCha20Rng) -> Encrypted {
        session.encrypt(&self.us, message, 0, rng).unwrap()
    }

    fn parse(&self, sealed: &[u8]) -> RatchetMessage {
        Received::parse(sealed, &self.us).unwrap().into()
    }

    fn first(&self, sealed: &[u8]) -> FirstMessage {
        let Received::First(first) = Received::parse(sealed, &self.us).unwrap() else {
            panic!("not a first message")
        };
        first
    }
}

fn enclose(encrypted: Encrypted, rng: &mut ChaCha20Rng) -> Vec<u8> {
    encrypted.enclose(rng).unwrap().into_envelope().sealed
}

fn message() -> Checked {
    let draft = Draft::text(MessageId([7; 16]), &"x".repeat(TEXT_BYTES)).unwrap();
    let Outcome::Passed(passed) = gate::check(draft, Setting::Off).outcome else { panic!("no hook") };
    passed.checked
}

/// Two devices, each of which has heard the other, so that no message carries the start any more.
struct Pair {
    rng: ChaCha20Rng,
    alice: Party,
    bob: Party,
    alices: Session,
    bobs: Session,
}

impl Pair {
    fn connected() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (alice, bob) = (Party::new(&mut rng), Party::new(&mut rng));
        let mut alices = alice.start_with(bob.bundle(), &bob.devices, &mut rng);
        let hello = enclose(alice.encrypt(&mut alices, &message(), &mut rng), &mut rng);
        let mut bobs = bob.accept(bob.first(&hello));
        let answer = enclose(bob.encrypt(&mut bobs, &message(), &mut rng), &mut rng);
        drop(alices.open(alice.parse(&answer), 0).unwrap());
        Self { rng, alice, bob, alices, bobs }
    }

    /// The same without the post-quantum ratchet, which no session that is made now lacks.
    fn without_post_quantum() -> Self {
        let vector = include_str!("../../tests/vectors/version_1.json");
        let vector: serde_json::Value = serde_json::from_str(vector).unwrap();
        let bytes = |value: &serde_json::Value| HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut party = |name: &str| {
            let secret = |what: &str| bytes(&vector[name][what]);
            let account = AccountKey::from_bytes(&secret("account").try_into().unwrap());
            let device = [[1, 1].as_slice(), &secret("signing"), &secret("agreement")].concat();
            Party::of(&account, DeviceKeys::restore(&device).unwrap(), &mut rng)
        };
        let (alice, bob) = (party("alice"), party("bob"));
        let session = |name: &str| {
            let mut session = Session::restore(&bytes(&vector[name])).unwrap();
            session.dangerously_send_classical();
            session
        };
        let (mut alices, mut bobs) = (session("alice_state"), session("bob_state"));
        let answer = enclose(bob.encrypt(&mut bobs, &message(), &mut rng), &mut rng);
        drop(alices.open(alice.parse(&answer), 0).unwrap());
        Self { rng, alice, bob, alices, bobs }
    }
}

fn olm_pair() -> (Olm, Olm) {
    let (alice, mut bob) = (Account::new(), Account::new());
    bob.generate_one_time_keys(1);
    let one_time = *bob.one_time_keys().values().next().unwrap();
    let mut alices =
        alice.create_outbound_session(SessionConfig::version_1(), bob.curve25519_key(), one_time).unwrap();
    let OlmMessage::PreKey(hello) = alices.encrypt("hello").unwrap() else { panic!("not a first message") };
    let inbound =
        bob.create_inbound_session(SessionConfig::version_1(), alice.curve25519_key(), &hello).unwrap();
    let mut bobs = inbound.session;
    let answer = bobs.encrypt("hello").unwrap();
    alices.decrypt(&answer).unwrap();
    (alices, bobs)
}

fn encrypt(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("encrypt_same_chain_256B");
    group.throughput(Throughput::Elements(1));
    let message = message();
    let Pair { mut rng, alice, mut alices, .. } = Pair::without_post_quantum();
    group.bench_function("airlock_double_ratchet", |b| {
        b.iter(|| alice.encrypt(&mut alices, &message, &mut rng));
    });
    let Pair { mut rng, alice, mut alices, .. } = Pair::connected();
    group.bench_function("airlock_ratchets", |b| b.iter(|| alice.encrypt(&mut alices, &message, &mut rng)));
    group.bench_function("airlock", |b| {
        b.iter(|| {
            let encrypted = alice.encrypt(&mut alices, &message, &mut rng);
            enclose(encrypted, &mut rng)
        });
    });
    let (mut alices, _) = olm_pair();
    let text = [b'x'; TEXT_BYTES];
    group.bench_function("vodozemac", |b| b.iter(|| alices.encrypt(black_box(text)).unwrap()));
    group.bench_function("primitives", |b| b.iter(primitives::message));
    group.finish();
}

fn decrypt(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("decrypt_same_chain_256B");
    group.throughput(Throughput::Elements(1));
    let text = message();
    for (name, pair) in
        [("airlock_double_ratchet", Pair::without_post_quantum()), ("airlock_ratchets", Pair::connected())]
    {
        let Pair { mut rng, alice, bob, mut alices, mut bobs } = pair;
        group.bench_function(name, |b| {
            b.iter_batched(
                || bob.parse(&enclose(alice.encrypt(&mut alices, &text, &mut rng), &mut rng)),
                |message| bobs.open(message, 0).unwrap(),
                BatchSize::SmallInput,
            );
        });
    }
    let Pair { mut rng, alice, bob, mut alices, mut bobs } = Pair::connected();
    group.bench_function("airlock", |b| {
        b.iter_batched(
            || enclose(alice.encrypt(&mut alices, &text, &mut rng), &mut rng),
            |sealed| bobs.open(bob.parse(&sealed), 0).unwrap(),
            BatchSize::SmallInput,
        );
    });
    let (mut alices, mut bobs) = olm_pair();
    group.bench_function("vodozemac", |b| {
        b.iter_batched(
            || alices.encrypt([b'x'; TEXT_BYTES]).unwrap(),
            |message| bobs.decrypt(&message).unwrap(),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// A question and its answer: each direction turns the ratchet.
fn round_trip(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("round_trip_256B");
    let text = message();
    for (name, mut pair) in
        [("airlock_double_ratchet", Pair::without_post_quantum()), ("airlock_ratchets", Pair::connected())]
    {
        group.bench_function(name, |b| {
            b.iter_custom(|rounds| (0..rounds).map(|_| timed_round_trip(&mut pair, &text)).sum());
        });
    }
    let mut pair = Pair::connected();
    group.bench_function("airlock", |b| {
        b.iter(|| {
            let Pair { rng, alice, bob, alices, bobs } = &mut pair;
            let question = enclose(alice.encrypt(alices, &text, rng), rng);
            drop(bobs.open(bob.parse(&question), 0).unwrap());
            let answer = enclose(bob.encrypt(bobs, &text, rng), rng);
            alices.open(alice.parse(&answer), 0).unwrap()
        });
    });
    let primitives = Primitives::new(&mut ChaCha20Rng::seed_from_u64(2));
    group.bench_function("primitives", |b| b.iter(|| primitives.round_trip()));
    let (mut alices, mut bobs) = olm_pair();
    group.bench_function("vodozemac", |b| {
        b.iter(|| {
            let question = alices.encrypt([b'x'; TEXT_BYTES]).unwrap();
            bobs.decrypt(&question).unwrap();
            let answer = bobs.encrypt([b'x'; TEXT_BYTES]).unwrap();
            alices.decrypt(&answer).unwrap()
        });
    });
    group.finish();
}

/// The ratchets' share of a round trip: the envelopes between are made and opened off the clock.
fn timed_round_trip(pair: &mut Pair, text: &Checked) -> Duration {
    let Pair { rng, alice, bob, alices, bobs } = pair;
    let mut timed_message = |from: &Party, sending: &mut Session, to: &Party, receiving: &mut Session| {
        let start = cpu_time::now();
        let encrypted = from.encrypt(sending, text, rng);
        let sealed = cpu_time::now() - start;
        let message = to.parse(&enclose(encrypted, rng));
        let start = cpu_time::now();
        let opened = black_box(receiving.open(message, 0).unwrap());
        let spent = sealed + cpu_time::now() - start;
        drop(opened);
        spent
    };
    timed_message(alice, alices, bob, bobs) + timed_message(bob, bobs, alice, alices)
}

fn set_up(criterion: &mut Criterion<CpuTime>) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (alice, bob) = (Party::new(&mut rng), Party::new(&mut rng));
    let bundle = bob.bundle();

    let mut group = criterion.benchmark_group("session_initiate");
    group.bench_function("airlock", |b| {
        b.iter_batched(
            || bundle.clone(),
            |bundle| alice.start_with(bundle, &bob.devices, &mut rng),
            BatchSize::SmallInput,
        );
    });
    let primitives = Primitives::new(&mut rng);
    group.bench_function("primitives", |b| b.iter(|| primitives.initiate(&mut rng)));
    let (olm_alice, mut olm_bob) = (Account::new(), Account::new());
    olm_bob.generate_one_time_keys(1);
    let one_time = *olm_bob.one_time_keys().values().next().unwrap();
    let config = SessionConfig::version_1;
    group.bench_function("vodozemac", |b| {
        b.iter(|| olm_alice.create_outbound_session(config(), olm_bob.curve25519_key(), one_time).unwrap());
    });
    group.finish();

    let mut group = criterion.benchmark_group("session_accept_256B");
    let mut alices = alice.start_with(bundle, &bob.devices, &mut rng);
    let hello = enclose(alice.encrypt(&mut alices, &message(), &mut rng), &mut rng);
    group.bench_function("airlock_ratchets", |b| {
        b.iter_batched(|| bob.first(&hello), |first| bob.accept(first), BatchSize::SmallInput);
    });
    group.bench_function("primitives", |b| b.iter(|| primitives.accept()));
    group.bench_function("airlock", |b| b.iter(|| bob.accept(bob.first(&hello))));
    let olm_bob = RefCell::new(olm_bob);
    group.bench_function("vodozemac", |b| {
        b.iter_batched(
            || {
                let mut bob = olm_bob.borrow_mut();
                bob.generate_one_time_keys(1);
                let one_time = *bob.one_time_keys().values().next().unwrap();
                bob.mark_keys_as_published();
                let session = olm_alice.create_outbound_session(config(), bob.curve25519_key(), one_time);
                let OlmMessage::PreKey(hello) = session.unwrap().encrypt([b'x'; TEXT_BYTES]).unwrap() else {
                    panic!("not a first message")
                };
                hello
            },
            |hello| {
                let theirs = olm_alice.curve25519_key();
                olm_bob.borrow_mut().create_inbound_session(config(), theirs, &hello).unwrap()
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = encrypt, decrypt, round_trip, set_up
}
criterion_main!(benches);
