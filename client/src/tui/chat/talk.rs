//! One conversation on the screen: what was said, what is being written, and what is on its way to the gate.

use airlock_protocol::outgoing::MessageId;
use airlock_wire::AccountId;

use super::composer::{Composer, Full};
use crate::tui::{
    chat::dialogs::Dialog,
    model::{FilePlace, MessageRow, Outcome, Progress},
};

/// A conversation with one contact.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    pub(crate) account: AccountId,
    /// Oldest first.
    pub(crate) rows: Vec<MessageRow>,
    pub(crate) composer: Composer,
    /// Rows between the newest and the last one in view.
    pub(crate) scroll: usize,
    /// The draft that is in the gate now. One at a time, so that messages keep their order.
    sending: Option<String>,
    /// The file that was sent last, or tried: one that was stopped is likely to be tried again.
    pub(crate) last_path: String,
}

/// Why a draft can't be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotNow {
    /// Nothing is written.
    Blank,
    /// The one before it is still in the gate.
    Busy,
}

impl Talk {
    pub(crate) fn new(account: AccountId) -> Self {
        Self {
            account,
            rows: Vec::new(),
            composer: Composer::default(),
            scroll: 0,
            sending: None,
            last_path: String::new(),
        }
    }

    /// Takes the draft out of the composer, for the gate.
    pub(crate) fn send(&mut self) -> Result<String, NotNow> {
        if self.composer.is_blank() {
            return Err(NotNow::Blank);
        }
        if self.sending.is_some() {
            return Err(NotNow::Busy);
        }
        self.scroll = 0;
        let text = self.composer.take();
        self.sending = Some(text.clone());
        Ok(text)
    }

    /// Takes what is written out of the composer, as the caption of a file.
    pub(crate) fn send_file(&mut self, path: &str) -> Result<String, NotNow> {
        if self.sending.is_some() {
            return Err(NotNow::Busy);
        }
        self.scroll = 0;
        self.last_path = path.to_owned();
        let caption = self.composer.take();
        self.sending = Some(caption.clone());
        Ok(caption)
    }

    pub(crate) fn is_sending(&self) -> bool {
        self.sending.is_some()
    }

    /// Takes in what came of a draft. Returns the dialog that tells of it, if one is needed.
    pub(crate) fn outcome(&mut self, outcome: Outcome) -> Option<Dialog> {
        match outcome {
            Outcome::Queued { mut reports } => {
                self.sending = None;
                self.last_path.clear();
                match reports.len() {
                    0 | 1 => reports.pop().map(Dialog::Report),
                    _ => Some(Dialog::Reports(reports)),
                }
            }
            // The draft is in the question until it is answered.
            Outcome::Ask(question) => Some(Dialog::Question(question)),
            Outcome::Stopped { draft, why, hook } => {
                self.give_back(&draft);
                Some(Dialog::Stopped { why, hook })
            }
            Outcome::Kept { draft } => {
                self.give_back(&draft);
                None
            }
            Outcome::Unsent { draft, problem } => {
                self.give_back(&draft);
                Some(Dialog::Problem(problem))
            }
        }
    }

    /// Types or pastes.
    pub(crate) fn insert(&mut self, text: &str) -> Result<(), Full> {
        self.composer.insert(text)
    }

    /// Shows other rows; `lines` tells how many lines some take. One who has scrolled up goes on seeing what they
    /// were reading.
    pub(crate) fn show(&mut self, rows: Vec<MessageRow>, lines: impl Fn(&[MessageRow]) -> usize) {
        if self.scroll > 0 {
            self.scroll += lines(&rows).saturating_sub(lines(&self.rows));
        }
        self.rows = rows;
    }

    /// Notes how far a message got.
    pub(crate) fn progress(&mut self, id: MessageId, progress: Progress) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == id) {
            row.progress = progress;
        }
    }

    /// Notes how far a file came.
    pub(crate) fn file(&mut self, id: MessageId, place: FilePlace) {
        if let Some(file) = self.rows.iter_mut().find(|row| row.id == id).and_then(|row| row.file.as_mut()) {
            file.place = place;
        }
    }

    /// The newest message that failed.
    pub(crate) fn failed(&self) -> Option<MessageId> {
        self.rows.iter().rev().find(|row| matches!(row.progress, Progress::Failed(_))).map(|row| row.id)
    }

    fn give_back(&mut self, draft: &str) {
        self.sending = None;
        self.composer.give_back(draft);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{exit::Exit, problem::Problem, tui::model::StoppedRow};

    fn talk() -> Talk {
        let mut talk = Talk::new(AccountId([1; 32]));
        talk.insert("hello").unwrap();
        talk
    }

    #[test]
    fn a_draft_leaves_the_composer_when_it_is_sent_and_returns_when_it_is_not() {
        let hook = "word-list 0.1.0".to_owned();
        let outcomes = [
            Outcome::Kept { draft: "hello".to_owned() },
            Outcome::Stopped { draft: "hello".to_owned(), why: StoppedRow::Blocked("no".to_owned()), hook },
            Outcome::Unsent {
                draft: "hello".to_owned(),
                problem: Problem::new(Exit::Failure, "test", "a", "b", "c"),
            },
        ];
        for outcome in outcomes {
            let mut talk = talk();
            assert_eq!(talk.send(), Ok("hello".to_owned()));
            assert!(talk.composer.is_empty());
            talk.outcome(outcome);
            assert_eq!(talk.composer.text(), "hello");
            assert!(!talk.is_sending());
        }
    }

    #[test]
    fn a_second_draft_waits_for_the_first() {
        let mut talk = talk();
        talk.send().unwrap();
        talk.insert("again").unwrap();
        assert_eq!(talk.send(), Err(NotNow::Busy));
        talk.outcome(Outcome::Queued { reports: Vec::new() });
        assert_eq!(talk.send(), Ok("again".to_owned()));
    }

    #[test]
    fn white_space_alone_is_not_sent() {
        let mut talk = Talk::new(AccountId([1; 32]));
        talk.insert(" \n ").unwrap();
        assert_eq!(talk.send(), Err(NotNow::Blank));
    }
}
