//! Prekeys: made and signed by a device, handed out by its relay, verified by whoever starts a session
//! (PQXDH §3.2, docs/protocol.md §4).

use alloc::vec::Vec;
use core::fmt;

use airlock_wire::{
    AccountId, Bundle, CurvePrekey, Device, DeviceId, DeviceList, KemPrekey, KemRole, PrekeyId, Signature,
};
use ed25519_dalek::VerifyingKey;
use ml_kem::ml_kem_768::EncapsulationKey;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use x25519_dalek::StaticSecret;
use zeroize::{ZeroizeOnDrop, Zeroizing};

pub use crate::kem::{KEM_CIPHERTEXT_BYTES, KEM_PUBLIC_BYTES};
use crate::{
    agreement,
    identity::{DeviceKeys, Peer},
    kdf,
    kem::{self, KemError, KemSecret, KemSeed},
    saved::{self, Kind, SavedError, SavedSecret},
};

/// What an X25519 prekey is for. It is part of what is signed, so one can't stand in for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CurveRole {
    /// The medium-term prekey, used by many sessions until it is replaced.
    Signed,
    /// Used for one session, then deleted.
    OneTime,
}

impl CurveRole {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Signed => kdf::SIGNED_CURVE_LABEL,
            Self::OneTime => kdf::ONE_TIME_CURVE_LABEL,
        }
    }
}

fn kem_label(role: KemRole) -> &'static [u8] {
    match role {
        KemRole::OneTime => kdf::ONE_TIME_KEM_LABEL,
        KemRole::LastResort => kdf::LAST_RESORT_KEM_LABEL,
    }
}

/// What a prekey signature is over: role, device, number and key, so that none of them can be exchanged
/// (docs/protocol.md (14)).
fn signed_bytes(label: &[u8], device: &DeviceId, id: PrekeyId, public: &[u8]) -> Vec<u8> {
    [label, &[0], &device.0, &id.0.to_le_bytes(), public].concat()
}

/// The secret half of an X25519 prekey.
#[derive(ZeroizeOnDrop)]
pub struct CurvePrekeySecret {
    #[zeroize(skip)]
    role: CurveRole,
    #[zeroize(skip)]
    id: PrekeyId,
    secret: StaticSecret,
}

#[derive(Serialize, Deserialize)]
struct SavedCurve {
    role: CurveRole,
    id: PrekeyId,
    secret: SavedSecret,
}

impl CurvePrekeySecret {
    /// A new prekey. `id` must be new for this device and kind.
    #[must_use]
    pub fn generate(role: CurveRole, id: PrekeyId, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self { role, id, secret: agreement::generate(rng) }
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> PrekeyId {
        self.id
    }

    /// What it is for.
    #[must_use]
    pub fn role(&self) -> CurveRole {
        self.role
    }

    /// The half to publish, signed.
    #[must_use]
    pub fn public(&self, device: &DeviceKeys) -> CurvePrekey {
        let public = agreement::public(&self.secret);
        let signature = device.sign(&signed_bytes(self.role.label(), &device.id(), self.id, &public));
        CurvePrekey { id: self.id, public, signature }
    }

    /// To be stored by a caller who encrypts it.
    #[must_use]
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        let secret = SavedSecret(self.secret.to_bytes());
        saved::save(Kind::CurvePrekey, &SavedCurve { role: self.role, id: self.id, secret })
    }

    /// What [`CurvePrekeySecret::save`] made.
    ///
    /// # Errors
    /// When the bytes are of another version or kind, or damaged.
    pub fn restore(bytes: &[u8]) -> Result<Self, SavedError> {
        let SavedCurve { role, id, secret } = saved::restore(Kind::CurvePrekey, bytes)?;
        Ok(Self { role, id, secret: StaticSecret::from(secret.0) })
    }

    pub(crate) fn secret(&self) -> &StaticSecret {
        &self.secret
    }
}

impl fmt::Debug for CurvePrekeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, id, secret: _ } = self;
        f.debug_struct("CurvePrekeySecret").field("role", role).field("id", id).finish_non_exhaustive()
    }
}

/// The secret half of an ML-KEM-768 prekey, kept as its 64-byte seed `d ‖ z`.
#[derive(ZeroizeOnDrop)]
pub struct KemPrekeySecret {
    #[zeroize(skip)]
    role: KemRole,
    #[zeroize(skip)]
    id: PrekeyId,
    seed: KemSeed,
}

#[derive(Serialize, Deserialize)]
struct SavedKem {
    role: KemRole,
    id: PrekeyId,
    d: SavedSecret,
    z: SavedSecret,
}

impl KemPrekeySecret {
    /// A new prekey. `id` must be new for this device and kind.
    #[must_use]
    pub fn generate(role: KemRole, id: PrekeyId, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self { role, id, seed: KemSeed::generate(rng) }
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> PrekeyId {
        self.id
    }

    /// What it is for.
    #[must_use]
    pub fn role(&self) -> KemRole {
        self.role
    }

    /// The half to publish, signed.
    #[must_use]
    pub fn public(&self, device: &DeviceKeys) -> KemPrekey {
        let public = self.seed.public().as_bytes().to_vec();
        let signature = device.sign(&signed_bytes(kem_label(self.role), &device.id(), self.id, &public));
        KemPrekey { id: self.id, role: self.role, public, signature }
    }

    /// To be stored by a caller who encrypts it.
    #[must_use]
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        let (d, z) = (SavedSecret(self.seed.d), SavedSecret(self.seed.z));
        saved::save(Kind::KemPrekey, &SavedKem { role: self.role, id: self.id, d, z })
    }

    /// What [`KemPrekeySecret::save`] made.
    ///
    /// # Errors
    /// When the bytes are of another version or kind, or damaged.
    pub fn restore(bytes: &[u8]) -> Result<Self, SavedError> {
        let SavedKem { role, id, d, z } = saved::restore(Kind::KemPrekey, bytes)?;
        Ok(Self { role, id, seed: KemSeed { d: d.0, z: z.0 } })
    }

    /// For `PQKEM-DEC` (PQXDH §2.2).
    pub(crate) fn seed(&self) -> &KemSeed {
        &self.seed
    }
}

impl fmt::Debug for KemPrekeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, id, seed: _ } = self;
        f.debug_struct("KemPrekeySecret").field("role", role).field("id", id).finish_non_exhaustive()
    }
}

/// A bundle whose every key was signed by a device that its account lists. Holding one proves it:
/// [`VerifiedBundle::verify`] is the only way to make one, and starting a session uses it up.
#[must_use = "a bundle's one-time keys are gone from the relay; start the session"]
pub struct VerifiedBundle {
    pub(crate) account: AccountId,
    pub(crate) device: Device,
    pub(crate) signed: CurvePrekey,
    pub(crate) one_time: Option<CurvePrekey>,
    pub(crate) kem: VerifiedKem,
}

/// The KEM part of a verified bundle, decoded.
pub(crate) struct VerifiedKem {
    pub(crate) id: PrekeyId,
    pub(crate) role: KemRole,
    pub(crate) public: Vec<u8>,
    key: EncapsulationKey,
}

/// Why a bundle is refused. Each means that the relay, or someone on the way, changed it, or that the other
/// device is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The account does not vouch for the device.
    #[error("the account's device list does not name the device of these prekeys")]
    NotListed,
    /// The device's signing key is not on the curve, or of low order.
    #[error("the device's id is not a valid signing key")]
    WeakDeviceKey,
    /// A signature is not the device's, or is for another role, number or device.
    #[error("the signature of the {0} prekey is wrong")]
    Signature(&'static str),
    /// The KEM key has another size than ML-KEM-768's.
    #[error("the KEM prekey has {got} bytes, and an ML-KEM-768 key has {KEM_PUBLIC_BYTES}")]
    KemLength {
        /// Its bytes.
        got: usize,
    },
    /// The KEM key does not pass the check of FIPS 203 §7.2.
    #[error("the KEM prekey is not a valid ML-KEM-768 key")]
    KemKey,
}

impl VerifiedBundle {
    /// Checks a bundle against the account's verified device list.
    ///
    /// X25519 keys of low order are refused where they are used, by [`crate::Session::initiate`], as every
    /// agreement is checked anyway.
    ///
    /// # Errors
    /// [`BundleError`] says which check failed.
    pub fn verify(bundle: Bundle, devices: &DeviceList) -> Result<Self, BundleError> {
        let Bundle { device, signed, one_time, kem } = bundle;
        let listed = devices.device(&device).ok_or(BundleError::NotListed)?.clone();
        let key = VerifyingKey::from_bytes(&device.0).map_err(|_| BundleError::WeakDeviceKey)?;
        if key.is_weak() {
            return Err(BundleError::WeakDeviceKey);
        }
        let check = |what, label, id, public: &[u8], signature: Signature| {
            key.verify_strict(&signed_bytes(label, &device, id, public), &signature.to_dalek())
                .map_err(|_| BundleError::Signature(what))
        };
        check("signed", CurveRole::Signed.label(), signed.id, &signed.public, signed.signature)?;
        if let Some(prekey) = &one_time {
            check("one-time", CurveRole::OneTime.label(), prekey.id, &prekey.public, prekey.signature)?;
        }
        check("KEM", kem_label(kem.role), kem.id, &kem.public, kem.signature)?;
        let kem = VerifiedKem::decode(kem)?;
        Ok(Self { account: devices.account, device: listed, signed, one_time, kem })
    }

    /// Whose keys these are.
    #[must_use]
    pub fn peer(&self) -> Peer {
        Peer { account: self.account, device: self.device.id }
    }

    /// The account that lists the device.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The device that signed.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device.id
    }
}

impl fmt::Debug for VerifiedBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedBundle").field("peer", &self.peer()).finish_non_exhaustive()
    }
}

impl VerifiedKem {
    fn decode(prekey: KemPrekey) -> Result<Self, BundleError> {
        let KemPrekey { id, role, public, signature: _ } = prekey;
        let key = kem::decode(&public).map_err(|error| match error {
            KemError::Length { got } => BundleError::KemLength { got },
            KemError::Key => BundleError::KemKey,
        })?;
        Ok(Self { id, role, public, key })
    }

    /// `PQKEM-ENC` (PQXDH §2.2).
    pub(crate) fn encapsulate(&self, rng: &mut (impl CryptoRng + ?Sized)) -> (Vec<u8>, KemSecret) {
        let (ciphertext, secret) = kem::encapsulate(&self.key, rng);
        (ciphertext.into_bytes(), secret)
    }
}
