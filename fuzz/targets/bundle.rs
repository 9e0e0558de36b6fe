//! A bundle as a relay hands it out, and as a lying device could sign it: a session with it starts, or is refused.
#![no_main]

use airlock_fuzz::{World, message, sign_as_bob};
use airlock_protocol::{Session, VerifiedBundle};
use airlock_wire::{Bundle, decode};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((signed, bytes)) = bytes.split_first() else { return };
    let Ok(mut bundle) = decode::<Bundle>(bytes) else { return };
    if signed % 2 == 1 {
        bundle.device = WORLD.bob.us.device().id();
        sign_as_bob(&mut bundle);
    }
    let Ok(bundle) = VerifiedBundle::verify(bundle, &WORLD.bob.devices) else { return };
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    if let Ok(mut session) = Session::initiate(&WORLD.alice.us, bundle, 0, &mut rng) {
        let sealed = session.seal(&WORLD.alice.us, &message(), 0, &mut rng).expect("a short message fits");
        assert!(sealed.into_envelope().sealed.len().is_power_of_two());
    }
});
