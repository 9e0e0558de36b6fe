//! The rule for texts that a hook's author or a list's submitter puts on other people's screens.

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlainTextError {
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// Over the field's limit.
    #[error("it has {got} bytes, and the limit is {max}")]
    TooLong {
        /// Its bytes.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// It could move the cursor, colour the screen or turn words around.
    #[error("it has a control character (U+{0:04X})")]
    Control(u32),
    /// White space around it could make two texts look the same.
    #[error("it begins or ends with white space")]
    Untrimmed,
}

/// Accepts one line without control characters or direction overrides.
pub(crate) fn check(text: &str, bytes_max: usize) -> Result<(), PlainTextError> {
    if text.is_empty() {
        return Err(PlainTextError::Empty);
    }
    if text.len() > bytes_max {
        return Err(PlainTextError::TooLong { got: text.len(), max: bytes_max });
    }
    if let Some(control) = text.chars().find(|char| char.is_control() || overrides_direction(*char)) {
        return Err(PlainTextError::Control(control.into()));
    }
    if text.trim() != text {
        return Err(PlainTextError::Untrimmed);
    }
    Ok(())
}

/// Accepts the id of a hook or a list: 1 to 64 of a to z, 0 to 9 and the hyphen.
pub(crate) fn check_id(text: &str) -> Result<(), ()> {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let fits = (1..=ID_BYTES_MAX).contains(&text.len());
    if fits && text.bytes().all(plain) { Ok(()) } else { Err(()) }
}

/// Longest id in bytes: fits a status line.
const ID_BYTES_MAX: usize = 64;

/// Line and paragraph separators, and Unicode's explicit embeddings, overrides and isolates (UAX #9 §2).
fn overrides_direction(char: char) -> bool {
    matches!(char, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
