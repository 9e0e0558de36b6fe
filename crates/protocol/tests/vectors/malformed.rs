//! Inputs that are refused, each in a file of its own with the error that it gets.

use airlock_protocol::{AccountKey, DeviceKeys, OpenError, Received, Session, VerifiedBundle};
use airlock_wire::{AccountId, Bundle, Device, DeviceId, DeviceList, SignedDeviceList, decode, encode};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::{
    make::{NOW_MS, connected, hex},
    outer,
    party::{Party, bytes, debug, known},
};

/// What is done with the bytes, always by Bob of handshake.json.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// He opens it, with no session yet.
    Envelope,
    /// He verifies an encoded bundle, with his own device list.
    Bundle,
    /// He verifies an encoded signed device list.
    DeviceList,
    /// He restores a session.
    SavedSession,
    /// He restores device keys.
    SavedDevice,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Malformed {
    #[serde(skip)]
    pub(crate) name: String,
    kind: Kind,
    bytes: String,
    /// By its name in docs/protocol.md §12.
    error: String,
}

impl Malformed {
    fn new(name: &str, kind: Kind, bytes: &[u8]) -> Self {
        let mut new = Self { name: name.into(), kind, bytes: hex(bytes), error: String::new() };
        new.error = new.refused().expect_err("it is malformed");
        new
    }

    /// The error in the file, and the one that these bytes get now.
    pub(crate) fn check(&self) -> (String, Result<(), String>) {
        (self.error.clone(), self.refused())
    }

    fn refused(&self) -> Result<(), String> {
        let bytes = bytes(&self.bytes)?;
        let bob = Party::named("bob");
        match self.kind {
            Kind::Envelope => open(&bob, &bytes).map_err(debug),
            Kind::Bundle => {
                let bundle = decode::<Bundle>(&bytes).map_err(debug)?;
                let devices = bob.us.device_list().verify().map_err(debug)?;
                VerifiedBundle::verify(bundle, &devices).map(drop).map_err(debug)
            }
            Kind::DeviceList => {
                let list = decode::<SignedDeviceList>(&bytes).map_err(debug)?;
                list.verify().map(drop).map_err(debug)
            }
            Kind::SavedSession => Session::restore(&bytes).map(drop).map_err(debug),
            Kind::SavedDevice => DeviceKeys::restore(&bytes).map(drop).map_err(debug),
        }
    }
}

fn open(bob: &Party, sealed: &[u8]) -> Result<(), OpenError> {
    match Received::parse(sealed, &bob.us)? {
        Received::First(first) => bob.accept(first, NOW_MS).map(drop),
        Received::Ratchet(_) => Ok(()),
    }
}

/// From the form in which it is stored.
pub(crate) fn agreement_secret(party: &Party) -> [u8; 32] {
    party.us.device().save()[34..66].try_into().expect("32 bytes")
}

// Places in the inner part of the first message of handshake.json: docs/protocol.md §7, §5.1, §2.2, §6.2.
const SENDER_ACCOUNT: usize = 1;
const SENDER_DEVICE: usize = 33;
const SESSION: usize = 65;
const BODY: usize = 81;
const LIST_SIGNATURE: usize = 182;
const EPHEMERAL: usize = 246;
const SIGNED_NUMBER: usize = 278;
const ONE_TIME: usize = 279;
const KEM_ROLE: usize = 281;
const KEM_NUMBER: usize = 282;
const KEM_CIPHERTEXT: usize = 285;
const EPOCH: usize = 1_373;
const EPOCH_PREVIOUS: usize = 1_374;
const EPOCH_NUMBER: usize = 1_375;
const PART: usize = 1_376;
const HEADER_KEY: usize = 1_377;
const HEADER_PREVIOUS: usize = 1_409;
const HEADER_NUMBER: usize = 1_410;

/// Places in a saved session of Alice's, from its end: docs/protocol.md §8.
const ROLE_FROM_END: usize = 110;
const EXCHANGE_FROM_END: usize = 9;

/// 1,184, 1,183, 1,088 and 1,087 as lengths.
const OF_KEY: [u8; 2] = [0xA0, 0x09];
const OF_SHORT_KEY: [u8; 2] = [0x9F, 0x09];
const OF_CIPHERTEXT: [u8; 2] = [0xC0, 0x08];
const OF_SHORT_CIPHERTEXT: [u8; 2] = [0xBF, 0x08];

pub(crate) fn inputs() -> Vec<Malformed> {
    let mut inputs = envelopes();
    inputs.extend(inner_parts());
    inputs.extend(bundles());
    inputs.extend(device_lists());
    inputs.extend(saved());
    inputs
}

fn first() -> Vec<u8> {
    HEXLOWER.decode(connected(false).0.first.sealed.as_bytes()).expect("it is hexadecimal")
}

fn changed(bytes: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    change(&mut changed);
    changed
}

fn envelopes() -> Vec<Malformed> {
    let sealed = first();
    let device = Party::named("bob").us.device().public();
    let padded = |length: u32, size: usize, padding: u8| {
        let mut plaintext = [length.to_le_bytes().as_slice(), &[1, 2, 3]].concat();
        plaintext.resize(size - 49, padding);
        outer::seal_plaintext(&device, &plaintext, &known("an ephemeral key"))
    };
    let new = |name: &str, bytes: &[u8]| Malformed::new(&format!("envelope_{name}"), Kind::Envelope, bytes);
    vec![
        new("empty", &[]),
        new("of_511_bytes", &sealed[..511]),
        new("of_256_bytes", &sealed[..256]),
        new("version_2", &changed(&sealed, |it| it[0] = 2)),
        new("ephemeral_key_of_low_order", &changed(&sealed, |it| it[1..33].fill(0))),
        new("ciphertext_changed", &changed(&sealed, |it| it[700] ^= 1)),
        new("tag_changed", &changed(&sealed, |it| it[2_047] ^= 1)),
        new("padding_not_zero", &padded(3, 512, 1)),
        new("padding_not_the_smallest", &padded(3, 1_024, 0)),
        new("length_beyond_its_end", &padded(460, 512, 0)),
        new("length_of_4_gib", &padded(u32::MAX, 512, 0)),
    ]
}

fn inner_parts() -> Vec<Malformed> {
    let bob = Party::named("bob");
    let device = bob.us.device().public();
    let inner = outer::open(&first(), &device, &agreement_secret(&bob));
    let key = bob.bundle(false).kem.public;
    let part = |kind: u8, length: [u8; 2], bytes: &[u8]| [&[kind], length.as_slice(), bytes].concat();
    let new = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let inner = changed(&inner, |it| change(it));
        let sealed = outer::seal(&device, &inner, &known("an ephemeral key"));
        Malformed::new(&format!("inner_{name}"), Kind::Envelope, &sealed)
    };
    vec![
        new("empty", &|it| it.clear()),
        new("version_9", &|it| it[0] = 9),
        new("cut", &|it| it.truncate(1_400)),
        new("trailing_byte", &|it| it.push(0)),
        new("body_of_no_kind", &|it| it[BODY] = 4),
        new("option_neither_0_nor_1", &|it| it[ONE_TIME] = 2),
        new("length_over_64_bits", &|it| {
            it.splice(BODY + 1..=BODY + 1, [0xFF; 11]);
        }),
        new("sender_of_another_account", &|it| it[SENDER_ACCOUNT] ^= 1),
        new("sender_not_listed", &|it| it[SENDER_DEVICE] ^= 1),
        new("device_list_signature_changed", &|it| it[LIST_SIGNATURE] ^= 1),
        new("session_id_changed", &|it| it[SESSION] ^= 1),
        new("handshake_key_of_low_order", &|it| it[EPHEMERAL..EPHEMERAL + 32].fill(0)),
        new("handshake_key_changed", &|it| it[EPHEMERAL] ^= 1),
        new("signed_prekey_of_another_number", &|it| it[SIGNED_NUMBER] = 5),
        new("one_time_prekey_missing", &|it| {
            it.splice(ONE_TIME..ONE_TIME + 2, [0]);
        }),
        new("kem_prekey_of_another_role", &|it| it[KEM_ROLE] = 1),
        new("kem_prekey_of_another_number", &|it| it[KEM_NUMBER] = 5),
        new("kem_ciphertext_changed", &|it| it[KEM_CIPHERTEXT] ^= 1),
        new("kem_ciphertext_short", &|it| {
            // 1,087 as a varint, and one byte less.
            it.splice(KEM_CIPHERTEXT - 2..=KEM_CIPHERTEXT, [0xBF, 0x08]);
        }),
        new("of_version_1", &|it| {
            it[BODY] = 0;
            it.drain(EPOCH..HEADER_KEY);
        }),
        new("epoch_that_nobody_made", &|it| it[EPOCH] = 1),
        new("epoch_over_32_bits", &|it| {
            it.splice(EPOCH..=EPOCH, [0xFF, 0xFF, 0xFF, 0xFF, 0x1F]);
        }),
        new("previous_of_the_epoch_changed", &|it| it[EPOCH_PREVIOUS] = 1),
        new("number_in_the_epoch_changed", &|it| it[EPOCH_NUMBER] = 1),
        new("number_in_the_epoch_over_the_gap", &|it| {
            it.splice(EPOCH_NUMBER..=EPOCH_NUMBER, [0xA9, 0xC3, 0x01]);
        }),
        new("part_of_no_kind", &|it| it[PART] = 3),
        new("offer_short", &|it| {
            it.splice(PART..=PART, part(1, OF_SHORT_KEY, &key[..1_183]));
        }),
        new("offer_that_is_no_key", &|it| {
            // Coefficients of 4,095, over the modulus.
            it.splice(PART..=PART, part(1, OF_KEY, &[0xFF; 1_184]));
        }),
        new("offer_put_in", &|it| {
            it.splice(PART..=PART, part(1, OF_KEY, &key));
        }),
        new("answer_short", &|it| {
            it.splice(PART..=PART, part(2, OF_SHORT_CIPHERTEXT, &[7; 1_087 + 32]));
        }),
        new("answer_put_in", &|it| {
            it.splice(PART..=PART, part(2, OF_CIPHERTEXT, &[7; 1_088 + 32]));
        }),
        new("ratchet_key_of_low_order", &|it| it[HEADER_KEY..HEADER_KEY + 32].fill(0)),
        new("previous_changed", &|it| it[HEADER_PREVIOUS] = 1),
        new("number_changed", &|it| it[HEADER_NUMBER] = 1),
        new("number_over_the_gap", &|it| {
            // 25,001 as a varint.
            it.splice(HEADER_NUMBER..=HEADER_NUMBER, [0xA9, 0xC3, 0x01]);
        }),
        new("number_over_32_bits", &|it| {
            it.splice(HEADER_NUMBER..=HEADER_NUMBER, [0xFF, 0xFF, 0xFF, 0xFF, 0x1F]);
        }),
        new("message_tag_changed", &|it| *it.last_mut().expect("it is not empty") ^= 1),
    ]
}

fn bundles() -> Vec<Malformed> {
    let bob = Party::named("bob");
    let new = |name: &str, change: &dyn Fn(&mut Bundle)| {
        let mut bundle = bob.bundle(false);
        change(&mut bundle);
        Malformed::new(&format!("bundle_{name}"), Kind::Bundle, &encode(&bundle))
    };
    vec![
        new("of_another_device", &|it| it.device = DeviceId([7; 32])),
        new("signed_prekey_signature_changed", &|it| it.signed.signature.0[0] ^= 1),
        new("one_time_prekey_in_the_place_of_the_signed", &|it| {
            it.signed = it.one_time.clone().expect("one")
        }),
        new("one_time_prekey_changed", &|it| it.one_time.as_mut().expect("one").public[0] ^= 1),
        new("kem_role_flipped", &|it| it.kem.role = airlock_wire::KemRole::LastResort),
        new("kem_key_short", &|it| it.kem.public.truncate(1_183)),
    ]
}

fn device_lists() -> Vec<Malformed> {
    let account = AccountKey::from_bytes(&known("an account"));
    let device = |byte: u8| Device { id: DeviceId([byte; 32]), agreement: [byte; 32] };
    let list = |devices: &[u8]| DeviceList {
        account: account.id(),
        version: 1,
        devices: devices.iter().map(|byte| device(*byte)).collect(),
    };
    let signed = |list: &DeviceList| encode(&account.sign_device_list(list));
    let mut identity = [0; 32];
    identity[0] = 1;
    let weak = DeviceList { account: AccountId(identity), ..list(&[1]) };
    let other = DeviceList { account: Party::named("alice").us.account(), ..list(&[1]) };
    let new =
        |name: &str, bytes: &[u8]| Malformed::new(&format!("device_list_{name}"), Kind::DeviceList, bytes);
    vec![
        new("of_nobody", &signed(&list(&[]))),
        new("of_nine", &signed(&list(&[1, 2, 3, 4, 5, 6, 7, 8, 9]))),
        new("with_one_twice", &signed(&list(&[1, 2, 1]))),
        new("of_an_account_of_low_order", &signed(&weak)),
        new("signed_by_another_account", &signed(&other)),
        new("changed", &changed(&signed(&list(&[1])), |it| it[40] ^= 1)),
        new("trailing_byte", &changed(&signed(&list(&[1])), |it| it.push(0))),
    ]
}

fn saved() -> Vec<Malformed> {
    let (_, alice, alices, _, bobs) = connected(false);
    let session = alices.save();
    let device = alice.us.device().save();
    let new = |name: &str, kind, bytes: &[u8]| Malformed::new(&format!("saved_{name}"), kind, bytes);
    vec![
        new("session_empty", Kind::SavedSession, &[]),
        new("session_version_3", Kind::SavedSession, &changed(&session, |it| it[0] = 3)),
        new("session_of_version_2_as_one_of_1", Kind::SavedSession, &changed(&session, |it| it[0] = 1)),
        new(
            "session_role_of_no_side",
            Kind::SavedSession,
            &changed(&session, |it| {
                let at = it.len() - ROLE_FROM_END;
                it[at] = 2;
            }),
        ),
        new(
            "session_exchange_of_no_kind",
            Kind::SavedSession,
            &changed(&session, |it| {
                let at = it.len() - EXCHANGE_FROM_END;
                it[at] = 5;
            }),
        ),
        // Alice, who offers the first key, was asked.
        new(
            "session_exchange_out_of_turn",
            Kind::SavedSession,
            &changed(&session, |it| {
                let at = it.len() - EXCHANGE_FROM_END;
                it.splice(at..=at, [&[3], OF_KEY.as_slice(), &alice.bundle(false).kem.public].concat());
            }),
        ),
        // Bob, who does not, was: but with something that is no key.
        new(
            "session_asked_with_no_key",
            Kind::SavedSession,
            &changed(&bobs.save(), |it| {
                let at = it.len() - EXCHANGE_FROM_END;
                it.splice(at..=at, [&[3], OF_KEY.as_slice(), &[0xFF; 1_184]].concat());
            }),
        ),
        new("session_cut", Kind::SavedSession, &session[..session.len() - 1]),
        new("session_trailing_byte", Kind::SavedSession, &changed(&session, |it| it.push(0))),
        new("device_as_a_session", Kind::SavedSession, &device),
        new("session_as_a_device", Kind::SavedDevice, &session),
        new("device_cut", Kind::SavedDevice, &device[..65]),
    ]
}
