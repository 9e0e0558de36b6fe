//! The text of every error, and what `Debug` shows, in one place where a change is seen.

use airlock_protocol::{
    AttachmentError, BundleError, IdentityError, LetterError, OpenAttachmentError, OpenError, PqxdhError,
    SavedError, SealAttachmentError, SealError, WeakKey, outgoing::DraftError,
};
use airlock_wire::{CodecError, DeviceListError};

use crate::pair::{Left, Pair, Party, bytes, checked};

#[test]
fn every_error_says_what_and_why() {
    let texts: Vec<String> = [
        &OpenError::EnvelopeLength { got: 7 } as &dyn std::error::Error,
        &OpenError::EnvelopeVersion(9),
        &OpenError::NotForUs,
        &OpenError::Padding,
        &OpenError::Malformed(CodecError::Malformed),
        &OpenError::WeakKey(WeakKey),
        &OpenError::DeviceList(DeviceListError::Signature),
        &OpenError::SenderNotListed,
        &OpenError::Pqxdh(PqxdhError::Ourselves),
        &OpenError::Pqxdh(PqxdhError::WrongPrekeys("signed")),
        &OpenError::Pqxdh(PqxdhError::CiphertextLength { got: 3 }),
        &OpenError::Outdated,
        &OpenError::WrongSession,
        &OpenError::Repeated,
        &OpenError::Gap { got: 25_001 },
        &OpenError::NotAuthentic,
        &OpenError::Letter(LetterError::TooLarge { what: "text", got: 50_000, max: 49_152 }),
        &OpenError::Letter(LetterError::Malformed(CodecError::Trailing(2))),
        &SealError::TooLarge { got: 70_000, max: 65_483 },
        &SealError::Unanswered { days: 31 },
        &SealError::Outdated,
        &SealError::Exhausted,
        &SealError::NoBlob,
        &SealError::OtherBlob,
        &BundleError::NotListed,
        &BundleError::WeakDeviceKey,
        &BundleError::Signature("KEM"),
        &BundleError::KemLength { got: 800 },
        &BundleError::KemKey,
        &IdentityError::NotListed,
        &IdentityError::OtherAccount,
        &SavedError::Version(3),
        &SavedError::Kind,
        &SavedError::Damaged,
        &DraftError::Empty,
        &DraftError::TooLong { got: 65, max: 64 },
        &DraftError::Attachment(AttachmentError::Name),
        &OpenError::Letter(LetterError::Attachment(AttachmentError::MediaType)),
        &OpenError::Letter(LetterError::NoPointer),
        &SealAttachmentError::NoAttachment,
        &SealAttachmentError::Length { got: 3, wanted: 65_536 },
        &SealAttachmentError::FileChanged,
        &OpenAttachmentError::NotAuthentic { chunk: 2 },
        &OpenAttachmentError::Padding,
        &OpenAttachmentError::Length { got: 3, wanted: 65_552 },
        &OpenAttachmentError::Digest,
    ]
    .iter()
    .map(ToString::to_string)
    .collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn debug_shows_no_secret_and_no_words() {
    let mut pair = Pair::connected();
    let bundle =
        airlock_protocol::VerifiedBundle::verify(pair.bob.bundle(Left::OneTime), &pair.bob.devices());
    let message = checked("the quick brown fox");
    let sealed = pair.bobs.seal(&pair.bob.us, &message, 0, &mut pair.bob.rng).unwrap();
    let mut shown = vec![
        format!("{:?}", pair.alice.account),
        format!("{:?}", pair.alice.us.device()),
        format!("{:?}", pair.alice.signed),
        format!("{:?}", pair.alice.last_resort),
        format!("{:?}", bundle.unwrap()),
        format!("{:?}", pair.alices),
        format!("{:?}", pair.bobs),
        format!("{sealed:?}"),
    ];
    let sealed = bytes(sealed);
    let opened = pair.alice.open(&mut pair.alices, &sealed).unwrap();
    shown.push(format!("{:?}", pair.alice.received(&sealed)));
    shown.push(format!("{opened:?}"));
    let first = Party::new(5).start_with(pair.bob.bundle(Left::OneTime), &pair.bob.devices());
    shown.push(format!("{first:?}"));
    insta::assert_snapshot!(shown.join("\n"));
}
