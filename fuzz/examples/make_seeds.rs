//! Writes `seeds/`: real values of each kind, for the fuzzer to change.

use std::{fs, io, path::Path};

use airlock_fuzz::{World, message, open_inner, sealed_file};
use airlock_hooks::{
    Package, SignedOrder,
    list::{Day, ListSource, demo_key},
    order::{Binds, Demand, DemandedHook, DemandedList},
};
use airlock_protocol::{AccountKey, EPOCH_MESSAGES, Mode, Received};
use airlock_wire::{
    AccountId, Answer, BlobAnswer, BlobId, BlobReply, BlobRequest, Challenge, DeliveryToken, FromRelay,
    InviteCode, Push, Refusal, Request, RequestId, Sequence, SubmitId, ToRelay, encode,
};

fn main() -> io::Result<()> {
    let World { alice, bob, mut alices, mut bobs, hello, mut rng } = World::new();
    let inner = open_inner(&hello).expect("it is for Bob");
    let answer = bobs.seal(&bob.us, &message(), 0, &mut rng).expect("it is short").into_envelope();
    let saved_speaking = alices.save().to_vec();
    alices.open(Received::parse(&answer.sealed, &alice.us).expect("it is honest"), 0).expect("it is honest");
    let envelope = alices.seal(&alice.us, &message(), 0, &mut rng).expect("it is short").into_envelope();
    let inner_ratchet = open_inner(&envelope.sealed).expect("it is for Bob");

    let with_choice = |choice: u8, bytes: &[u8]| [&[choice], bytes].concat();
    seed("received", "first", &with_choice(1, &inner))?;
    seed("received", "ratchet", &with_choice(1, &inner_ratchet))?;
    seed("received", "envelope", &with_choice(0, &envelope.sealed))?;
    seed("saved_session", "speaking", &saved_speaking)?;
    seed("saved_session", "heard", &alices.save())?;
    seed("saved_session", "device", &bob.us.device().save())?;
    seed_exchanges()?;
    seed_talks()?;
    seed("bundle", "honest", &with_choice(0, &encode(&bob.bundle())))?;
    seed("bundle", "signed_again", &with_choice(1, &encode(&bob.bundle())))?;
    seed("device_list", "signed", &with_choice(0, &encode(bob.us.device_list())))?;
    seed("device_list", "to_sign", &with_choice(1, &encode(&bob.devices)))?;
    for text in ["relay.example:4433", "[::1]:4433", "127.0.0.1", &format!("localhost:1#{}", "ab".repeat(32))]
    {
        let name: String = text.chars().take(12).filter(char::is_ascii_alphanumeric).collect();
        seed("relay_address", &name, text.as_bytes())?;
    }

    seed_lists()?;
    seed_orders()?;
    for (name, file) in [
        ("jpeg", include_bytes!("../../crates/hooks/tests/pictures/chelsea-3.jpg").as_slice()),
        ("png", include_bytes!("../../crates/hooks/tests/pictures/brick-4.png")),
        ("webp", include_bytes!("../../crates/hooks/tests/pictures/brick-5.webp")),
    ] {
        seed("picture", name, file)?;
    }

    let token = DeliveryToken([2; 16]);
    let signature = bob.us.device().sign_authentication(&Challenge([1; 32]), &[2; 32]);
    let requests = [
        ("challenge", Request::Challenge),
        ("authenticate", Request::Authenticate { device: bob.us.device().id(), signature }),
        (
            "register",
            Request::Register {
                devices: bob.us.device_list().clone(),
                token: token.hash(),
                invite: Some(InviteCode([3; 16])),
            },
        ),
        ("subscribe", Request::Subscribe { window: 64 }),
        ("acknowledge", Request::Acknowledge { sequences: vec![Sequence(1), Sequence(2)] }),
        ("fetch", Request::FetchBundles { account: bob.us.account(), token }),
        ("deliver", Request::Deliver { submit: SubmitId([4; 16]), token, envelope }),
        ("release", Request::ReleaseBlob { blob: BlobId([5; 32]) }),
    ];
    for (name, request) in requests {
        seed("wire_to_relay", name, &encode(&ToRelay { id: RequestId(7), request }))?;
    }
    let file = sealed_file();
    seed("attachment", "announced", &with_choice(1, &encode(&file.attachment)))?;
    seed("attachment", "blob", &with_choice(0, &file.blob[..256]))?;
    let put = BlobRequest::Put { account: bob.us.account(), token, blob: file.sealed.blob() };
    seed("wire_blob", "put", &encode(&put))?;
    let get = BlobRequest::Get { id: BlobId([5; 32]), offset: 65_552, length: u64::MAX };
    seed("wire_blob", "get", &encode(&get))?;
    let replies: [(&str, BlobReply); 3] = [
        ("ready", Ok(BlobAnswer::Ready { offset: 131_104 })),
        ("coming", Ok(BlobAnswer::Coming { bytes: 65_552 })),
        ("refused", Err(Refusal::NoSuchBlob)),
    ];
    for (name, reply) in replies {
        seed("wire_blob", name, &encode(&reply))?;
    }
    let bundles = Answer::Bundles { devices: bob.us.device_list().clone(), bundles: vec![bob.bundle()] };
    let too_large = Refusal::TooLarge { what: "the envelope".into(), got: 70_000, max: 65_536 };
    let frames = [
        ("bundles", FromRelay::Answer { id: RequestId(7), answer: Ok(bundles) }),
        ("refusal", FromRelay::Answer { id: RequestId(8), answer: Err(too_large) }),
        ("push", FromRelay::Push(Push { sequence: Sequence(1), sealed: answer.sealed })),
        ("go_away", FromRelay::GoAway),
    ];
    for (name, frame) in frames {
        seed("wire_from_relay", name, &encode(&frame))?;
    }
    Ok(())
}

/// Behind a first byte that says whether what follows is signed or to be signed.
/// Of the post-quantum ratchet: Alice offers the first epoch's key and answers for the second's, each in a message that
/// is longer than others.
fn seed_exchanges() -> io::Result<()> {
    let World { alice, bob, mut alices, mut bobs, mut rng, .. } = World::new();
    let mut names = [("offer", "offering", "asked"), ("answer", "answering", "turned")].into_iter();
    let mut was_long = true;
    for _ in 0..2 * EPOCH_MESSAGES {
        let said = bobs.seal(&bob.us, &message(), 0, &mut rng).expect("it is short").into_envelope();
        alices
            .open(Received::parse(&said.sealed, &alice.us).expect("it is honest"), 0)
            .expect("it is honest");
        let said = alices.seal(&alice.us, &message(), 0, &mut rng).expect("it is short").into_envelope();
        let alices_state = alices.save();
        bobs.open(Received::parse(&said.sealed, &bob.us).expect("it is honest"), 0).expect("it is honest");
        let inner = open_inner(&said.sealed).expect("it is for Bob");
        let is_long = inner.len() > 1_024;
        // The first message is long because it starts the session.
        if is_long && !was_long {
            let Some((part, sender, recipient)) = names.next() else { break };
            seed("received", part, &[&[1], inner.as_slice()].concat())?;
            seed("saved_session", sender, &alices_state)?;
            seed("saved_session", recipient, &bobs.save())?;
        }
        was_long = is_long;
    }
    assert!(names.next().is_none(), "both were seen");
    Ok(())
}

/// What `two_parties` plays: two bytes a step.
fn seed_talks() -> io::Result<()> {
    let talk: &[u8] = &[8, 63, 0x88, 63, 8, 63];
    let shuffled: &[u8] = &[0, 0, 0, 1, 0, 2, 3, 0, 4, 2, 5, 1, 3, 1, 0x80, 0, 3, 0, 6, 3, 7, 0];
    let restored: &[u8] = &[8, 60, 11, 0, 8, 63, 12, 0, 8, 9, 0x8d, 0, 8, 63];
    let restarted: &[u8] =
        &[8, 51, 10, 0, 0x8a, 0, 8, 3, 10, 0, 0x8a, 0, 8, 60, 14, 200, 13, 0, 0x8d, 0, 8, 20];
    let judged: &[u8] = &[0, 0x0b, 0, 0x14, 0, 0x1e, 0, 0x16, 3, 0, 15, 0];
    for (name, steps) in [
        ("talk", talk),
        ("shuffled", shuffled),
        ("restored", restored),
        ("restarted", restarted),
        ("judged", judged),
    ] {
        seed("two_parties", name, steps)?;
    }
    Ok(())
}

fn seed_lists() -> io::Result<()> {
    let source = include_str!("../../crates/hooks/reference/word-list/list.toml");
    let list = ListSource::parse(source).and_then(|source| source.sign(&demo_key())).expect("it is one");
    seed("list", "signed", &[&[0], list.to_json().expect("it is text").as_bytes()].concat())?;
    seed("list", "to_sign", &[&[1], source.as_bytes()].concat())?;
    let blob = "id = \"a\"\nkind = \"dictionary\"\nversion = 1\nissued = \"2026-11-01\"\nexpires = \"2027-11-01\"\n\
                [blob]\ndescription = \"A\"\nsubmitter = \"B\"\nfile = \"c\"\n";
    seed("list", "blob_to_sign", &[&[1], blob.as_bytes(), &[0], b"bread\nbun\n"].concat())
}

fn seed_orders() -> io::Result<()> {
    let authority = AccountKey::from_bytes(&[0xAC; 32]);
    let manifest = Package::reference_word_list().manifest;
    let list = manifest.list.as_ref().expect("it has a list");
    let demand = Demand {
        id: "bread".into(),
        version: 1,
        authority: authority.id(),
        reason: "Toast.".into(),
        issued: list_day("2026-11-01"),
        expires: list_day("2026-12-01"),
        hook: DemandedHook::of(&manifest),
        list: Some(DemandedList { id: list.id.clone(), key: list.key, version_min: 1 }),
        mode: Mode::Report,
        views: manifest.views.clone(),
        binds: Binds::Accounts(vec![AccountId([7; 32])]),
    };
    let everyone = Demand { binds: Binds::Everyone, list: None, mode: Mode::Shadow, ..demand.clone() };
    for (name, choice, demand) in [("named", 0, demand), ("everyone", 1, everyone)] {
        let order = SignedOrder::sign(demand, &authority).expect("it is one");
        seed("order", name, &[&[choice], order.to_json().expect("it is text").as_bytes()].concat())?;
    }
    Ok(())
}

fn list_day(text: &str) -> Day {
    text.parse().expect("it is a day")
}

fn seed(target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}
