//! The outer layer of an envelope from the outside, after docs/protocol.md (12) and (20), to put anything inside.

use airlock_wire::Device;
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};

/// Padded as it must be.
pub(crate) fn seal(recipient: &Device, inner: &[u8], ephemeral: &[u8; 32]) -> Vec<u8> {
    let size = (inner.len() + 53).next_power_of_two().max(512);
    let length = u32::try_from(inner.len()).expect("it is short");
    let mut plaintext = [length.to_le_bytes().as_slice(), inner].concat();
    plaintext.resize(size - 49, 0);
    seal_plaintext(recipient, &plaintext, ephemeral)
}

/// With any length and padding.
pub(crate) fn seal_plaintext(recipient: &Device, plaintext: &[u8], ephemeral: &[u8; 32]) -> Vec<u8> {
    let secret = StaticSecret::from(*ephemeral);
    let public = PublicKey::from(&secret).to_bytes();
    let shared = secret.diffie_hellman(&PublicKey::from(recipient.agreement));
    let payload = Payload { msg: plaintext, aad: &[1] };
    let sealed = cipher(shared.as_bytes(), &public, recipient).encrypt(&[0; 12].into(), payload);
    [[1].as_slice(), &public, &sealed.expect("it is short")].concat()
}

/// The inner part.
pub(crate) fn open(sealed: &[u8], recipient: &Device, agreement: &[u8; 32]) -> Vec<u8> {
    let ephemeral: [u8; 32] = sealed[1..33].try_into().expect("32 bytes");
    let shared = StaticSecret::from(*agreement).diffie_hellman(&PublicKey::from(ephemeral));
    let payload = Payload { msg: &sealed[33..], aad: &[1] };
    let plaintext = cipher(shared.as_bytes(), &ephemeral, recipient).decrypt(&[0; 12].into(), payload);
    let plaintext = plaintext.expect("it is for this device");
    let length = u32::from_le_bytes(plaintext[..4].try_into().expect("4 bytes")) as usize;
    plaintext[4..4 + length].to_vec()
}

fn cipher(shared: &[u8; 32], ephemeral: &[u8; 32], recipient: &Device) -> ChaCha20Poly1305 {
    let info = [b"Airlock v1 sealed envelope\0".as_slice(), ephemeral, &recipient.agreement, &recipient.id.0];
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, shared).expand_multi_info(&info, &mut key).expect("32 bytes");
    ChaCha20Poly1305::new(&key.into())
}
