//! Files: through the gate, into a blob, through a letter, and out again.

use airlock_protocol::{
    Attachment, AttachmentOpener, AttachmentSealer, Checked, Draft, Letter, MessageId, OpenAttachmentError,
    Pointer, SealAttachmentError, SealError, SealedAttachment,
    attachment::blob_bytes,
    gate::{self, Outcome, Setting},
};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

use crate::pair::{Pair, bytes, checked};

/// Some bytes that differ from each other.
fn file(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 31 % 251) as u8).collect()
}

fn announce(file: &[u8]) -> Attachment {
    Attachment {
        name: "picnic.png".into(),
        caption: Some("the blanket".into()),
        size: file.len() as u64,
        media_type: "image/png".into(),
        digest: Sha256::digest(file).into(),
    }
}

fn let_through(attachment: Attachment) -> Checked {
    let draft = Draft::attachment(MessageId([9; 16]), attachment).unwrap();
    match gate::check(draft, Setting::Off).outcome {
        Outcome::Passed(passed) => passed.checked,
        _ => panic!("without a hook everything passes"),
    }
}

/// Seals what is read, whether or not it is what was checked.
fn seal(checked: &Checked, read: &[u8]) -> (Vec<u8>, Result<SealedAttachment, SealAttachmentError>) {
    let mut sealer = AttachmentSealer::new(checked, &mut ChaCha20Rng::seed_from_u64(7)).unwrap();
    let mut rest = read;
    let mut blob = Vec::new();
    while let Some(wanted) = sealer.wants() {
        let (now, later) = rest.split_at(wanted);
        blob.extend_from_slice(sealer.seal_chunk(now).unwrap());
        rest = later;
    }
    (blob, sealer.finish())
}

fn open(attachment: &Attachment, pointer: &Pointer, blob: &[u8]) -> Result<Vec<u8>, OpenAttachmentError> {
    let mut opener = AttachmentOpener::new(attachment, pointer);
    let mut rest = blob;
    let mut file = Vec::new();
    while let Some(wanted) = opener.wants() {
        let (now, later) = rest.split_at(wanted.min(rest.len()));
        file.extend_from_slice(opener.open_chunk(now)?);
        rest = later;
    }
    assert!(rest.is_empty());
    opener.finish().map(|()| file)
}

fn sealed(size: usize) -> (Attachment, Vec<u8>, SealedAttachment) {
    let attachment = announce(&file(size));
    let (blob, sealed) = seal(&let_through(attachment.clone()), &file(size));
    (attachment, blob, sealed.unwrap())
}

#[test]
fn a_file_arrives_with_the_letter_that_announces_it() {
    let mut pair = Pair::connected();
    let attachment = announce(&file(100_000));
    let message = let_through(attachment.clone());
    let (blob, sealed) = seal(&message, &file(100_000));
    let sealed = sealed.unwrap();
    assert_eq!((sealed.blob().bytes, blob.len() as u64), (blob_bytes(100_000), blob_bytes(100_000)));
    assert_eq!(sealed.blob().digest[..], Sha256::digest(&blob)[..]);

    let letter = pair.alices.seal(&pair.alice.us, (&message, &sealed), 0, &mut pair.alice.rng).unwrap();
    let opened = pair.bob.open(&mut pair.bobs, &bytes(letter)).unwrap();
    let Letter::Attachment { id, attachment: announced, pointer } = opened.letter else {
        panic!("not an attachment: {opened:?}")
    };
    assert_eq!((id, &announced), (message.id(), &attachment));
    assert_eq!(AttachmentOpener::new(&announced, &pointer).blob(), sealed.blob().id);
    assert_eq!(open(&announced, &pointer, &blob), Ok(file(100_000)));
}

#[test]
fn a_letter_can_not_be_sealed_without_its_file_or_with_another() {
    let mut pair = Pair::connected();
    let message = let_through(announce(b"toast"));
    let (_, sealed) = seal(&message, b"toast");
    let sealed = sealed.unwrap();
    let before = pair.alices.save();
    let mut refused = |message: &Checked, sealed: Option<&SealedAttachment>| {
        let (us, rng) = (&pair.alice.us, &mut pair.alice.rng);
        match sealed {
            Some(sealed) => pair.alices.seal(us, (message, sealed), 0, rng).unwrap_err(),
            None => pair.alices.seal(us, message, 0, rng).unwrap_err(),
        }
    };
    assert_eq!(refused(&message, None), SealError::NoBlob);
    assert_eq!(refused(&let_through(announce(b"roast")), Some(&sealed)), SealError::OtherBlob);
    assert_eq!(refused(&checked("a text"), Some(&sealed)), SealError::OtherBlob);
    assert_eq!(*before, *pair.alices.save(), "no key was used up");
}

#[test]
fn a_file_that_changed_after_it_was_checked_can_not_be_sent() {
    let message = let_through(announce(&file(70_000)));
    let mut changed = file(70_000);
    changed[69_999] ^= 1;
    assert_eq!(seal(&message, &changed).1.unwrap_err(), SealAttachmentError::FileChanged);
}

#[test]
fn a_text_has_no_file_to_seal() {
    let refused = AttachmentSealer::new(&checked("toast"), &mut ChaCha20Rng::seed_from_u64(7)).unwrap_err();
    assert_eq!(refused, SealAttachmentError::NoAttachment);
}

#[test]
fn a_sealer_takes_the_bytes_that_it_wants_and_ends_after_all_of_them() {
    let message = let_through(announce(&file(70_000)));
    let mut sealer = AttachmentSealer::new(&message, &mut ChaCha20Rng::seed_from_u64(7)).unwrap();
    let wrong = SealAttachmentError::Length { got: 3, wanted: 65_536 };
    assert_eq!(sealer.seal_chunk(b"abc"), Err(wrong));
    sealer.seal_chunk(&file(70_000)[..65_536]).unwrap();
    assert_eq!(sealer.finish().unwrap_err(), SealAttachmentError::Length { got: 0, wanted: 4_464 });
}

#[test]
fn chunks_that_are_moved_repeated_or_cut_are_refused() {
    const CHUNK: usize = 65_552;
    let (attachment, blob, sealed) = sealed(200_000);
    let moved = [&blob[CHUNK..2 * CHUNK], &blob[..CHUNK], &blob[2 * CHUNK..]].concat();
    let repeated = [&blob[..CHUNK], &blob[..CHUNK], &blob[2 * CHUNK..]].concat();
    let pointer = sealed.pointer();
    let refused = |blob: &[u8]| open(&attachment, pointer, blob).unwrap_err();
    assert_eq!(refused(&moved), OpenAttachmentError::NotAuthentic { chunk: 0 });
    assert_eq!(refused(&repeated), OpenAttachmentError::NotAuthentic { chunk: 1 });
    let cut = refused(&blob[..2 * CHUNK]);
    assert_eq!(cut, OpenAttachmentError::Length { got: 0, wanted: CHUNK });
}

#[test]
fn two_sealings_of_a_file_have_nothing_in_common() {
    let message = let_through(announce(b"toast"));
    let one = |seed| {
        let mut sealer = AttachmentSealer::new(&message, &mut ChaCha20Rng::seed_from_u64(seed)).unwrap();
        let chunk = sealer.seal_chunk(b"toast").unwrap().to_vec();
        (chunk, sealer.finish().unwrap().blob().id)
    };
    let (first, second) = (one(1), one(2));
    assert!(first.0 != second.0 && first.1 != second.1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_file_of_any_size_comes_out_as_it_went_in(size in prop_oneof![0usize..300, 65_530usize..65_545, 0usize..300_000]) {
        let (attachment, blob, sealed) = sealed(size);
        prop_assert_eq!(blob.len() as u64, blob_bytes(size as u64));
        prop_assert_eq!(open(&attachment, sealed.pointer(), &blob), Ok(file(size)));
    }

    #[test]
    fn a_blob_with_any_bit_changed_is_refused(size in 0usize..200_000, at: usize, bit in 0u8..8) {
        let (attachment, mut blob, sealed) = sealed(size);
        let at = at % blob.len();
        blob[at] ^= 1 << bit;
        let refused = Err(OpenAttachmentError::NotAuthentic { chunk: at as u64 / 65_552 });
        prop_assert_eq!(open(&attachment, sealed.pointer(), &blob), refused);
    }
}
