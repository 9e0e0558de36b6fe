//! Room for words on a picture: how wide they are, where they break, and who moves for whom.

/// The size of all text, in the picture's units.
pub(super) const FONT: f64 = 14.0;

/// From one line of text to the next.
pub(super) const LINE: f64 = 17.0;

/// About how wide a text is. The reader's font is not known: these are the widths of a wide one (DejaVu Sans).
pub(super) fn width(text: &str) -> f64 {
    let em: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.33,
            ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' | '⁻' => 0.41,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '—' => 0.97,
            'A'..='Z' => 0.73,
            c if c.is_ascii() => 0.62,
            c if ('\u{2070}'..'\u{20a0}').contains(&c) || matches!(c, '¹' | '²' | '³') => 0.42,
            c if c < '\u{1100}' => 0.65,
            _ => 1.0,
        })
        .sum();
    em * FONT
}

/// Breaks a text into lines of at most `wide`, between words where it can.
pub(super) fn wrap(text: &str, wide: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        for piece in pieces(word, wide) {
            let line = lines.last().map_or("", String::as_str);
            let joined = if line.is_empty() { piece.clone() } else { format!("{line} {piece}") };
            if line.is_empty() || width(&joined) <= wide {
                lines.pop();
                lines.push(joined);
            } else {
                lines.push(piece);
            }
        }
    }
    lines
}

/// A word that is wider than a line, cut.
fn pieces(word: &str, wide: f64) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let Some(piece) = pieces.last_mut() else { break };
        let mut longer = piece.clone();
        longer.push(c);
        if piece.is_empty() || width(&longer) <= wide { *piece = longer } else { pieces.push(c.into()) }
    }
    pieces
}

/// The width of the widest line.
pub(super) fn widest(lines: &[String]) -> f64 {
    lines.iter().map(|line| width(line)).fold(0.0, f64::max)
}

/// Moves labels of given heights apart, so that none overlaps another and all stay between `top` and `bottom`, and
/// each as near to where it wants to be as that lets it. Gives the middle of each, in the order given.
pub(super) fn spread(wanted: &[(f64, f64)], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].0.total_cmp(&wanted[*b].0));
    let mut middles: Vec<f64> = wanted.iter().map(|(middle, _)| *middle).collect();
    let mut edge = top;
    for &label in &order {
        let half = wanted[label].1 / 2.0;
        middles[label] = middles[label].max(edge + half);
        edge = middles[label] + half;
    }
    let mut edge = bottom;
    for &label in order.iter().rev() {
        let half = wanted[label].1 / 2.0;
        middles[label] = middles[label].min(edge - half);
        edge = middles[label] - half;
    }
    middles
}

/// Puts labels, each from a left to a right end and so many rows high, into the first rows where they overlap none.
/// Gives the first row of each.
pub(super) fn rows(labels: &[(f64, f64, usize)]) -> Vec<usize> {
    let mut taken: Vec<(f64, f64, usize, usize)> = Vec::new();
    for &(left, right, high) in labels {
        let free = |row: usize| {
            taken
                .iter()
                .all(|(l, r, first, h)| right < *l || *r < left || row + high <= *first || first + h <= row)
        };
        let row = (0..).find(|row| free(*row)).unwrap_or_default();
        taken.push((left, right, row, high));
    }
    taken.into_iter().map(|(_, _, row, _)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_between_words_and_within_those_that_are_too_long() {
        let wide = width("independent errors");
        assert_eq!(wrap("independent errors of two hooks", wide), ["independent errors", "of two hooks"]);
        let cut = wrap("Donaudampfschifffahrtsgesellschaft", width("Donaudampfschiff"));
        assert!(cut.len() > 1 && cut.concat() == "Donaudampfschifffahrtsgesellschaft", "{cut:?}");
        assert_eq!(wrap("", 10.0), [""]);
    }

    #[test]
    fn labels_that_want_the_same_place_stand_below_one_another() {
        let middles = spread(&[(50.0, 10.0), (50.0, 10.0), (51.0, 20.0)], 0.0, 100.0);
        assert_eq!(middles, [50.0, 60.0, 75.0]);
        let low = spread(&[(99.0, 10.0), (100.0, 10.0)], 0.0, 100.0);
        assert_eq!(low, [85.0, 95.0]);
    }

    #[test]
    fn marks_that_overlap_stand_in_different_rows() {
        assert_eq!(rows(&[(0.0, 50.0, 1), (60.0, 90.0, 1), (40.0, 70.0, 2), (80.0, 99.0, 1)]), [0, 0, 1, 1]);
    }
}
