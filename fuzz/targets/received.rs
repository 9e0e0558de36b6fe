//! What a relay pushes. The first byte chooses: 0 gives the rest to the device as an envelope; anything else seals the
//! rest as the inner part of one, as anyone can who knows the device's public key.
#![no_main]

use airlock_fuzz::{World, seal_inner};
use airlock_protocol::{Received, Session};
use std::sync::LazyLock;

static WORLD: LazyLock<(World, Vec<u8>)> = LazyLock::new(|| {
    let world = World::new();
    let saved = world.bobs.save().to_vec();
    (world, saved)
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (world, saved) = &*WORLD;
    let bob = &world.bob;
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let sealed = match choice {
        0 => Some(bytes.to_vec()),
        _ => seal_inner(&bob.us.device().public(), bytes),
    };
    let Some(Ok(received)) = sealed.map(|sealed| Received::parse(&sealed, &bob.us)) else { return };
    let mut session = Session::restore(saved).expect("just saved");
    if received.session_id() == session.id() {
        // A session changes only for a message that authenticates, and hello, the only one, was opened before.
        assert!(session.open(received, 0).is_err());
        assert_eq!(&*session.save(), saved);
    } else if let Received::First(first) = received {
        // Another session than Alice's can be Alice's only if a key leaked.
        assert!(bob.accept(first).is_err());
    }
});
