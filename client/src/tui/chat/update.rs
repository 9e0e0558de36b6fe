//! One event, one new state, and the effects that follow from it.

use airlock_protocol::gate::Mode;
use airlock_wire::AccountId;
use crossterm::event::{KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{
    app::{App, Effect, Event},
    composer::Motion,
    dialogs::{Action, AddForm, Dialog, Pressed, button_at, scroll_max},
    files,
    keymap::{self, Command},
    talk::{NotNow, Talk},
    transcript,
};
use crate::tui::model::Outcome;

/// Takes an event into the state.
pub(crate) fn update(app: &mut App, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(key) => return on_key(app, key),
        Event::Mouse(mouse) => return on_mouse(app, mouse),
        Event::Paste(text) => match app.dialogs.front_mut() {
            Some(open) => open.paste(&text),
            None => write(app, &text),
        },
        Event::Resize(size) => {
            app.size = size;
            settle_scroll(app);
        }
        Event::Now(now_ms) => app.clock.now_ms = now_ms,
        Event::Contacts(contacts) => {
            app.contacts = contacts;
            for contact in &app.contacts {
                app.talks.entry(contact.account).or_insert_with(|| Talk::new(contact.account));
            }
            let known = |account| app.contacts.iter().any(|contact| contact.account == account);
            if !app.selected.is_some_and(known)
                && let Some(first) = app.contacts.first()
            {
                return select(app, first.account);
            }
        }
        Event::Messages(account, rows) => {
            let columns = app.areas().map_or(1, |areas| usize::from(areas.conversation.width));
            let (clock, theme) = (app.clock.clone(), app.theme);
            if let Some(talk) = app.talks.get_mut(&account) {
                talk.show(rows, |rows| transcript::lines(rows, columns, &clock, theme).len());
            }
            settle_scroll(app);
        }
        Event::Progress(account, id, progress) => {
            if let Some(talk) = app.talks.get_mut(&account) {
                talk.progress(id, progress);
            }
        }
        Event::File(account, id, place) => {
            if let Some(talk) = app.talks.get_mut(&account) {
                talk.file(id, place);
            }
        }
        Event::Completed(path, candidates) => files::completed(app, &path, candidates),
        Event::Saved(path) => files::saved(app, &path),
        Event::NotSaved(problem) => files::not_saved(app, problem),
        Event::Arrived(account) => {
            let mut effects = vec![Effect::LoadMessages(account)];
            if app.selected == Some(account) {
                effects.push(Effect::MarkRead(account));
            }
            effects.push(Effect::LoadContacts);
            return effects;
        }
        Event::Gate(gate) => {
            for open in &mut app.dialogs {
                if let Dialog::Gate(shown) = &mut open.dialog {
                    *shown = gate.clone();
                }
            }
            app.gate = gate;
        }
        Event::Connection(connection) => app.connection = connection,
        Event::Composed(account, outcome) => {
            let dialog = app.talks.get_mut(&account).and_then(|talk| talk.outcome(outcome));
            dialog.into_iter().for_each(|dialog| app.tell(dialog));
            return vec![Effect::LoadMessages(account)];
        }
        Event::Introduced(outcome) => introduced(app, outcome),
        Event::Edited(text) => {
            if let Some(talk) = app.talk_mut() {
                talk.composer.take();
            }
            write(app, &text);
        }
        Event::Link(link) => app.tell(Dialog::Invite(link)),
        Event::Safety(account, groups) => {
            if let Some(contact) = app.contacts.iter().find(|contact| contact.account == account).cloned() {
                app.tell(Dialog::Safety { contact, groups });
            }
        }
        Event::Added(contact) => {
            app.dialogs.retain(|open| !matches!(open.dialog, Dialog::Add(_)));
            app.note = Some(format!("{} added. F4 shows the safety number to compare.", contact.name));
            let account = contact.account;
            if !app.contacts.iter().any(|known| known.account == account) {
                app.contacts.push(contact);
            }
            app.talks.entry(account).or_insert_with(|| Talk::new(account));
            let mut effects = select(app, account);
            effects.push(Effect::LoadContacts);
            return effects;
        }
        Event::NotAdded(problem) => {
            let form = app.dialogs.iter_mut().find_map(|open| match &mut open.dialog {
                Dialog::Add(form) => Some(form),
                _ => None,
            });
            match form {
                Some(form) => (form.busy, form.problem) = (false, Some(problem)),
                None => app.tell(Dialog::Problem(problem)),
            }
        }
        Event::Reports(reports) => app.tell(Dialog::Reports(reports)),
        Event::Problem(problem) => app.tell(Dialog::Problem(problem)),
        Event::Note(note) => app.note = Some(note),
        Event::Stopped(why) => app.stopped = Some(why),
    }
    Vec::new()
}

fn on_key(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let command = keymap::command(key, app.talk().is_some_and(|talk| !talk.composer.is_empty()));
    if command == Some(Command::Quit) {
        return vec![Effect::Quit];
    }
    if let Some(open) = app.dialogs.front_mut() {
        let pressed = open.press(key);
        return on_pressed(app, pressed);
    }
    app.note = None;
    command.map_or_else(Vec::new, |command| on_command(app, command))
}

fn on_command(app: &mut App, command: Command) -> Vec<Effect> {
    let columns = app.composer_columns();
    match command {
        Command::Quit => return vec![Effect::Quit],
        Command::Interrupt => {
            if app.talks.values().all(|talk| talk.composer.is_blank()) {
                return vec![Effect::Quit];
            }
            app.note = Some("A draft would be lost. Ctrl-Q quits all the same.".to_owned());
        }
        Command::Help => app.tell(Dialog::Help(keymap::BINDINGS)),
        Command::Gate => app.tell(Dialog::Gate(app.gate.clone())),
        Command::Add => app.tell(Dialog::Add(AddForm::default())),
        Command::Invite => return vec![Effect::Link],
        Command::Reports => return vec![Effect::Reports],
        Command::Verify => return app.selected.map(Effect::Safety).into_iter().collect(),
        Command::NextContact => return step(app, 1),
        Command::PreviousContact => return step(app, -1),
        Command::ScrollUp => scroll(app, page(app)),
        Command::ScrollDown => scroll(app, -page(app)),
        Command::Send => return send(app),
        Command::Retry => {
            if let Some((account, id)) = app.talk().and_then(|talk| Some((talk.account, talk.failed()?))) {
                return vec![Effect::Retry(account, id)];
            }
            app.note = Some("No message here has failed.".to_owned());
        }
        Command::Attach => files::attach(app),
        Command::Save => files::save(app),
        Command::Editor => {
            let draft = app.talk().map(|talk| talk.composer.text().to_owned());
            return draft.map(Effect::Edit).into_iter().collect();
        }
        Command::NewLine => write(app, "\n"),
        Command::Type(c) => write(app, c.encode_utf8(&mut [0; 4])),
        Command::Go(motion) => composer(app, |composer| composer.go(motion)),
        Command::Delete(motion) => composer(app, |composer| composer.delete(motion)),
        Command::RowUp => composer(app, |composer| {
            if !composer.up(columns) {
                composer.go(Motion::Start);
            }
        }),
        Command::RowDown => composer(app, |composer| {
            if !composer.down(columns) {
                composer.go(Motion::End);
            }
        }),
    }
    Vec::new()
}

fn on_pressed(app: &mut App, pressed: Pressed) -> Vec<Effect> {
    match pressed {
        Pressed::Nothing => Vec::new(),
        Pressed::Scroll(by) => {
            let (area, theme) = (app.dialog_area(), app.theme);
            if let Some(open) = app.dialogs.front_mut() {
                let max = scroll_max(open, area, theme);
                open.scroll = open.scroll.saturating_add_signed(by).min(max);
            }
            Vec::new()
        }
        Pressed::Act(action) => act(app, action),
    }
}

fn act(app: &mut App, action: Action) -> Vec<Effect> {
    if action == Action::Add {
        let Some(Dialog::Add(form)) = app.dialogs.front_mut().map(|open| &mut open.dialog) else {
            return Vec::new();
        };
        if form.link.is_blank() {
            return Vec::new();
        }
        (form.busy, form.problem) = (true, None);
        return vec![Effect::Add(form.link.text().to_owned())];
    }
    if action == Action::File || action == Action::Complete {
        return files::act(app, action);
    }
    app.dialogs.pop_front();
    match action {
        Action::Close | Action::Add | Action::File | Action::Complete => Vec::new(),
        Action::Answer(ticket, choice) => vec![Effect::Answer(ticket, choice)],
        Action::SetVerified(account, verified) => {
            vec![Effect::SetVerified(account, verified), Effect::LoadContacts]
        }
        Action::SetMode(Mode::Report) => {
            app.tell(Dialog::Authority(app.contacts.clone()));
            Vec::new()
        }
        Action::SetMode(mode) if mode == app.gate.mode => Vec::new(),
        Action::SetMode(mode) => vec![Effect::SetGate { mode, authority: None }],
        Action::ReportTo(account) => {
            vec![Effect::SetGate { mode: Mode::Report, authority: Some(account) }]
        }
    }
}

fn on_mouse(app: &mut App, mouse: MouseEvent) -> Vec<Effect> {
    let at = Position::new(mouse.column, mouse.row);
    let up = match mouse.kind {
        MouseEventKind::ScrollUp => WHEEL_ROWS,
        MouseEventKind::ScrollDown => -WHEEL_ROWS,
        MouseEventKind::Down(MouseButton::Left) => return on_click(app, at),
        _ => return Vec::new(),
    };
    if app.dialogs.is_empty() {
        scroll(app, up);
        Vec::new()
    } else {
        on_pressed(app, Pressed::Scroll(-up))
    }
}

fn on_click(app: &mut App, at: Position) -> Vec<Effect> {
    let (area, theme) = (app.dialog_area(), app.theme);
    if let Some(open) = app.dialogs.front() {
        let button =
            button_at(open, area, theme, at).and_then(|place| open.dialog.buttons().into_iter().nth(place));
        return button.map_or_else(Vec::new, |button| act(app, button.action));
    }
    let Some(areas) = app.areas() else { return Vec::new() };
    if areas.gate.contains(at) || areas.rule.contains(at) {
        return on_command(app, Command::Gate);
    }
    let Some(list) = areas.contacts.filter(|list| list.contains(at)) else { return Vec::new() };
    let first = first_contact_shown(app, usize::from(list.height));
    let row = first + usize::from(at.y - list.y);
    app.contacts.get(row).map(|contact| contact.account).map_or_else(Vec::new, |account| select(app, account))
}

/// The first contact that a list of `rows` shows, so that the selected one is among them.
pub(crate) fn first_contact_shown(app: &App, rows: usize) -> usize {
    let selected = app.contacts.iter().position(|contact| Some(contact.account) == app.selected).unwrap_or(0);
    (selected + 1).saturating_sub(rows)
}

fn select(app: &mut App, account: AccountId) -> Vec<Effect> {
    app.selected = Some(account);
    for contact in app.contacts.iter_mut().filter(|contact| contact.account == account) {
        contact.unread = 0;
    }
    vec![Effect::LoadMessages(account), Effect::MarkRead(account)]
}

fn step(app: &mut App, by: isize) -> Vec<Effect> {
    let count = app.contacts.len();
    let Some(now) = app.contacts.iter().position(|contact| Some(contact.account) == app.selected) else {
        return Vec::new();
    };
    let next = (now + count).saturating_add_signed(by) % count;
    select(app, app.contacts[next].account)
}

fn send(app: &mut App) -> Vec<Effect> {
    if let Some(why) = &app.stopped {
        app.note = Some(format!("Nothing can be sent: {why}"));
        return Vec::new();
    }
    let Some(talk) = app.talk_mut() else { return Vec::new() };
    let to = talk.account;
    match talk.send() {
        Ok(text) => vec![Effect::Compose { to, text }],
        Err(NotNow::Blank) => Vec::new(),
        Err(NotNow::Busy) => {
            app.note = Some("The message before this one is still in the gate.".to_owned());
            Vec::new()
        }
    }
}

/// Our name did or did not pass the gate: it is no draft of a message, so nothing goes back to the composer.
fn introduced(app: &mut App, outcome: Outcome) {
    match outcome {
        Outcome::Queued { reports } => {
            reports.into_iter().for_each(|report| app.tell(Dialog::Report(report)))
        }
        Outcome::Ask(question) => app.tell(Dialog::Question(question)),
        Outcome::Stopped { why, hook, .. } => app.tell(Dialog::Stopped { why, hook }),
        Outcome::Kept { .. } => app.note = Some("Your name was not sent to them.".to_owned()),
        Outcome::Unsent { problem, .. } => app.tell(Dialog::Problem(problem)),
    }
}

fn write(app: &mut App, text: &str) {
    let full = app.talk_mut().is_some_and(|talk| talk.insert(text).is_err());
    if full {
        app.note = Some("That is more than one message may hold (48 KiB).".to_owned());
    }
}

fn composer(app: &mut App, change: impl FnOnce(&mut super::composer::Composer)) {
    if let Some(talk) = app.talk_mut() {
        change(&mut talk.composer);
    }
}

fn page(app: &App) -> isize {
    let rows = app.areas().map_or(1, |areas| areas.conversation.height);
    isize::try_from(rows.saturating_sub(2).max(1)).unwrap_or(1)
}

fn scroll(app: &mut App, up: isize) {
    if let Some(talk) = app.talk_mut() {
        talk.scroll = talk.scroll.saturating_add_signed(up);
    }
    settle_scroll(app);
}

/// Keeps the conversation from being scrolled past its first line.
fn settle_scroll(app: &mut App) {
    let (clock, theme, areas) = (app.clock.clone(), app.theme, app.areas());
    let (Some(areas), Some(talk)) = (areas, app.talk_mut()) else { return };
    if talk.scroll > 0 {
        let area = areas.conversation;
        let lines = transcript::lines(&talk.rows, usize::from(area.width), &clock, theme).len();
        talk.scroll = talk.scroll.min(lines.saturating_sub(usize::from(area.height)));
    }
}

/// Rows that one notch of a mouse wheel moves.
const WHEEL_ROWS: isize = 3;
