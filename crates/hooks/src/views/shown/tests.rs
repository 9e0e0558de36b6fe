//! Who is shown what.

use airlock_protocol::attachment::Attachment;

use super::*;

/// A PNG of one black pixel.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDATx\x9cc\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71\0\0\0\0IEND\xaeB\x60\x82";

fn picnic() -> Content {
    Content::Attachment(Attachment {
        name: "picnic.png".into(),
        caption: Some("see https://picnic.example".into()),
        size: 67,
        media_type: "image/png".into(),
        digest: [0; 32],
    })
}

#[test]
fn links_are_found_by_their_scheme_and_end_before_punctuation() {
    let text = "See https://bread.example/toast?x=1, (HTTP://Tea.example/a_(b)) and <https://kite.example>. \
                Not: bread.example, ftp://bread.example, mailto:a@bread.example, javascript:alert(1).";
    let expected = ["https://bread.example/toast?x=1", "HTTP://Tea.example/a_(b)", "https://kite.example"];
    assert_eq!(urls(text), expected);
}

#[test]
fn a_text_without_links_has_none() {
    assert!(urls("http:// and https: are not links").is_empty());
}

#[test]
fn each_view_is_shown_if_it_is_granted_and_no_other_with_it() {
    let content = picnic();
    let subject = Subject { content: &content, attachment: Some(PICTURE) };
    for view in View::ALL {
        let shown = Shown::of(subject, &[view]).unwrap();
        let views = shown.views();
        assert_eq!(views.text.is_some(), view == View::Text);
        assert_eq!(views.urls.is_some(), view == View::Urls);
        assert_eq!(views.attachment_meta.is_some(), view == View::AttachmentMeta);
        // One pixel is too small for PDQ.
        assert!(views.image_luma.is_none());
        assert_eq!(views.image_rgb.is_some(), view == View::ImageRgb);
        assert_eq!(views.attachment_bytes.is_some(), view == View::AttachmentBytes);
        assert_eq!(shown.size() > 0, !matches!(view, View::AttachmentName | View::ImageLuma), "{view}");
    }
}

#[test]
fn an_attachments_name_is_granted_apart_from_its_size_and_type() {
    let content = picnic();
    let subject = Subject { content: &content, attachment: None };
    let meta = |granted: &[View]| {
        let shown = Shown::of(subject, granted).unwrap();
        shown
            .views()
            .attachment_meta
            .map(|meta| (meta.size, meta.sniffed_type.to_owned(), meta.name.map(str::to_owned)))
    };
    assert_eq!(meta(&[View::AttachmentMeta]), Some((67, "image/png".into(), None)));
    let both = meta(&[View::AttachmentMeta, View::AttachmentName]);
    assert_eq!(both, Some((67, "image/png".into(), Some("picnic.png".into()))));
    assert_eq!(meta(&[View::AttachmentName]), None);
}

#[test]
fn a_caption_is_text_and_its_links_are_links() {
    let content = picnic();
    let shown =
        Shown::of(Subject { content: &content, attachment: None }, &[View::Text, View::Urls]).unwrap();
    assert_eq!(shown.views().text, Some("see https://picnic.example"));
    assert_eq!(shown.views().urls, Some(&["https://picnic.example"][..]));
}

#[test]
fn a_message_without_an_attachment_has_no_view_of_one() {
    let content = Content::Text("hello".into());
    let shown = Shown::of(Subject::of(&content), &View::ALL).unwrap();
    let views = shown.views();
    assert!(views.attachment_meta.is_none() && views.attachment_bytes.is_none());
    assert!(views.image_luma.is_none() && views.image_rgb.is_none());
    assert_eq!(shown.size(), 5);
}

/// Otherwise a file that is too large or damaged would be the way around every hook that judges files.
#[test]
fn a_file_that_can_not_be_shown_is_a_failure_and_never_a_missing_view() {
    let content = picnic();
    let unread = Subject { content: &content, attachment: None };
    let damaged = Subject { content: &content, attachment: Some(&PICTURE[..40]) };
    for view in [View::ImageLuma, View::ImageRgb, View::AttachmentBytes] {
        let failure = Shown::of(unread, &[view]).unwrap_err();
        assert_eq!(failure, Failure::OversizedInput { got: 67, max: SHOWN_ATTACHMENT_BYTES_MAX });
        let shown = Shown::of(damaged, &[view]);
        assert_eq!(matches!(shown, Err(Failure::Picture(_))), view.is_picture(), "{view}");
    }
    // Who asks for neither is not concerned.
    assert!(Shown::of(damaged, &[View::Text, View::AttachmentMeta]).is_ok());
}
