use airlock_protocol::{Content, Control, LocalIdentity, Sealed, SealError, Session};
use rand_chacha::ChaCha20Rng;

fn send(session: &mut Session, us: &LocalIdentity, _: &Content, text: &Control, rng: &mut ChaCha20Rng) -> Result<Sealed, SealError> {
    session.seal(us, text, 0, rng)
}

fn main() {
    let _ = send;
}
