// A draft that did not go through the gate can't be sealed.
use airlock_protocol::{Checked, Draft, LocalIdentity, Sealed, SealError, Session};
use rand_chacha::ChaCha20Rng;

fn send(session: &mut Session, us: &LocalIdentity, written: &Draft, _: &Checked, rng: &mut ChaCha20Rng) -> Result<Sealed, SealError> {
    session.seal(us, written, 0, rng)
}

fn main() {
    let _ = send;
}
