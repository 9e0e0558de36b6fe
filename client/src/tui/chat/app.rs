//! The chat screen's state, what happens to it, and what it asks for. No I/O: [`super::update`] turns an event
//! into a new state and effects, and [`super::view`] draws a state.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
};

use airlock_protocol::{
    gate::{Choice, Mode},
    outgoing::MessageId,
};
use airlock_wire::AccountId;
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::{Rect, Size};

use super::{
    dialogs::{Dialog, Open},
    gate_line,
    layout::{self, Areas},
    talk::Talk,
};
use crate::{
    problem::Problem,
    tui::{
        clock::Clock,
        model::{
            ConnectionRow, ContactRow, FilePlace, GateRow, MessageRow, Outcome, Progress, ReportRow, Ticket,
        },
        theme::Theme,
    },
};

/// Everything that the chat screen shows.
#[derive(Clone, Debug)]
pub(crate) struct App {
    /// Our own name.
    pub(crate) name: String,
    pub(crate) theme: Theme,
    pub(crate) clock: Clock,
    pub(crate) size: Size,
    pub(crate) contacts: Vec<ContactRow>,
    pub(crate) selected: Option<AccountId>,
    pub(crate) talks: HashMap<AccountId, Talk>,
    pub(crate) gate: GateRow,
    pub(crate) connection: ConnectionRow,
    /// The first is open; the others wait.
    pub(crate) dialogs: VecDeque<Open>,
    /// Said in the hint line until the next key.
    pub(crate) note: Option<String>,
    /// Why the engine stopped: nothing can be sent any more.
    pub(crate) stopped: Option<String>,
}

/// What happens.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    Resize(Size),
    /// Time went on: milliseconds since 1970.
    Now(i64),
    Contacts(Vec<ContactRow>),
    Messages(AccountId, Vec<MessageRow>),
    Progress(AccountId, MessageId, Progress),
    /// A file came further.
    File(AccountId, MessageId, FilePlace),
    /// A path was completed: the text for the field, and what it could go on with.
    Completed(String, Vec<String>),
    /// A file was saved here.
    Saved(PathBuf),
    NotSaved(Problem),
    /// Something new came from this contact.
    Arrived(AccountId),
    Gate(GateRow),
    Connection(ConnectionRow),
    Composed(AccountId, Outcome),
    /// What came of our introduction to a contact just added: it goes through the gate as well.
    Introduced(Outcome),
    /// The editor was closed.
    Edited(String),
    Link(String),
    Safety(AccountId, Vec<String>),
    Added(ContactRow),
    NotAdded(Problem),
    Reports(Vec<ReportRow>),
    Problem(Problem),
    Note(String),
    Stopped(String),
}

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Quit,
    LoadContacts,
    LoadMessages(AccountId),
    MarkRead(AccountId),
    Compose {
        to: AccountId,
        text: String,
    },
    /// Sends a file, with what is written as its caption.
    Attach {
        to: AccountId,
        path: String,
        caption: String,
    },
    /// Saves the file of a message; the path may be a folder.
    Save {
        id: MessageId,
        path: String,
    },
    /// Completes a path as far as it is clear.
    Complete(String),
    Answer(Ticket, Choice),
    Edit(String),
    Add(String),
    Link,
    Safety(AccountId),
    SetVerified(AccountId, bool),
    SetGate {
        mode: Mode,
        authority: Option<AccountId>,
    },
    Retry(AccountId, MessageId),
    Reports,
}

impl App {
    pub(crate) fn new(name: &str, theme: Theme, clock: Clock, size: Size) -> Self {
        Self {
            name: name.to_owned(),
            theme,
            clock,
            size,
            contacts: Vec::new(),
            selected: None,
            talks: HashMap::new(),
            gate: GateRow::off(),
            connection: ConnectionRow::Connecting,
            dialogs: VecDeque::new(),
            note: None,
            stopped: None,
        }
    }

    /// The whole window.
    pub(crate) fn window(&self) -> Rect {
        Rect::new(0, 0, self.size.width, self.size.height)
    }

    /// None when the window is too small.
    pub(crate) fn areas(&self) -> Option<Areas> {
        let columns = usize::from(self.size.width);
        let gate = gate_line::lines(&self.gate, columns, self.theme).len();
        let composer = self.talk().map_or(1, |talk| talk.composer.rows(self.composer_columns()).len());
        layout::areas(self.window(), gate, composer)
    }

    /// Where dialogs lie: above the gate line, which nothing covers.
    pub(crate) fn dialog_area(&self) -> Rect {
        let window = self.window();
        self.areas().map_or(window, |areas| Rect { height: areas.rule.y - window.y, ..window })
    }

    /// Columns for text in the composer.
    pub(crate) fn composer_columns(&self) -> usize {
        usize::from(self.size.width.saturating_sub(layout::PROMPT_COLUMNS + 1)).max(1)
    }

    pub(crate) fn talk(&self) -> Option<&Talk> {
        self.talks.get(&self.selected?)
    }

    pub(crate) fn talk_mut(&mut self) -> Option<&mut Talk> {
        self.talks.get_mut(&self.selected?)
    }

    pub(crate) fn contact(&self) -> Option<&ContactRow> {
        self.contacts.iter().find(|contact| Some(contact.account) == self.selected)
    }

    pub(crate) fn dialog(&self) -> Option<&Open> {
        self.dialogs.front()
    }

    /// Opens a dialog, or queues it behind those that ask something already.
    pub(crate) fn tell(&mut self, dialog: Dialog) {
        self.dialogs.push_back(dialog.open());
    }
}
