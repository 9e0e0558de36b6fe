//! What the steps of a session cost at the least: the same primitives from the same crates, as often as the
//! specification calls for them, with nothing between.

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit as _};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use ml_kem::{
    Decapsulate, Encapsulate, Key, KeyExport, Seed,
    ml_kem_768::{Ciphertext, DecapsulationKey, EncapsulationKey},
};
use rand_chacha::ChaCha20Rng;
use sha2::Sha256;
use std::hint::black_box;
use x25519_dalek::{PublicKey, StaticSecret};

/// Keys of someone else, and what they signed.
pub(crate) struct Primitives {
    secret: StaticSecret,
    public: PublicKey,
    verifying: [u8; 32],
    signature: Signature,
    kem: Seed,
    kem_public: Vec<u8>,
    ciphertext: Ciphertext,
}

/// A prekey's label, device, number and key.
const SIGNED: [u8; 100] = [3; 100];

impl Primitives {
    pub(crate) fn new(rng: &mut ChaCha20Rng) -> Self {
        let secret = StaticSecret::from([5; 32]);
        let signing = SigningKey::from_bytes(&[6; 32]);
        let kem = Seed::from([7; 64]);
        let decapsulation = DecapsulationKey::from_seed(kem);
        let encapsulation = decapsulation.encapsulation_key();
        let (ciphertext, _) = encapsulation.encapsulate_with_rng(rng);
        Self {
            public: PublicKey::from(&secret),
            verifying: signing.verifying_key().to_bytes(),
            signature: signing.sign(&SIGNED),
            kem_public: encapsulation.to_bytes().to_vec(),
            secret,
            kem,
            ciphertext,
        }
    }

    /// Three signatures; the keys EK and the first ratchet key; four agreements and one for the ratchet; encapsulation;
    /// SK, session id, RK and CK.
    pub(crate) fn initiate(&self, rng: &mut ChaCha20Rng) {
        (0..3).for_each(|_| self.verify());
        (0..2).for_each(|_| self.make_key());
        (0..5).for_each(|_| self.agree());
        let key = <&Key<EncapsulationKey>>::try_from(self.kem_public.as_slice()).unwrap();
        black_box(EncapsulationKey::new(key).unwrap().encapsulate_with_rng(rng));
        (0..3).for_each(|_| derive());
    }

    /// The envelope: one agreement and 2,048 bytes. One signature, the device list's; four agreements and one for the
    /// ratchet; the public keys of two prekeys, for the transcript; decapsulation from the seed; SK, session id, RK and
    /// CK; one message.
    pub(crate) fn accept(&self) {
        self.verify();
        (0..2).for_each(|_| self.make_key());
        (0..6).for_each(|_| self.agree());
        black_box(DecapsulationKey::from_seed(self.kem).decapsulate(&self.ciphertext));
        (0..4).for_each(|_| derive());
        aead::<2_048>();
        message();
    }

    /// Two turns of the ratchet on each side, and two messages sealed and opened.
    pub(crate) fn round_trip(&self) {
        (0..2).for_each(|_| self.make_key());
        (0..4).for_each(|_| self.agree());
        (0..4).for_each(|_| derive());
        (0..4).for_each(|_| message());
    }

    fn verify(&self) {
        let key = VerifyingKey::from_bytes(black_box(&self.verifying)).unwrap();
        key.verify_strict(&SIGNED, &self.signature).unwrap();
    }

    fn make_key(&self) {
        black_box(PublicKey::from(black_box(&self.secret)));
    }

    fn agree(&self) {
        black_box(black_box(&self.secret).diffie_hellman(&self.public).was_contributory());
    }
}

fn derive() {
    let mut okm = [0; 64];
    Hkdf::<Sha256>::new(Some(black_box(&[1; 32])), &[2; 32])
        .expand(b"Airlock v1 root key", &mut okm)
        .unwrap();
    black_box(okm);
}

/// One step of a chain, one derivation, one AEAD of about what a letter with 256 bytes of text takes.
pub(crate) fn message() {
    let chain = <Hmac<Sha256>>::new_from_slice(black_box(&[1; 32])).unwrap();
    black_box([chain.clone().chain_update([1]).finalize(), chain.chain_update([2]).finalize()]);
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, black_box(&[2; 32])).expand(b"Airlock v1 message key", &mut key).unwrap();
    black_box(key);
    aead::<283>();
}

fn aead<const N: usize>() {
    let mut buffer = [0; N];
    let cipher = ChaCha20Poly1305::new(black_box(&[4; 32]).into());
    black_box(
        cipher.encrypt_inout_detached(&[0; 12].into(), &[0; 84], buffer.as_mut_slice().into()).unwrap(),
    );
    black_box(buffer);
}
