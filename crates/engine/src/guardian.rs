//! A guardian's lock: who may change a hook is not who uses the device, but who knows a second passphrase.
//!
//! The vault keeps an Argon2id verifier and no passphrase. It keeps a child's or a forgetful person's setting from
//! being changed by accident or on a whim; it is no barrier against whoever can run another client on this account.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::unlock::{ARGON2_MEMORY_KIB, ARGON2_PASSES, Passphrase, UnlockError, stretch};

/// Tells a guardian's passphrase from others.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guardian {
    memory_kib: u32,
    passes: u32,
    salt: [u8; 16],
    /// SHA-256 of a label and what Argon2id makes of the passphrase.
    verifier: [u8; 32],
}

impl Guardian {
    pub(crate) fn new(
        passphrase: &Passphrase,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, UnlockError> {
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let (memory_kib, passes) = (ARGON2_MEMORY_KIB, ARGON2_PASSES);
        let verifier = verifier(passphrase, &salt, memory_kib, passes)?;
        Ok(Self { memory_kib, passes, salt, verifier })
    }

    /// Whether this is the guardian's passphrase.
    pub(crate) fn admits(&self, passphrase: &Passphrase) -> Result<bool, UnlockError> {
        let Self { memory_kib, passes, salt, verifier: expected } = self;
        Ok(verifier(passphrase, salt, *memory_kib, *passes)? == *expected)
    }
}

impl std::fmt::Debug for Guardian {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { memory_kib, passes, salt: _, verifier: _ } = self;
        f.debug_struct("Guardian")
            .field("memory_kib", memory_kib)
            .field("passes", passes)
            .finish_non_exhaustive()
    }
}

fn verifier(
    passphrase: &Passphrase,
    salt: &[u8; 16],
    memory_kib: u32,
    passes: u32,
) -> Result<[u8; 32], UnlockError> {
    let stretched = stretch(passphrase, salt, memory_kib, passes)?;
    // Hashed once more, so that comparing tells nothing of what Argon2id made by how long it takes.
    Ok(Sha256::new().chain_update(LABEL).chain_update(stretched.as_slice()).finalize().into())
}

/// Keeps a verifier apart from anything else that is made of a passphrase.
const LABEL: &[u8] = b"Airlock v1 guardian\0";

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn a_guardian_is_known_by_the_passphrase_alone() {
        let passphrase = |text: &str| Passphrase::new(text.into());
        let guardian =
            Guardian::new(&passphrase("garden gate"), &mut ChaCha20Rng::from_seed([1; 32])).unwrap();
        assert!(guardian.admits(&passphrase("garden gate")).unwrap());
        assert!(!guardian.admits(&passphrase("garden gates")).unwrap());
        let stored = airlock_wire::encode(&guardian);
        assert!(!stored.windows(6).any(|window| window == b"garden"));
        assert!(!format!("{guardian:?}").contains("verifier"));
    }
}
