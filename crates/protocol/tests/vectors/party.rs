//! A device with all its secrets, as vectors and the peer's requests spell them.

use airlock_protocol::{
    AccountKey, Checked, CurvePrekeySecret, DeviceKeys, Draft, FirstMessage, KemPrekeySecret, LocalIdentity,
    MessageId, OpenError, Opened, Prekeys, Session, VerifiedBundle,
    gate::{self, Outcome, Setting},
};
use airlock_wire::{Bundle, DeviceList, KemRole, SignedDeviceList, decode, encode};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::random::Given;

/// Every secret of a device, in hexadecimal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    account: String,
    signing: String,
    agreement: String,
    signed: Curve,
    one_time: Curve,
    kem: Kem,
    last_resort: Kem,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Curve {
    /// Below 128, so that it is one byte in every encoding.
    number: u8,
    secret: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kem {
    number: u8,
    d: String,
    z: String,
}

/// The public side of [`Keys`], computed from them.
#[derive(Serialize)]
pub(crate) struct Public {
    account: String,
    device: String,
    agreement: String,
    devices: String,
    bundle: String,
    last_resort_bundle: String,
}

pub(crate) struct Party {
    pub(crate) us: LocalIdentity,
    signed: CurvePrekeySecret,
    one_time: CurvePrekeySecret,
    kem: KemPrekeySecret,
    last_resort: KemPrekeySecret,
}

impl Keys {
    /// Secrets that are written into vectors, from a name and a counter.
    pub(crate) fn named(name: &str) -> Self {
        let secret = |what: &str| HEXLOWER.encode(&known(&format!("{name}: {what}")));
        let curve = |what: &str, number| Curve { number, secret: secret(what) };
        let kem = |what: &str, number| Kem {
            number,
            d: secret(&format!("{what} d")),
            z: secret(&format!("{what} z")),
        };
        Self {
            account: secret("account"),
            signing: secret("signing"),
            agreement: secret("agreement"),
            signed: curve("signed prekey", 1),
            one_time: curve("one-time prekey", 7),
            kem: kem("one-time ML-KEM prekey", 8),
            last_resort: kem("last-resort ML-KEM prekey", 2),
        }
    }

    /// Through the form in which they are stored: docs/protocol.md §8.
    pub(crate) fn party(&self) -> Result<Party, String> {
        let Self { account, signing, agreement, signed, one_time, kem, last_resort } = self;
        let account = AccountKey::from_bytes(&array(account)?);
        let device = [[1, 1].as_slice(), &bytes(signing)?, &bytes(agreement)?].concat();
        let device = DeviceKeys::restore(&device).map_err(|error| format!("the device's keys: {error}"))?;
        let list = DeviceList { account: account.id(), version: 1, devices: vec![device.public()] };
        let us = LocalIdentity::new(device, account.sign_device_list(&list)).map_err(|e| e.to_string())?;
        let curve = |role: u8, Curve { number, secret }: &Curve| {
            let saved = [[1, 2, role, *number].as_slice(), &bytes(secret)?].concat();
            CurvePrekeySecret::restore(&saved).map_err(|error| format!("an X25519 prekey: {error}"))
        };
        let kem_key = |role: u8, Kem { number, d, z }: &Kem| {
            let saved = [[1, 3, role, *number].as_slice(), &bytes(d)?, &bytes(z)?].concat();
            KemPrekeySecret::restore(&saved).map_err(|error| format!("an ML-KEM prekey: {error}"))
        };
        Ok(Party {
            us,
            signed: curve(0, signed)?,
            one_time: curve(1, one_time)?,
            kem: kem_key(0, kem)?,
            last_resort: kem_key(1, last_resort)?,
        })
    }
}

impl Party {
    pub(crate) fn named(name: &str) -> Self {
        Keys::named(name).party().expect("the secrets are well-formed")
    }

    pub(crate) fn public(&self) -> Public {
        let device = self.us.device().public();
        Public {
            account: HEXLOWER.encode(&self.us.account().0),
            device: HEXLOWER.encode(&device.id.0),
            agreement: HEXLOWER.encode(&device.agreement),
            devices: HEXLOWER.encode(&encode(self.us.device_list())),
            bundle: HEXLOWER.encode(&encode(&self.bundle(false))),
            last_resort_bundle: HEXLOWER.encode(&encode(&self.bundle(true))),
        }
    }

    pub(crate) fn bundle(&self, last_resort: bool) -> Bundle {
        let device = self.us.device();
        let signed = self.signed.public(device);
        let (one_time, kem) = if last_resort {
            (None, self.last_resort.public(device))
        } else {
            (Some(self.one_time.public(device)), self.kem.public(device))
        };
        Bundle { device: device.id(), signed, one_time, kem }
    }

    /// Starts a session with what a relay handed out, both encoded.
    pub(crate) fn start(
        &self,
        bundle: &[u8],
        devices: &[u8],
        now_ms: u64,
        random: &[u8],
    ) -> Result<Session, String> {
        let bundle: Bundle = decode(bundle).map_err(|error| format!("the bundle: {error}"))?;
        let devices: SignedDeviceList = decode(devices).map_err(|error| format!("the devices: {error}"))?;
        let devices = devices.verify().map_err(debug)?;
        let bundle = VerifiedBundle::verify(bundle, &devices).map_err(debug)?;
        let mut random = Given::new(random);
        let session = Session::initiate(&self.us, bundle, now_ms, &mut random).map_err(debug)?;
        random.finish().map(|()| session)
    }

    pub(crate) fn accept(&self, first: FirstMessage, now_ms: u64) -> Result<(Session, Opened), OpenError> {
        let needed = first.prekeys_needed();
        let kem = match needed.kem.0 {
            KemRole::OneTime => &self.kem,
            KemRole::LastResort => &self.last_resort,
        };
        let one_time = needed.one_time.map(|_| &self.one_time);
        first.accept(&self.us, Prekeys { signed: &self.signed, one_time, kem }, now_ms)
    }

    pub(crate) fn say(
        &self,
        session: &mut Session,
        message: &Checked,
        now_ms: u64,
        random: &[u8],
    ) -> Result<Vec<u8>, String> {
        let mut random = Given::new(random);
        let sealed = session.seal(&self.us, message, now_ms, &mut random).map_err(debug)?;
        random.finish().map(|()| sealed.into_envelope().sealed)
    }
}

/// A text that went through a gate without a hook.
pub(crate) fn checked(id: MessageId, text: &str) -> Result<Checked, String> {
    let_through(Draft::text(id, text).map_err(|error| error.to_string())?)
}

pub(crate) fn let_through(draft: Draft) -> Result<Checked, String> {
    match gate::check(draft, Setting::Off).outcome {
        Outcome::Passed(passed) => Ok(passed.checked),
        _ => Err("without a hook everything passes".into()),
    }
}

/// Errors by the names of docs/protocol.md §12.
pub(crate) fn debug(error: impl core::fmt::Debug) -> String {
    format!("{error:?}")
}

pub(crate) fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    HEXLOWER.decode(hex.as_bytes()).map_err(|_| "not hexadecimal digits in lower case".into())
}

pub(crate) fn array<const N: usize>(hex: &str) -> Result<[u8; N], String> {
    bytes(hex)?.try_into().map_err(|_| format!("not {N} bytes"))
}

/// 32 bytes that are the same each time.
pub(crate) fn known(what: &str) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(what).into()
}
