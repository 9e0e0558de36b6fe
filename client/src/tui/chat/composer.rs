//! The place where a message is written: several lines, a cursor that moves by what a person sees as a character.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use crate::tui::text;

/// A text and a cursor in it. The cursor is always at the boundary of a grapheme (Unicode UAX #29).
#[derive(Clone, Debug, Default)]
pub(crate) struct Composer {
    text: String,
    /// Byte position.
    cursor: usize,
}

/// Where the cursor goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Motion {
    Left,
    Right,
    WordLeft,
    WordRight,
    /// Start of the line as written (not as wrapped).
    LineStart,
    LineEnd,
    Start,
    End,
}

/// Why something was not put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// A tab would be drawn with no width, so it becomes the spaces that it looks like.
const TAB: &str = "    ";

impl Composer {
    /// Longest text in bytes: what one message may hold.
    pub(crate) const BYTES_MAX: usize = airlock_protocol::outgoing::TEXT_BYTES_MAX;

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor, and after it.
    pub(crate) fn around_cursor(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Empties it.
    pub(crate) fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Puts a draft back in front of whatever was written since.
    pub(crate) fn give_back(&mut self, draft: &str) {
        let since = self.take();
        let joint = if since.is_empty() { "" } else { "\n" };
        self.text = format!("{draft}{joint}{since}");
        self.cursor = self.text.len();
    }

    /// Types or pastes. Line ends become line feeds; other control characters are left out.
    pub(crate) fn insert(&mut self, typed: &str) -> Result<(), Full> {
        let typed = typed.replace("\r\n", "\n").replace('\r', "\n").replace('\t', TAB);
        let typed: String = typed.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        if self.text.len() + typed.len() > Self::BYTES_MAX {
            return Err(Full);
        }
        self.text.insert_str(self.cursor, &typed);
        self.cursor += typed.len();
        self.settle();
        Ok(())
    }

    /// Deletes from the cursor to where `motion` leads.
    pub(crate) fn delete(&mut self, motion: Motion) {
        let target = self.target(motion);
        let range = self.cursor.min(target)..self.cursor.max(target);
        self.cursor = range.start;
        self.text.replace_range(range, "");
        self.settle();
    }

    pub(crate) fn go(&mut self, motion: Motion) {
        self.cursor = self.target(motion);
        self.settle();
    }

    /// One row up in a wrapping of `columns`. False when there is none.
    pub(crate) fn up(&mut self, columns: usize) -> bool {
        let (row, column) = self.place(columns);
        row.checked_sub(1).is_some_and(|above| self.go_to(above, column, columns))
    }

    /// One row down in a wrapping of `columns`. False when there is none.
    pub(crate) fn down(&mut self, columns: usize) -> bool {
        let (row, column) = self.place(columns);
        self.go_to(row + 1, column, columns)
    }

    /// The rows as shown.
    pub(crate) fn rows(&self, columns: usize) -> Vec<Range<usize>> {
        text::wrap_ranges(&self.text, columns)
    }

    /// Row and column of the cursor in a wrapping of `columns`.
    pub(crate) fn place(&self, columns: usize) -> (usize, usize) {
        let rows = self.rows(columns);
        let row = rows.iter().rposition(|row| row.start <= self.cursor).unwrap_or(0);
        let column = text::width(&self.text[rows[row].start..self.cursor]);
        (row, column.min(columns.saturating_sub(1)))
    }

    fn go_to(&mut self, row: usize, column: usize, columns: usize) -> bool {
        let Some(range) = self.rows(columns).get(row).cloned() else { return false };
        let mut taken = 0;
        let mut at = range.start;
        for grapheme in self.text[range].graphemes(true) {
            taken += text::width(grapheme);
            if taken > column {
                break;
            }
            at += grapheme.len();
        }
        self.cursor = at;
        self.settle();
        true
    }

    fn target(&self, motion: Motion) -> usize {
        let (before, after) = self.text.split_at(self.cursor);
        match motion {
            Motion::Left => before.grapheme_indices(true).next_back().map_or(0, |(at, _)| at),
            Motion::Right => self.cursor + after.graphemes(true).next().map_or(0, str::len),
            Motion::WordLeft => before.unicode_word_indices().next_back().map_or(0, |(at, _)| at),
            Motion::WordRight => after
                .unicode_word_indices()
                .next()
                .map_or(self.text.len(), |(at, word)| self.cursor + at + word.len()),
            Motion::LineStart => before.rfind('\n').map_or(0, |at| at + 1),
            Motion::LineEnd => after.find('\n').map_or(self.text.len(), |at| self.cursor + at),
            Motion::Start => 0,
            Motion::End => self.text.len(),
        }
    }

    /// Moves the cursor on to a boundary. An insertion or a deletion can join what stood on both its sides into
    /// one grapheme, and a word may end inside one.
    fn settle(&mut self) {
        let mut cursor = GraphemeCursor::new(self.cursor, self.text.len(), true);
        if cursor.is_boundary(&self.text, 0) != Ok(true) {
            self.cursor = cursor.next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Composer {
        fn new(text: &str) -> Self {
            let mut composer = Self::default();
            composer.insert(text).unwrap();
            composer
        }

        /// For tests elsewhere too.
        pub(crate) fn cursor(&self) -> usize {
            self.cursor
        }
    }

    fn at_boundary(composer: &Composer) -> bool {
        composer.text().grapheme_indices(true).any(|(at, _)| at == composer.cursor())
            || composer.cursor() == composer.text().len()
    }

    #[test]
    fn a_family_of_four_is_deleted_at_once() {
        let mut composer = Composer::new("hi 👨‍👩‍👧‍👦");
        composer.delete(Motion::Left);
        assert_eq!(composer.text(), "hi ");
    }

    #[test]
    fn a_word_is_deleted_with_the_space_behind_it() {
        let mut composer = Composer::new("meet at the museum ");
        composer.delete(Motion::WordLeft);
        assert_eq!(composer.text(), "meet at the ");
        composer.delete(Motion::WordLeft);
        assert_eq!(composer.text(), "meet at ");
    }

    #[test]
    fn a_paste_keeps_its_lines_and_loses_its_control_characters() {
        let mut composer = Composer::default();
        composer.insert("one\r\ntwo\rthree\x1b[31m\t.").unwrap();
        assert_eq!(composer.text(), "one\ntwo\nthree[31m    .");
    }

    #[test]
    fn text_over_the_limit_of_a_message_is_not_taken() {
        let mut composer = Composer::new("kept");
        assert_eq!(composer.insert(&"x".repeat(Composer::BYTES_MAX)), Err(Full));
        assert_eq!(composer.text(), "kept");
    }

    #[test]
    fn a_draft_that_comes_back_stands_before_what_was_written_since() {
        let mut composer = Composer::new("and more");
        composer.give_back("first");
        assert_eq!(composer.text(), "first\nand more");
        composer.take();
        composer.give_back("first");
        assert_eq!(composer.text(), "first");
    }

    #[test]
    fn the_cursor_moves_by_rows_as_they_are_wrapped() {
        let mut composer = Composer::new("the museum of bread");
        assert_eq!(composer.place(11), (1, 8));
        assert!(composer.up(11));
        assert_eq!(composer.place(11), (0, 8));
        assert!(!composer.up(11));
        assert!(composer.down(11));
        assert!(!composer.down(11));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(String),
        Delete(Motion),
        Go(Motion),
        Up(usize),
        Down(usize),
        GiveBack(String),
    }

    fn motion() -> impl Strategy<Value = Motion> {
        use Motion::*;
        prop::sample::select(vec![Left, Right, WordLeft, WordRight, LineStart, LineEnd, Start, End])
    }

    fn step() -> impl Strategy<Value = Step> {
        let text = "([a-z \n\t]|\u{301}|\u{200d}|👩|🚀|🇩|🇪|日|\u{1100}|\u{1161}|\r|\\PC){0,6}";
        prop_oneof![
            4 => text.prop_map(Step::Insert),
            2 => motion().prop_map(Step::Delete),
            3 => motion().prop_map(Step::Go),
            1 => (1_usize..12).prop_map(Step::Up),
            1 => (1_usize..12).prop_map(Step::Down),
            1 => text.prop_map(Step::GiveBack),
        ]
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_at_the_boundary_of_a_grapheme(steps in prop::collection::vec(step(), 0..40)) {
            let mut composer = Composer::default();
            for step in steps {
                match step {
                    Step::Insert(text) => { let _ = composer.insert(&text); }
                    Step::Delete(motion) => composer.delete(motion),
                    Step::Go(motion) => composer.go(motion),
                    Step::Up(columns) => { composer.up(columns); }
                    Step::Down(columns) => { composer.down(columns); }
                    Step::GiveBack(text) => composer.give_back(&text),
                }
                prop_assert!(at_boundary(&composer), "{composer:?}");
                let (row, column) = composer.place(7);
                prop_assert!(row < composer.rows(7).len() && column < 7);
            }
        }
    }
}
