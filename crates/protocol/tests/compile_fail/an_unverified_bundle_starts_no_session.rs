// A bundle as the relay gave it out starts no session.
use airlock_protocol::{LocalIdentity, PqxdhError, Session};
use airlock_wire::{Bundle, DeviceList};
use rand_chacha::ChaCha20Rng;

fn start(us: &LocalIdentity, bundle: Bundle, _: &DeviceList, rng: &mut ChaCha20Rng) -> Option<Result<Session, PqxdhError>> {
    Some(Session::initiate(us, bundle, 0, rng))
}

fn main() {
    let _ = start;
}
