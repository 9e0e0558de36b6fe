//! The chat screen without a terminal: states made by hand, drawn into memory.

mod behaviour;
mod files;
mod keys;
mod screens;

use airlock_protocol::{
    gate::{Choice, HookIdentity, ListIdentity, Mode},
    outgoing::MessageId,
};
use airlock_wire::AccountId;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend, layout::Size};

use super::{
    app::{App, Effect, Event},
    dialogs::Dialog,
    update::update,
    view,
};
use crate::tui::{
    clock::tests::{NOW_MS, fixed},
    model::{
        AboutRow, ConnectionRow, ContactRow, FilePlace, FileRow, GateRow, HookRow, MessageRow, Progress,
        QuestionRow, ReportRow, Ticket,
    },
    theme::{Colors, Theme},
};

pub(crate) const BOB: AccountId = AccountId([2; 32]);
pub(crate) const CAROL: AccountId = AccountId([3; 32]);
pub(crate) const TICKET: Ticket = Ticket(1);

pub(crate) fn contact(account: AccountId, name: &str, unread: u64) -> ContactRow {
    ContactRow { account, name: name.to_owned(), verified: account == BOB, unread }
}

pub(crate) fn hook() -> HookIdentity {
    HookIdentity {
        id: "word-list".to_owned(),
        version: "0.1.0".to_owned(),
        component: [0x3F; 32],
        manifest: [0x9A; 32],
        list: Some(ListIdentity { id: "demo-words".to_owned(), version: 1, digest: [0x12; 32] }),
    }
}

pub(crate) fn gate(mode: Mode) -> GateRow {
    let authority = (mode == Mode::Report).then(|| (CAROL, "Museum of Bread".to_owned()));
    if mode == Mode::Off {
        return GateRow::off();
    }
    GateRow {
        mode,
        hooks: vec![HookRow { mode, hook: hook(), authority, threshold: 1, lock: None, problem: None }],
    }
}

pub(crate) fn message(id: u8, minutes_ago: u64, text: &str, progress: Progress) -> MessageRow {
    MessageRow {
        id: MessageId([id; 16]),
        text: text.to_owned(),
        original: None,
        at_ms: NOW_MS - minutes_ago * 60_000,
        progress,
        gate_note: None,
        report: None,
        file: None,
    }
}

pub(crate) fn file(name: &str, place: FilePlace) -> FileRow {
    FileRow { name: name.to_owned(), bytes: 2_712_345, media_type: "image/jpeg".to_owned(), place }
}

/// A conversation with files in every place that a file can be in.
pub(crate) fn files() -> Vec<MessageRow> {
    let with = |id, minutes_ago, caption: &str, progress, name: &str, place| MessageRow {
        file: Some(file(name, place)),
        ..message(id, minutes_ago, caption, progress)
    };
    vec![
        with(1, 50, "", Progress::Received, "sourdough.jpg", FilePlace::Gone),
        with(2, 40, "the oven", Progress::Received, "oven.jpg", FilePlace::Here),
        with(3, 30, "Here is the poster. Is it good?", Progress::Delivered, "poster.jpg", FilePlace::There),
        with(
            4,
            20,
            "It is! This one is from Sunday.",
            Progress::Received,
            "a picture of the picnic that we had on Sunday by the lake.jpg",
            FilePlace::Offered,
        ),
        with(5, 10, "", Progress::Received, "toast.jpg", FilePlace::Moving(45)),
        with(6, 1, "and mine", Progress::Queued, "bread.jpg", FilePlace::Moving(80)),
    ]
}

pub(crate) fn report() -> ReportRow {
    ReportRow {
        authority: "Museum of Bread".to_owned(),
        hook: "word-list 0.1.0".to_owned(),
        reason: "It holds a phrase that the list marks for a report.".to_owned(),
        evidence: b"picnic poster: \"bring the picnic poster to the lake\"".to_vec(),
        sealed_bytes: 1_024,
        state: "sent".to_owned(),
    }
}

pub(crate) fn conversation() -> Vec<MessageRow> {
    let day = 24 * 60;
    vec![
        message(1, day + 30, "Is the museum open on Sunday?", Progress::Received),
        message(2, day + 28, "It is. Shall we meet at the entrance, at ten?", Progress::Delivered),
        message(
            3,
            50,
            "Good. The exhibition of sourdough is on the second floor, and they say that it is best seen before \
             the crowd comes. 🥖",
            Progress::Received,
        ),
        MessageRow {
            original: Some("teh one with the picnic poster".to_owned()),
            ..message(4, 40, "the one with the picnic poster", Progress::Delivered)
        },
        MessageRow {
            report: Some(report()),
            ..message(5, 31, "bring the picnic poster to the lake", Progress::Sent)
        },
        MessageRow {
            gate_note: Some("sent in spite of a warning".to_owned()),
            ..message(6, 20, "and burnt toast", Progress::Queued)
        },
        message(7, 12, "too large for them", Progress::Failed("their mailbox is full".to_owned())),
    ]
}

pub(crate) fn question(about: AboutRow, draft: &str, choices: &[Choice]) -> QuestionRow {
    QuestionRow {
        ticket: TICKET,
        to: "Bob".to_owned(),
        hook: "word-list 0.1.0".to_owned(),
        about,
        also: Vec::new(),
        draft: draft.to_owned(),
        file: None,
        choices: choices.to_vec(),
    }
}

/// Alice with two contacts, talking to Bob.
pub(crate) fn app(width: u16, height: u16) -> App {
    let mut app = empty_app(width, height);
    feed(&mut app, Event::Contacts(vec![contact(BOB, "Bob", 0), contact(CAROL, "Museum of Bread", 3)]));
    feed(&mut app, Event::Messages(BOB, conversation()));
    feed(&mut app, Event::Gate(gate(Mode::Enforce)));
    app
}

pub(crate) fn empty_app(width: u16, height: u16) -> App {
    let mut app = App::new("Alice", Theme::new(Colors::Never), fixed(), Size { width, height });
    feed(&mut app, Event::Connection(ConnectionRow::Online));
    app
}

pub(crate) fn feed(app: &mut App, event: Event) -> Vec<Effect> {
    update(app, event)
}

pub(crate) fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

pub(crate) fn control(c: char) -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
}

pub(crate) fn type_text(app: &mut App, text: &str) {
    for c in text.chars() {
        feed(app, key(KeyCode::Char(c)));
    }
}

/// The screen as text.
pub(crate) fn screen(app: &App) -> String {
    drawn(app).backend().to_string()
}

/// The screen as cells.
pub(crate) fn drawn(app: &App) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(app.size.width, app.size.height)).unwrap();
    terminal.draw(|frame| _ = view::draw(app, frame.buffer_mut())).unwrap();
    terminal
}

/// A state drawn in a small and in a usual window.
pub(crate) fn both_sizes(state: impl Fn(u16, u16) -> App) -> String {
    let sizes = [(80, 24), (120, 40)];
    sizes.map(|(width, height)| format!("{width}×{height}\n{}", screen(&state(width, height)))).join("\n")
}

/// A dialog drawn in both sizes over the usual conversation.
pub(crate) fn with_dialog(dialog: &Dialog) -> String {
    both_sizes(|width, height| {
        let mut app = app(width, height);
        app.tell(dialog.clone());
        app
    })
}
