//! Text in columns of a terminal.

use unicode_width::UnicodeWidthStr as _;

/// Columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// Breaks a text between words into lines of at most `most` columns; a longer word has a line of its own.
pub(super) fn wrap(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.is_empty() { vec![String::new()] } else { lines }
}

/// A paragraph whose first line begins with `first`, and every other with as much space.
pub(super) fn paragraph(first: &str, text: &str, most: usize) -> String {
    let indent = columns(first);
    let lines = wrap(text, most.saturating_sub(indent).max(1));
    let mut whole = String::new();
    for (number, line) in lines.iter().enumerate() {
        let start = if number == 0 { first.to_owned() } else { " ".repeat(indent) };
        whole.push_str(format!("{start}{line}").trim_end());
        whole.push('\n');
    }
    whole
}

/// The longest word's columns.
pub(super) fn longest_word(text: &str) -> usize {
    text.split_whitespace().map(columns).max().unwrap_or(0)
}

/// Fills up with spaces.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}
