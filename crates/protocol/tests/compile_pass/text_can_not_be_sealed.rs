use airlock_protocol::{Content, Control, LocalIdentity, Sealed, SealError, Session};
use rand_core::CryptoRng;

fn send(session: &mut Session, us: &LocalIdentity, _: &Content, text: &Control, rng: &mut impl CryptoRng) -> Result<Sealed, SealError> {
    session.seal(us, text, 0, rng)
}

fn main() {
    let _ = send::<rand_chacha::ChaCha20Rng>;
}
