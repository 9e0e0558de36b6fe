//! A letter about a file, and a blob. The first byte chooses: 0 gives the rest to the opener as a blob, where nothing
//! but the honest one may come out; anything else announces the rest, a decoded attachment, which is refused or
//! arrives.
#![no_main]

use airlock_fuzz::{Sealed, World, let_through, sealed_file};
use airlock_protocol::{Attachment, AttachmentOpener, AttachmentSealer, Draft, Letter, MessageId, Received};
use airlock_wire::decode;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::LazyLock;

static HONEST: LazyLock<Sealed> = LazyLock::new(sealed_file);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    match choice {
        0 => open(bytes),
        _ => announce(bytes),
    }
});

/// The blob, with the fuzzer's bytes in the place of its first ones, as it comes from a relay that lies.
fn open(bytes: &[u8]) {
    let Sealed { attachment, sealed, blob } = &*HONEST;
    let mut lie = blob.clone();
    let changed = bytes.len().min(lie.len());
    lie[..changed].copy_from_slice(&bytes[..changed]);
    let mut opener = AttachmentOpener::new(attachment, sealed.pointer());
    let mut rest = lie.as_slice();
    while let Some(wanted) = opener.wants() {
        let (now, later) = rest.split_at(wanted);
        if opener.open_chunk(now).is_err() {
            assert_ne!(lie, *blob, "the honest blob opens");
            return;
        }
        rest = later;
    }
    assert_eq!((opener.finish(), &lie), (Ok(()), blob), "only the honest blob opens");
}

/// What a draft takes, the letter carries unchanged, and the other side takes too.
fn announce(bytes: &[u8]) {
    let Ok(attachment) = decode::<Attachment>(bytes) else { return };
    let cleaned = Attachment { name: Attachment::clean_name(&attachment.name), ..attachment.clone() };
    let _ = Draft::attachment(MessageId([7; 16]), cleaned);
    let Ok(draft) = Draft::attachment(MessageId([7; 16]), attachment) else { return };
    let message = let_through(draft);
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let sealer = AttachmentSealer::new(&message, &mut rng).expect("it is an attachment");
    assert!(sealer.wants().is_some(), "there is padding at least");

    // A letter needs a file that was sealed to its end, so the honest one's announcement travels under this name.
    let airlock_protocol::Content::Attachment(announced) = message.content() else { return };
    let Sealed { attachment, .. } = &*HONEST;
    let renamed = Attachment {
        name: announced.name.clone(),
        caption: announced.caption.clone(),
        media_type: announced.media_type.clone(),
        ..attachment.clone()
    };
    let message =
        let_through(Draft::attachment(MessageId([7; 16]), renamed.clone()).expect("only names differ"));
    let sealed = airlock_fuzz::seal_file(&message).sealed;
    let World { alice, bob, mut alices, mut bobs, .. } = World::new();
    let letter = alices.seal(&alice.us, (&message, &sealed), 0, &mut rng).expect("it is the message's file");
    let received = Received::parse(&letter.into_envelope().sealed, &bob.us).expect("it is honest");
    let opened = bobs.open(received, 0).expect("what a draft takes, a letter takes");
    let Letter::Attachment { attachment, .. } = opened.letter else { panic!("it is an attachment") };
    assert_eq!(attachment, renamed);
}
