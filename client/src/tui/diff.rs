//! What a rewrite changes, word by word.

use unicode_segmentation::UnicodeSegmentation;

/// Largest table of word pairs that is compared in full. Above it (two texts of 500 changed words) what lies
/// between the common beginning and the common end counts as changed, which is correct though less fine.
const PAIRS_MAX: usize = 250_000;

/// A stretch of text and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// In both.
    Same(String),
    /// Only in what was written.
    Removed(String),
    /// Only in what would be sent.
    Added(String),
}

/// The difference between `before` and `after`. Leaving out what was added gives back `before`, and leaving out
/// what was removed gives `after`.
pub(crate) fn diff(before: &str, after: &str) -> Vec<Piece> {
    let old: Vec<&str> = before.split_word_bounds().collect();
    let new: Vec<&str> = after.split_word_bounds().collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_middle, new_middle) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);

    let mut pieces = Pieces::default();
    old[..head].iter().for_each(|word| pieces.push(Piece::Same, word));
    if old_middle.len().saturating_mul(new_middle.len()) <= PAIRS_MAX {
        compare(old_middle, new_middle, &mut pieces);
    } else {
        old_middle.iter().for_each(|word| pieces.push(Piece::Removed, word));
        new_middle.iter().for_each(|word| pieces.push(Piece::Added, word));
    }
    old[old.len() - tail..].iter().for_each(|word| pieces.push(Piece::Same, word));
    pieces.0
}

/// Longest common subsequence by the usual table, filled from the end so that it is read from the start.
fn compare(old: &[&str], new: &[&str], pieces: &mut Pieces) {
    let columns = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * columns];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * columns + j] = if old[i] == new[j] {
                common[(i + 1) * columns + j + 1] + 1
            } else {
                common[(i + 1) * columns + j].max(common[i * columns + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            pieces.push(Piece::Same, old[i]);
            (i, j) = (i + 1, j + 1);
        } else if j == new.len()
            || (i < old.len() && common[(i + 1) * columns + j] >= common[i * columns + j + 1])
        {
            pieces.push(Piece::Removed, old[i]);
            i += 1;
        } else {
            pieces.push(Piece::Added, new[j]);
            j += 1;
        }
    }
}

/// Joins neighbours of one kind.
#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn push(&mut self, kind: fn(String) -> Piece, word: &str) {
        match (self.0.last_mut(), kind(word.to_owned())) {
            (Some(Piece::Same(text)), Piece::Same(more))
            | (Some(Piece::Removed(text)), Piece::Removed(more))
            | (Some(Piece::Added(text)), Piece::Added(more)) => text.push_str(&more),
            (_, piece) => self.0.push(piece),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_changed_word_is_shown_alone() {
        let expected = [
            Piece::Same("see teh ".to_owned()),
            Piece::Removed("poster".to_owned()),
            Piece::Added("painting".to_owned()),
            Piece::Same(" today".to_owned()),
        ];
        assert_eq!(diff("see teh poster today", "see teh painting today"), expected);
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_back(before in "[ab ]{0,30}", after in "[ab ]{0,30}") {
            let pieces = diff(&before, &after);
            let old: String = pieces.iter().filter_map(|p| match p {
                Piece::Same(t) | Piece::Removed(t) => Some(t.as_str()), Piece::Added(_) => None,
            }).collect();
            let new: String = pieces.iter().filter_map(|p| match p {
                Piece::Same(t) | Piece::Added(t) => Some(t.as_str()), Piece::Removed(_) => None,
            }).collect();
            prop_assert_eq!(old, before);
            prop_assert_eq!(new, after);
        }
    }

    #[test]
    fn a_long_text_is_compared_without_a_large_table() {
        let before = "a b ".repeat(2_000);
        let after = "c d ".repeat(2_000);
        assert_eq!(
            diff(&before, &after).iter().filter(|piece| matches!(piece, Piece::Removed(_))).count(),
            1
        );
    }
}
