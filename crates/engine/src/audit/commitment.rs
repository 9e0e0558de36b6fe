//! What binds the log: the hash over each entry, and the keyed commitments to what a hook saw and answered.

use airlock_protocol::{Content, Verdict, gate::Failure};
use airlock_wire::encode;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const CHAIN_LABEL: &[u8] = b"Airlock v1 audit chain";
const COMMITMENT_LABEL: &[u8] = b"Airlock v1 audit commitment";
const ANSWER_LABEL: &[u8] = b"Airlock v1 audit answer";

/// What opens a decision's commitments: the key, and what was judged.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// The key of both commitments.
    pub key: [u8; 32],
    /// What the hook judged.
    pub content: Content,
    /// SHA-256 of the file's bytes, if the hook was shown them and they are kept.
    pub file: Option<[u8; 32]>,
}

/// Shows neither key nor content.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key: _, content, file } = self;
        f.debug_struct("Kept")
            .field("content", content)
            .field("file", &file.is_some())
            .finish_non_exhaustive()
    }
}

/// Commits to what a hook judged and to what it answered, without showing either: HMAC-SHA-256 under one random key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    /// To the content.
    pub content: [u8; 32],
    /// To the verdict with everything in it (a rewrite, evidence, a score), or to the failure.
    pub answer: [u8; 32],
}

impl Commitment {
    /// Commits under a key, which must be random and used for nothing else.
    #[must_use]
    pub fn new(key: &[u8; 32], content: &Content, answer: &Result<Verdict, Failure>) -> Self {
        Self { content: commitment(key, content), answer: mac(key, ANSWER_LABEL, &encode(answer)) }
    }
}

/// The commitment to content under a key: HMAC-SHA-256 over a label, a zero byte, and the content in the wire's codec.
#[must_use]
pub fn commitment(key: &[u8; 32], content: &Content) -> [u8; 32] {
    mac(key, COMMITMENT_LABEL, &encode(content))
}

fn mac(key: &[u8; 32], label: &[u8], bytes: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length; a fixed array never fails.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.chain_update(label).chain_update([0]).chain_update(bytes).finalize().into_bytes().into()
}

/// The hash of an entry, over the hash before it, its number and its bytes.
#[must_use]
pub fn chain(previous: &[u8; 32], number: u64, encoded: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(CHAIN_LABEL)
        .chain_update([0])
        .chain_update(previous)
        .chain_update(number.to_le_bytes())
        .chain_update(encoded)
        .finalize()
        .into()
}
