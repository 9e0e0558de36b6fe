//! The signed list of an account's devices.
//!
//! A relay checks the signature so that only the account can replace its list; a contact checks it again,
//! and refuses a version lower than the one that it knows.

use alloc::vec::Vec;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

use crate::{
    codec::{CodecError, decode, encode},
    id::{AccountId, DeviceId},
    prekey::Signature,
};

/// Most devices of one account. Each message is encrypted once per device, so this bounds its cost.
pub const DEVICES_MAX: usize = 8;

/// What the account key signs is this label, a zero byte, and the encoded [`DeviceList`].
pub const DEVICE_LIST_LABEL: &[u8] = b"Airlock v1 device list";

/// One device as its account vouches for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The device's Ed25519 key: authenticates to relays and signs prekeys.
    pub id: DeviceId,
    /// The device's X25519 identity key, for agreement only.
    pub agreement: [u8; 32],
}

/// The devices of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceList {
    /// Whose devices these are.
    pub account: AccountId,
    /// Grows with each change; a lower version than one seen before is a rollback.
    pub version: u64,
    /// At least one, at most [`DEVICES_MAX`], each id once.
    pub devices: Vec<Device>,
}

impl DeviceList {
    /// The bytes that the account key signs (docs/protocol.md (1)).
    #[must_use]
    pub fn signed_bytes(encoded: &[u8]) -> Vec<u8> {
        [DEVICE_LIST_LABEL, &[0], encoded].concat()
    }

    /// The device with this id, if the account lists it.
    #[must_use]
    pub fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.devices.iter().find(|device| device.id == *id)
    }
}

/// A device list with its signature, not yet verified. Only [`SignedDeviceList::verify`] opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedDeviceList {
    #[serde(with = "serde_bytes")]
    encoded: Vec<u8>,
    signature: Signature,
}

/// Why a device list is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceListError {
    /// The bytes are not a device list.
    #[error("the device list is malformed: {0}")]
    Malformed(CodecError),
    /// The account id is not a key that a signature may be checked with (not on the curve, or of low order).
    #[error("the account id is not a valid signing key")]
    WeakAccountKey,
    /// The signature is not the account's.
    #[error("the device list is not signed by its account")]
    Signature,
    /// None, too many, or one twice.
    #[error(
        "the device list has {0} devices, or names one twice; 1 to {DEVICES_MAX} different ones are allowed"
    )]
    Devices(usize),
}

impl SignedDeviceList {
    /// Puts a list and its signature together; `signature` is over [`DeviceList::signed_bytes`].
    #[must_use]
    pub fn new(list: &DeviceList, sign: impl FnOnce(&[u8]) -> Signature) -> Self {
        let encoded = encode(list);
        let signature = sign(&DeviceList::signed_bytes(&encoded));
        Self { encoded, signature }
    }

    /// The list, if its own account signed exactly these bytes.
    ///
    /// # Errors
    /// [`DeviceListError`] says which check failed.
    pub fn verify(&self) -> Result<DeviceList, DeviceListError> {
        let list: DeviceList = decode(&self.encoded).map_err(DeviceListError::Malformed)?;
        let key = VerifyingKey::from_bytes(&list.account.0).map_err(|_| DeviceListError::WeakAccountKey)?;
        if key.is_weak() {
            return Err(DeviceListError::WeakAccountKey);
        }
        key.verify_strict(&DeviceList::signed_bytes(&self.encoded), &self.signature.to_dalek())
            .map_err(|_| DeviceListError::Signature)?;
        let repeated = list
            .devices
            .iter()
            .enumerate()
            .any(|(i, device)| list.devices.iter().take(i).any(|earlier| earlier.id == device.id));
        if list.devices.is_empty() || list.devices.len() > DEVICES_MAX || repeated {
            return Err(DeviceListError::Devices(list.devices.len()));
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    fn signed_by(key: &SigningKey, list: &DeviceList) -> SignedDeviceList {
        SignedDeviceList::new(list, |bytes| Signature(key.sign(bytes).to_bytes()))
    }

    fn list_of(key: &SigningKey, devices: &[u8]) -> DeviceList {
        let device = |byte: &u8| Device { id: DeviceId([*byte; 32]), agreement: [0; 32] };
        DeviceList {
            account: AccountId(key.verifying_key().to_bytes()),
            version: 1,
            devices: devices.iter().map(device).collect(),
        }
    }

    #[test]
    fn a_list_signed_by_its_account_verifies() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let list = list_of(&key, &[1, 2]);
        assert_eq!(signed_by(&key, &list).verify(), Ok(list));
    }

    #[test]
    fn a_list_signed_by_another_account_is_refused() {
        let list = list_of(&SigningKey::from_bytes(&[1; 32]), &[1]);
        let signed = signed_by(&SigningKey::from_bytes(&[2; 32]), &list);
        assert_eq!(signed.verify(), Err(DeviceListError::Signature));
    }

    #[test]
    fn a_changed_byte_is_refused() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let mut signed = signed_by(&key, &list_of(&key, &[1]));
        let last = signed.encoded.len() - 1;
        signed.encoded[last] ^= 1;
        assert_eq!(signed.verify(), Err(DeviceListError::Signature));
    }

    #[test]
    fn a_low_order_account_key_is_refused() {
        // The identity point: any signature (R, 0) with R equal to it would pass a lax check.
        let mut identity = [0; 32];
        identity[0] = 1;
        let list =
            DeviceList { account: AccountId(identity), ..list_of(&SigningKey::from_bytes(&[1; 32]), &[1]) };
        let signed = signed_by(&SigningKey::from_bytes(&[1; 32]), &list);
        assert_eq!(signed.verify(), Err(DeviceListError::WeakAccountKey));
    }

    #[test]
    fn an_empty_a_crowded_and_a_repeating_list_are_refused() {
        let key = SigningKey::from_bytes(&[1; 32]);
        for devices in [vec![], vec![1, 1], (0..=8).collect()] {
            let signed = signed_by(&key, &list_of(&key, &devices));
            assert_eq!(signed.verify(), Err(DeviceListError::Devices(devices.len())));
        }
    }
}
