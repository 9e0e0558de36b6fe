//! Dialogs: what the gate asks and tells, and what the user asks for. One is open at a time; others wait.
//!
//! A dialog's first choice is always the one that sends nothing, so that an Enter too many does no harm.

mod body;
mod draw;
mod files;
mod link;
#[cfg(test)]
mod tests;

use airlock_protocol::gate::{Choice, Mode};
use airlock_wire::AccountId;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub(crate) use draw::{button_at, draw, scroll_max};
pub(crate) use files::{FileForm, SaveChoice};

use super::{
    composer::{Composer, Motion},
    keymap::Binding,
};
use crate::{
    problem::Problem,
    tui::model::{AboutRow, ContactRow, GateRow, QuestionRow, ReportRow, StoppedRow, Ticket},
};

/// What a dialog is about.
#[derive(Clone, Debug)]
pub(crate) enum Dialog {
    /// Keys and marks.
    Help(&'static [Binding]),
    /// The gate asks.
    Question(QuestionRow),
    /// The gate keeps a message.
    Stopped { why: StoppedRow, hook: String },
    /// A report was made just now.
    Report(ReportRow),
    /// All reports made.
    Reports(Vec<ReportRow>),
    /// The safety number of a contact, in groups of five digits.
    Safety { contact: ContactRow, groups: Vec<String> },
    /// The gate, and its modes to choose from.
    Gate(GateRow),
    /// Who is to get reports.
    Authority(Vec<ContactRow>),
    /// Our contact link.
    Invite(String),
    /// A link to be pasted.
    Add(AddForm),
    /// A path: of a file to send, or to save one under.
    File(FileForm),
    /// Something could not be done.
    Problem(Problem),
}

/// The form of [`Dialog::Add`].
#[derive(Clone, Debug, Default)]
pub(crate) struct AddForm {
    pub(crate) link: Composer,
    /// What is wrong with the link.
    pub(crate) problem: Option<Problem>,
    /// The relay is being asked.
    pub(crate) busy: bool,
}

/// What a dialog's button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Close,
    Answer(Ticket, Choice),
    SetVerified(AccountId, bool),
    SetMode(Mode),
    ReportTo(AccountId),
    Add,
    /// Does what the form of [`Dialog::File`] is for.
    File,
    /// Completes the path in it.
    Complete,
}

/// A choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Button {
    pub(crate) label: String,
    /// Pressed to choose it at once.
    pub(crate) key: Option<char>,
    pub(crate) action: Action,
}

/// A dialog on the screen, and where its user is in it.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) dialog: Dialog,
    pub(crate) selected: usize,
    pub(crate) scroll: usize,
}

/// What came of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    Nothing,
    Scroll(isize),
    Act(Action),
}

impl Dialog {
    pub(crate) fn open(self) -> Open {
        let selected = match &self {
            Self::Gate(gate) => Mode::ALL.iter().position(|mode| *mode == gate.mode).unwrap_or(0),
            _ => 0,
        };
        Open { dialog: self, selected, scroll: 0 }
    }

    pub(crate) fn buttons(&self) -> Vec<Button> {
        let button = |label: &str, key, action| Button { label: label.to_owned(), key, action };
        let close = |label| button(label, Some(CLOSE_KEY), Action::Close);
        match self {
            Self::Question(question) => {
                let choices = [Choice::Edit, Choice::SendRewritten, Choice::SendAsWritten];
                let offered = choices.into_iter().filter(|choice| question.choices.contains(choice));
                offered
                    .map(|choice| {
                        let (label, key) = choice_label(choice, &question.about);
                        button(label, Some(key), Action::Answer(question.ticket, choice))
                    })
                    .collect()
            }
            Self::Stopped { .. } => vec![button("Edit", Some('e'), Action::Close)],
            Self::Safety { contact, .. } => {
                let account = contact.account;
                let change = if contact.verified {
                    button("Not verified", Some('n'), Action::SetVerified(account, false))
                } else {
                    button("They match: verified", Some('v'), Action::SetVerified(account, true))
                };
                vec![close("Close"), change]
            }
            Self::Gate(_) => Mode::ALL
                .into_iter()
                .map(|mode| {
                    let meaning = crate::tui::model::mode_meaning(mode);
                    button(&format!("{mode:<8} {meaning}"), mode.name().chars().next(), Action::SetMode(mode))
                })
                .collect(),
            Self::Authority(contacts) => {
                let contact = |row: &ContactRow| button(&row.name, None, Action::ReportTo(row.account));
                let none = button("nobody: leave the mode as it is", None, Action::Close);
                std::iter::once(none).chain(contacts.iter().map(contact)).collect()
            }
            Self::Add(form) if form.busy => vec![close("Close")],
            Self::Add(_) => vec![button("Add", None, Action::Add), button("Cancel", None, Action::Close)],
            Self::File(form) if form.busy => vec![close("Close")],
            Self::File(form) => {
                vec![button(form.verb(), None, Action::File), button("Cancel", None, Action::Close)]
            }
            Self::Help(_) | Self::Report(_) | Self::Reports(_) | Self::Invite(_) | Self::Problem(_) => {
                vec![close("Close")]
            }
        }
    }

    /// Whether the buttons stand under each other.
    fn stacked(&self) -> bool {
        matches!(self, Self::Gate(_) | Self::Authority(_))
    }

    /// What Escape does: never sends, never changes anything.
    fn escape(&self) -> Action {
        match self {
            Self::Question(question) => Action::Answer(question.ticket, Choice::Edit),
            _ => Action::Close,
        }
    }
}

/// Closes a dialog that only tells something.
const CLOSE_KEY: char = 'c';

fn choice_label(choice: Choice, about: &AboutRow) -> (&'static str, char) {
    match (choice, about) {
        (Choice::Edit, _) => ("Edit", 'e'),
        (Choice::SendRewritten, _) => ("Send rewritten", 'r'),
        (Choice::SendAsWritten, AboutRow::Rewrite(_)) => ("Send as written", 's'),
        (Choice::SendAsWritten, AboutRow::Warning(_)) => ("Send anyway", 's'),
        (Choice::SendAsWritten, AboutRow::Failure(_)) => ("Send unchecked", 's'),
    }
}

impl Open {
    /// Takes a key.
    pub(crate) fn press(&mut self, key: KeyEvent) -> Pressed {
        let buttons = self.dialog.buttons();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if let (Dialog::Add(form), KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete) =
            (&mut self.dialog, key.code)
        {
            edit_link(form, key.code, control);
            return Pressed::Nothing;
        }
        if let Dialog::File(form) = &mut self.dialog
            && let Some(pressed) = form.press(key)
        {
            return pressed;
        }
        match key.code {
            KeyCode::Esc => return Pressed::Act(self.dialog.escape()),
            KeyCode::Enter => {
                return buttons.get(self.selected).map_or(Pressed::Nothing, |b| Pressed::Act(b.action));
            }
            KeyCode::Tab | KeyCode::Right => self.selected = (self.selected + 1) % buttons.len().max(1),
            KeyCode::BackTab | KeyCode::Left => {
                self.selected = (self.selected + buttons.len() - 1) % buttons.len().max(1);
            }
            KeyCode::Down if self.dialog.stacked() => {
                self.selected = (self.selected + 1).min(buttons.len().saturating_sub(1));
            }
            KeyCode::Up if self.dialog.stacked() => self.selected = self.selected.saturating_sub(1),
            KeyCode::Down => return Pressed::Scroll(1),
            KeyCode::Up => return Pressed::Scroll(-1),
            KeyCode::PageDown => return Pressed::Scroll(SCROLL_PAGE),
            KeyCode::PageUp => return Pressed::Scroll(-SCROLL_PAGE),
            KeyCode::Char(c) if !control => {
                let chosen = buttons.iter().find(|b| b.key == Some(c.to_ascii_lowercase()));
                return chosen.map_or(Pressed::Nothing, |b| Pressed::Act(b.action));
            }
            _ => {}
        }
        Pressed::Nothing
    }

    /// Takes pasted text.
    pub(crate) fn paste(&mut self, text: &str) {
        if let Dialog::File(form) = &mut self.dialog {
            form.paste(text);
        }
        if let Dialog::Add(form) = &mut self.dialog
            && !form.busy
        {
            // A link copied from a narrow window comes with line breaks in it.
            let link: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            form.problem = None;
            let _ = form.link.insert(&link);
        }
    }
}

fn edit_link(form: &mut AddForm, code: KeyCode, control: bool) {
    if form.busy {
        return;
    }
    form.problem = None;
    match code {
        KeyCode::Char('u') if control => drop(form.link.take()),
        KeyCode::Char(c) if !control && !c.is_whitespace() => {
            let _ = form.link.insert(c.encode_utf8(&mut [0; 4]));
        }
        KeyCode::Backspace => form.link.delete(Motion::Left),
        _ => {}
    }
}

/// Rows that a page key moves a dialog's text by.
const SCROLL_PAGE: isize = 8;
