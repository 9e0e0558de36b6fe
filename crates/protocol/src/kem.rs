//! ML-KEM-768 (FIPS 203): keys as their seeds, and keys of others as bytes that passed the check.

use alloc::vec::Vec;

use ml_kem::{
    Decapsulate, Encapsulate, Key, KeyExport, Seed,
    ml_kem_768::{Ciphertext, DecapsulationKey, EncapsulationKey},
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of an ML-KEM-768 encapsulation key (FIPS 203 §8, table 3).
pub const KEM_PUBLIC_BYTES: usize = 1_184;

/// Bytes of an ML-KEM-768 ciphertext (FIPS 203 §8, table 3).
pub const KEM_CIPHERTEXT_BYTES: usize = 1_088;

/// `d ‖ z` (FIPS 203 §3.3): a seed is always a valid key, and expanding it is cheaper than checking an expanded one.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct KemSeed {
    pub(crate) d: [u8; 32],
    pub(crate) z: [u8; 32],
}

/// `SS`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct KemSecret(pub(crate) [u8; 32]);

/// An encapsulation key of somebody: of the right length, and checked after FIPS 203 §7.2.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ByteBuf")]
pub(crate) struct KemPublic(#[serde(with = "serde_bytes")] Vec<u8>);

/// A ciphertext of the right length. Whether it was made for a key shows in what comes of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ByteBuf")]
pub(crate) struct KemCiphertext(#[serde(with = "serde_bytes")] Vec<u8>);

/// Why bytes are no key, or no ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KemError {
    #[error("{got} bytes are not one of ML-KEM-768")]
    Length { got: usize },
    #[error("it is not a valid ML-KEM-768 key")]
    Key,
}

impl KemSeed {
    pub(crate) fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut seed = Self { d: [0; 32], z: [0; 32] };
        rng.fill_bytes(&mut seed.d);
        rng.fill_bytes(&mut seed.z);
        seed
    }

    /// `ek` of `KeyGen(d, z)`.
    pub(crate) fn public(&self) -> KemPublic {
        KemPublic(public_bytes(&self.expand()))
    }

    /// `Decaps(dk, c)`, and the public key that the ciphertext was made for. A wrong ciphertext gives a secret that
    /// nobody else has (implicit rejection).
    pub(crate) fn decapsulate(&self, ciphertext: &[u8; KEM_CIPHERTEXT_BYTES]) -> (KemSecret, KemPublic) {
        let key = self.expand();
        let ciphertext: &Ciphertext = ciphertext.into();
        let mut shared = key.decapsulate(ciphertext);
        let secret = KemSecret(shared.into());
        shared.as_mut_slice().zeroize();
        (secret, KemPublic(public_bytes(&key)))
    }

    fn expand(&self) -> DecapsulationKey {
        let mut seed = Seed::default();
        let (d, z) = seed.split_at_mut(32);
        d.copy_from_slice(&self.d);
        z.copy_from_slice(&self.z);
        let key = DecapsulationKey::from_seed(seed);
        seed.as_mut_slice().zeroize();
        key
    }
}

fn public_bytes(key: &DecapsulationKey) -> Vec<u8> {
    key.encapsulation_key().to_bytes().to_vec()
}

/// A key, decoded and checked (FIPS 203 §7.2).
pub(crate) fn decode(bytes: &[u8]) -> Result<EncapsulationKey, KemError> {
    let encoded =
        <&Key<EncapsulationKey>>::try_from(bytes).map_err(|_| KemError::Length { got: bytes.len() })?;
    EncapsulationKey::new(encoded).map_err(|_| KemError::Key)
}

/// `Encaps(ek; m)`.
pub(crate) fn encapsulate(
    key: &EncapsulationKey,
    rng: &mut (impl CryptoRng + ?Sized),
) -> (KemCiphertext, KemSecret) {
    let (ciphertext, mut shared) = key.encapsulate_with_rng(rng);
    let secret = KemSecret(shared.into());
    shared.as_mut_slice().zeroize();
    (KemCiphertext(ciphertext.to_vec()), secret)
}

impl KemPublic {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    #[expect(clippy::expect_used, reason = "each was checked when it was made")]
    pub(crate) fn encapsulate(&self, rng: &mut (impl CryptoRng + ?Sized)) -> (KemCiphertext, KemSecret) {
        encapsulate(&decode(&self.0).expect("it is a key"), rng)
    }
}

impl TryFrom<ByteBuf> for KemPublic {
    type Error = KemError;

    fn try_from(bytes: ByteBuf) -> Result<Self, KemError> {
        bytes.into_vec().try_into()
    }
}

impl TryFrom<Vec<u8>> for KemPublic {
    type Error = KemError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, KemError> {
        decode(&bytes).map(|_| Self(bytes))
    }
}

impl KemCiphertext {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    #[expect(clippy::expect_used, reason = "each was measured when it was made")]
    pub(crate) fn as_array(&self) -> &[u8; KEM_CIPHERTEXT_BYTES] {
        self.0.as_slice().try_into().expect("it has this length")
    }
}

impl TryFrom<ByteBuf> for KemCiphertext {
    type Error = KemError;

    fn try_from(bytes: ByteBuf) -> Result<Self, KemError> {
        bytes.into_vec().try_into()
    }
}

impl TryFrom<Vec<u8>> for KemCiphertext {
    type Error = KemError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, KemError> {
        if bytes.len() == KEM_CIPHERTEXT_BYTES {
            Ok(Self(bytes))
        } else {
            Err(KemError::Length { got: bytes.len() })
        }
    }
}

impl core::fmt::Debug for KemPublic {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KemPublic").finish_non_exhaustive()
    }
}

impl core::fmt::Debug for KemCiphertext {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KemCiphertext").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn both_sides_have_the_same_secret_and_a_changed_ciphertext_gives_another() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let seed = KemSeed::generate(&mut rng);
        let (ciphertext, secret) = seed.public().encapsulate(&mut rng);
        let (same, public) = seed.decapsulate(ciphertext.as_array());
        assert_eq!((same.0, public), (secret.0, seed.public()));
        let mut changed = *ciphertext.as_array();
        changed[0] ^= 1;
        assert_ne!(seed.decapsulate(&changed).0.0, secret.0);
    }

    #[test]
    fn what_is_no_key_or_no_ciphertext_is_refused() {
        assert_eq!(KemPublic::try_from(vec![0; 1_183]), Err(KemError::Length { got: 1_183 }));
        // A coefficient of 4,095, and the modulus is 3,329.
        assert_eq!(KemPublic::try_from(vec![0xFF; 1_184]), Err(KemError::Key));
        assert_eq!(KemCiphertext::try_from(vec![0; 1_089]), Err(KemError::Length { got: 1_089 }));
    }
}
