//! The key to the vault: kept in a file for its owner alone, or wrapped by a passphrase.
//!
//! The vault's key is random and never changes; what protects it can.

use std::{fmt, fs, io};

use airlock_wire::{CodecError, decode, encode};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::home::{Home, write_private};

/// Memory for Argon2id in KiB: 64 MiB, as RFC 9106 §4 recommends where memory is limited.
pub(crate) const ARGON2_MEMORY_KIB: u32 = 64 * 1024;

/// Passes over that memory (RFC 9106 §4): about 0.15 s on a small machine.
pub(crate) const ARGON2_PASSES: u32 = 3;

/// Most memory that a key file may ask for, so that a planted file can't exhaust the machine.
const ARGON2_MEMORY_KIB_MAX: u32 = 1024 * 1024;

const WRAP_LABEL: &[u8] = b"Airlock v1 vault key";

/// A passphrase. Wiped when dropped, and shown nowhere.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passphrase").finish_non_exhaustive()
    }
}

/// What opens the vault.
#[derive(Debug)]
pub enum Unlock {
    /// The key is in the file, which only its owner can read.
    KeyFile,
    /// The key in the file is wrapped by this.
    Passphrase(Passphrase),
}

/// What a home needs to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Nothing more than its files.
    KeyFile,
    /// Its passphrase.
    Passphrase,
}

/// The key of the vault's database.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct VaultKey(pub(crate) [u8; 32]);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// The key file can't be read or written.
    #[error("the key file cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// The key file is damaged.
    #[error("the key file is damaged: {0}")]
    Damaged(CodecError),
    /// The key file asks for more memory than we allow.
    #[error("the key file asks for {asked} KiB of memory, and the limit is {ARGON2_MEMORY_KIB_MAX} KiB")]
    TooCostly {
        /// KiB.
        asked: u32,
    },
    /// The vault has a passphrase and none was given.
    #[error("this vault is protected by a passphrase")]
    PassphraseNeeded,
    /// The passphrase does not unwrap the key.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// Argon2 refuses its parameters.
    #[error("the key file has parameters that cannot be used")]
    Parameters,
}

#[derive(Serialize, Deserialize)]
enum KeyFile {
    Plain { key: [u8; 32] },
    Wrapped { memory_kib: u32, passes: u32, salt: [u8; 16], nonce: [u8; 12], wrapped: Vec<u8> },
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        if let Self::Plain { key } = self {
            key.zeroize();
        }
    }
}

impl VaultKey {
    /// Makes a key and stores it in the home, protected as asked.
    pub(crate) fn create(
        home: &Home,
        unlock: &Unlock,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, UnlockError> {
        let mut key = Self([0; 32]);
        rng.fill_bytes(&mut key.0);
        let file = match unlock {
            Unlock::KeyFile => KeyFile::Plain { key: key.0 },
            Unlock::Passphrase(passphrase) => {
                let (mut salt, mut nonce) = ([0; 16], [0; 12]);
                rng.fill_bytes(&mut salt);
                rng.fill_bytes(&mut nonce);
                let wrapping = stretch(passphrase, &salt, ARGON2_MEMORY_KIB, ARGON2_PASSES)?;
                let payload = Payload { msg: &key.0, aad: WRAP_LABEL };
                let wrapped = ChaCha20Poly1305::new((&*wrapping).into())
                    .encrypt(&nonce.into(), payload)
                    .map_err(|_| UnlockError::Parameters)?;
                let (memory_kib, passes) = (ARGON2_MEMORY_KIB, ARGON2_PASSES);
                KeyFile::Wrapped { memory_kib, passes, salt, nonce, wrapped }
            }
        };
        write_private(&home.key(), &Zeroizing::new(encode(&file)))?;
        Ok(key)
    }

    /// Reads the key from the home.
    pub(crate) fn open(home: &Home, unlock: &Unlock) -> Result<Self, UnlockError> {
        match &read(home)? {
            KeyFile::Plain { key } => Ok(Self(*key)),
            KeyFile::Wrapped { memory_kib, passes, salt, nonce, wrapped } => {
                let Unlock::Passphrase(passphrase) = unlock else {
                    return Err(UnlockError::PassphraseNeeded);
                };
                if *memory_kib > ARGON2_MEMORY_KIB_MAX {
                    return Err(UnlockError::TooCostly { asked: *memory_kib });
                }
                let wrapping = stretch(passphrase, salt, *memory_kib, *passes)?;
                let payload = Payload { msg: wrapped, aad: WRAP_LABEL };
                let key = ChaCha20Poly1305::new((&*wrapping).into())
                    .decrypt(nonce.into(), payload)
                    .map(Zeroizing::new)
                    .map_err(|_| UnlockError::WrongPassphrase)?;
                let key =
                    key.as_slice().try_into().map_err(|_| UnlockError::Damaged(CodecError::Malformed))?;
                Ok(Self(key))
            }
        }
    }
}

/// How a home is protected.
pub(crate) fn protection(home: &Home) -> Result<Protection, UnlockError> {
    Ok(match read(home)? {
        KeyFile::Plain { .. } => Protection::KeyFile,
        KeyFile::Wrapped { .. } => Protection::Passphrase,
    })
}

fn read(home: &Home) -> Result<KeyFile, UnlockError> {
    decode(&Zeroizing::new(fs::read(home.key())?)).map_err(UnlockError::Damaged)
}

/// What Argon2id makes of a passphrase.
pub(crate) fn stretch(
    passphrase: &Passphrase,
    salt: &[u8; 16],
    memory_kib: u32,
    passes: u32,
) -> Result<Zeroizing<[u8; 32]>, UnlockError> {
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| UnlockError::Parameters)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.0.as_bytes(), salt, key.as_mut_slice())
        .map_err(|_| UnlockError::Parameters)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path());
        (folder, home)
    }

    fn passphrase(text: &str) -> Unlock {
        Unlock::Passphrase(Passphrase::new(text.into()))
    }

    #[test]
    fn the_right_passphrase_gives_the_key_and_a_wrong_one_says_so() {
        let (_folder, home) = home();
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let made = VaultKey::create(&home, &passphrase("correct horse"), &mut rng).unwrap();
        assert_eq!(protection(&home).unwrap(), Protection::Passphrase);
        assert_eq!(VaultKey::open(&home, &passphrase("correct horse")).unwrap().0, made.0);
        assert!(matches!(
            VaultKey::open(&home, &passphrase("correct house")),
            Err(UnlockError::WrongPassphrase)
        ));
        assert!(matches!(VaultKey::open(&home, &Unlock::KeyFile), Err(UnlockError::PassphraseNeeded)));
        let stored = fs::read(home.key()).unwrap();
        assert!(!stored.windows(32).any(|window| window == made.0), "the key is in the file unwrapped");
    }

    #[test]
    fn a_damaged_key_file_is_named_as_such() {
        let (_folder, home) = home();
        VaultKey::create(&home, &Unlock::KeyFile, &mut ChaCha20Rng::from_seed([1; 32])).unwrap();
        let mut bytes = fs::read(home.key()).unwrap();
        bytes.truncate(9);
        fs::write(home.key(), bytes).unwrap();
        assert!(matches!(VaultKey::open(&home, &Unlock::KeyFile), Err(UnlockError::Damaged(_))));
    }

    #[test]
    fn a_key_file_that_asks_for_too_much_memory_is_refused() {
        let (_folder, home) = home();
        let (memory_kib, passes) = (u32::MAX, 1);
        let file =
            KeyFile::Wrapped { memory_kib, passes, salt: [0; 16], nonce: [0; 12], wrapped: vec![0; 48] };
        write_private(&home.key(), &encode(&file)).unwrap();
        assert!(matches!(
            VaultKey::open(&home, &passphrase("x")),
            Err(UnlockError::TooCostly { asked: u32::MAX })
        ));
    }
}
