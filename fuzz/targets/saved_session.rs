//! A session at rest: whatever is restored is saved as the same bytes, and works or refuses, but never panics.
#![no_main]

use airlock_fuzz::{World, message};
use airlock_protocol::{CurvePrekeySecret, DeviceKeys, KemPrekeySecret, Received, Session};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = DeviceKeys::restore(bytes);
    let _ = CurvePrekeySecret::restore(bytes);
    let _ = KemPrekeySecret::restore(bytes);
    let Ok(mut session) = Session::restore(bytes) else { return };
    let saved = session.save();
    assert_eq!(&*Session::restore(&saved).expect("just saved").save(), &*saved);

    let hello = Received::parse(&WORLD.hello, &WORLD.bob.us).expect("it is honest");
    let _ = session.open(hello, 1);
    let _ = session.seal(&WORLD.bob.us, &message(), 1, &mut ChaCha20Rng::seed_from_u64(2));
});
