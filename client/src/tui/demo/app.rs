//! The demo screen's state: two people who talk, and what the three parties between and beside them really have.

use std::collections::VecDeque;

use airlock_protocol::{
    gate::{Choice, Mode},
    outgoing::MessageId,
};
use airlock_wire::AccountId;
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::{Rect, Size};

use super::{
    layout::{self, Areas},
    model::{AuthorityRow, CarrierRow, RelayRow},
    story::Story,
};
use crate::{
    problem::Problem,
    tui::{
        chat::{
            dialogs::{Dialog, Open},
            gate_line,
            layout::PROMPT_COLUMNS,
            talk::Talk,
        },
        clock::Clock,
        model::{GateRow, MessageRow, Outcome, Progress, Ticket},
        theme::Theme,
    },
};

/// One of the two who talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Alice,
    Bob,
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Alice => "Alice",
            Self::Bob => "Bob",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Alice => Self::Bob,
            Self::Bob => Self::Alice,
        }
    }
}

/// Whether Bob's client runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Online,
    Offline,
    /// On its way to the other.
    Changing,
}

/// Everything that the demo screen shows.
#[derive(Clone, Debug)]
pub(crate) struct Demo {
    pub(crate) theme: Theme,
    pub(crate) clock: Clock,
    pub(crate) size: Size,
    /// Who takes the keys.
    pub(crate) focus: Side,
    pub(crate) alice: Talk,
    pub(crate) bob: Talk,
    /// Alice's gate. Bob's is off, and nothing here can change it.
    pub(crate) gate: GateRow,
    pub(crate) bob_gate: GateRow,
    pub(crate) bob_presence: Presence,
    pub(crate) relay: RelayRow,
    /// None until the first search is done.
    pub(crate) carriers: Option<CarrierRow>,
    pub(crate) authority: Vec<AuthorityRow>,
    pub(crate) dialogs: VecDeque<Open>,
    pub(crate) story: Story,
}

/// What happens.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    Resize(Size),
    Now(i64),
    Messages(Side, Vec<MessageRow>),
    Progress(Side, MessageId, Progress),
    Gate(GateRow),
    Relay(RelayRow),
    Carriers(CarrierRow),
    Authority(Vec<AuthorityRow>),
    Composed(Side, Outcome),
    BobIs(Presence),
    Problem(Problem),
}

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Quit,
    Load(Side),
    Compose(Side, String),
    Answer(Ticket, Choice),
    SetMode(Mode),
    SetBobOnline(bool),
}

impl Demo {
    /// `alice` and `bob` are their accounts.
    pub(crate) fn new(alice: AccountId, bob: AccountId, theme: Theme, clock: Clock, size: Size) -> Self {
        Self {
            theme,
            clock,
            size,
            focus: Side::Alice,
            alice: Talk::new(bob),
            bob: Talk::new(alice),
            gate: GateRow::off(),
            bob_gate: GateRow::off(),
            bob_presence: Presence::Online,
            relay: RelayRow::default(),
            carriers: None,
            authority: Vec::new(),
            dialogs: VecDeque::new(),
            story: Story::start(),
        }
    }

    pub(crate) fn window(&self) -> Rect {
        Rect::new(0, 0, self.size.width, self.size.height)
    }

    pub(crate) fn talk(&self, side: Side) -> &Talk {
        match side {
            Side::Alice => &self.alice,
            Side::Bob => &self.bob,
        }
    }

    pub(crate) fn talk_mut(&mut self, side: Side) -> &mut Talk {
        match side {
            Side::Alice => &mut self.alice,
            Side::Bob => &mut self.bob,
        }
    }

    pub(crate) fn gate_of(&self, side: Side) -> &GateRow {
        match side {
            Side::Alice => &self.gate,
            Side::Bob => &self.bob_gate,
        }
    }

    /// None when the window is too small.
    pub(crate) fn areas(&self) -> Option<Areas> {
        let gate = |side, columns| gate_line::lines(self.gate_of(side), columns, self.theme).len();
        let writing = |side, columns| self.talk(side).composer.rows(text_columns(columns)).len();
        let story = |columns| self.story.lines(columns, self.theme).len();
        layout::areas(self.window(), &layout::Needs { gate: &gate, writing: &writing, story: &story })
    }

    /// Where dialogs lie: above Alice's gate where that leaves enough room, and always above the story.
    pub(crate) fn dialog_area(&self) -> Rect {
        let window = self.window();
        let Some(areas) = self.areas() else { return window };
        let above_gate = areas.alice.rule.y - window.y;
        let height = if above_gate >= DIALOG_ROWS_MIN { above_gate } else { areas.rule.y - window.y };
        Rect { height, ..window }
    }

    pub(crate) fn tell(&mut self, dialog: Dialog) {
        self.dialogs.push_back(dialog.open());
    }
}

/// Rows in which a warning and its choices fit.
const DIALOG_ROWS_MIN: u16 = 11;

/// Columns for text in a composer that is `columns` wide.
pub(crate) fn text_columns(columns: usize) -> usize {
    columns.saturating_sub(usize::from(PROMPT_COLUMNS) + 1).max(1)
}
