//! X25519 (RFC 7748), with the one check that each use needs.

use rand_core::CryptoRng;
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};

/// The other side's public key has low order: the result would not depend on our secret (RFC 7748 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an X25519 public key has low order, so an agreement with it would be no secret")]
pub struct WeakKey;

/// `DH(secret, public)`. Every agreement of this crate is made here, so none skips the check.
pub(crate) fn agree(secret: &StaticSecret, public: &[u8; 32]) -> Result<SharedSecret, WeakKey> {
    let shared = secret.diffie_hellman(&PublicKey::from(*public));
    if shared.was_contributory() { Ok(shared) } else { Err(WeakKey) }
}

/// The public half.
pub(crate) fn public(secret: &StaticSecret) -> [u8; 32] {
    PublicKey::from(secret).to_bytes()
}

/// A new key pair.
pub(crate) fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> StaticSecret {
    StaticSecret::random_from_rng(rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The points of small order, as u-coordinates (cr.yp.to/ecdh.html, "validate").
    const LOW_ORDER: [&str; 5] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    #[test]
    fn a_key_of_low_order_is_refused() {
        let secret = StaticSecret::from([5; 32]);
        for point in LOW_ORDER {
            let bytes = data_encoding::HEXLOWER.decode(point.as_bytes()).unwrap();
            let public: [u8; 32] = bytes.try_into().unwrap();
            assert_eq!(agree(&secret, &public).err(), Some(WeakKey), "{point}");
        }
    }

    #[test]
    fn both_sides_agree() {
        let (ours, theirs) = (StaticSecret::from([5; 32]), StaticSecret::from([6; 32]));
        let one = agree(&ours, &public(&theirs)).unwrap();
        assert_eq!(one.as_bytes(), agree(&theirs, &public(&ours)).unwrap().as_bytes());
    }
}
