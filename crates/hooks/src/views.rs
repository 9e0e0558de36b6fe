//! Makes the views of one message: what was granted, and nothing else.

use airlock_protocol::gate::Subject;
use linkify::{LinkFinder, LinkKind};

use crate::{host::bindings::Views, manifest::View};

/// What a hook is shown of one message: made here, lent to the guest.
#[derive(Debug, Default)]
pub(crate) struct Shown<'a> {
    text: Option<&'a str>,
    urls: Option<Vec<&'a str>>,
    attachment_bytes: Option<&'a [u8]>,
}

impl<'a> Shown<'a> {
    /// The `granted` views of `subject`.
    pub(crate) fn of(subject: Subject<'a>, granted: &[View]) -> Self {
        let text = subject.content.text();
        let mut shown = Self::default();
        for view in granted {
            match view {
                View::Text => shown.text = Some(text),
                View::Urls => shown.urls = Some(urls(text)),
                View::AttachmentBytes => shown.attachment_bytes = subject.attachment,
                // Not served yet: no hook that asks for one is loaded.
                View::AttachmentMeta | View::AttachmentName | View::ImageLuma | View::ImageRgb => {}
            }
        }
        shown
    }

    /// Bytes of everything in it.
    pub(crate) fn size(&self) -> u64 {
        // Destructured so that a view that is served one day has to be counted.
        let Self { text, urls, attachment_bytes } = self;
        let text = text.map_or(0, str::len);
        let urls = urls.iter().flatten().map(|url| url.len()).sum::<usize>();
        let attachment = attachment_bytes.map_or(0, <[u8]>::len);
        (text + urls + attachment) as u64
    }

    /// As the guest gets it.
    pub(crate) fn views(&self) -> Views<'_> {
        Views {
            text: self.text,
            urls: self.urls.as_deref(),
            attachment_meta: None,
            image_luma: None,
            image_rgb: None,
            attachment_bytes: self.attachment_bytes,
        }
    }
}

/// The links of a text, in order: what starts with `http://` or `https://` in any case, up to the first character
/// that a URL does not end with (`linkify`'s rule: white space, quotes, unbalanced brackets, closing punctuation).
/// A bare domain is text, not a link.
fn urls(text: &str) -> Vec<&str> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(true);
    let web = |url: &str| {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web)))
    };
    finder.links(text).map(|link| link.as_str()).filter(|url| web(url)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_by_their_scheme_and_end_before_punctuation() {
        let text = "See https://bread.example/toast?x=1, (HTTP://Tea.example/a_(b)) and <https://kite.example>. \
                    Not: bread.example, ftp://bread.example, mailto:a@bread.example, javascript:alert(1).";
        let expected =
            ["https://bread.example/toast?x=1", "HTTP://Tea.example/a_(b)", "https://kite.example"];
        assert_eq!(urls(text), expected);
    }

    #[test]
    fn a_text_without_links_has_none() {
        assert!(urls("http:// and https: are not links").is_empty());
    }
}
