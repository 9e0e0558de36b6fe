//! Text as cells: wrapping, cutting and padding by what a terminal shows, not by bytes.

use std::{borrow::Cow, ops::Range};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Breaks a text into rows of at most `columns`, between words where it can.
///
/// The rows together hold every byte except the line feeds, so a position in the text is a position in one of
/// them. A single space may hang over the right edge.
pub(crate) fn wrap_ranges(text: &str, columns: usize) -> Vec<Range<usize>> {
    let columns = columns.max(1);
    let mut rows = Vec::new();
    let mut line_start = 0;
    for line in text.split('\n') {
        wrap_line(line, line_start, columns, &mut rows);
        line_start += line.len() + 1;
    }
    rows
}

fn wrap_line(line: &str, offset: usize, columns: usize, rows: &mut Vec<Range<usize>>) {
    let mut start = 0;
    let mut taken = 0;
    let mut break_at = 0;
    for (at, grapheme) in line.grapheme_indices(true) {
        let cells = width(grapheme);
        let space = grapheme.chars().all(char::is_whitespace);
        // A word moved to a new row may be too long for it as well, so this can happen twice.
        while taken + cells > columns && at > start && !(space && taken <= columns) {
            let end = if break_at > start && !space { break_at } else { at };
            rows.push(offset + start..offset + end);
            start = end;
            taken = width(&line[start..at]);
        }
        taken += cells;
        if space {
            break_at = at + grapheme.len();
        }
    }
    rows.push(offset + start..offset + line.len());
}

/// The rows of [`wrap_ranges`], without the white space at their ends.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<&str> {
    wrap_ranges(text, columns).into_iter().map(|row| text[row].trim_end()).collect()
}

/// Cuts a text to `columns`, with `…` for what is missing.
pub(crate) fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut taken = 0;
    let kept: String = text
        .graphemes(true)
        .take_while(|grapheme| {
            taken += width(grapheme);
            taken < columns
        })
        .collect();
    Cow::Owned(if columns == 0 { String::new() } else { kept + "…" })
}

/// Cuts or fills a text to exactly `columns`.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    let missing = columns.saturating_sub(width(&text));
    format!("{text}{}", " ".repeat(missing))
}

/// The first bytes as hexadecimal pairs.
pub(crate) fn hex(bytes: &[u8], shown: usize) -> String {
    let pairs: Vec<String> = bytes.iter().take(shown).map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

/// A count of bytes with its thousands apart: `1,024 B`.
pub(crate) fn bytes(count: u64) -> String {
    format!("{} B", thousands(count))
}

/// A size as people compare them, with two or three digits: `812 B`, `1.2 MB`.
pub(crate) fn size(bytes: u64) -> String {
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut value = bytes;
    let mut unit = "kB";
    for larger in ["MB", "GB", "TB"] {
        if value < 999_500 {
            break;
        }
        (value, unit) = (value / 1_000, larger);
    }
    // Tenths, rounded to the nearest.
    let tenths = (value + 50) / 100;
    if tenths < 100 {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", (value + 500) / 1_000)
    }
}

/// A number with its thousands apart.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 report`, `2 reports`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(count))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_stay_whole_when_they_fit() {
        assert_eq!(wrap("the museum of bread", 10), ["the museum", "of bread"]);
        assert_eq!(wrap("extraordinarily", 6), ["extrao", "rdinar", "ily"]);
        assert_eq!(wrap("a\n\nb", 6), ["a", "", "b"]);
        assert_eq!(wrap("", 6), [""]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(pad("日", 4), "日  ");
    }

    #[test]
    fn a_size_has_two_or_three_digits_and_a_unit() {
        let sizes =
            [0, 812, 1_000, 1_234, 9_949, 9_999, 45_678, 999_499, 999_500, 2_712_345, 64 << 20, 1 << 30];
        let shown = "0 B, 812 B, 1.0 kB, 1.2 kB, 9.9 kB, 10 kB, 46 kB, 999 kB, 1.0 MB, 2.7 MB, 67 MB, 1.1 GB";
        assert_eq!(sizes.map(size).join(", "), shown);
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(bytes(1_024), "1,024 B");
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(counted(1, "report"), "1 report");
    }

    proptest! {
        #[test]
        fn rows_cover_the_text_and_keep_to_the_width(text in "[a-c 日é\u{301}\n👩‍🚀]{0,60}", columns in 2_usize..20) {
            let rows = wrap_ranges(&text, columns);
            let together: String = rows.iter().map(|row| &text[row.clone()]).collect();
            prop_assert_eq!(together, text.replace('\n', ""));
            for row in rows {
                let row = text[row].trim_end();
                // What a person sees as one character is never cut, however wide it is.
                prop_assert!(width(row) <= columns || row.graphemes(true).count() == 1);
            }
        }

        #[test]
        fn fitted_text_fits(text in ".{0,40}", columns in 0_usize..20) {
            prop_assert!(width(&fit(&text, columns)) <= columns);
        }
    }
}
