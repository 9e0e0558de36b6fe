//! PQXDH: how two devices that were never online together come to share a secret (docs/protocol.md §5).
//!
//! Names follow Signal's specification: Alice starts, Bob published prekeys; IK, EK, SPK, OPK are her and his
//! identity, ephemeral, signed and one-time X25519 keys, and PQPK is the ML-KEM-768 prekey.

use alloc::vec::Vec;

use airlock_wire::{AccountId, Device, KemRole, PrekeyId};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use x25519_dalek::SharedSecret;

use crate::{
    agreement::{self, WeakKey, agree},
    identity::LocalIdentity,
    kdf::{self, PqxdhKeys},
    kem::{KEM_CIPHERTEXT_BYTES, KemSecret},
    prekey::{CurvePrekeySecret, CurveRole, KemPrekeySecret, VerifiedBundle},
    session::SessionId,
};

/// Version of the session protocol, bound in each session's transcript. Sessions of version 1, which have no
/// post-quantum ratchet, are no longer started, and there is no way to ask for one.
const PROTOCOL_VERSION: u8 = 2;

/// The suite X25519, ML-KEM-768, HKDF-SHA-256, ChaCha20-Poly1305, Ed25519, bound in the transcript as well.
const SUITE: u8 = 1;

/// Why two devices can't agree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PqxdhError {
    /// One of the other side's X25519 keys is no key.
    #[error(transparent)]
    WeakKey(#[from] WeakKey),
    /// The other side is this very device.
    #[error("a device can't have a session with itself")]
    Ourselves,
    /// The prekeys at hand are not those that the first message names.
    #[error("the first message was made for other prekeys ({0})")]
    WrongPrekeys(&'static str),
    /// The KEM ciphertext has another size than ML-KEM-768's.
    #[error("the KEM ciphertext has {got} bytes, and one of ML-KEM-768 has {KEM_CIPHERTEXT_BYTES}")]
    CiphertextLength {
        /// Its bytes.
        got: usize,
    },
}

/// The public part of an initial message (PQXDH §3.3): everything but identities and ciphertext.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Handshake {
    /// EK_A.
    pub(crate) ephemeral: [u8; 32],
    /// Which SPK_B.
    pub(crate) signed: PrekeyId,
    /// Which OPK_B, if any.
    pub(crate) one_time: Option<PrekeyId>,
    /// Whether PQPK_B is a one-time key.
    pub(crate) kem_role: KemRole,
    /// Which PQPK_B.
    pub(crate) kem: PrekeyId,
    /// CT.
    #[serde(with = "serde_bytes")]
    pub(crate) ciphertext: Vec<u8>,
}

/// What both sides have after PQXDH.
pub(crate) struct Agreed {
    pub(crate) keys: PqxdhKeys,
    pub(crate) associated: AssociatedData,
}

/// AD of PQXDH §3.3, as a digest: who talks to whom, with which keys, by which protocol. It goes into the
/// associated data of every message of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AssociatedData(pub(crate) [u8; 32]);

/// Bob's secrets for one first message.
#[derive(Clone, Copy, Debug)]
pub struct Prekeys<'a> {
    /// The signed prekey that the message names.
    pub signed: &'a CurvePrekeySecret,
    /// The one-time prekey, if the message names one.
    pub one_time: Option<&'a CurvePrekeySecret>,
    /// The KEM prekey that the message names.
    pub kem: &'a KemPrekeySecret,
}

/// Alice's side (PQXDH §3.3; docs/protocol.md (15)).
pub(crate) fn initiate(
    us: &LocalIdentity,
    bundle: &VerifiedBundle,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(Handshake, Agreed), PqxdhError> {
    if bundle.device.id == us.device().id() {
        return Err(PqxdhError::Ourselves);
    }
    let ephemeral = agreement::generate(rng);
    let (ciphertext, kem_secret) = bundle.kem.encapsulate(rng);
    let dh1 = agree(us.device().agreement(), &bundle.signed.public)?;
    let dh2 = agree(&ephemeral, &bundle.device.agreement)?;
    let dh3 = agree(&ephemeral, &bundle.signed.public)?;
    let dh4 = bundle.one_time.as_ref().map(|prekey| agree(&ephemeral, &prekey.public)).transpose()?;
    let handshake = Handshake {
        ephemeral: agreement::public(&ephemeral),
        signed: bundle.signed.id,
        one_time: bundle.one_time.as_ref().map(|prekey| prekey.id),
        kem_role: bundle.kem.role,
        kem: bundle.kem.id,
        ciphertext,
    };
    let associated = Transcript {
        alice: (us.account(), &us.device().public()),
        bob: (bundle.account, &bundle.device),
        signed: &bundle.signed.public,
        one_time: bundle.one_time.as_ref().map(|prekey| &prekey.public),
        kem: &bundle.kem.public,
        handshake: &handshake,
    }
    .digest();
    let keys = derive([&dh1, &dh2, &dh3], dh4.as_ref(), &kem_secret);
    Ok((handshake, Agreed { keys, associated }))
}

/// Bob's side (PQXDH §3.4; docs/protocol.md (15)). `sender` and its device come from a verified device list.
pub(crate) fn respond(
    us: &LocalIdentity,
    sender: (AccountId, &Device),
    handshake: &Handshake,
    prekeys: Prekeys<'_>,
) -> Result<Agreed, PqxdhError> {
    if sender.1.id == us.device().id() {
        return Err(PqxdhError::Ourselves);
    }
    check_prekeys(handshake, prekeys)?;
    let ciphertext = handshake.ciphertext.as_slice().try_into();
    let ciphertext =
        ciphertext.map_err(|_| PqxdhError::CiphertextLength { got: handshake.ciphertext.len() })?;
    let (kem_secret, kem_public) = prekeys.kem.seed().decapsulate(ciphertext);
    let dh1 = agree(prekeys.signed.secret(), &sender.1.agreement)?;
    let dh2 = agree(us.device().agreement(), &handshake.ephemeral)?;
    let dh3 = agree(prekeys.signed.secret(), &handshake.ephemeral)?;
    let dh4 = prekeys.one_time.map(|prekey| agree(prekey.secret(), &handshake.ephemeral)).transpose()?;
    let associated = Transcript {
        alice: sender,
        bob: (us.account(), &us.device().public()),
        signed: &agreement::public(prekeys.signed.secret()),
        one_time: prekeys.one_time.map(|prekey| agreement::public(prekey.secret())).as_ref(),
        kem: kem_public.as_bytes(),
        handshake,
    }
    .digest();
    let keys = derive([&dh1, &dh2, &dh3], dh4.as_ref(), &kem_secret);
    Ok(Agreed { keys, associated })
}

fn check_prekeys(handshake: &Handshake, prekeys: Prekeys<'_>) -> Result<(), PqxdhError> {
    let Prekeys { signed, one_time, kem } = prekeys;
    if signed.role() != CurveRole::Signed || signed.id() != handshake.signed {
        return Err(PqxdhError::WrongPrekeys("signed"));
    }
    if one_time.is_some_and(|prekey| prekey.role() != CurveRole::OneTime)
        || one_time.map(CurvePrekeySecret::id) != handshake.one_time
    {
        return Err(PqxdhError::WrongPrekeys("one-time"));
    }
    if kem.role() != handshake.kem_role || kem.id() != handshake.kem {
        return Err(PqxdhError::WrongPrekeys("KEM"));
    }
    Ok(())
}

/// `SK = KDF(DH1 ‖ DH2 ‖ DH3 ‖ [DH4] ‖ SS)`.
fn derive(dh: [&SharedSecret; 3], dh4: Option<&SharedSecret>, kem: &KemSecret) -> PqxdhKeys {
    let mut key_material: Vec<&[u8; 32]> = dh.iter().map(|shared| shared.as_bytes()).collect();
    key_material.extend(dh4.map(SharedSecret::as_bytes));
    key_material.push(&kem.0);
    kdf::pqxdh(&key_material)
}

/// What the associated data is a digest of (docs/protocol.md (16)).
struct Transcript<'a> {
    alice: (AccountId, &'a Device),
    bob: (AccountId, &'a Device),
    signed: &'a [u8; 32],
    one_time: Option<&'a [u8; 32]>,
    kem: &'a [u8],
    handshake: &'a Handshake,
}

impl Agreed {
    pub(crate) fn session(&self) -> SessionId {
        SessionId(self.keys.session)
    }
}

impl Transcript<'_> {
    /// Every field has a fixed size, so the concatenation has one reading.
    fn digest(&self) -> AssociatedData {
        let Handshake { ephemeral, signed, one_time, kem_role, kem, ciphertext } = self.handshake;
        let role = match kem_role {
            KemRole::OneTime => 1,
            KemRole::LastResort => 2,
        };
        AssociatedData(kdf::transcript(
            kdf::TRANSCRIPT_LABEL,
            &[
                &[PROTOCOL_VERSION, SUITE],
                &self.alice.0.0,
                &self.alice.1.id.0,
                &self.alice.1.agreement,
                &self.bob.0.0,
                &self.bob.1.id.0,
                &self.bob.1.agreement,
                &signed.0.to_le_bytes(),
                self.signed,
                &[u8::from(one_time.is_some())],
                &one_time.map_or(0, |id| id.0).to_le_bytes(),
                self.one_time.unwrap_or(&[0; 32]),
                &[role],
                &kem.0.to_le_bytes(),
                &Sha256::digest(self.kem),
                ephemeral,
                &Sha256::digest(ciphertext),
            ],
        ))
    }
}
