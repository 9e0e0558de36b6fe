//! What a message says once it is opened, and the encoding of it (docs/protocol.md §6.5).

use alloc::vec::Vec;

use airlock_wire::{CodecError, codec::FORMAT_VERSION, decode};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    attachment::{Attachment, AttachmentError, Pointer, SealedAttachment},
    outgoing::{
        Checked, Content, Control, EVIDENCE_BYTES_MAX, MessageId, NAME_BYTES_MAX, Report, TEXT_BYTES_MAX,
    },
    saved::encode_exactly,
    session::SealError,
};

/// What can be sealed: something that the gate made, or something without free text. A [`crate::Draft`] can't.
#[derive(Clone, Copy, Debug)]
pub enum Outgoing<'a> {
    /// Content that the gate let through. By reference, as it is sealed once per device.
    Message(&'a Checked),
    /// The same, with the file that it announces.
    Attachment(&'a Checked, &'a SealedAttachment),
    /// From the client itself.
    Control(&'a Control),
    /// For the authority.
    Report(&'a Report),
}

impl<'a> From<&'a Checked> for Outgoing<'a> {
    fn from(checked: &'a Checked) -> Self {
        Self::Message(checked)
    }
}

impl<'a> From<(&'a Checked, &'a SealedAttachment)> for Outgoing<'a> {
    fn from((checked, sealed): (&'a Checked, &'a SealedAttachment)) -> Self {
        Self::Attachment(checked, sealed)
    }
}

impl<'a> From<&'a Control> for Outgoing<'a> {
    fn from(control: &'a Control) -> Self {
        Self::Control(control)
    }
}

impl<'a> From<&'a Report> for Outgoing<'a> {
    fn from(report: &'a Report) -> Self {
        Self::Report(report)
    }
}

/// What came out of a message. A plain value: whoever holds an [`crate::Opened`] knows that it authenticated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Letter {
    /// Something that a person said.
    Message {
        /// Chosen by the sender.
        id: MessageId,
        /// What they said.
        content: Content,
    },
    /// From their client.
    Control(Control),
    /// From a hook of theirs, to us as its authority.
    Report(Report),
    /// A file. A variant of its own, so that there is none without a pointer.
    Attachment {
        /// Chosen by the sender.
        id: MessageId,
        /// What they say about it.
        attachment: Attachment,
        /// Where it lies.
        pointer: Pointer,
    },
}

/// Why an authentic message is refused. Its sender's client broke the rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// It does not decode.
    #[error("its content is malformed: {0}")]
    Malformed(CodecError),
    /// A part is larger than any honest client makes it.
    #[error("its {what} has {got} bytes, and the limit is {max}")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Its bytes.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// An attachment of which no honest client would say so.
    #[error("its attachment is refused: {0}")]
    Attachment(AttachmentError),
    /// Content that announces a file, in a letter that does not say where the file is.
    #[error("it announces a file and does not say where it is")]
    NoPointer,
}

/// The plaintext of the ratchet.
#[derive(Serialize, Deserialize)]
struct Dated<L> {
    sent_at_ms: u64,
    letter: L,
}

/// [`Letter`] by reference. The variants stand in the same order, so the encodings are the same.
#[derive(Serialize)]
enum LetterRef<'a> {
    Message { id: MessageId, content: &'a Content },
    Control(&'a Control),
    Report(&'a Report),
    Attachment { id: MessageId, attachment: &'a Attachment, pointer: &'a Pointer },
}

/// Encodes with room for `spare` bytes after it. Fails for an attachment without its own file.
pub(crate) fn encode_letter(
    outgoing: Outgoing<'_>,
    sent_at_ms: u64,
    spare: usize,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let letter = match outgoing {
        Outgoing::Message(checked) => match checked.content() {
            Content::Attachment(_) => return Err(SealError::NoBlob),
            content => LetterRef::Message { id: checked.id(), content },
        },
        Outgoing::Attachment(checked, sealed) => match checked.content() {
            Content::Attachment(attachment) if sealed.is_of(checked.id(), attachment) => {
                LetterRef::Attachment { id: checked.id(), attachment, pointer: sealed.pointer() }
            }
            _ => return Err(SealError::OtherBlob),
        },
        Outgoing::Control(control) => LetterRef::Control(control),
        Outgoing::Report(report) => LetterRef::Report(report),
    };
    Ok(encode_exactly(&[FORMAT_VERSION], &Dated { sent_at_ms, letter }, spare))
}

pub(crate) fn decode_letter(plaintext: &[u8]) -> Result<(u64, Letter), LetterError> {
    let Dated { sent_at_ms, letter } = decode::<Dated<Letter>>(plaintext).map_err(LetterError::Malformed)?;
    letter.check()?;
    Ok((sent_at_ms, letter))
}

impl Letter {
    fn check(&self) -> Result<(), LetterError> {
        let (what, got, max) = match self {
            Self::Message { content: Content::Text(text), .. } => ("text", text.len(), TEXT_BYTES_MAX),
            Self::Message { content: Content::Profile(name), .. } => ("name", name.len(), NAME_BYTES_MAX),
            Self::Report(report) => ("evidence", report.evidence().len(), EVIDENCE_BYTES_MAX),
            Self::Message { content: Content::Attachment(_), .. } => return Err(LetterError::NoPointer),
            Self::Attachment { attachment, .. } => {
                return attachment.check().map_err(LetterError::Attachment);
            }
            Self::Control(_) => return Ok(()),
        };
        if got > max { Err(LetterError::TooLarge { what, got, max }) } else { Ok(()) }
    }
}
