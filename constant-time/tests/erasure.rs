//! Freed memory holds no secret: an allocator looks through every block that is given back, as a bug that reads freed
//! memory would.
//!
//! It sees the heap and not the stack: each value lies in a box. What the compiler leaves in registers and on the stack
//! is not tracked (docs/threat-model.md).

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use airlock_constant_time::{
    ACCOUNT, AGREEMENT, KEM_D, KEM_Z, ONE_TIME, Party, SIGNED, SIGNING, SessionSecrets, World, message,
    secret,
};
use airlock_protocol::{AccountKey, CurvePrekeySecret, DeviceKeys, KemPrekeySecret, Session};

/// Looks for secrets in what is freed.
struct Watching;

const SECRETS_MAX: usize = 32;
static WATCHING: AtomicBool = AtomicBool::new(false);
static FOUND: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static mut SECRETS: [[u8; 32]; SECRETS_MAX] = [[0; 32]; SECRETS_MAX];
/// One test at a time: what is looked for is shared.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

// SAFETY: memory comes from the system's allocator, with the layouts that were asked for.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that a block holds only what was written to it since.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if WATCHING.load(Ordering::SeqCst) {
            // SAFETY: the block is still whole, and was zeroed when it was made.
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            for i in 0..COUNT.load(Ordering::SeqCst) {
                // SAFETY: written before `WATCHING` was set, by the one test that runs.
                let secret = unsafe { (*(&raw const SECRETS))[i] };
                // Half of it is enough to be a leak.
                let leaks =
                    bytes.windows(16).any(|window| window == &secret[..16] || window == &secret[16..]);
                FOUND.fetch_add(usize::from(leaks), Ordering::SeqCst);
            }
        }
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// How often one of the secrets was found in memory that was freed meanwhile. Drafts are made before and letters kept
/// until after: their unused room has what the compiler left there (docs/threat-model.md).
fn freed_with(secrets: &[[u8; 32]], act: impl FnOnce()) -> usize {
    // SAFETY: only the test that holds the lock gets here, and nothing reads before `WATCHING` is set.
    unsafe { (&mut *(&raw mut SECRETS))[..secrets.len()].copy_from_slice(secrets) };
    COUNT.store(secrets.len(), Ordering::SeqCst);
    FOUND.store(0, Ordering::SeqCst);
    WATCHING.store(true, Ordering::SeqCst);
    act();
    WATCHING.store(false, Ordering::SeqCst);
    FOUND.load(Ordering::SeqCst)
}

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[test]
fn a_secret_that_nobody_wipes_is_found() {
    let _alone = alone();
    let plain = Box::new(secret(1, 2));
    assert_eq!(freed_with(&[secret(1, 2)], || drop(plain)), 1);
    let grown: Vec<u8> = Vec::from(secret(1, 3));
    let grow = || {
        let mut grown = grown;
        grown.extend_from_slice(&[0; 512]);
        grown.iter_mut().for_each(|byte| *byte = 0);
    };
    assert_eq!(freed_with(&[secret(1, 3)], grow), 1, "a buffer that grows leaves its bytes behind");
}

#[test]
fn every_long_term_secret_is_gone_from_memory_that_is_freed() {
    let _alone = alone();
    let all = [ACCOUNT, SIGNING, AGREEMENT, SIGNED, ONE_TIME, KEM_D, KEM_Z].map(|which| secret(0xC0, which));
    let party = Box::new(Party::new(0xC0));
    assert_eq!(freed_with(&all, || drop(party)), 0);
}

#[test]
fn saving_and_restoring_leaves_no_secret_behind() {
    let _alone = alone();
    let all = [ACCOUNT, SIGNING, AGREEMENT, SIGNED, ONE_TIME, KEM_D, KEM_Z].map(|which| secret(0xC0, which));
    let party = Party::new(0xC0);
    let found = freed_with(&all, || {
        let device = party.us.device().save();
        drop(Box::new(DeviceKeys::restore(&device)));
        for prekey in [&party.signed, &party.one_time] {
            drop(Box::new(CurvePrekeySecret::restore(&prekey.save())));
        }
        let kem = party.kem.save();
        drop(Box::new(KemPrekeySecret::restore(&kem)));
        let account = party.account.to_bytes();
        drop(Box::new(AccountKey::from_bytes(&account)));
    });
    assert_eq!(found, 0);
}

#[test]
fn a_session_leaves_no_key_behind_whatever_it_does() {
    let _alone = alone();
    let World { alice, bob, mut alices, mut bobs, mut rng } = World::new();
    let all = [SessionSecrets::of(&alices).current, SessionSecrets::of(&bobs).current].concat();
    let (words, mut opened) = (message(), Vec::with_capacity(4));
    let found = freed_with(&all, || {
        let sealed: Vec<_> = (0..3).map(|_| bob.seal(&mut bobs, &words, &mut rng)).collect();
        for i in [2, 0, 1] {
            opened.push(alices.open(alice.received(&sealed[i]), 0).expect("it is honest"));
        }
        let answer = alice.seal(&mut alices, &words, &mut rng);
        opened.push(bobs.open(bob.received(&answer), 0).expect("it is honest"));
        for session in [&alices, &bobs] {
            drop(Box::new(Session::restore(&session.save())));
        }
        drop((Box::new(alices), Box::new(bobs)));
    });
    assert_eq!(found, 0);
}

#[test]
fn skipped_keys_are_gone_when_they_are_used_and_when_their_session_ends() {
    let _alone = alone();
    let World { alice, bob, mut alices, mut bobs, mut rng } = World::new();
    let sealed: Vec<_> = (0..10).map(|_| bob.say(&mut bobs, &mut rng)).collect();
    // A copy tells which keys the next message makes her skip.
    let mut copy = Session::restore(&alices.save()).expect("it was just saved");
    drop(copy.open(alice.received(&sealed[9]), 0).expect("it is honest"));
    let (keys, mut opened) = (SessionSecrets::of(&copy).skipped, Vec::with_capacity(6));
    assert_eq!(keys.len(), 2 * 9, "each ratchet skipped a key for each");
    let found = freed_with(&keys, || {
        opened.push(alices.open(alice.received(&sealed[9]), 0).expect("it is honest"));
        drop(Box::new(Session::restore(&alices.save())));
        for sealed in &sealed[..5] {
            opened.push(alices.open(alice.received(sealed), 0).expect("it is honest"));
        }
        drop(Box::new(alices));
    });
    assert_eq!(found, 0);
}

#[test]
fn a_session_that_is_restored_and_dropped_leaves_none_of_its_keys_behind() {
    let _alone = alone();
    let World { alices, bobs, .. } = World::new();
    for session in [&alices, &bobs] {
        let found = freed_with(&SessionSecrets::of(session).current, || {
            drop(Box::new(Session::restore(&session.save())));
        });
        assert_eq!(found, 0);
    }
}

#[test]
fn an_exchange_leaves_no_key_behind_in_any_of_its_states() {
    let _alone = alone();
    let World { alice, bob, mut alices, mut bobs, mut rng } = World::new();
    let (mut before, mut epochs) = (SessionSecrets::of(&alices).current, 0);
    let (words, mut opened) = (message(), Vec::with_capacity(120));
    for _ in 0..60 {
        let all = [SessionSecrets::of(&alices).current, SessionSecrets::of(&bobs).current].concat();
        let found = freed_with(&all, || {
            let sealed = alice.seal(&mut alices, &words, &mut rng);
            opened.push(bobs.open(bob.received(&sealed), 0).expect("it is honest"));
            bobs = Session::restore(&bobs.save()).expect("it was just saved");
        });
        assert_eq!(found, 0);
        // Bob was asked, or has answered, and nothing else shows him so.
        let all = [SessionSecrets::of(&alices).current, SessionSecrets::of(&bobs).current].concat();
        let found = freed_with(&all, || {
            let sealed = bob.seal(&mut bobs, &words, &mut rng);
            opened.push(alices.open(alice.received(&sealed), 0).expect("it is honest"));
            alices = Session::restore(&alices.save()).expect("it was just saved");
        });
        assert_eq!(found, 0);
        let now = SessionSecrets::of(&alices).current;
        epochs += usize::from(now.len() != before.len());
        before = now;
    }
    assert!(epochs >= 2, "an exchange began and ended");
}
