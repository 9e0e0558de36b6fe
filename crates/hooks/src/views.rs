//! Makes the views of one message: what was granted, and nothing else.

use airlock_protocol::Content;
use linkify::{LinkFinder, LinkKind};

use crate::{
    host::bindings::Views,
    manifest::{Manifest, View},
};

/// The views of `content` that the manifest names.
pub(crate) fn of(content: &Content, manifest: &Manifest) -> Views {
    let text = content.text();
    Views {
        text: manifest.asks_for(View::Text).then(|| text.into()),
        urls: manifest.asks_for(View::Urls).then(|| urls(text)),
        attachment_meta: None,
        image_luma: None,
        image_rgb: None,
        attachment_bytes: None,
    }
}

/// Bytes of everything in the views.
pub(crate) fn size(views: &Views) -> u64 {
    // Destructured so that a view that is served one day has to be counted.
    let Views { text, urls, attachment_meta: _, image_luma: _, image_rgb: _, attachment_bytes: _ } = views;
    let text = text.as_ref().map_or(0, String::len);
    let urls = urls.iter().flatten().map(String::len).sum::<usize>();
    (text + urls) as u64
}

/// The links of a text, in order: what starts with `http://` or `https://` in any case, up to the first character
/// that a URL does not end with (`linkify`'s rule: white space, quotes, unbalanced brackets, closing punctuation).
/// A bare domain is text, not a link.
fn urls(text: &str) -> Vec<String> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(true);
    let web = |url: &str| {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        matches!(scheme.as_deref(), Some("http" | "https"))
    };
    finder.links(text).map(|link| link.as_str()).filter(|url| web(url)).map(Into::into).collect()
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
