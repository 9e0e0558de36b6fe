//! Blobs as someone could make them who has the key: the sender's own client, modified.

use alloc::{vec, vec::Vec};

use sha2::{Digest, Sha256};

use crate::attachment::{Attachment, AttachmentOpener, OpenAttachmentError, Pointer, chunk::ChunkCipher};

fn attachment(file: &[u8]) -> Attachment {
    Attachment {
        name: "picnic.txt".into(),
        caption: None,
        size: file.len() as u64,
        media_type: "text/plain".into(),
        digest: Sha256::digest(file).into(),
    }
}

fn pointer() -> Pointer {
    airlock_wire::decode(&[&[1][..], &[5; 64]].concat()).unwrap()
}

/// Seals one chunk with the right key, whatever is in it.
fn chunk(of: &Attachment, plaintext: &[u8]) -> Vec<u8> {
    let mut buffer = plaintext.to_vec();
    ChunkCipher::new(&[5; 32], of).seal(true, &mut buffer);
    buffer
}

fn padded(file: &[u8]) -> Vec<u8> {
    let mut padded = file.to_vec();
    padded.resize(65_536, 0);
    padded
}

#[test]
fn an_honest_chunk_opens() {
    let announced = attachment(b"toast");
    let mut opener = AttachmentOpener::new(&announced, &pointer());
    assert_eq!(opener.open_chunk(&chunk(&announced, &padded(b"toast"))), Ok(&b"toast"[..]));
    assert_eq!(opener.finish(), Ok(()));
}

#[test]
fn padding_that_is_not_zero_is_refused() {
    let announced = attachment(b"toast");
    let mut hidden = padded(b"toast");
    *hidden.last_mut().unwrap() = 1;
    let mut opener = AttachmentOpener::new(&announced, &pointer());
    assert_eq!(opener.open_chunk(&chunk(&announced, &hidden)), Err(OpenAttachmentError::Padding));
}

#[test]
fn an_authentic_blob_of_another_file_than_announced_is_refused_at_its_end() {
    let announced = attachment(b"toast");
    let mut opener = AttachmentOpener::new(&announced, &pointer());
    assert_eq!(opener.open_chunk(&chunk(&announced, &padded(b"roast"))), Ok(&b"roast"[..]));
    assert_eq!(opener.finish(), Err(OpenAttachmentError::Digest));
}

#[test]
fn a_blob_opens_for_its_own_announcement_alone() {
    let announced = attachment(b"toast");
    let sealed = chunk(&announced, &padded(b"toast"));
    let others =
        [Attachment { digest: [0; 32], ..announced.clone() }, Attachment { size: 4, ..announced.clone() }];
    for other in others {
        let mut opener = AttachmentOpener::new(&other, &pointer());
        let refused = Err(OpenAttachmentError::NotAuthentic { chunk: 0 });
        assert_eq!(opener.open_chunk(&sealed), refused);
    }
    // Name and caption are bound by the letter.
    let renamed = Attachment { name: "lunch.txt".into(), ..announced };
    assert!(AttachmentOpener::new(&renamed, &pointer()).open_chunk(&sealed).is_ok());
}

#[test]
fn a_chunk_of_another_length_is_refused_before_it_is_opened() {
    let announced = attachment(b"toast");
    let mut opener = AttachmentOpener::new(&announced, &pointer());
    for got in [0, 1, 65_551, 65_553] {
        let wrong = Err(OpenAttachmentError::Length { got, wanted: 65_552 });
        assert_eq!(opener.open_chunk(&vec![0; got]), wrong);
    }
    assert_eq!(opener.finish(), Err(OpenAttachmentError::Length { got: 0, wanted: 65_552 }));
}
