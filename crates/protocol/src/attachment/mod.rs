//! Attachments: what is said about a file, and its way into a blob and out again (docs/protocol.md §10).
//!
//! An [`Attachment`] is content like a text: name, caption, size, type and digest of a file go through the gate. Only a
//! [`crate::Checked`] starts an [`AttachmentSealer`], which encrypts the file chunk by chunk and ends in a
//! [`SealedAttachment`] if, and only if, the file was the one that was checked; and without that no letter about it can
//! be sealed. On the other side an [`AttachmentOpener`] turns the blob into the file again.

pub(crate) mod chunk;
mod layout;
mod opener;
mod pointer;
mod sealer;

use alloc::string::String;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

pub use self::{
    layout::blob_bytes,
    opener::{AttachmentOpener, OpenAttachmentError},
    pointer::{Pointer, SealedAttachment},
    sealer::{AttachmentSealer, SealAttachmentError},
};

/// Bytes of a file in one chunk: what is encrypted, kept in memory and checked at once. STREAM's usual size; smaller
/// ones cost a tag and a call more often, larger ones memory on both sides.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Largest file in bytes: 1 GiB. A relay decides how much of that it takes; this bounds what a letter may announce.
pub const ATTACHMENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Longest file name in bytes of UTF-8: what common file systems take.
pub const FILE_NAME_BYTES_MAX: usize = 255;

/// Longest caption in bytes of UTF-8: some paragraphs. Longer text is a message of its own.
pub const CAPTION_BYTES_MAX: usize = 4 * 1024;

/// Longest media type in bytes: a type and a subtype as RFC 6838 §4.2 allows them, far longer than any in use.
pub const MEDIA_TYPE_BYTES_MAX: usize = 127;

/// A file that goes with a message: everything about it that a person chose or that a hook may see, except its bytes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The file's name, without any folder.
    pub name: String,
    /// What its sender says about it.
    pub caption: Option<String>,
    /// Bytes of the file.
    pub size: u64,
    /// `type/subtype`, in lower case, recognised from the file's bytes and not from its name.
    pub media_type: String,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
}

/// Why an attachment is refused, by its sender's client or its recipient's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentError {
    /// Empty, or something that leads out of a folder, or what a terminal would act on.
    #[error(
        "its file name is empty, is `.` or `..`, or has a slash, a backslash or a control character in it"
    )]
    Name,
    /// Not `type/subtype`.
    #[error("its media type is not written as type/subtype in lower case")]
    MediaType,
    /// A part is over its limit.
    #[error("its {what} has {got} bytes, and the limit is {max}")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Its bytes.
        got: u64,
        /// The limit.
        max: u64,
    },
}

impl Attachment {
    /// Makes any text a file name that an attachment may have: in NFC, with `_` for what may not be in it, cut at
    /// [`FILE_NAME_BYTES_MAX`].
    #[must_use]
    pub fn clean_name(raw: &str) -> String {
        let mut name = String::new();
        for char in raw.chars().take(FILE_NAME_BYTES_MAX).nfc() {
            let char = if is_forbidden(char) { '_' } else { char };
            if name.len() + char.len_utf8() > FILE_NAME_BYTES_MAX {
                break;
            }
            name.push(char);
        }
        match name.as_str() {
            "" | "." | ".." => "_".into(),
            _ => name,
        }
    }

    /// As it is checked: caption in NFC, none instead of an empty one.
    pub(crate) fn normalised(self) -> Result<Self, AttachmentError> {
        let caption = self.caption.filter(|caption| !caption.trim().is_empty());
        // Checked before as well as after: a bound must come before the work.
        if let Some(caption) = &caption {
            limit("caption", caption.len(), CAPTION_BYTES_MAX.saturating_mul(2))?;
        }
        let attachment = Self { caption: caption.map(|caption| caption.nfc().collect()), ..self };
        attachment.check()?;
        Ok(attachment)
    }

    /// Refuses what no honest client sends.
    pub(crate) fn check(&self) -> Result<(), AttachmentError> {
        let Self { name, caption, size, media_type, digest: _ } = self;
        limit("file name", name.len(), FILE_NAME_BYTES_MAX)?;
        if name.is_empty() || name == "." || name == ".." || name.chars().any(is_forbidden) {
            return Err(AttachmentError::Name);
        }
        limit("caption", caption.as_ref().map_or(0, String::len), CAPTION_BYTES_MAX)?;
        limit("media type", media_type.len(), MEDIA_TYPE_BYTES_MAX)?;
        if !is_media_type(media_type) {
            return Err(AttachmentError::MediaType);
        }
        match *size {
            got if got > ATTACHMENT_BYTES_MAX => {
                Err(AttachmentError::TooLarge { what: "file", got, max: ATTACHMENT_BYTES_MAX })
            }
            _ => Ok(()),
        }
    }
}

fn limit(what: &'static str, got: usize, max: usize) -> Result<(), AttachmentError> {
    if got <= max {
        return Ok(());
    }
    Err(AttachmentError::TooLarge { what, got: got as u64, max: max as u64 })
}

/// What would lead into another folder, on any system, or be acted on by a terminal.
fn is_forbidden(char: char) -> bool {
    char.is_control() || matches!(char, '/' | '\\')
}

/// RFC 6838 §4.2, in lower case.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
            && name.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$&-^_.+".contains(&byte)
            })
    };
    text.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

/// Never shows a name or a caption.
impl core::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { name, caption, size, media_type: _, digest: _ } = self;
        let caption = caption.as_ref().map_or(0, String::len);
        write!(f, "Attachment({size} bytes, name of {} bytes, caption of {caption} bytes)", name.len())
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use proptest::prelude::*;

    use super::*;

    fn picture(name: &str) -> Attachment {
        Attachment {
            name: name.into(),
            caption: None,
            size: 3,
            media_type: "image/png".into(),
            digest: [0; 32],
        }
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_file_name_that_is_allowed(raw in any::<String>()) {
            prop_assert_eq!(picture(&Attachment::clean_name(&raw)).check(), Ok(()));
        }

        #[test]
        fn a_file_name_that_is_allowed_stays_as_it_is(name in "[a-z0-9 ._-]{3,40}") {
            prop_assert_eq!(Attachment::clean_name(&name), name);
        }
    }

    #[test]
    fn names_that_lead_elsewhere_or_act_on_a_terminal_are_refused() {
        for name in ["", ".", "..", "../../picnic", "a/b", "a\\b", "a\nb", "a\u{1b}[2Jb", "a\u{9b}b", "a\0"] {
            assert_eq!(picture(name).check(), Err(AttachmentError::Name), "{name:?}");
        }
        assert_eq!(Attachment::clean_name("../../picnic\u{1b}"), ".._.._picnic_");
        assert_eq!(Attachment::clean_name(".."), "_");
        assert_eq!(Attachment::clean_name(&"ä".repeat(300)).len(), 254);
    }

    #[test]
    fn each_part_has_its_limit() {
        let refused = |change: fn(&mut Attachment)| {
            let mut attachment = picture("picnic.png");
            change(&mut attachment);
            attachment.check().unwrap_err().to_string()
        };
        let texts = [
            refused(|it| it.name = "n".repeat(256)),
            refused(|it| it.caption = Some("c".repeat(4_097))),
            refused(|it| it.size = ATTACHMENT_BYTES_MAX + 1),
            refused(|it| it.media_type = format!("a/{}", "b".repeat(126))),
            refused(|it| it.media_type = "Image/PNG".into()),
            refused(|it| it.media_type = "image".into()),
            refused(|it| it.media_type = "image/".into()),
        ];
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn a_caption_is_normalised_and_an_empty_one_is_none() {
        let with = |caption: &str| Attachment { caption: Some(caption.into()), ..picture("picnic.png") };
        assert_eq!(with("cafe\u{301}").normalised().unwrap().caption.as_deref(), Some("caf\u{e9}"));
        assert_eq!(with(" \n").normalised().unwrap().caption, None);
    }

    #[test]
    fn debug_shows_neither_name_nor_caption() {
        let attachment = Attachment { caption: Some("at noon".into()), ..picture("picnic.png") };
        assert_eq!(format!("{attachment:?}"), "Attachment(3 bytes, name of 10 bytes, caption of 7 bytes)");
    }
}
