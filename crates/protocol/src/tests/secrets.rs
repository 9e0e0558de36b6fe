//! That secrets are wiped. `zeroize` is no default feature of most of our dependencies, and a build without it would
//! compile, so the bounds are stated here.

use zeroize::ZeroizeOnDrop;

use crate::{
    attachment::Pointer,
    identity::{AccountKey, DeviceKeys},
    kdf::Key32,
    kem::{KemSecret, KemSeed},
    prekey::{CurvePrekeySecret, KemPrekeySecret},
    saved::SavedSecret,
};

fn wiped_on_drop<T: ZeroizeOnDrop>() {}

#[test]
fn every_secret_of_ours_is_wiped_on_drop() {
    wiped_on_drop::<AccountKey>();
    wiped_on_drop::<DeviceKeys>();
    wiped_on_drop::<CurvePrekeySecret>();
    wiped_on_drop::<KemPrekeySecret>();
    wiped_on_drop::<KemSecret>();
    wiped_on_drop::<KemSeed>();
    wiped_on_drop::<SavedSecret>();
    wiped_on_drop::<Key32>();
    wiped_on_drop::<Pointer>();
    crate::ratchet::assert_secrets_are_wiped_on_drop();
    crate::pq_ratchet::assert_secrets_are_wiped_on_drop();
}

#[test]
fn every_secret_of_our_dependencies_is_wiped_on_drop() {
    wiped_on_drop::<ed25519_dalek::SigningKey>();
    wiped_on_drop::<x25519_dalek::StaticSecret>();
    wiped_on_drop::<x25519_dalek::SharedSecret>();
    wiped_on_drop::<ml_kem::ml_kem_768::DecapsulationKey>();
    wiped_on_drop::<chacha20poly1305::ChaCha20Poly1305>();
    // `Hmac` does not state the bound itself; it is two of these and a buffer that is wiped by the same feature.
    wiped_on_drop::<sha2::Sha256>();
}
