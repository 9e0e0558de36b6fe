//! One event, one new state of the demo, and the effects that follow from it.

use airlock_protocol::gate::Mode;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{
    app::{Demo, Effect, Event, Presence, Side, text_columns},
    story::Story,
};
use crate::tui::{
    chat::{
        composer::Motion,
        dialogs::{Action, Dialog, Pressed, button_at, scroll_max},
        keymap::{self, Binding, Command},
        transcript,
    },
    model::Outcome,
};

/// The help of the demo screen.
pub(crate) const BINDINGS: &[Binding] = &[
    Binding { keys: "Enter", does: "send" },
    Binding { keys: "Tab", does: "write as the other one" },
    Binding { keys: "F2", does: "gate off: no hook is loaded" },
    Binding { keys: "F3", does: "shadow: the hook decides, nothing changes" },
    Binding { keys: "F4", does: "advise: the hook advises, Alice decides" },
    Binding { keys: "F5", does: "enforce: what it blocks is not sent" },
    Binding { keys: "F6", does: "report: an authority is told" },
    Binding { keys: "F7", does: "stop or start Bob's client" },
    Binding { keys: "F8", does: "all digests of Alice's gate" },
    Binding { keys: "PgUp, PgDn, wheel", does: "scroll" },
    Binding { keys: "Alt-Enter, Ctrl-J", does: "new line" },
    Binding { keys: "Ctrl-Q", does: "quit; everything is deleted" },
];

/// Takes an event into the state.
pub(crate) fn update(demo: &mut Demo, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(key) => return on_key(demo, key),
        Event::Mouse(mouse) => return on_mouse(demo, mouse),
        Event::Paste(text) => {
            if demo.dialogs.is_empty() {
                write(demo, &text);
            }
        }
        Event::Resize(size) => {
            demo.size = size;
            settle_scroll(demo);
        }
        Event::Now(now_ms) => demo.clock.now_ms = now_ms,
        Event::Messages(side, rows) => {
            let columns = demo.areas().map_or(1, |areas| usize::from(areas.pane(side).conversation.width));
            let (clock, theme) = (demo.clock.clone(), demo.theme);
            demo.talk_mut(side).show(rows, |rows| transcript::lines(rows, columns, &clock, theme).len());
            settle_scroll(demo);
        }
        Event::Progress(side, id, progress) => demo.talk_mut(side).progress(id, progress),
        Event::Gate(gate) => {
            if gate.mode != demo.gate.mode {
                demo.story = Story::mode(gate.mode);
            }
            demo.gate = gate;
        }
        Event::Relay(relay) => demo.relay = relay,
        Event::Carriers(carriers) => demo.carriers = Some(carriers),
        Event::Authority(authority) => demo.authority = authority,
        Event::Composed(side, outcome) => {
            demo.story = Story::outcome(side, demo.gate_of(side).mode, &outcome);
            // The report itself appears in the middle, so no dialog hides it.
            let outcome = match outcome {
                Outcome::Queued { .. } => Outcome::Queued { reports: Vec::new() },
                other => other,
            };
            let dialog = demo.talk_mut(side).outcome(outcome);
            dialog.into_iter().for_each(|dialog| demo.tell(dialog));
            return vec![Effect::Load(side)];
        }
        Event::BobIs(presence) => {
            if presence != demo.bob_presence {
                demo.story = Story::bob(presence);
            }
            demo.bob_presence = presence;
        }
        Event::Problem(problem) => demo.tell(Dialog::Problem(problem)),
    }
    Vec::new()
}

fn on_key(demo: &mut Demo, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let command = keymap::command(key, !demo.talk(demo.focus).composer.is_empty());
    if matches!(command, Some(Command::Quit | Command::Interrupt)) {
        return vec![Effect::Quit];
    }
    if let Some(open) = demo.dialogs.front_mut() {
        let pressed = open.press(key);
        return on_pressed(demo, pressed);
    }
    if let KeyCode::F(number) = key.code {
        return on_function_key(demo, number);
    }
    command.map_or_else(Vec::new, |command| on_command(demo, command))
}

fn on_function_key(demo: &mut Demo, number: u8) -> Vec<Effect> {
    let mode = match number {
        1 => {
            demo.tell(Dialog::Help(BINDINGS));
            return Vec::new();
        }
        2 => Mode::Off,
        3 => Mode::Shadow,
        4 => Mode::Advise,
        5 => Mode::Enforce,
        6 => Mode::Report,
        7 => return set_presence(demo),
        8 => {
            demo.tell(Dialog::Gate(demo.gate.clone()));
            return Vec::new();
        }
        _ => return Vec::new(),
    };
    if mode == demo.gate.mode {
        demo.story = Story::mode(mode);
        return Vec::new();
    }
    vec![Effect::SetMode(mode)]
}

fn set_presence(demo: &mut Demo) -> Vec<Effect> {
    let online = match demo.bob_presence {
        Presence::Online => false,
        Presence::Offline => true,
        Presence::Changing => return Vec::new(),
    };
    demo.bob_presence = Presence::Changing;
    demo.story = Story::bob(Presence::Changing);
    vec![Effect::SetBobOnline(online)]
}

fn on_command(demo: &mut Demo, command: Command) -> Vec<Effect> {
    let side = demo.focus;
    let columns = demo.areas().map_or(1, |areas| text_columns(usize::from(areas.pane(side).composer.width)));
    let page = demo.areas().map_or(1, |areas| areas.pane(side).conversation.height.saturating_sub(2).max(1));
    let composer = &mut demo.talk_mut(side).composer;
    match command {
        Command::NextContact | Command::PreviousContact => demo.focus = side.other(),
        Command::Help => demo.tell(Dialog::Help(BINDINGS)),
        Command::Send => {
            return demo
                .talk_mut(side)
                .send()
                .map_or_else(|_| Vec::new(), |text| vec![Effect::Compose(side, text)]);
        }
        Command::ScrollUp => scroll(demo, side, page as isize),
        Command::ScrollDown => scroll(demo, side, -(page as isize)),
        Command::NewLine => write(demo, "\n"),
        Command::Type(c) => write(demo, c.encode_utf8(&mut [0; 4])),
        Command::Go(motion) => composer.go(motion),
        Command::Delete(motion) => composer.delete(motion),
        Command::RowUp => {
            if !composer.up(columns) {
                composer.go(Motion::Start);
            }
        }
        Command::RowDown => {
            if !composer.down(columns) {
                composer.go(Motion::End);
            }
        }
        // These belong to the chat screen.
        Command::Quit
        | Command::Interrupt
        | Command::Gate
        | Command::Invite
        | Command::Add
        | Command::Verify
        | Command::Reports
        | Command::Retry
        | Command::Attach
        | Command::Save
        | Command::Editor => {}
    }
    Vec::new()
}

fn on_pressed(demo: &mut Demo, pressed: Pressed) -> Vec<Effect> {
    match pressed {
        Pressed::Nothing => Vec::new(),
        Pressed::Scroll(by) => {
            let (area, theme) = (demo.dialog_area(), demo.theme);
            if let Some(open) = demo.dialogs.front_mut() {
                let max = scroll_max(open, area, theme);
                open.scroll = open.scroll.saturating_add_signed(by).min(max);
            }
            Vec::new()
        }
        Pressed::Act(action) => act(demo, action),
    }
}

fn act(demo: &mut Demo, action: Action) -> Vec<Effect> {
    demo.dialogs.pop_front();
    match action {
        Action::Answer(ticket, choice) => vec![Effect::Answer(ticket, choice)],
        Action::SetMode(mode) if mode != demo.gate.mode => vec![Effect::SetMode(mode)],
        // Nobody is added or verified in the demo, its authority is given, and no files are sent.
        Action::Close
        | Action::SetMode(_)
        | Action::SetVerified(..)
        | Action::ReportTo(_)
        | Action::Add
        | Action::File
        | Action::Complete => Vec::new(),
    }
}

fn on_mouse(demo: &mut Demo, mouse: MouseEvent) -> Vec<Effect> {
    let at = Position::new(mouse.column, mouse.row);
    let up = match mouse.kind {
        MouseEventKind::ScrollUp => WHEEL_ROWS,
        MouseEventKind::ScrollDown => -WHEEL_ROWS,
        MouseEventKind::Down(MouseButton::Left) => 0,
        _ => return Vec::new(),
    };
    if let Some(open) = demo.dialogs.front() {
        if up != 0 {
            return on_pressed(demo, Pressed::Scroll(-up));
        }
        let button = button_at(open, demo.dialog_area(), demo.theme, at)
            .and_then(|place| open.dialog.buttons().into_iter().nth(place));
        return button.map_or_else(Vec::new, |button| act(demo, button.action));
    }
    let Some(areas) = demo.areas() else { return Vec::new() };
    let side = [Side::Alice, Side::Bob].into_iter().find(|side| areas.pane(*side).whole.contains(at));
    match side {
        Some(side) if up == 0 => demo.focus = side,
        Some(side) => scroll(demo, side, up),
        None => {}
    }
    Vec::new()
}

fn write(demo: &mut Demo, text: &str) {
    // A text that is too long is left out; nobody writes 48 KiB into a demo.
    let _ = demo.talk_mut(demo.focus).insert(text);
}

fn scroll(demo: &mut Demo, side: Side, up: isize) {
    let talk = demo.talk_mut(side);
    talk.scroll = talk.scroll.saturating_add_signed(up);
    settle_scroll(demo);
}

fn settle_scroll(demo: &mut Demo) {
    let Some(areas) = demo.areas() else { return };
    let (clock, theme) = (demo.clock.clone(), demo.theme);
    for side in [Side::Alice, Side::Bob] {
        let area = areas.pane(side).conversation;
        let talk = demo.talk_mut(side);
        if talk.scroll > 0 {
            let lines = transcript::lines(&talk.rows, usize::from(area.width), &clock, theme).len();
            talk.scroll = talk.scroll.min(lines.saturating_sub(usize::from(area.height)));
        }
    }
}

/// Rows that one notch of a mouse wheel moves.
const WHEEL_ROWS: isize = 3;
