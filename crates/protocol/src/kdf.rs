//! Every key derivation and every label, in one table (docs/protocol.md §3; a number in brackets is a formula there).
//!
//! | function       | input                 | salt or key | label                                   | output               |
//! |----------------|-----------------------|-------------|-----------------------------------------|----------------------|
//! | [`pqxdh`]      | F ‖ DH1..4 ‖ SS       | 32 zeros    | [`PQXDH_INFO`], [`SESSION_ID_INFO`], [`START_INFO`] | SK, session id, epoch 0 |
//! | [`root`]       | DH                    | RK          | [`ROOT_INFO`]                           | RK, CK               |
//! | [`chain`]      | 0x01, 0x02            | CK          |                                         | MK, CK               |
//! | [`epoch`]      | SS of an exchange     | R           | [`EPOCH_INFO`] ‖ 0 ‖ number, EK, CT     | R, two CKs, C        |
//! | [`message`]    | MK                    | 32 zeros    | [`MESSAGE_INFO`]                        | AEAD key, version 1  |
//! | [`combined`]   | MK                    | MK'         | [`COMBINED_INFO`]                       | AEAD key             |
//! | [`envelope`]   | DH                    | 32 zeros    | [`ENVELOPE_INFO`] ‖ 0 ‖ public keys     | AEAD key             |
//! | [`attachment`] | key of a pointer      | 32 zeros    | [`ATTACHMENT_INFO`] ‖ 0 ‖ digest ‖ size | AEAD key             |
//! | [`transcript`] | fields of fixed size  |             | a label ‖ 0                             | SHA-256              |
//!
//! HKDF is RFC 5869 with SHA-256, HMAC is RFC 2104 with SHA-256. Signature labels stand here too, so that one test can
//! show that no label is another's beginning; it asks `airlock-wire` for the two that a relay needs.

use hkdf::HkdfExtract;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// PQXDH §3.3: the application, the curve, the hash and the KEM, each named.
pub(crate) const PQXDH_INFO: &[u8] = b"Airlock v1_CURVE25519_SHA-256_ML-KEM-768";
/// The session's public name, beside SK.
pub(crate) const SESSION_ID_INFO: &[u8] = b"Airlock v1 session id";
/// `KDF_RK` of the Double Ratchet.
pub(crate) const ROOT_INFO: &[u8] = b"Airlock v1 root key";
/// Epoch 0 of the post-quantum ratchet, beside SK.
pub(crate) const START_INFO: &[u8] = b"Airlock v2 post-quantum start";
/// The next epoch of the post-quantum ratchet.
pub(crate) const EPOCH_INFO: &[u8] = b"Airlock v2 post-quantum epoch";
/// From the message keys of both ratchets to the key of the AEAD.
pub(crate) const COMBINED_INFO: &[u8] = b"Airlock v2 message key";
/// From a message key to the key of its AEAD, in sessions of version 1.
pub(crate) const MESSAGE_INFO: &[u8] = b"Airlock v1 message key";
/// The outer layer of an envelope.
pub(crate) const ENVELOPE_INFO: &[u8] = b"Airlock v1 sealed envelope";
/// The chunks of an attachment.
pub(crate) const ATTACHMENT_INFO: &[u8] = b"Airlock v1 attachment";
/// The associated data of a session.
pub(crate) const TRANSCRIPT_LABEL: &[u8] = b"Airlock v1 session transcript";
/// The digest of the first message's PQXDH header.
pub(crate) const FIRST_MESSAGE_LABEL: &[u8] = b"Airlock v1 first message";
/// The safety number.
pub(crate) const SAFETY_NUMBER_LABEL: &[u8] = b"Airlock v1 safety number";

/// Signature over a medium-term X25519 prekey.
pub(crate) const SIGNED_CURVE_LABEL: &[u8] = b"Airlock v1 prekey: X25519, signed";
/// Signature over a one-time X25519 prekey.
pub(crate) const ONE_TIME_CURVE_LABEL: &[u8] = b"Airlock v1 prekey: X25519, one-time";
/// Signature over a one-time ML-KEM-768 prekey.
pub(crate) const ONE_TIME_KEM_LABEL: &[u8] = b"Airlock v1 prekey: ML-KEM-768, one-time";
/// Signature over the ML-KEM-768 prekey of last resort.
pub(crate) const LAST_RESORT_KEM_LABEL: &[u8] = b"Airlock v1 prekey: ML-KEM-768, last resort";

/// Signature of an authority over an order.
pub(crate) const ORDER_LABEL: &[u8] = b"Airlock v1 order";

/// PQXDH §2.2: `F`, 32 bytes 0xFF before the key material, for domain separation from XEdDSA.
const F: [u8; 32] = [0xFF; 32];

/// A derived key, wiped when dropped.
pub(crate) type Key32 = Zeroizing<[u8; 32]>;

/// What PQXDH gives.
pub(crate) struct PqxdhKeys {
    /// SK (7).
    pub(crate) secret: Key32,
    /// The session id (8).
    pub(crate) session: [u8; 16],
    /// R, CK of the initiator and CK of the responder, of epoch 0 (24).
    pub(crate) start: Zeroizing<[u8; 96]>,
}

/// PQXDH §2.2: `KDF(KM)` = HKDF(salt = zeros, ikm = F ‖ KM, info), here expanded three times (6), (7), (8), (24).
pub(crate) fn pqxdh(key_material: &[&[u8; 32]]) -> PqxdhKeys {
    let mut extract = HkdfExtract::<Sha256>::new(None);
    extract.input_ikm(&F);
    key_material.iter().for_each(|part| extract.input_ikm(*part));
    let (mut prk, hkdf) = extract.finalize();
    prk.as_mut_slice().zeroize();
    PqxdhKeys {
        secret: expand(&hkdf, &[PQXDH_INFO]),
        session: *expand(&hkdf, &[SESSION_ID_INFO]),
        start: expand(&hkdf, &[START_INFO]),
    }
}

/// R, CK of the initiator, CK of the responder, and C, of the next epoch, whose number this is (25).
pub(crate) fn epoch(
    root: &[u8; 32],
    shared: &[u8; 32],
    number: u32,
    public: &[u8],
    ciphertext: &[u8],
) -> Zeroizing<[u8; 128]> {
    let (public, ciphertext) = (Sha256::digest(public), Sha256::digest(ciphertext));
    hkdf(Some(root), shared, &[EPOCH_INFO, &[0], &number.to_le_bytes(), &public, &ciphertext])
}

/// Double Ratchet §3.1: `KDF_RK(rk, dh_out)` → (root key, chain key) (9).
pub(crate) fn root(root_key: &[u8; 32], dh: &[u8; 32]) -> (Key32, Key32) {
    let okm: Zeroizing<[u8; 64]> = hkdf(Some(root_key), dh, &[ROOT_INFO]);
    let (first, second) = okm.split_at(32);
    let (mut root_key, mut chain_key) = (Key32::default(), Key32::default());
    root_key.copy_from_slice(first);
    chain_key.copy_from_slice(second);
    (root_key, chain_key)
}

/// Double Ratchet §3.1: `KDF_CK(ck)` → (chain key, message key) (10).
pub(crate) fn chain(chain_key: &[u8; 32]) -> (Key32, Key32) {
    let mac = hmac(chain_key);
    let step = |constant: u8| {
        let mut output = mac.clone().chain_update([constant]).finalize().into_bytes();
        let key = Zeroizing::new(output.into());
        output.as_mut_slice().zeroize();
        key
    };
    (step(0x02), step(0x01))
}

/// The AEAD key of one message (26): unknown to whoever lacks one of the two message keys, as in Signal's Triple
/// Ratchet (`KDF_HYBRID`).
pub(crate) fn combined(message_key: &[u8; 32], post_quantum: &[u8; 32]) -> Key32 {
    hkdf(Some(post_quantum), message_key, &[COMBINED_INFO])
}

/// The AEAD key of one message of a session of version 1 (11).
pub(crate) fn message(message_key: &[u8; 32]) -> Key32 {
    hkdf(None, message_key, &[MESSAGE_INFO])
}

/// The AEAD key of one envelope, bound to both public keys, as in ECIES (12).
pub(crate) fn envelope(
    dh: &[u8; 32],
    ephemeral: &[u8; 32],
    agreement: &[u8; 32],
    device: &[u8; 32],
) -> Key32 {
    hkdf(None, dh, &[ENVELOPE_INFO, &[0], ephemeral, agreement, device])
}

/// The AEAD key of one attachment's chunks, bound to the file that the letter announces (13).
pub(crate) fn attachment(key: &[u8; 32], digest: &[u8; 32], size: u64) -> Key32 {
    hkdf(None, key, &[ATTACHMENT_INFO, &[0], digest, &size.to_le_bytes()])
}

/// SHA-256 over a label, a zero byte and fields. The caller's fields have fixed sizes, or are last.
pub(crate) fn transcript(label: &[u8], fields: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(label);
    hash.update([0]);
    fields.iter().for_each(|field| hash.update(field));
    hash.finalize().into()
}

fn hkdf<const N: usize>(salt: Option<&[u8; 32]>, ikm: &[u8; 32], info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut extract = HkdfExtract::<Sha256>::new(salt.map(<[u8; 32]>::as_slice));
    extract.input_ikm(ikm);
    let (mut prk, hkdf) = extract.finalize();
    prk.as_mut_slice().zeroize();
    expand(&hkdf, info)
}

#[expect(clippy::expect_used, reason = "HKDF refuses more than 255 blocks only, and N is 128 at most")]
fn expand<const N: usize>(hkdf: &hkdf::Hkdf<Sha256>, info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut okm = Zeroizing::new([0; N]);
    hkdf.expand_multi_info(info, okm.as_mut_slice()).expect("N is in bounds");
    okm
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length (RFC 2104 §2)")]
fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("any length will do")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [&[u8]; 17] = [
        START_INFO,
        EPOCH_INFO,
        COMBINED_INFO,
        PQXDH_INFO,
        SESSION_ID_INFO,
        ROOT_INFO,
        MESSAGE_INFO,
        ENVELOPE_INFO,
        ATTACHMENT_INFO,
        TRANSCRIPT_LABEL,
        FIRST_MESSAGE_LABEL,
        SAFETY_NUMBER_LABEL,
        SIGNED_CURVE_LABEL,
        ONE_TIME_CURVE_LABEL,
        ONE_TIME_KEM_LABEL,
        LAST_RESORT_KEM_LABEL,
        ORDER_LABEL,
    ];

    #[test]
    fn no_label_is_the_beginning_of_another() {
        let of_wire =
            [airlock_wire::device_list::DEVICE_LIST_LABEL, airlock_wire::request::AUTHENTICATION_LABEL];
        let all: alloc::vec::Vec<&[u8]> = LABELS.into_iter().chain(of_wire).collect();
        for (i, one) in all.iter().enumerate() {
            for other in all.iter().skip(i + 1) {
                assert!(!one.starts_with(other) && !other.starts_with(one), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn a_chain_step_gives_two_different_keys() {
        let (next, message) = chain(&[7; 32]);
        assert_ne!(*next, *message);
        assert_ne!(*next, [7; 32]);
    }

    #[test]
    fn a_combined_key_depends_on_both_message_keys_and_is_neither_ratchets_own() {
        let key = combined(&[1; 32], &[2; 32]);
        assert_ne!(*combined(&[1; 32], &[3; 32]), *key);
        assert_ne!(*combined(&[3; 32], &[2; 32]), *key);
        assert_ne!(*combined(&[2; 32], &[1; 32]), *key);
        assert_ne!(*message(&[1; 32]), *combined(&[1; 32], &[0; 32]));
    }

    #[test]
    fn an_epoch_depends_on_each_of_its_inputs() {
        let keys = epoch(&[1; 32], &[2; 32], 3, &[4], &[5]);
        assert_ne!(*epoch(&[9; 32], &[2; 32], 3, &[4], &[5]), *keys);
        assert_ne!(*epoch(&[1; 32], &[9; 32], 3, &[4], &[5]), *keys);
        assert_ne!(*epoch(&[1; 32], &[2; 32], 9, &[4], &[5]), *keys);
        assert_ne!(*epoch(&[1; 32], &[2; 32], 3, &[9], &[5]), *keys);
        assert_ne!(*epoch(&[1; 32], &[2; 32], 3, &[4], &[9]), *keys);
    }

    #[test]
    fn root_and_chain_key_differ_and_depend_on_both_inputs() {
        let (root_key, chain_key) = root(&[1; 32], &[2; 32]);
        assert_ne!(*root_key, *chain_key);
        assert_ne!(*root(&[1; 32], &[3; 32]).0, *root_key);
        assert_ne!(*root(&[3; 32], &[2; 32]).0, *root_key);
    }
}
