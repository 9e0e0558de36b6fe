//! The sealed envelope: the outer layer, which hides the sender from the relay (docs/protocol.md §7).
//!
//! `version ‖ ephemeral X25519 key ‖ ChaCha20-Poly1305(length ‖ inner ‖ zeros)`, padded so that its length is a power
//! of two. It authenticates nobody: what is inside is a claim until the ratchet has opened it.

use alloc::vec::Vec;

use airlock_wire::{Device, ENVELOPE_BYTES_MAX, SignedDeviceList, decode, encode};
use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::{
    agreement::{self, WeakKey, agree},
    identity::{DeviceKeys, Peer},
    incoming::OpenError,
    kdf,
    pq_ratchet::PqHeader,
    pqxdh::Handshake,
    ratchet::Header,
    session::SessionId,
};

/// First byte of an envelope.
const ENVELOPE_VERSION: u8 = 1;

/// Smallest envelope in bytes: receipts and texts of up to about 280 bytes look alike.
const ENVELOPE_BYTES_MIN: usize = 512;

const VERSION_BYTES: usize = 1;
const KEY_BYTES: usize = 32;
const LENGTH_BYTES: usize = 4;
const TAG_BYTES: usize = 16;

/// Bytes of an envelope that are not for the inner part and its padding.
const OUTER_BYTES: usize = VERSION_BYTES + KEY_BYTES + LENGTH_BYTES + TAG_BYTES;

/// Most bytes of the inner part.
pub(crate) const INNER_BYTES_MAX: usize = ENVELOPE_BYTES_MAX - OUTER_BYTES;

/// What the relay does not see.
#[derive(Serialize, Deserialize)]
pub(crate) struct Inner {
    pub(crate) sender: Peer,
    /// In clear here, so that no session has to be found by trial decryption: ChaCha20-Poly1305 does not commit to its
    /// key, so a ciphertext that opens under two keys can be made.
    pub(crate) session: SessionId,
    pub(crate) body: Body,
    pub(crate) header: Header,
    #[serde(with = "serde_bytes")]
    pub(crate) ciphertext: Vec<u8>,
}

/// Whether the session is new to the recipient, as far as the sender knows; and the version of the session, as only
/// one of version 2 has the header of a post-quantum ratchet.
#[derive(Serialize, Deserialize)]
pub(crate) enum Body {
    FirstOfVersion1(First),
    RatchetOfVersion1,
    First(First, PqHeader),
    Ratchet(PqHeader),
}

/// What a recipient needs to accept a session.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct First {
    pub(crate) devices: SignedDeviceList,
    pub(crate) handshake: Handshake,
}

impl First {
    /// What binds it to the ciphertext beside it (docs/protocol.md (17)).
    pub(crate) fn digest(&self) -> [u8; 32] {
        kdf::transcript(kdf::FIRST_MESSAGE_LABEL, &[&encode(self)])
    }
}

/// Seals to one device (docs/protocol.md (20)).
pub(crate) fn seal(
    recipient: &Device,
    inner: &Inner,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<u8>, SealEnvelopeError> {
    let encoded = encode(inner);
    let got = encoded.len();
    let size = bucket(got).ok_or(SealEnvelopeError::TooLarge { got })?;
    let length = u32::try_from(got).map_err(|_| SealEnvelopeError::TooLarge { got })?;
    let mut plaintext = Vec::with_capacity(size - OUTER_BYTES + LENGTH_BYTES);
    plaintext.extend_from_slice(&length.to_le_bytes());
    plaintext.extend_from_slice(&encoded);
    plaintext.resize(size - OUTER_BYTES + LENGTH_BYTES, 0);
    seal_plaintext(recipient, &plaintext, rng).map_err(SealEnvelopeError::WeakKey)
}

#[expect(clippy::expect_used, reason = "ChaCha20-Poly1305 refuses more than 256 GiB only")]
fn seal_plaintext(
    recipient: &Device,
    plaintext: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<u8>, WeakKey> {
    let ephemeral = agreement::generate(rng);
    let public = agreement::public(&ephemeral);
    let shared = agree(&ephemeral, &recipient.agreement)?;
    let head = [&[ENVELOPE_VERSION], public.as_slice()].concat();
    let mut sealed = Vec::with_capacity(head.len() + plaintext.len() + TAG_BYTES);
    sealed.extend_from_slice(&head);
    sealed.extend_from_slice(plaintext);
    let (_, body) = sealed.split_at_mut(head.len());
    let tag = cipher(shared.as_bytes(), &public, recipient)
        .encrypt_inout_detached(&ONLY_NONCE.into(), &[ENVELOPE_VERSION], body.into())
        .expect("an envelope is never that long");
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Why an envelope can't be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealEnvelopeError {
    TooLarge { got: usize },
    WeakKey(WeakKey),
}

/// Opens with this device's keys.
pub(crate) fn open(sealed: &[u8], us: &DeviceKeys) -> Result<Inner, OpenError> {
    if sealed.len() > ENVELOPE_BYTES_MAX
        || !sealed.len().is_power_of_two()
        || sealed.len() < ENVELOPE_BYTES_MIN
    {
        return Err(OpenError::EnvelopeLength { got: sealed.len() });
    }
    let (version, rest) = sealed.split_at(VERSION_BYTES);
    if version != [ENVELOPE_VERSION] {
        return Err(OpenError::EnvelopeVersion(version.first().copied().unwrap_or_default()));
    }
    let (ephemeral, ciphertext) = rest.split_first_chunk::<KEY_BYTES>().ok_or(OpenError::NotForUs)?;
    let shared = agree(us.agreement(), ephemeral).map_err(OpenError::WeakKey)?;
    let mut plaintext = ciphertext.to_vec();
    cipher(shared.as_bytes(), ephemeral, &us.public())
        .decrypt_in_place(&ONLY_NONCE.into(), version, &mut plaintext)
        .map_err(|_| OpenError::NotForUs)?;
    let (length, rest) = plaintext.split_first_chunk::<LENGTH_BYTES>().ok_or(OpenError::Padding)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| OpenError::Padding)?;
    let (encoded, padding) = rest.split_at_checked(length).ok_or(OpenError::Padding)?;
    if padding.iter().any(|byte| *byte != 0) || bucket(length) != Some(sealed.len()) {
        return Err(OpenError::Padding);
    }
    decode(encoded).map_err(OpenError::Malformed)
}

/// The nonce of a key that is used for one envelope: derived from a fresh ephemeral key, it seals nothing else, so
/// there is no second text that a repeated nonce could reveal.
const ONLY_NONCE: [u8; 12] = [0; 12];

fn cipher(shared: &[u8; 32], ephemeral: &[u8; 32], recipient: &Device) -> ChaCha20Poly1305 {
    let key = kdf::envelope(shared, ephemeral, &recipient.agreement, &recipient.id.0);
    ChaCha20Poly1305::new((&*key).into())
}

/// The length of the envelope around an inner part of this length, if one is large enough (docs/protocol.md (19)).
fn bucket(inner: usize) -> Option<usize> {
    let size = inner.checked_add(OUTER_BYTES)?.checked_next_power_of_two()?.max(ENVELOPE_BYTES_MIN);
    (size <= ENVELOPE_BYTES_MAX).then_some(size)
}

/// With padding of any size and content, as a modified client could make it.
#[cfg(test)]
pub(crate) fn seal_padded(
    recipient: &Device,
    inner: &Inner,
    size: usize,
    padding: u8,
    rng: &mut impl CryptoRng,
) -> Vec<u8> {
    let encoded = encode(inner);
    let mut plaintext = u32::try_from(encoded.len()).unwrap().to_le_bytes().to_vec();
    plaintext.extend_from_slice(&encoded);
    plaintext.resize(size - OUTER_BYTES + LENGTH_BYTES, padding);
    seal_plaintext(recipient, &plaintext, rng).unwrap()
}
