//! Text of others, made safe to print: it can't move the cursor, change colours or reorder a line.

use std::borrow::Cow;

/// Text as it may be printed, on several lines.
///
/// Control characters become visible stand-ins (`␛`), characters that reorder text become `�`, and a tab becomes
/// spaces, because its width depends on where it stands. Only line breaks stay.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    replace(text, |c| if c == '\n' { Some(c) } else { None })
}

/// The same on one line: a line break becomes `⏎`, so that no text can pretend to be a line of ours.
#[must_use]
pub fn printable_line(text: &str) -> Cow<'_, str> {
    replace(text, |c| if c == '\n' { Some('⏎') } else { None })
}

/// The same, with every character spelled out that nobody would see: for what a rewrite changes. `⟨U+200B⟩` is a space
/// without width.
///
/// A picture of several characters falls apart in it, so it is not for whole texts.
#[must_use]
pub fn revealed(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | ' ' => shown.push(c),
            c if is_invisible(c) || c.is_whitespace() || is_dangerous(c) => {
                shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// Characters that have no shape of their own: Unicode's `Default_Ignorable_Code_Point` (DerivedCoreProperties.txt).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether a terminal may act on this character, or show other characters out of order because of it.
#[must_use]
pub fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Embeddings, overrides and isolates (UAX #9): they reach beyond the text that holds them. The marks
            // U+200E and U+200F do not, and Hebrew and Arabic need them.
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            // Line and paragraph separators.
            | '\u{2028}' | '\u{2029}'
            // Deprecated format characters, and interlinear annotation.
            | '\u{206A}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}')
}

fn replace(text: &str, line_break: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    if !text.chars().any(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\t' => safe.push_str(TAB),
            // A line break as Windows writes it is one line break.
            '\r' if rest.peek() == Some(&'\n') => {}
            _ if !is_dangerous(c) => safe.push(c),
            _ => safe.push(line_break(c).unwrap_or_else(|| stand_in(c))),
        }
    }
    Cow::Owned(safe)
}

/// U+2400 and on are pictures of the 32 control characters of ASCII.
fn stand_in(c: char) -> char {
    match c {
        '\u{7F}' => '\u{2421}',
        c if c.is_ascii_control() => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// A tab.
const TAB: &str = "    ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_of_any_script_stays_as_it_is() {
        for text in ["hello", "grüezi 👩‍👩‍👧", "שלום\u{200F}", "日本語\nzwei"] {
            assert_eq!(printable(text), text);
        }
    }

    #[test]
    fn an_escape_sequence_can_be_read_but_does_nothing() {
        assert_eq!(printable("\u{1b}[2Jgone\u{7}\u{8}\u{7f}"), "␛[2Jgone␇␈␡");
    }

    #[test]
    fn control_characters_of_the_second_set_go_too() {
        assert_eq!(printable("a\u{9b}31mb\u{85}c"), "a�31mb�c");
    }

    #[test]
    fn text_cannot_be_shown_in_another_order() {
        assert_eq!(printable("abc\u{202E}fed\u{2066}x"), "abc�fed�x");
    }

    #[test]
    fn a_line_break_stays_in_text_and_shows_in_a_line() {
        assert_eq!(printable("a\r\nb\tc\rd"), "a\nb    c␍d");
        assert_eq!(printable_line("a\r\nb\nc\u{2028}d"), "a⏎b⏎c�d");
    }

    #[test]
    fn what_nobody_sees_is_spelled_out_in_a_difference() {
        assert_eq!(revealed("see\u{200B} you\u{200C}\n"), "see⟨U+200B⟩ you⟨U+200C⟩\n");
        assert_eq!(revealed("a\tb\u{A0}c\u{1b}[2J\u{202E}"), "a⟨U+0009⟩b⟨U+00A0⟩c⟨U+001B⟩[2J⟨U+202E⟩");
        assert_eq!(revealed("grüezi 日本語 שלום"), "grüezi 日本語 שלום");
    }

    #[test]
    fn nothing_dangerous_is_left_of_any_character() {
        let all: String = (0..=0x10_FFFF).filter_map(char::from_u32).collect();
        assert!(!printable_line(&all).chars().any(is_dangerous));
        assert!(!revealed(&all).chars().any(|c| c != '\n' && (is_dangerous(c) || is_invisible(c))));
    }
}
