//! Outgoing content: `Draft` → `Checked` → `Sealed`.
//!
//! This is the file to audit for invariant 2: a [`Checked`] has private fields and is made in [`crate::gate`]
//! alone, and only a `Checked` (or a message without free text, see [`Control`]) can be sealed.

use alloc::{boxed::Box, string::String, vec::Vec};

use airlock_wire::{AccountId, DeliveryToken, RelayAddress};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::{
    attachment::{Attachment, AttachmentError},
    verdict::{Code, HookIdentity},
};

/// Longest text of one message in bytes of UTF-8, after normalisation: with all that goes around it, it fits the
/// largest envelope (64 KiB) with room for the first message's keys. Longer text is to be sent as an attachment.
pub const TEXT_BYTES_MAX: usize = 48 * 1024;

/// Longest profile name in bytes of UTF-8: fits a line of any screen.
pub const NAME_BYTES_MAX: usize = 64;

/// Longest evidence in one report in bytes. It bounds what a hook can let out per message; a manifest may ask for
/// less.
pub const EVIDENCE_BYTES_MAX: usize = 1024;

/// Names one message between its sender and its recipients. Random, so it tells nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(pub [u8; 16]);

impl core::fmt::Display for MessageId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl core::fmt::Debug for MessageId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "MessageId({self})")
    }
}

/// Everything a person can say. Each variant's free text is what a hook may be granted to see.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A message.
    Text(String),
    /// The name by which the sender introduces themselves, sent when they add a contact.
    Profile(String),
    /// A file, sent apart from the letter that announces it (docs/protocol.md §10).
    Attachment(Attachment),
}

impl Content {
    /// The free text in it, all of which goes through the gate; of an attachment, its caption.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Profile(text) => text,
            Self::Attachment(attachment) => attachment.caption.as_deref().unwrap_or_default(),
        }
    }

    pub(crate) fn with_text(&self, text: String) -> Result<Self, DraftError> {
        match self {
            Self::Text(_) => Draft::text(MessageId([0; 16]), &text).map(|draft| *draft.content),
            Self::Profile(_) => Draft::profile(MessageId([0; 16]), &text).map(|draft| *draft.content),
            Self::Attachment(attachment) => {
                // Nothing in the place of nothing is no change; in the place of a caption it would drop it.
                if text.trim().is_empty() && attachment.caption.is_some() {
                    return Err(DraftError::Empty);
                }
                let rewritten = Attachment { caption: Some(text), ..attachment.clone() };
                Draft::attachment(MessageId([0; 16]), rewritten).map(|draft| *draft.content)
            }
        }
    }
}

/// Never shows what was written.
impl core::fmt::Debug for Content {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Profile(name) => write!(f, "Profile({} bytes)", name.len()),
            Self::Attachment(attachment) => attachment.fmt(f),
        }
    }
}

/// Content as its author wrote it, not yet seen by the gate. It can't be sealed: `tests/compile_fail` holds the proof,
/// and each case there has a twin that compiles.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a draft that is dropped is text that someone typed and lost"]
pub struct Draft {
    id: MessageId,
    /// On the heap, because a draft that does not go is given back in place of an error.
    content: Box<Content>,
    file: Option<File>,
}

/// An attachment's bytes, for the hooks that were granted them. Wiped when they are no longer needed.
#[derive(PartialEq, Eq)]
struct File(Zeroizing<Vec<u8>>);

/// Shows the size alone.
impl core::fmt::Debug for File {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Why a text can't be a draft.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Nothing but white space.
    #[error("the text is empty")]
    Empty,
    /// Over the limit.
    #[error("the text has {got} bytes, and the limit is {max}")]
    TooLong {
        /// Its bytes.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// The file can't be announced like this.
    #[error("the attachment is refused: {0}")]
    Attachment(AttachmentError),
}

impl Draft {
    /// A message, normalised to NFC (Unicode UAX #15), so that what a hook sees is what is sent.
    ///
    /// # Errors
    /// When it is empty, or longer than [`TEXT_BYTES_MAX`].
    pub fn text(id: MessageId, text: &str) -> Result<Self, DraftError> {
        Ok(Self { id, content: Box::new(Content::Text(normalise(text, TEXT_BYTES_MAX)?)), file: None })
    }

    /// An introduction.
    ///
    /// # Errors
    /// When it is empty, or longer than [`NAME_BYTES_MAX`].
    pub fn profile(id: MessageId, name: &str) -> Result<Self, DraftError> {
        Ok(Self { id, content: Box::new(Content::Profile(normalise(name, NAME_BYTES_MAX)?)), file: None })
    }

    /// With the bytes of the file that it announces, for the hooks that were granted them.
    pub fn with_file(self, bytes: Vec<u8>) -> Self {
        Self { file: Some(File(Zeroizing::new(bytes))), ..self }
    }

    /// A file with its caption, which is normalised as a text is; a blank one is none.
    ///
    /// # Errors
    /// [`DraftError::Attachment`] when the name is no file name, or a part is over its limit.
    pub fn attachment(id: MessageId, attachment: Attachment) -> Result<Self, DraftError> {
        let attachment = attachment.normalised().map_err(DraftError::Attachment)?;
        Ok(Self { id, content: Box::new(Content::Attachment(attachment)), file: None })
    }

    /// Names the message that this becomes.
    #[must_use]
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// What was written.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The bytes of the file, if a hook may see them.
    #[must_use]
    pub fn file(&self) -> Option<&[u8]> {
        self.file.as_ref().map(|file| file.0.as_slice())
    }

    pub(crate) fn into_checked(self, rewritten: Option<Content>) -> Checked {
        match rewritten {
            Some(content) => Checked { id: self.id, content, original: Some(*self.content) },
            None => Checked { id: self.id, content: *self.content, original: None },
        }
    }
}

fn normalise(text: &str, max: usize) -> Result<String, DraftError> {
    if text.trim().is_empty() {
        return Err(DraftError::Empty);
    }
    // Checked before as well as after: normalising is linear, but a bound must come before the work.
    let too_long = |got| DraftError::TooLong { got, max };
    if text.len() > max.saturating_mul(2) {
        return Err(too_long(text.len()));
    }
    let text: String = text.nfc().collect();
    if text.len() > max { Err(too_long(text.len())) } else { Ok(text) }
}

/// Content that the gate let through. Holding one proves that [`crate::gate::check`] decided so, or that there is
/// no hook.
#[derive(Debug)]
#[must_use = "a checked message that is dropped is never sent"]
pub struct Checked {
    id: MessageId,
    content: Content,
    original: Option<Content>,
}

impl Checked {
    /// Names the message.
    #[must_use]
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// What will be sent.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// What was written, when the sender accepted a rewrite of it.
    #[must_use]
    pub fn original(&self) -> Option<&Content> {
        self.original.as_ref()
    }
}

/// What a `report` verdict lets out, in `report` mode, for the authority alone. Made by the gate.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a report that is dropped never reaches the authority, though the audit log says it was made"]
pub struct Report {
    pub(crate) hook: HookIdentity,
    pub(crate) code: Code,
    #[serde(with = "serde_bytes")]
    pub(crate) evidence: Vec<u8>,
}

impl Report {
    /// Which hook, which list.
    #[must_use]
    pub fn hook(&self) -> &HookIdentity {
        &self.hook
    }

    /// As declared in the hook's manifest.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What the hook chose to pass on: at most [`EVIDENCE_BYTES_MAX`] bytes.
    #[must_use]
    pub fn evidence(&self) -> &[u8] {
        &self.evidence
    }
}

/// Shows sizes, never the evidence.
impl core::fmt::Debug for Report {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { hook, code, evidence } = self;
        f.debug_struct("Report")
            .field("hook", hook)
            .field("code", code)
            .field("evidence_bytes", &evidence.len())
            .finish()
    }
}

/// Messages that the client makes by itself. No variant has a field for free text, so none needs the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    /// These messages were opened and stored by the recipient's device.
    Delivered(Vec<MessageId>),
    /// Where and with which token to reach the sender from now on.
    Reachable(ReturnAddress),
}

/// Where replies go: the sender's relay, and the token that it wants to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnAddress {
    /// The relay of the account.
    pub relay: RelayAddress,
    /// The account.
    pub account: AccountId,
    /// The account's delivery token.
    pub token: DeliveryToken,
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    const ID: MessageId = MessageId([1; 16]);

    #[test]
    fn a_draft_is_normalised_so_that_the_hook_sees_what_is_sent() {
        let draft = Draft::text(ID, "cafe\u{301}").unwrap();
        assert_eq!(draft.content().text(), "caf\u{e9}");
    }

    #[test]
    fn an_empty_and_an_overlong_text_are_refused_with_their_size() {
        assert_eq!(Draft::text(ID, " \n\t"), Err(DraftError::Empty));
        let long = "x".repeat(TEXT_BYTES_MAX + 1);
        let error = Draft::text(ID, &long).unwrap_err();
        assert_eq!(error.to_string(), "the text has 49153 bytes, and the limit is 49152");
    }

    #[test]
    fn content_shows_its_size_and_not_its_words_in_debug() {
        let draft = Draft::text(ID, "meet me at noon").unwrap();
        let shown = format!("{draft:?}");
        assert!(shown.contains("Text(15 bytes)") && !shown.contains("noon"), "{shown}");
    }
}
