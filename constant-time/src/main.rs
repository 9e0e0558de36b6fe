//! Constant time, as far as memcheck can see it: secrets are marked undefined, and every branch and every address
//! that depends on one is then an error of valgrind's (the method of ctgrind).
//!
//! Run by `constant-time/run`. What is excused, and why, stands in `excused.supp`. The control compares a secret with
//! an early exit, and must be reported. Valgrind's processor has AVX2 and no SHA instructions, so it is the portable
//! SHA-256 that is checked here.

use std::{ffi::c_void, hint::black_box, process::ExitCode};

use airlock_constant_time::{
    ACCOUNT, AGREEMENT, KEM_D, KEM_Z, ONE_TIME, Party, SIGNED, SIGNING, SessionSecrets, World, message,
    secret,
};
use airlock_protocol::{
    Attachment, AttachmentOpener, AttachmentSealer, Checked, CurvePrekeySecret, CurveRole, DeviceKeys, Draft,
    KemPrekeySecret, MessageId, Received, Session,
    gate::{self, Outcome, Setting},
};
use airlock_wire::{Challenge, DeliveryToken, KemRole, PrekeyId};
use crabgrind::memcheck::{MemState, mark_mem};
use rand_chacha::ChaCha20Rng;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

/// A generator whose every byte is secret.
struct SecretRng(ChaCha20Rng);

impl SecretRng {
    fn new() -> Self {
        Self(ChaCha20Rng::seed_from_u64(9))
    }
}

impl TryRng for SecretRng {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.try_fill_bytes(bytes)?;
        mark(bytes, MemState::Undefined);
        Ok(())
    }
}

impl TryCryptoRng for SecretRng {}

fn mark(bytes: &[u8], state: MemState) {
    // Valgrind answers -1 when it did it, which this version of crabgrind takes for a failure. That marks work is what
    // the control shows.
    let _answer = mark_mem(bytes.as_ptr().cast_mut().cast::<c_void>(), bytes.len(), state);
}

/// Marks each secret wherever it lies inside of a value, and nothing else of it. Public keys and lengths stay defined.
fn hide<T>(value: &mut T, secrets: &[[u8; 32]]) {
    let (start, size) = (std::ptr::from_mut(value).cast::<u8>(), size_of::<T>());
    crabgrind::disable_error_reporting();
    // SAFETY: these are the value's own bytes; those between its fields may be uninitialised, which is why they are
    // read volatile, and why nothing is done with them but to compare.
    let bytes: Vec<u8> = (0..size).map(|i| unsafe { start.add(i).read_volatile() }).collect();
    for secret in secrets {
        let found: Vec<usize> = (0..=size - 32).filter(|at| bytes[*at..at + 32] == secret[..]).collect();
        assert!(!found.is_empty(), "a secret is not where it was thought to be");
        for at in found {
            // SAFETY: inside of the value.
            mark(unsafe { std::slice::from_raw_parts(start.add(at), 32) }, MemState::Undefined);
        }
    }
    crabgrind::enable_error_reporting();
}

fn hide_party(party: &mut Party, of: u8) {
    hide(&mut party.account, &[secret(of, ACCOUNT)]);
    hide(&mut party.us, &[secret(of, SIGNING), secret(of, AGREEMENT)]);
    hide(&mut party.signed, &[secret(of, SIGNED)]);
    hide(&mut party.one_time, &[secret(of, ONE_TIME)]);
    hide(&mut party.kem, &[secret(of, KEM_D), secret(of, KEM_Z)]);
}

/// By way of its saved form, as its states lie in boxes. What is computed of a secret on the way is secret too.
fn hide_session(session: &mut Session) {
    let saved = session.save();
    let place = |secret: &[u8; 32]| saved.windows(32).position(|bytes| bytes == secret).expect("it is saved");
    let places: Vec<usize> = SessionSecrets::of(session).current.iter().map(place).collect();
    for at in places {
        mark(&saved[at..at + 32], MemState::Undefined);
    }
    *session = Session::restore(&saved).expect("it was just saved");
}

/// An account's keys at work, with every secret hidden.
fn alice() -> Party {
    let mut alice = Party::new(0xA0);
    hide_party(&mut alice, 0xA0);
    alice
}

fn attachment() -> (Checked, Attachment) {
    let attachment = Attachment {
        name: "picnic.png".into(),
        caption: None,
        size: 3,
        media_type: "image/png".into(),
        digest: Sha256::digest([1, 2, 3]).into(),
    };
    let draft = Draft::attachment(MessageId([7; 16]), attachment.clone()).expect("it is honest");
    let Outcome::Passed(passed) = gate::check(draft, Setting::Off).outcome else { panic!("no hook") };
    (passed.checked, attachment)
}

type Check = (&'static str, fn());

/// Each prepares defined values, hides their secrets, and calls one function of the crate.
const CHECKS: &[Check] = &[
    ("AccountKey::sign_device_list", || {
        let alice = alice();
        let list = alice.us.device_list().verify().expect("it is ours");
        black_box(alice.account.sign_device_list(&list));
    }),
    ("AccountKey::sign_order", || {
        black_box(alice().account.sign_order(b"order"));
    }),
    ("AccountKey::generate", || {
        drop(black_box(airlock_protocol::AccountKey::generate(&mut SecretRng::new())))
    }),
    ("DeviceKeys::generate", || drop(black_box(DeviceKeys::generate(&mut SecretRng::new())))),
    ("DeviceKeys::save", || drop(black_box(alice().us.device().save()))),
    ("DeviceKeys::sign_authentication", || {
        black_box(alice().us.device().sign_authentication(&Challenge([1; 32]), &[2; 32]));
    }),
    ("CurvePrekeySecret::generate", || {
        drop(black_box(CurvePrekeySecret::generate(CurveRole::Signed, PrekeyId(1), &mut SecretRng::new())));
    }),
    ("CurvePrekeySecret::public", || {
        let alice = alice();
        drop(black_box(alice.signed.public(alice.us.device())));
    }),
    ("KemPrekeySecret::generate", || {
        drop(black_box(KemPrekeySecret::generate(KemRole::OneTime, PrekeyId(1), &mut SecretRng::new())));
    }),
    ("KemPrekeySecret::public", || {
        let alice = alice();
        drop(black_box(alice.kem.public(alice.us.device())));
    }),
    ("Session::initiate", || {
        let (alice, bundle) = (alice(), Party::new(0xB0).verified());
        drop(black_box(Session::initiate(&alice.us, bundle, 0, &mut SecretRng::new())));
    }),
    ("Received::parse", || {
        let mut world = World::new();
        let sealed = world.alice.say(&mut world.alices, &mut world.rng);
        hide_party(&mut world.bob, 0xB0);
        drop(black_box(Received::parse(&sealed, &world.bob.us)));
    }),
    ("FirstMessage::accept", || {
        let (alice, mut bob) = (Party::new(0xA0), Party::new(0xB0));
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut alices = Session::initiate(&alice.us, bob.verified(), 0, &mut rng).expect("sound keys");
        let first = bob.first(&alice.say(&mut alices, &mut rng));
        hide_party(&mut bob, 0xB0);
        drop(black_box(bob.accept(first)));
    }),
    ("Session::encrypt, speaking", || {
        let mut world = World::new();
        hide_session(&mut world.bobs);
        drop(black_box(world.bobs.encrypt(&world.bob.us, &message(), 0, &mut SecretRng::new())));
    }),
    ("Session::encrypt, heard", || {
        let mut world = World::new();
        hide_session(&mut world.alices);
        drop(black_box(world.alices.encrypt(&world.alice.us, &message(), 0, &mut SecretRng::new())));
    }),
    ("Encrypted::enclose", || {
        let mut world = World::new();
        let encrypted = world.bobs.encrypt(&world.bob.us, &message(), 0, &mut world.rng).expect("short");
        drop(black_box(encrypted.enclose(&mut SecretRng::new())));
    }),
    ("Session::open, in a chain", || {
        let mut world = World::new();
        let sealed = world.bob.say(&mut world.bobs, &mut world.rng);
        let received = world.alice.received(&sealed);
        hide_session(&mut world.alices);
        drop(black_box(world.alices.open(received, 0)));
    }),
    ("Session::open, overtaken", || {
        let mut world = World::new();
        let sealed: Vec<_> = (0..3).map(|_| world.bob.say(&mut world.bobs, &mut world.rng)).collect();
        let [first, second, third] = [0, 1, 2].map(|i| world.alice.received(&sealed[i]));
        hide_session(&mut world.alices);
        for received in [third, first, second] {
            drop(black_box(world.alices.open(received, 0)));
        }
    }),
    ("Session::open, a turn", || {
        let mut world = World::new();
        let sealed = world.alice.say(&mut world.alices, &mut world.rng);
        let received = world.bob.received(&sealed);
        hide_session(&mut world.bobs);
        drop(black_box(world.bobs.open(received, 0)));
    }),
    ("Session::encrypt, a KEM ciphertext", || {
        let mut world = World::new().until_offered();
        hide_session(&mut world.bobs);
        drop(black_box(world.bobs.encrypt(&world.bob.us, &message(), 0, &mut SecretRng::new())));
    }),
    ("Session::open, a KEM ciphertext", || {
        let mut world = World::new().until_offered();
        let sealed = world.bob.say(&mut world.bobs, &mut world.rng);
        let received = world.alice.received(&sealed);
        hide_session(&mut world.alices);
        drop(black_box(world.alices.open(received, 0)));
    }),
    ("Session::restore", || {
        let World { mut alices, mut bobs, .. } = World::new();
        hide_session(&mut alices);
        hide_session(&mut bobs);
    }),
    ("Session::save", || {
        let mut world = World::new();
        hide_session(&mut world.bobs);
        drop(black_box(world.bobs.save()));
    }),
    ("AttachmentSealer", || {
        let (checked, _) = attachment();
        let mut sealer = AttachmentSealer::new(&checked, &mut SecretRng::new()).expect("it is one");
        let _chunk = black_box(sealer.seal_chunk(&[1, 2, 3]).expect("as many as it wants"));
        drop(black_box(sealer.finish()));
    }),
    ("AttachmentOpener", || {
        let (checked, attachment) = attachment();
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let mut key = [0; 64];
        let _filled = rng.clone().try_fill_bytes(&mut key);
        let mut sealer = AttachmentSealer::new(&checked, &mut rng).expect("it is one");
        let blob = sealer.seal_chunk(&[1, 2, 3]).expect("as many as it wants").to_vec();
        let mut pointer = sealer.finish().expect("it is the file").pointer().clone();
        hide(&mut pointer, &[key[32..].try_into().expect("32 bytes")]);
        let mut opener = AttachmentOpener::new(&attachment, &pointer);
        drop(black_box(opener.open_chunk(&blob).map(<[u8]>::len)));
        drop(black_box(opener.finish()));
    }),
    ("DeliveryTokenHash::matches", || {
        let (token, right) = (DeliveryToken([7; 16]), DeliveryToken([7; 16]).hash());
        mark(&token.0, MemState::Undefined);
        black_box(right.matches(&token));
    }),
];

/// What must be reported: it stops at the first byte that differs.
fn control() {
    let (secret, guess) = ([7; 32], [7; 32]);
    mark(&secret, MemState::Undefined);
    black_box(black_box(&secret).iter().zip(black_box(&guess)).all(|(a, b)| a == b));
}

fn main() -> ExitCode {
    if crabgrind::run_mode() == crabgrind::RunMode::Native {
        eprintln!("this says something under valgrind alone: constant-time/run");
        return ExitCode::from(2);
    }
    let reports = |check: fn()| {
        let before = crabgrind::count_errors();
        check();
        crabgrind::count_errors() - before
    };
    let mut total = 0;
    for (name, check) in CHECKS {
        let reports = reports(*check);
        total += reports;
        println!("{name:<34} {reports:>4} reports");
    }
    let control = reports(control);
    println!("{:<34} {control:>4} reports, must be more than 0", "control: an early exit");
    println!("{} functions, {total} reports", CHECKS.len());
    if total == 0 && control > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
