//! What a file is, by its content: its name and its ending are somebody's claim.

/// How much of the beginning is looked at, in bytes: every signature that [`infer`] knows lies in it.
pub(crate) const SNIFFED_BYTES: usize = 8 * 1024;

/// What nothing is known about.
const UNKNOWN: &str = "application/octet-stream";

/// The media type of a file that begins like this.
///
/// A signature decides; without one, a beginning that is UTF-8 without control characters is `text/plain`, and
/// everything else `application/octet-stream`.
#[must_use]
pub fn media_type(beginning: &[u8]) -> &'static str {
    let beginning = &beginning[..beginning.len().min(SNIFFED_BYTES)];
    match infer::get(beginning) {
        Some(kind) => kind.mime_type(),
        None if is_text(beginning) => "text/plain",
        None => UNKNOWN,
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // The beginning may end inside a character.
        Err(error) if error.error_len().is_none() && bytes.len() == SNIFFED_BYTES => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_and_not_the_name() {
        assert_eq!(media_type(b"\xff\xd8\xff\xe0\0\x10JFIF\0"), "image/jpeg");
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image/png");
        assert_eq!(media_type(b"%PDF-1.7\n"), "application/pdf");
        assert_eq!(media_type("Brot und Käse\n".as_bytes()), "text/plain");
        assert_eq!(media_type(b"\0\x01\x02\x03"), UNKNOWN);
        assert_eq!(media_type(b""), UNKNOWN);
    }

    #[test]
    fn a_character_that_the_look_cuts_in_two_does_not_make_text_something_else() {
        let text = "é".repeat(SNIFFED_BYTES) + "x";
        assert_eq!(media_type(&text.as_bytes()[1..]), UNKNOWN);
        assert_eq!(media_type(format!("x{text}").as_bytes()), "text/plain");
    }
}
