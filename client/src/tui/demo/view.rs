//! Draws the demo screen. It only reads.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Span,
};

use super::{
    app::{Demo, Presence, Side},
    layout::{COLUMNS_MIN, Pane, ROWS_MIN},
    middle,
};
use crate::tui::{
    chat::{
        dialogs, gate_line, transcript,
        view::{centred, composer, disarm, keys_line, put_lines, rule, show_end},
    },
    text,
};

/// Draws everything, and returns where the terminal's cursor belongs.
pub(crate) fn draw(demo: &Demo, buffer: &mut Buffer) -> Option<Position> {
    let theme = demo.theme;
    let window = demo.window().intersection(buffer.area);
    let Some(areas) = demo.areas() else {
        if !window.is_empty() {
            let need = format!("Too small: the demo needs {COLUMNS_MIN}×{ROWS_MIN}");
            let script = "`airlock demo --script` needs no screen";
            centred(
                &[(&need, theme.warn), (script, theme.text), ("Ctrl-Q quits", theme.dim)],
                window,
                buffer,
            );
        }
        disarm(buffer);
        return None;
    };
    let mut cursor = None;
    for side in [Side::Alice, Side::Bob] {
        let at = pane(demo, side, areas.pane(side), buffer);
        if side == demo.focus {
            cursor = Some(at);
        }
    }
    pane_title("what the relay holds", "", false, areas.middle_title, demo, buffer);
    middle::draw(demo, areas.middle, buffer);
    for x in [areas.middle.left() - 1, areas.middle.right()] {
        for y in areas.middle_title.top()..areas.middle.bottom() {
            buffer.set_string(x, y, "│", theme.border);
        }
    }
    rule(areas.rule, "airlock demo", buffer, theme);
    put_lines(&demo.story.lines(usize::from(areas.story.width), theme), areas.story, buffer);
    let other = demo.focus.other().name();
    let bob = if demo.bob_presence == Presence::Offline { "start Bob" } else { "stop Bob" };
    let keys: [(&str, &str); 10] = [
        ("F2", "off"),
        ("F3", "shadow"),
        ("F4", "advise"),
        ("F5", "enforce"),
        ("F6", "report"),
        ("Tab", other),
        ("F1", "help"),
        ("^Q", "quit"),
        ("F7", bob),
        ("Enter", "send"),
    ];
    keys_line(&keys, areas.keys, buffer, theme);
    if let Some(open) = demo.dialogs.front() {
        dialogs::draw(open, demo.dialog_area().intersection(window), buffer, theme);
        cursor = None;
    }
    disarm(buffer);
    cursor
}

fn pane(demo: &Demo, side: Side, pane: &Pane, buffer: &mut Buffer) -> Position {
    let theme = demo.theme;
    let talk = demo.talk(side);
    let focused = side == demo.focus;
    let state = match (side, demo.bob_presence) {
        (Side::Bob, Presence::Offline) => "offline",
        (Side::Bob, Presence::Changing) => "…",
        _ => "",
    };
    pane_title(side.name(), state, focused, pane.title, demo, buffer);
    let area = pane.conversation;
    if talk.rows.is_empty() {
        let words = match side {
            Side::Alice => "Her gate is below: it stands between what she writes and the encryption.",
            Side::Bob => "He sees what his device could decrypt.",
        };
        centred(&[(words, theme.dim)], area, buffer);
    } else {
        let lines = transcript::lines(&talk.rows, usize::from(area.width), &demo.clock, theme);
        show_end(&lines, talk.scroll, area, buffer, theme);
    }
    rule(pane.rule, "", buffer, theme);
    put_lines(&gate_line::lines(demo.gate_of(side), usize::from(pane.gate.width), theme), pane.gate, buffer);
    let placeholder = match (talk.is_sending(), focused) {
        (true, _) => "in the gate …".to_owned(),
        (false, true) => format!("write as {}", side.name()),
        (false, false) => "Tab to write here".to_owned(),
    };
    composer(&talk.composer, &placeholder, pane.composer, buffer, theme)
}

fn pane_title(name: &str, state: &str, focused: bool, area: Rect, demo: &Demo, buffer: &mut Buffer) {
    let theme = demo.theme;
    let line = if focused { "━" } else { "─" };
    let border = if focused { theme.focus } else { theme.border };
    buffer.set_string(area.x, area.y, line.repeat(usize::from(area.width)), border);
    let name = Span::styled(format!(" {name} "), if focused { theme.selected } else { theme.strong });
    let x = area.x + 1;
    buffer.set_span(x, area.y, &name, area.width.saturating_sub(1));
    if !state.is_empty() {
        let state = format!(" {state} ");
        let at = area.right().saturating_sub(text::width(&state) as u16 + 1);
        buffer.set_string(at, area.y, state, theme.warn);
    }
}
