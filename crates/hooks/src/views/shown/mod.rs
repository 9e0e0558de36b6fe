//! Makes the views of one message: what was granted, and nothing else.

use airlock_protocol::{
    Content,
    gate::{Failure, Subject},
};
use linkify::{LinkFinder, LinkKind};

use super::{Picture, luma, rgb};
use crate::{
    host::bindings::{AttachmentMeta, Views},
    limits::SHOWN_ATTACHMENT_BYTES_MAX,
    manifest::View,
};

/// What a hook is shown of one message: made here, lent to the guest.
#[derive(Debug, Default)]
pub(crate) struct Shown<'a> {
    text: Option<&'a str>,
    urls: Option<Vec<&'a str>>,
    attachment_meta: Option<AttachmentMeta<'a>>,
    image_luma: Option<Vec<f32>>,
    image_rgb: Option<Vec<u8>>,
    attachment_bytes: Option<&'a [u8]>,
}

impl<'a> Shown<'a> {
    /// The `granted` views of `subject`. A picture is decoded if one of them needs it, and once for all.
    ///
    /// # Errors
    /// When the attachment is too large to be shown, or begins like a picture and can't be decoded: a hook must not
    /// pass what it could not see, so this is a failure with a policy and not a view that is not there.
    pub(crate) fn of(subject: Subject<'a>, granted: &[View]) -> Result<Self, Failure> {
        let text = subject.content.text();
        let mut shown = Self::default();
        let attachment = match subject.content {
            Content::Attachment(attachment) => Some(attachment),
            Content::Text(_) | Content::Profile(_) => None,
        };
        // A file over the limit is never read for a hook.
        if let (Some(attachment), None) = (attachment, subject.attachment)
            && granted.iter().any(|view| view.needs_file())
        {
            return Err(Failure::OversizedInput { got: attachment.size, max: SHOWN_ATTACHMENT_BYTES_MAX });
        }
        let picture = match subject.attachment {
            Some(file) if granted.iter().any(|view| view.is_picture()) => {
                Picture::decode(file).map_err(|why| Failure::Picture(why.to_string()))?
            }
            _ => None,
        };
        for view in granted {
            match view {
                View::Text => shown.text = Some(text),
                View::Urls => shown.urls = Some(urls(text)),
                View::AttachmentBytes => shown.attachment_bytes = subject.attachment,
                View::ImageLuma => shown.image_luma = picture.as_ref().and_then(luma),
                View::ImageRgb => shown.image_rgb = picture.as_ref().map(rgb),
                View::AttachmentMeta => {
                    shown.attachment_meta = attachment.map(|attachment| AttachmentMeta {
                        size: attachment.size,
                        sniffed_type: &attachment.media_type,
                        name: granted.contains(&View::AttachmentName).then_some(attachment.name.as_str()),
                    });
                }
                // A part of the one before.
                View::AttachmentName => {}
            }
        }
        Ok(shown)
    }

    /// Bytes of everything in it.
    pub(crate) fn size(&self) -> u64 {
        // Destructured so that a view that is served one day has to be counted.
        let Self { text, urls, attachment_meta, image_luma, image_rgb, attachment_bytes } = self;
        let text = text.map_or(0, str::len);
        let urls = urls.iter().flatten().map(|url| url.len()).sum::<usize>();
        let attachment = attachment_bytes.map_or(0, <[u8]>::len);
        let meta = attachment_meta.as_ref().map_or(0, |meta| {
            let AttachmentMeta { size, sniffed_type, name } = meta;
            size_of_val(size) + sniffed_type.len() + name.map_or(0, str::len)
        });
        let luma = image_luma.as_ref().map_or(0, |luma| luma.len() * size_of::<f32>());
        let rgb = image_rgb.as_ref().map_or(0, Vec::len);
        (text + urls + meta + luma + rgb + attachment) as u64
    }

    /// As the guest gets it.
    pub(crate) fn views(&self) -> Views<'_> {
        Views {
            text: self.text,
            urls: self.urls.as_deref(),
            attachment_meta: self.attachment_meta.clone(),
            image_luma: self.image_luma.as_deref(),
            image_rgb: self.image_rgb.as_deref(),
            attachment_bytes: self.attachment_bytes,
        }
    }
}

/// The links of a text, in order: what starts with `http://` or `https://` in any case, up to the first character
/// that a URL does not end with (`linkify`'s rule: white space, quotes, unbalanced brackets, closing punctuation).
/// A bare domain is text, not a link.
#[must_use]
pub fn urls(text: &str) -> Vec<&str> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(true);
    let web = |url: &str| {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web)))
    };
    finder.links(text).map(|link| link.as_str()).filter(|url| web(url)).collect()
}

#[cfg(test)]
mod tests;
