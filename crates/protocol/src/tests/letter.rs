//! The plaintext of the ratchet.

use alloc::{string::String, vec};

use airlock_wire::{AccountId, CodecError, DeliveryToken};

use crate::{
    attachment::{Attachment, AttachmentError, Pointer},
    gate::{self, Outcome, Setting},
    letter::{Letter, LetterError, Outgoing, decode_letter, encode_letter},
    outgoing::{Content, Control, Draft, MessageId, NAME_BYTES_MAX, ReturnAddress, TEXT_BYTES_MAX},
};

const ID: MessageId = MessageId([3; 16]);

/// As a modified client could encode it.
fn encode_anything(letter: &Letter) -> vec::Vec<u8> {
    airlock_wire::encode(&(77u64, letter))
}

#[test]
fn what_is_sealed_by_reference_is_read_as_a_letter() {
    let Outcome::Passed(passed) = gate::check(Draft::profile(ID, "Ada").unwrap(), Setting::Off).outcome
    else {
        panic!("without a hook everything passes")
    };
    let encoded = encode_letter(Outgoing::Message(&passed.checked), 77, 0).unwrap();
    let letter = Letter::Message { id: ID, content: Content::Profile("Ada".into()) };
    assert_eq!(decode_letter(&encoded), Ok((77, letter.clone())));
    assert_eq!(*encoded, encode_anything(&letter));

    let control = Control::Reachable(ReturnAddress {
        relay: "relay.example:4433".parse().unwrap(),
        account: AccountId([1; 32]),
        token: DeliveryToken([2; 16]),
    });
    let encoded = encode_letter(Outgoing::Control(&control), 77, 0).unwrap();
    assert_eq!(decode_letter(&encoded), Ok((77, Letter::Control(control))));
}

#[test]
fn a_text_or_name_that_no_honest_client_sends_is_refused() {
    let long = |bytes| String::from_utf8(vec![b'x'; bytes]).unwrap();
    let text = Letter::Message { id: ID, content: Content::Text(long(TEXT_BYTES_MAX + 1)) };
    let name = Letter::Message { id: ID, content: Content::Profile(long(NAME_BYTES_MAX + 1)) };
    let refused = |what, max| Err(LetterError::TooLarge { what, got: max + 1, max });
    assert_eq!(decode_letter(&encode_anything(&text)), refused("text", TEXT_BYTES_MAX));
    assert_eq!(decode_letter(&encode_anything(&name)), refused("name", NAME_BYTES_MAX));
}

#[test]
fn an_attachment_that_no_honest_client_sends_is_refused() {
    let honest = Attachment {
        name: "picnic.png".into(),
        caption: None,
        size: 3,
        media_type: "image/png".into(),
        digest: [4; 32],
    };
    // As postcard encodes a blob id and a key.
    let pointer: Pointer = airlock_wire::decode(&[&[1][..], &[5; 64]].concat()).unwrap();
    let letter = |attachment| Letter::Attachment { id: ID, attachment, pointer: pointer.clone() };
    let decoded = decode_letter(&encode_anything(&letter(honest.clone())));
    assert_eq!(decoded, Ok((77, letter(honest.clone()))));

    let climbing = Attachment { name: "../.profile".into(), ..honest.clone() };
    let refused = decode_letter(&encode_anything(&letter(climbing)));
    assert_eq!(refused, Err(LetterError::Attachment(AttachmentError::Name)));
    let without_pointer = Letter::Message { id: ID, content: Content::Attachment(honest) };
    assert_eq!(decode_letter(&encode_anything(&without_pointer)), Err(LetterError::NoPointer));
}

#[test]
fn trailing_bytes_and_other_versions_are_refused() {
    let letter = Letter::Control(Control::Delivered(vec![ID]));
    let mut encoded = encode_anything(&letter);
    encoded.push(0);
    assert_eq!(decode_letter(&encoded), Err(LetterError::Malformed(CodecError::Trailing(1))));
    encoded[0] = 2;
    assert_eq!(decode_letter(&encoded), Err(LetterError::Malformed(CodecError::Version(2))));
}
