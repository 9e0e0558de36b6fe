//! Who we are: the account's signing key, and a device's two keys (docs/protocol.md §2).
//!
//! One decision, nowhere mixed: an account signs the list of its devices; a device has an Ed25519 key that signs
//! (to relays, and its prekeys) and an X25519 key that agrees. No key of one curve is turned into the other's.

use alloc::vec::Vec;
use core::fmt;

use airlock_wire::{
    AccountId, Challenge, Device, DeviceId, DeviceList, DeviceListError, Signature, SignedDeviceList,
    authentication_message,
};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use x25519_dalek::StaticSecret;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    agreement, kdf,
    saved::{self, Kind, SavedError, SavedSecret},
};

/// One device of one account: who a message is from, or for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Peer {
    /// Whose device.
    pub account: AccountId,
    /// Which device.
    pub device: DeviceId,
}

/// The key that is a person's identity. It signs device lists and, for an authority, orders; a label keeps the two
/// apart.
#[derive(ZeroizeOnDrop)]
pub struct AccountKey(SigningKey);

impl AccountKey {
    /// A new identity.
    #[must_use]
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(signing_key(rng))
    }

    /// From its 32-byte seed (RFC 8032 §5.1.5). Every seed is a key.
    #[must_use]
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Its seed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Its public key.
    #[must_use]
    pub fn id(&self) -> AccountId {
        AccountId(self.0.verifying_key().to_bytes())
    }

    /// Vouches for a device list. A list of another account gets a signature that does not verify.
    #[must_use]
    pub fn sign_device_list(&self, list: &DeviceList) -> SignedDeviceList {
        SignedDeviceList::new(list, |bytes| Signature(self.0.sign(bytes).to_bytes()))
    }

    /// Signs an order of this account as an authority (docs/protocol.md §2).
    #[must_use]
    pub fn sign_order(&self, order: &[u8]) -> Signature {
        Signature(self.0.sign(&order_bytes(order)).to_bytes())
    }
}

/// Whether `authority` signed exactly this order. Never for an id that is not a key, or is one of low order.
#[must_use]
pub fn verify_order(authority: &AccountId, order: &[u8], signature: &Signature) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(&authority.0) else { return false };
    let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
    !key.is_weak() && key.verify_strict(&order_bytes(order), &signature).is_ok()
}

/// What is signed of an order (docs/protocol.md (5)): a label that no other signature starts with, a zero byte, the
/// order.
fn order_bytes(order: &[u8]) -> Vec<u8> {
    [kdf::ORDER_LABEL, &[0], order].concat()
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.debug_struct("AccountKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// The two keys of one installation.
#[derive(ZeroizeOnDrop)]
pub struct DeviceKeys {
    signing: SigningKey,
    agreement: StaticSecret,
    /// The public half, which each envelope that is opened needs.
    #[zeroize(skip)]
    agreement_public: [u8; 32],
}

#[derive(Serialize, Deserialize)]
struct SavedDevice {
    signing: SavedSecret,
    agreement: SavedSecret,
}

impl DeviceKeys {
    /// New keys.
    #[must_use]
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let signing = signing_key(rng);
        Self::new(signing, agreement::generate(rng))
    }

    /// To be stored by a caller who encrypts them.
    #[must_use]
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        let signing = SavedSecret(self.signing.to_bytes());
        saved::save(Kind::Device, &SavedDevice { signing, agreement: SavedSecret(self.agreement.to_bytes()) })
    }

    /// What [`DeviceKeys::save`] made.
    ///
    /// # Errors
    /// When the bytes are of another version or kind, or damaged.
    pub fn restore(bytes: &[u8]) -> Result<Self, SavedError> {
        let saved: SavedDevice = saved::restore(Kind::Device, bytes)?;
        let signing = SigningKey::from_bytes(&saved.signing.0);
        Ok(Self::new(signing, StaticSecret::from(saved.agreement.0)))
    }

    fn new(signing: SigningKey, agreement: StaticSecret) -> Self {
        let agreement_public = agreement::public(&agreement);
        Self { signing, agreement, agreement_public }
    }

    /// The public signing key.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        DeviceId(self.signing.verifying_key().to_bytes())
    }

    /// Both public keys, as they stand in a device list.
    #[must_use]
    pub fn public(&self) -> Device {
        Device { id: self.id(), agreement: self.agreement_public }
    }

    /// Proves to a relay that this connection speaks for this device. `exporter` are the connection's 32 bytes for
    /// [`airlock_wire::EXPORTER_LABEL`].
    #[must_use]
    pub fn sign_authentication(&self, challenge: &Challenge, exporter: &[u8; 32]) -> Signature {
        self.sign(&authentication_message(challenge, exporter, &self.id()))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.signing.sign(message).to_bytes())
    }

    pub(crate) fn agreement(&self) -> &StaticSecret {
        &self.agreement
    }
}

impl fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signing: _, agreement: _, agreement_public: _ } = self;
        f.debug_struct("DeviceKeys").field("id", &self.id()).finish_non_exhaustive()
    }
}

fn signing_key(rng: &mut (impl CryptoRng + ?Sized)) -> SigningKey {
    let mut seed = Zeroizing::new([0; 32]);
    rng.fill_bytes(seed.as_mut_slice());
    SigningKey::from_bytes(&seed)
}

/// What a session needs of ourselves: this device's keys, and the list in which our account vouches for them.
#[derive(Debug)]
pub struct LocalIdentity {
    account: AccountId,
    device: DeviceKeys,
    device_list: SignedDeviceList,
}

/// Why keys and device list don't belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The list is not valid.
    #[error(transparent)]
    DeviceList(DeviceListError),
    /// The list does not name this device, or names it with another agreement key.
    #[error("the account's device list does not name this device with its keys")]
    NotListed,
    /// The new list is of another account.
    #[error("the device list is of another account")]
    OtherAccount,
}

impl LocalIdentity {
    /// Puts keys and list together.
    ///
    /// # Errors
    /// When the list does not verify or does not name `device` with both of its keys.
    pub fn new(device: DeviceKeys, device_list: SignedDeviceList) -> Result<Self, IdentityError> {
        let account = account_of(&device, &device_list)?;
        Ok(Self { account, device, device_list })
    }

    /// Our account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// This device's keys.
    #[must_use]
    pub fn device(&self) -> &DeviceKeys {
        &self.device
    }

    /// The list that names this device.
    #[must_use]
    pub fn device_list(&self) -> &SignedDeviceList {
        &self.device_list
    }

    /// Takes a newer list of the same account.
    ///
    /// # Errors
    /// As [`LocalIdentity::new`], and when it is of another account.
    pub fn set_device_list(&mut self, device_list: SignedDeviceList) -> Result<(), IdentityError> {
        if account_of(&self.device, &device_list)? != self.account {
            return Err(IdentityError::OtherAccount);
        }
        self.device_list = device_list;
        Ok(())
    }

    /// Ourselves, as others see us.
    #[must_use]
    pub fn peer(&self) -> Peer {
        Peer { account: self.account, device: self.device.id() }
    }
}

fn account_of(device: &DeviceKeys, device_list: &SignedDeviceList) -> Result<AccountId, IdentityError> {
    let list = device_list.verify().map_err(IdentityError::DeviceList)?;
    let public = device.public();
    if list.device(&public.id) != Some(&public) {
        return Err(IdentityError::NotListed);
    }
    Ok(list.account)
}
