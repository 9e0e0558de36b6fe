//! Writes `seeds/`: real values of each kind, for the fuzzer to change.

use std::{fs, io, path::Path};

use airlock_fuzz::{World, message, open_inner, sealed_file};
use airlock_protocol::Received;
use airlock_wire::{
    Answer, BlobAnswer, BlobId, BlobReply, BlobRequest, Challenge, DeliveryToken, FromRelay, InviteCode,
    Push, Refusal, Request, RequestId, Sequence, SubmitId, ToRelay, encode,
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
    seed("bundle", "honest", &with_choice(0, &encode(&bob.bundle())))?;
    seed("bundle", "signed_again", &with_choice(1, &encode(&bob.bundle())))?;
    seed("device_list", "signed", &with_choice(0, &encode(bob.us.device_list())))?;
    seed("device_list", "to_sign", &with_choice(1, &encode(&bob.devices)))?;
    for text in ["relay.example:4433", "[::1]:4433", "127.0.0.1", &format!("localhost:1#{}", "ab".repeat(32))]
    {
        let name: String = text.chars().take(12).filter(char::is_ascii_alphanumeric).collect();
        seed("relay_address", &name, text.as_bytes())?;
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

fn seed(target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}
