//! What the targets share: two devices with fixed keys, and envelopes made from the outside after docs/protocol.md §7,
//! so that a fuzzer gets past the encryption that would stop it.

use airlock_protocol::{
    AccountKey, Attachment, AttachmentSealer, Checked, Content, CurvePrekeySecret, CurveRole, DeviceKeys,
    Draft, FirstMessage, KemPrekeySecret, LocalIdentity, MessageId, OpenError, Opened, Prekeys, Received,
    SealedAttachment, Session, VerifiedBundle,
    gate::{Outcome, Setting, check},
};
use airlock_wire::{Bundle, Device, DeviceList, KemRole, PrekeyId, Signature};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::Aead, aead::Payload};
use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};

/// Seed of the signing key of Bob's device.
const BOB_SIGNING: [u8; 32] = [0xB0; 32];

/// A device with all its secrets.
pub struct Party {
    /// Its identity.
    pub us: LocalIdentity,
    /// As its account signed it.
    pub devices: DeviceList,
    signed: CurvePrekeySecret,
    one_time: CurvePrekeySecret,
    kem: KemPrekeySecret,
}

impl Party {
    fn new(signing: [u8; 32], agreement: [u8; 32], rng: &mut ChaCha20Rng) -> Self {
        // Saved device keys, version 1 (docs/protocol.md §8).
        let saved = [[1, 1].as_slice(), &signing, &agreement].concat();
        let device = DeviceKeys::restore(&saved).expect("it has the documented form");
        let account = AccountKey::generate(rng);
        let devices = DeviceList { account: account.id(), version: 1, devices: vec![device.public()] };
        Self {
            us: LocalIdentity::new(device, account.sign_device_list(&devices)).expect("the list is ours"),
            devices,
            signed: CurvePrekeySecret::generate(CurveRole::Signed, PrekeyId(1), rng),
            one_time: CurvePrekeySecret::generate(CurveRole::OneTime, PrekeyId(2), rng),
            kem: KemPrekeySecret::generate(KemRole::OneTime, PrekeyId(3), rng),
        }
    }

    /// What its relay hands out.
    pub fn bundle(&self) -> Bundle {
        let device = self.us.device();
        Bundle {
            device: device.id(),
            signed: self.signed.public(device),
            one_time: Some(self.one_time.public(device)),
            kem: self.kem.public(device),
        }
    }

    /// Accepts with whatever prekeys there are: the wrong ones must be refused.
    pub fn accept(&self, first: FirstMessage) -> Result<(Session, Opened), OpenError> {
        let one_time = first.prekeys_needed().one_time.map(|_| &self.one_time);
        first.accept(&self.us, Prekeys { signed: &self.signed, one_time, kem: &self.kem }, 0)
    }
}

/// Alice, Bob, and a session between them that both have.
pub struct World {
    /// Who started.
    pub alice: Party,
    /// Whom the fuzzer writes to.
    pub bob: Party,
    /// Alice's state of the session, not answered yet.
    pub alices: Session,
    /// Bob's.
    pub bobs: Session,
    /// The first message that Bob got.
    pub hello: Vec<u8>,
    /// The same in every run.
    pub rng: ChaCha20Rng,
}

impl World {
    /// The same world each time.
    #[must_use]
    pub fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let alice = Party::new([0xA0; 32], [0xA1; 32], &mut rng);
        let bob = Party::new(BOB_SIGNING, [0xB1; 32], &mut rng);
        let bundle = VerifiedBundle::verify(bob.bundle(), &bob.devices).expect("the bundle is honest");
        let mut alices = Session::initiate(&alice.us, bundle, 0, &mut rng).expect("the keys are sound");
        let sealed = alices.seal(&alice.us, &message(), 0, &mut rng).expect("it is short");
        let hello = sealed.into_envelope().sealed;
        let Ok(Received::First(first)) = Received::parse(&hello, &bob.us) else {
            panic!("it is a first message")
        };
        let (bobs, _) = bob.accept(first).expect("it is honest");
        Self { alice, bob, alices, bobs, hello, rng }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// A file, sealed.
pub struct Sealed {
    /// What its letter says.
    pub attachment: Attachment,
    /// What its letter needs.
    pub sealed: SealedAttachment,
    /// Its ciphertext.
    pub blob: Vec<u8>,
}

/// The file whose blob a fuzzer changes: two chunks.
static FILE: [u8; 70_000] = [0xF1; 70_000];

/// An honest attachment.
#[must_use]
pub fn sealed_file() -> Sealed {
    let attachment = Attachment {
        name: "picnic.png".into(),
        caption: Some("the blanket".into()),
        size: FILE.len() as u64,
        media_type: "image/png".into(),
        digest: Sha256::digest(FILE).into(),
    };
    seal_file(&let_through(Draft::attachment(MessageId([7; 16]), attachment).expect("it is honest")))
}

/// Seals the file for a message that announces it.
pub fn seal_file(message: &Checked) -> Sealed {
    let Content::Attachment(attachment) = message.content() else { panic!("it is an attachment") };
    let mut sealer =
        AttachmentSealer::new(message, &mut ChaCha20Rng::seed_from_u64(5)).expect("it is an attachment");
    let (mut rest, mut blob) = (FILE.as_slice(), Vec::new());
    while let Some(wanted) = sealer.wants() {
        let (now, later) = rest.split_at(wanted);
        blob.extend_from_slice(sealer.seal_chunk(now).expect("as many as it wants"));
        rest = later;
    }
    let sealed = sealer.finish().expect("it is the file that was checked");
    Sealed { attachment: attachment.clone(), sealed, blob }
}

/// A draft that the gate let through.
pub fn let_through(draft: Draft) -> Checked {
    let Outcome::Passed(passed) = check(draft, Setting::Off).outcome else {
        panic!("without a hook everything passes")
    };
    passed.checked
}

/// A short text that the gate let through.
#[must_use]
pub fn message() -> Checked {
    let_through(Draft::text(MessageId([7; 16]), "hello").expect("it is not empty"))
}

/// An envelope with any inner bytes, padded as it must be; None when they are too long for one.
#[must_use]
pub fn seal_inner(recipient: &Device, inner: &[u8]) -> Option<Vec<u8>> {
    let size = (inner.len() + 1 + 32 + 4 + 16).next_power_of_two().max(512);
    if size > airlock_wire::ENVELOPE_BYTES_MAX {
        return None;
    }
    let length = u32::try_from(inner.len()).ok()?;
    let mut plaintext = [length.to_le_bytes().as_slice(), inner].concat();
    plaintext.resize(size - 1 - 32 - 16, 0);
    let (cipher, ephemeral) =
        outer_layer(&StaticSecret::from([0xE0; 32]), &recipient.agreement, recipient, None);
    let sealed = cipher.encrypt(&[0; 12].into(), Payload { msg: &plaintext, aad: &[1] }).ok()?;
    Some([[1].as_slice(), &ephemeral, &sealed].concat())
}

/// The inner bytes of an envelope to Bob.
#[must_use]
pub fn open_inner(sealed: &[u8]) -> Option<Vec<u8>> {
    let (ephemeral, body) = sealed.get(1..)?.split_first_chunk::<32>()?;
    let recipient = World::new().bob.us.device().public();
    let (cipher, _) = outer_layer(&StaticSecret::from([0xB1; 32]), ephemeral, &recipient, Some(ephemeral));
    let plaintext = cipher.decrypt(&[0; 12].into(), Payload { msg: body, aad: &[1] }).ok()?;
    let (length, rest) = plaintext.split_first_chunk::<4>()?;
    rest.get(..u32::from_le_bytes(*length) as usize).map(<[u8]>::to_vec)
}

fn outer_layer(
    secret: &StaticSecret,
    public: &[u8; 32],
    recipient: &Device,
    ephemeral: Option<&[u8; 32]>,
) -> (ChaCha20Poly1305, [u8; 32]) {
    let shared = secret.diffie_hellman(&PublicKey::from(*public));
    let ephemeral = ephemeral.copied().unwrap_or_else(|| PublicKey::from(secret).to_bytes());
    let info =
        [b"Airlock v1 sealed envelope\0".as_slice(), &ephemeral, &recipient.agreement, &recipient.id.0];
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, shared.as_bytes()).expand_multi_info(&info, &mut key).expect("32 bytes");
    (ChaCha20Poly1305::new(&key.into()), ephemeral)
}

/// Signs every key of a bundle as Bob's device, whatever the keys are, so that what lies behind the signatures is
/// reached: docs/protocol.md §4.
pub fn sign_as_bob(bundle: &mut Bundle) {
    let key = SigningKey::from_bytes(&BOB_SIGNING);
    let device = bundle.device.0;
    let sign = |label: &[u8], id: PrekeyId, public: &[u8]| {
        Signature(key.sign(&[label, &[0], &device, &id.0.to_le_bytes(), public].concat()).to_bytes())
    };
    bundle.signed.signature =
        sign(b"Airlock v1 prekey: X25519, signed", bundle.signed.id, &bundle.signed.public);
    if let Some(prekey) = &mut bundle.one_time {
        prekey.signature = sign(b"Airlock v1 prekey: X25519, one-time", prekey.id, &prekey.public);
    }
    let label: &[u8] = match bundle.kem.role {
        KemRole::OneTime => b"Airlock v1 prekey: ML-KEM-768, one-time",
        KemRole::LastResort => b"Airlock v1 prekey: ML-KEM-768, last resort",
    };
    bundle.kem.signature = sign(label, bundle.kem.id, &bundle.kem.public);
}
