//! Every vector file: its name and its text. Each input is in the file, random bytes in the order of
//! docs/protocol.md §1.3; all bytes are hexadecimal.

use airlock_protocol::{
    Attachment, AttachmentSealer, Content, Draft, EPOCH_MS, Letter, MessageId, RatchetMessage, Received,
    SafetyNumber, Session, attachment::blob_bytes,
};
use airlock_wire::{AccountId, encode};
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    malformed, outer,
    party::{Keys, Party, Public, array, bytes, checked, debug, known, let_through},
    random::Given,
};

/// Noon on a day in 2027.
pub(crate) const NOW_MS: u64 = 1_800_000_000_000;

/// All files, by their names in this folder.
pub(crate) fn files() -> Vec<(String, String)> {
    let mut files = vec![
        file("handshake.json", &handshakes()),
        file("ratchet.json", &ratchet()),
        file("epochs.json", &epochs()),
        file("version_1.json", &version_1()),
        file("envelope.json", &envelopes()),
        file("attachment.json", &attachments()),
        file("safety_number.json", &safety_numbers()),
    ];
    files.extend(
        malformed::inputs().iter().map(|input| file(&format!("malformed/{}.json", input.name), input)),
    );
    files
}

fn file(name: &str, content: &impl Serialize) -> (String, String) {
    let text = serde_json::to_string_pretty(content).expect("plain values have a JSON form");
    (name.into(), text + "\n")
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

/// Random bytes of a vector: as many as are drawn.
pub(crate) fn random(what: &str, length: usize) -> Vec<u8> {
    (0..).flat_map(|i| known(&format!("random of {what}: {i}"))).take(length).collect()
}

/// One device: its secrets, and what others see of it.
#[derive(Serialize)]
struct Device {
    secret: Keys,
    public: Public,
}

impl Device {
    fn named(name: &str) -> Self {
        Self { secret: Keys::named(name), public: Party::named(name).public() }
    }
}

#[derive(Serialize)]
pub(crate) struct Handshake {
    what: &'static str,
    alice: Device,
    bob: Device,
    last_resort: bool,
    now_ms: u64,
    /// EK_A, m, Alice's first ratchet key.
    random: String,
    session: String,
    alice_state: String,
    pub(crate) first: Message,
    /// After the first message opened.
    bob_state: String,
}

#[derive(Serialize)]
pub(crate) struct Message {
    id: String,
    text: String,
    sent_at_ms: u64,
    /// Nonce, and the envelope's ephemeral key; before them a ratchet key, if it is a turn.
    random: String,
    pub(crate) sealed: String,
}

fn say(party: &Party, session: &mut Session, text: &str, sent_at_ms: u64, draws: usize) -> Message {
    let id = MessageId(known(text)[..16].try_into().expect("16 bytes"));
    let random = random(&format!("{text} {sent_at_ms}"), draws);
    let message = checked(id, text).expect("it is short");
    let sealed = party.say(session, &message, sent_at_ms, &random).expect("it is short");
    Message { id: hex(id.0), text: text.into(), sent_at_ms, random: hex(&random), sealed: hex(&sealed) }
}

/// Bytes that are drawn for a message: with a ratchet key and without; and in addition, with a key that is offered for
/// the next epoch, or with an answer to one.
const TURN: usize = 32 + STAY;
const STAY: usize = 12 + 32;
const OFFER: usize = 64;
const ANSWER: usize = 32;

/// Alice's session and Bob's, after her first message.
pub(crate) fn connected(last_resort: bool) -> (Handshake, Party, Session, Party, Session) {
    let (alice, bob) = (Party::named("alice"), Party::named("bob"));
    let random = random(if last_resort { "last resort" } else { "one-time" }, 96);
    let bundle = encode(&bob.bundle(last_resort));
    let mut alices =
        alice.start(&bundle, &encode(bob.us.device_list()), NOW_MS, &random).expect("it is honest");
    let session = alices.id().to_string();
    let alice_state = hex(&*alices.save());
    let first = say(&alice, &mut alices, "hello", NOW_MS + 1, STAY);
    let sealed = HEXLOWER.decode(first.sealed.as_bytes()).expect("it is hexadecimal");
    let Received::First(message) = Received::parse(&sealed, &bob.us).expect("it is honest") else {
        panic!("it starts a session")
    };
    let (bobs, _) = bob.accept(message, NOW_MS + 2).expect("it is honest");
    let handshake = Handshake {
        what: if last_resort { "only the last-resort prekey was left" } else { "both one-time prekeys" },
        alice: Device::named("alice"),
        bob: Device::named("bob"),
        last_resort,
        now_ms: NOW_MS,
        random: hex(&random),
        session,
        alice_state,
        first,
        bob_state: hex(&*bobs.save()),
    };
    (handshake, alice, alices, bob, bobs)
}

fn handshakes() -> Vec<Handshake> {
    [false, true].into_iter().map(|last_resort| connected(last_resort).0).collect()
}

#[derive(Serialize)]
struct Ratchet {
    alice: Keys,
    bob: Keys,
    /// Before the first step: after the first handshake of handshake.json.
    alice_state: String,
    bob_state: String,
    steps: Vec<Step>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Step {
    /// Says something; `state` is the SHA-256 of the sender's session after it.
    Send { from: &'static str, message: Message, state: String },
    /// Delivers the message of an earlier step, counted from 0 over `send` alone.
    Deliver { to: &'static str, message: usize, now_ms: u64, error: Option<String>, state: String },
}

/// Who sends, with how many random bytes; to whom which message is delivered; or how long nothing happens.
#[derive(Clone, Copy)]
enum Do {
    Send(usize, usize),
    Deliver(usize, usize),
    Wait(u64),
}
use Do::{Deliver, Send, Wait};

/// Five messages each way in three rounds, delivered out of order, two of them twice, one never.
const SHUFFLED: [Do; 21] = [
    Send(0, STAY),
    Send(0, STAY),
    Send(0, STAY),
    Deliver(1, 2),
    Deliver(1, 0),
    Send(1, TURN),
    Send(1, STAY),
    Deliver(0, 4),
    Deliver(1, 0),
    Send(0, TURN),
    Send(0, STAY),
    Deliver(1, 6),
    Deliver(1, 1),
    Deliver(0, 3),
    Deliver(0, 3),
    Send(1, TURN),
    Send(1, STAY),
    Send(1, STAY),
    Deliver(0, 9),
    Deliver(0, 7),
    Deliver(1, 2),
];

/// Two epochs end, by their age. Offers and answers are lost, repeated and late, and messages of an epoch come after
/// the first of the next.
const EPOCHS: [Do; 34] = [
    Send(1, TURN),
    Deliver(0, 0),
    Wait(EPOCH_MS),
    // 1: the offer, late. 2: its first copy.
    Send(0, TURN + OFFER),
    Send(0, STAY),
    Deliver(1, 2),
    // 3: the answer, late. 4: its first copy.
    Send(1, TURN + ANSWER),
    Send(1, STAY),
    Deliver(0, 4),
    // 5 and 6 are of epoch 1.
    Send(0, TURN),
    Send(0, STAY),
    Deliver(1, 6),
    Deliver(1, 1),
    Deliver(0, 3),
    Deliver(1, 6),
    Send(1, TURN),
    Deliver(0, 7),
    Wait(EPOCH_MS),
    // 8: it is not for Alice to offer. 9 and 10: Bob does.
    Send(0, TURN),
    Send(1, STAY + OFFER),
    Send(1, STAY),
    Deliver(0, 10),
    Deliver(1, 8),
    // 11 to 13: the answer and two copies.
    Send(0, STAY + ANSWER),
    Send(0, STAY),
    Send(0, STAY),
    Deliver(1, 13),
    Deliver(1, 12),
    // 14 is of epoch 2.
    Send(1, TURN),
    Deliver(0, 14),
    Send(0, TURN),
    Deliver(1, 15),
    Deliver(1, 11),
    Deliver(1, 5),
];

fn ratchet() -> Ratchet {
    let (_, alice, alices, bob, bobs) = connected(false);
    play(alice, alices, bob, bobs, &SHUFFLED)
}

fn epochs() -> Ratchet {
    let (_, alice, alices, bob, bobs) = connected(false);
    play(alice, alices, bob, bobs, &EPOCHS)
}

/// The states stand in the file as the last build of version 1 made them. All else is made of them.
fn version_1() -> Ratchet {
    let kept: serde_json::Value =
        serde_json::from_str(include_str!("version_1.json")).expect("the file is kept");
    let restored = |name: &str| {
        let state = bytes(kept[name].as_str().expect("a state")).expect("it is hexadecimal");
        let mut session = Session::restore(&state).expect("sessions of version 1 are read");
        session.dangerously_send_classical();
        session
    };
    let (alice, bob) = (Party::named("alice"), Party::named("bob"));
    play(alice, restored("alice_state"), bob, restored("bob_state"), &SHUFFLED)
}

fn play(alice: Party, alices: Session, bob: Party, bobs: Session, script: &[Do]) -> Ratchet {
    let (alice_state, bob_state) = (hex(&*alices.save()), hex(&*bobs.save()));
    let mut sides = [("alice", alice, alices), ("bob", bob, bobs)];
    let (mut steps, mut sent) = (Vec::new(), Vec::new());
    let mut waited_ms = 0;
    for (i, step) in script.iter().enumerate() {
        let now_ms = NOW_MS + 10 + i as u64 + waited_ms;
        match *step {
            Send(from, draws) => {
                let (name, party, session) = &mut sides[from];
                let message = say(party, session, &format!("message {}", sent.len()), now_ms, draws);
                sent.push(HEXLOWER.decode(message.sealed.as_bytes()).expect("it is hexadecimal"));
                steps.push(Step::Send { from: name, message, state: hex(Sha256::digest(&*session.save())) });
            }
            Deliver(to, message) => {
                let (name, party, session) = &mut sides[to];
                let opened = Received::parse(&sent[message], &party.us)
                    .and_then(|received| session.open(RatchetMessage::from(received), now_ms));
                let state = hex(Sha256::digest(&*session.save()));
                steps.push(Step::Deliver {
                    to: name,
                    message,
                    now_ms,
                    error: opened.err().map(debug),
                    state,
                });
            }
            Wait(ms) => waited_ms += ms,
        }
    }
    Ratchet { alice: Keys::named("alice"), bob: Keys::named("bob"), alice_state, bob_state, steps }
}

#[derive(Serialize)]
struct Envelope {
    /// The recipient's, as stored: docs/protocol.md §8.
    device_keys: String,
    device: String,
    agreement: String,
    ephemeral_secret: String,
    inner: String,
    length: usize,
    sealed: String,
}

/// Of several lengths, made by a session; what is inside was taken out again after the document.
fn envelopes() -> Vec<Envelope> {
    let (_, alice, mut alices, bob, _) = connected(false);
    let envelope = |alices: &mut Session, text: usize| {
        let device = bob.us.device().public();
        let message = say(&alice, alices, &"x".repeat(text), NOW_MS, STAY);
        let secret: [u8; 32] = array(&message.random[2 * 12..]).expect("it is drawn last");
        let sealed = HEXLOWER.decode(message.sealed.as_bytes()).expect("it is hexadecimal");
        let inner = outer::open(&sealed, &device, &malformed::agreement_secret(&bob));
        assert_eq!(outer::seal(&device, &inner, &secret), sealed, "it is as documented");
        Envelope {
            device_keys: hex(&*bob.us.device().save()),
            device: hex(device.id.0),
            agreement: hex(device.agreement),
            ephemeral_secret: hex(secret),
            inner: hex(inner),
            length: sealed.len(),
            sealed: message.sealed,
        }
    };
    // With the start of the session in each: it is not answered.
    [1, 400, 3_000].map(|text| envelope(&mut alices, text)).into()
}

#[derive(Serialize)]
struct AttachmentVector {
    /// Byte i of the file is i mod 251.
    size: u64,
    name: String,
    caption: Option<String>,
    media_type: String,
    file_digest: String,
    /// The blob's id and the key.
    random: String,
    blob_bytes: u64,
    blob_digest: String,
    /// Of the whole blob.
    blob_begin: String,
    /// Letter 3 with id 1616…16: docs/protocol.md §6.5.
    letter: String,
}

#[derive(Serialize)]
struct Attachments {
    blobs: Vec<AttachmentVector>,
    /// Size of a file, length of its blob.
    lengths: Vec<(u64, u64)>,
}

fn attachments() -> Attachments {
    let sizes = [0, 1, 65_536, 65_537, 100_000, 200_001, 1_000_000, 123_456_789, 1 << 30];
    Attachments {
        blobs: [0, 70_000, 200_001].map(attachment).into(),
        lengths: sizes.map(|size| (size, blob_bytes(size))).into(),
    }
}

fn attachment(size: u64) -> AttachmentVector {
    let file: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
    let announced = Attachment {
        name: "picnic.png".into(),
        caption: (size > 0).then(|| "the blanket".into()),
        size,
        media_type: "image/png".into(),
        digest: Sha256::digest(&file).into(),
    };
    let id = MessageId([0x16; 16]);
    let message = let_through(Draft::attachment(id, announced.clone()).expect("it is honest"));
    let message = message.expect("it is honest");
    let random = random(&format!("attachment {size}"), 64);
    let mut given = Given::new(&random);
    let mut sealer = AttachmentSealer::new(&message, &mut given).expect("it is an attachment");
    given.finish().expect("it draws as documented");
    let (mut rest, mut blob) = (file.as_slice(), Vec::new());
    while let Some(wanted) = sealer.wants() {
        let (now, later) = rest.split_at(wanted);
        blob.extend_from_slice(sealer.seal_chunk(now).expect("as many as it wants"));
        rest = later;
    }
    let sealed = sealer.finish().expect("it is the file that was announced");
    let Content::Attachment(attachment) = message.content() else { panic!("it is an attachment") };
    let letter = Letter::Attachment { id, attachment: attachment.clone(), pointer: sealed.pointer().clone() };
    AttachmentVector {
        size,
        name: announced.name,
        caption: announced.caption,
        media_type: announced.media_type,
        file_digest: hex(announced.digest),
        random: hex(&random),
        blob_bytes: sealed.blob().bytes,
        blob_digest: hex(sealed.blob().digest),
        blob_begin: hex(&blob[..64]),
        letter: hex(encode(&letter)),
    }
}

#[derive(Serialize)]
struct Safety {
    accounts: [String; 2],
    digits: String,
    qr: String,
}

fn safety_numbers() -> Vec<Safety> {
    let of = |name: &str| Party::named(name).us.account();
    [(AccountId([1; 32]), AccountId([2; 32])), (of("alice"), of("bob")), (of("bob"), of("alice"))]
        .map(|(ours, theirs)| {
            let number = SafetyNumber::of(ours, theirs);
            let accounts = [ours, theirs].map(|account| hex(account.0));
            Safety { accounts, digits: number.to_string(), qr: number.qr_payload() }
        })
        .into()
}
