use airlock_protocol::{LocalIdentity, PqxdhError, Session, VerifiedBundle};
use airlock_wire::{Bundle, DeviceList};
use rand_chacha::ChaCha20Rng;

fn start(us: &LocalIdentity, bundle: Bundle, devices: &DeviceList, rng: &mut ChaCha20Rng) -> Option<Result<Session, PqxdhError>> {
    let bundle = VerifiedBundle::verify(bundle, devices).ok()?;
    Some(Session::initiate(us, bundle, 0, rng))
}

fn main() {
    let _ = start;
}
