//! The two ratchets of a session side by side: each gives a key, and a message is sealed with both
//! (docs/protocol.md §6.3, §6.4, §14).

use alloc::vec::Vec;

use rand_core::CryptoRng;
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

use crate::{
    agreement::WeakKey,
    kdf::PqxdhKeys,
    pq_ratchet::{PqHeader, PqRatchet, Role, saved::SavedPqRatchet},
    ratchet::{DoubleRatchet, Header, OpenRatchetError, SealRatchetError, saved::SavedRatchet},
    saved::SavedError,
};

/// What a session's messages are sealed with.
#[derive(Debug)]
pub(crate) struct BothRatchets {
    classical: DoubleRatchet,
    /// None in a session of version 1.
    post_quantum: Option<PqRatchet>,
}

/// The headers of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Headers {
    pub(crate) classical: Header,
    /// None in a session of version 1.
    pub(crate) post_quantum: Option<PqHeader>,
}

impl BothRatchets {
    /// Alice's start.
    pub(crate) fn initiate(
        keys: &PqxdhKeys,
        theirs: [u8; 32],
        now_ms: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, WeakKey> {
        Ok(Self {
            classical: DoubleRatchet::initiate(&keys.secret, theirs, rng)?,
            post_quantum: Some(PqRatchet::start(Role::Initiator, &keys.start, now_ms)),
        })
    }

    /// Bob's start, on Alice's first message.
    pub(crate) fn respond(
        keys: &PqxdhKeys,
        ours: &StaticSecret,
        theirs: [u8; 32],
        now_ms: u64,
    ) -> Result<Self, WeakKey> {
        Ok(Self {
            classical: DoubleRatchet::respond(&keys.secret, ours, theirs)?,
            post_quantum: Some(PqRatchet::start(Role::Responder, &keys.start, now_ms)),
        })
    }

    pub(crate) fn is_post_quantum(&self) -> bool {
        self.post_quantum.is_some()
    }

    /// The associated data of the AEAD is `associated` and the headers (docs/protocol.md (18), (28)).
    pub(crate) fn encrypt(
        &mut self,
        plaintext: Zeroizing<Vec<u8>>,
        associated: &[u8],
        now_ms: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Headers, Vec<u8>), SealRatchetError> {
        let (mut classical, key) = self.classical.next_key(rng)?;
        let (post_quantum, key) = match &mut self.post_quantum {
            None => (None, key.alone()),
            Some(ratchet) => {
                let (header, second) = ratchet.next_key(now_ms, rng).ok_or(SealRatchetError::Exhausted)?;
                (Some(header), key.with(second))
            }
        };
        // The key is used once. Were a state ever restored from a backup, a random nonce still keeps its second use
        // from revealing two texts.
        rng.fill_bytes(&mut classical.nonce);
        let headers = Headers { classical, post_quantum };
        let ciphertext = key.encrypt(headers.classical.nonce, &headers.after(associated), plaintext);
        Ok((headers, ciphertext))
    }

    /// Works on copies; nothing changes unless the message authenticates.
    pub(crate) fn decrypt(
        &mut self,
        headers: Headers,
        associated: &[u8],
        ciphertext: Vec<u8>,
        now_ms: u64,
    ) -> Result<Zeroizing<Vec<u8>>, OpenRatchetError> {
        let (key, step) = self.classical.key_of(&headers.classical, now_ms)?;
        let associated = headers.after(associated);
        let nonce = headers.classical.nonce;
        let plaintext = match (&mut self.post_quantum, headers.post_quantum) {
            (None, None) => key.alone().decrypt(nonce, &associated, ciphertext)?,
            (Some(ratchet), Some(header)) => {
                let (second, pq_step) = ratchet.key_of(&header, now_ms)?;
                let plaintext = key.with(second).decrypt(nonce, &associated, ciphertext)?;
                ratchet.commit(pq_step, header, now_ms);
                plaintext
            }
            // A session stays of its version.
            (None, Some(_)) | (Some(_), None) => return Err(OpenRatchetError::NotAuthentic),
        };
        self.classical.commit(step, now_ms);
        Ok(plaintext)
    }

    pub(crate) fn to_saved(&self) -> (SavedRatchet, Option<SavedPqRatchet>) {
        let Self { classical, post_quantum } = self;
        (classical.to_saved(), post_quantum.as_ref().map(PqRatchet::to_saved))
    }

    pub(crate) fn from_saved(
        classical: SavedRatchet,
        post_quantum: Option<SavedPqRatchet>,
    ) -> Result<Self, SavedError> {
        let classical = DoubleRatchet::from_saved(classical)?;
        let post_quantum = post_quantum.map(PqRatchet::from_saved).transpose()?;
        Ok(Self { classical, post_quantum })
    }
}

impl Headers {
    /// `CONCAT(AD, header)`: one reading, as the classical header has a fixed size and stands last, and what may stand
    /// before it never sums up to the same length in two ways.
    fn after(&self, associated: &[u8]) -> Vec<u8> {
        let mut bytes = associated.to_vec();
        if let Some(header) = &self.post_quantum {
            header.append_to(&mut bytes);
        }
        bytes.extend_from_slice(&self.classical.to_bytes());
        bytes
    }
}
