//! Draws the chat screen. It only reads.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};

use super::{
    app::App,
    composer::Composer,
    dialogs, gate_line,
    layout::{COLUMNS_MIN, PROMPT_COLUMNS, ROWS_MIN},
    transcript,
    update::first_contact_shown,
};
use crate::{
    printable::{is_dangerous, printable_line},
    tui::{
        model::{ConnectionRow, ContactRow},
        text,
        theme::Theme,
    },
};

/// Draws everything, and returns where the terminal's cursor belongs.
pub(crate) fn draw(app: &App, buffer: &mut Buffer) -> Option<Position> {
    let cursor = draw_areas(app, buffer);
    let theme = app.theme;
    let cursor = match app.dialog() {
        Some(open) => {
            dialogs::draw(open, app.dialog_area().intersection(buffer.area), buffer, theme);
            None
        }
        None => cursor,
    };
    disarm(buffer);
    cursor
}

fn draw_areas(app: &App, buffer: &mut Buffer) -> Option<Position> {
    let theme = app.theme;
    let Some(areas) = app.areas() else {
        too_small(app.window().intersection(buffer.area), buffer, theme);
        return None;
    };
    title(app, areas.title, buffer);
    if let Some(list) = areas.contacts {
        contacts(app, list, buffer);
        for y in list.top()..list.bottom() {
            buffer.set_string(list.right(), y, "│", theme.border);
        }
    }
    match app.talk() {
        Some(talk) if talk.rows.is_empty() => {
            let name = app.contact().map_or("them", |contact| contact.name.as_str());
            let nothing = [
                ("Nothing said yet.", theme.strong),
                ("", theme.text),
                (
                    &*format!(
                        "What you write to {} goes through the gate below and is",
                        printable_line(name)
                    ),
                    theme.dim,
                ),
                ("encrypted on this device. The relay sees a size and a time.", theme.dim),
            ];
            centred(&nothing, areas.conversation, buffer);
        }
        Some(talk) => {
            let area = areas.conversation;
            let lines = transcript::lines(&talk.rows, usize::from(area.width), &app.clock, theme);
            show_end(&lines, talk.scroll, area, buffer, theme);
        }
        None => no_contacts(areas.conversation, buffer, theme),
    }
    rule(areas.rule, "F2 changes it", buffer, theme);
    put_lines(&gate_line::lines(&app.gate, usize::from(areas.gate.width), theme), areas.gate, buffer);
    hint(app, areas.hint, buffer);
    let talk = app.talk()?;
    let placeholder = match app.contact() {
        _ if talk.is_sending() => "in the gate …".to_owned(),
        Some(contact) => format!("write to {}", printable_line(&contact.name)),
        None => String::new(),
    };
    Some(composer(&talk.composer, &placeholder, areas.composer, buffer, theme))
}

fn title(app: &App, area: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let (mark, state, style) = match &app.connection {
        ConnectionRow::Online => ("●", "online".to_owned(), theme.good),
        ConnectionRow::Connecting => ("◌", "connecting".to_owned(), theme.warn),
        ConnectionRow::Offline => ("○", "offline".to_owned(), theme.dim),
        ConnectionRow::Waiting(why) => ("◌", format!("no relay: {why}"), theme.warn),
        ConnectionRow::Refused(why) => ("✗", format!("refused: {why}"), theme.danger),
    };
    let left = Line::from(vec![
        Span::styled(" airlock ", theme.selected),
        Span::raw(" "),
        Span::styled(printable_line(&app.name).into_owned(), theme.strong),
    ]);
    buffer.set_line(area.x, area.y, &left, area.width);
    let room = usize::from(area.width).saturating_sub(left.width() + 4);
    let state = match &app.stopped {
        Some(why) => format!("✗ stopped: {}", printable_line(why)),
        None => format!("{mark} {}", printable_line(&state)),
    };
    let style = if app.stopped.is_some() { theme.danger } else { style };
    right(&state, room, area, buffer, style);
}

fn contacts(app: &App, area: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let first = first_contact_shown(app, usize::from(area.height));
    for (row, contact) in app.contacts.iter().skip(first).take(usize::from(area.height)).enumerate() {
        let line =
            contact_line(contact, usize::from(area.width), Some(contact.account) == app.selected, theme);
        buffer.set_line(area.x, area.y + row as u16, &line, area.width);
    }
    if app.contacts.is_empty() {
        buffer.set_string(area.x + 1, area.y, "no contacts", theme.dim);
    }
}

fn contact_line(contact: &ContactRow, columns: usize, selected: bool, theme: Theme) -> Line<'static> {
    let unread = if contact.unread == 0 { String::new() } else { format!(" {} ", contact.unread.min(999)) };
    let mark = if contact.verified { "◆ " } else { "  " };
    let room = columns.saturating_sub(3 + text::width(&unread));
    let name = text::pad(&printable_line(&contact.name), room);
    let base = if selected { theme.selected } else { Style::new() };
    let name_style = if contact.unread > 0 { theme.accent } else { theme.text };
    let name_style = if selected { base } else { name_style };
    Line::from(vec![
        Span::styled(" ", base),
        Span::styled(mark, if selected { base } else { theme.good }),
        Span::styled(name, name_style),
        Span::styled(unread, if selected { base } else { theme.selected }),
    ])
}

fn no_contacts(area: Rect, buffer: &mut Buffer, theme: Theme) {
    let words = [
        ("No contacts yet", theme.strong),
        ("", theme.text),
        ("F3      shows your contact link:", theme.text),
        ("give it to someone you trust.", theme.dim),
        ("", theme.text),
        ("Ctrl-A  adds somebody by theirs.", theme.text),
        ("", theme.text),
        ("Outside this screen: `airlock invite`", theme.dim),
        ("and `airlock add LINK`.", theme.dim),
    ];
    centred(&words, area, buffer);
}

fn hint(app: &App, area: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    if let Some(note) = &app.note {
        let note = text::fit(&printable_line(note), usize::from(area.width.saturating_sub(2))).into_owned();
        buffer.set_string(area.x + 1, area.y, note, theme.warn);
        return;
    }
    let keys: &[(&str, &str)] = if app.contacts.is_empty() {
        &[("F3", "your link"), ("Ctrl-A", "add"), ("F1", "help"), ("Ctrl-Q", "quit"), ("F2", "gate")]
    } else {
        &[
            ("Enter", "send"),
            ("F1", "help"),
            ("Ctrl-Q", "quit"),
            ("F2", "gate"),
            ("Tab", "next contact"),
            ("Ctrl-O", "file"),
            ("Alt-Enter", "new line"),
            ("F4", "verify"),
            ("Ctrl-A", "add"),
            ("F3", "your link"),
            ("Ctrl-E", "editor"),
            ("F5", "reports"),
        ]
    };
    keys_line(keys, area, buffer, theme);
}

// ---- parts that the demo screen shares

/// Keys and what they do, as many as fit.
pub(crate) fn keys_line(keys: &[(&str, &str)], area: Rect, buffer: &mut Buffer, theme: Theme) {
    let gap = if area.width < 100 { 2 } else { 3 };
    let mut x = area.x + 1;
    for (key, does) in keys {
        let cells = (text::width(key) + 1 + text::width(does)) as u16;
        if x + cells > area.right() {
            break;
        }
        buffer.set_string(x, area.y, key, theme.key);
        buffer.set_string(x + text::width(key) as u16 + 1, area.y, does, theme.dim);
        x += cells + gap;
    }
}

/// A line from side to side, with a word at its end.
pub(crate) fn rule(area: Rect, word: &str, buffer: &mut Buffer, theme: Theme) {
    buffer.set_string(area.x, area.y, "─".repeat(usize::from(area.width)), theme.border);
    let cells = text::width(word) as u16 + 4;
    if !word.is_empty() && area.width > cells {
        buffer.set_string(area.right() - cells + 1, area.y, format!(" {word} "), theme.dim);
    }
}

/// The composer with its prompt. Returns where the cursor is.
pub(crate) fn composer(
    composer: &Composer,
    placeholder: &str,
    area: Rect,
    buffer: &mut Buffer,
    theme: Theme,
) -> Position {
    let columns = usize::from(area.width.saturating_sub(PROMPT_COLUMNS + 1)).max(1);
    let rows = composer.rows(columns);
    let (row, column) = composer.place(columns);
    // The cursor's row is always in view.
    let height = usize::from(area.height);
    let first = (row + 1).saturating_sub(height).min(rows.len().saturating_sub(height));
    let left = area.x + PROMPT_COLUMNS;
    buffer.set_string(area.x, area.y, "› ", theme.focus);
    if composer.is_empty() {
        let placeholder = text::fit(placeholder, columns).into_owned();
        buffer.set_string(left, area.y, placeholder, theme.dim);
    }
    for (y, range) in rows.iter().skip(first).take(height).enumerate() {
        buffer.set_stringn(left, area.y + y as u16, &composer.text()[range.clone()], columns, theme.text);
    }
    let above = if first > 0 { "↑" } else { "›" };
    buffer.set_string(area.x, area.y, above, theme.focus);
    Position::new(left + column as u16, area.y + (row - first) as u16)
}

/// The last lines that fit, `scroll` lines up.
pub(crate) fn show_end(lines: &[Line<'_>], scroll: usize, area: Rect, buffer: &mut Buffer, theme: Theme) {
    let height = usize::from(area.height);
    let scroll = scroll.min(lines.len().saturating_sub(height));
    let end = lines.len() - scroll;
    let start = end.saturating_sub(height);
    // A short conversation stands at the bottom, near where one writes.
    let top = area.y + (height - (end - start)) as u16;
    for (row, line) in lines[start..end].iter().enumerate() {
        buffer.set_line(area.x, top + row as u16, line, area.width);
    }
    if scroll > 0 && area.height > 0 {
        let more = format!(" ↓ {} more ", text::counted(scroll as u64, "line"));
        let area = Rect { y: area.bottom() - 1, height: 1, ..area };
        right(&more, usize::from(area.width), area, buffer, theme.selected);
    }
}

/// Lines from the top of an area.
pub(crate) fn put_lines(lines: &[Line<'_>], area: Rect, buffer: &mut Buffer) {
    for (row, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        buffer.set_line(area.x, area.y + row as u16, line, area.width);
    }
}

/// A word at the right end of a line.
pub(crate) fn right(word: &str, room: usize, area: Rect, buffer: &mut Buffer, style: Style) {
    let word = text::fit(word, room);
    let cells = text::width(&word) as u16;
    buffer.set_string(area.right().saturating_sub(cells + 1), area.y, &word, style);
}

/// Words in the middle of an area.
pub(crate) fn centred(words: &[(&str, Style)], area: Rect, buffer: &mut Buffer) {
    let columns = usize::from(area.width.saturating_sub(2));
    let rows: Vec<(&str, Style)> = words
        .iter()
        .flat_map(|(text, style)| text::wrap(text, columns).into_iter().map(|row| (row, *style)))
        .collect();
    let width = rows.iter().map(|(text, _)| text::width(text)).max().unwrap_or(0);
    let left = area.x + area.width.saturating_sub(width as u16) / 2;
    let top = area.y + area.height.saturating_sub(rows.len() as u16) / 2;
    for (row, (text, style)) in rows.iter().take(usize::from(area.height)).enumerate() {
        buffer.set_stringn(left, top + row as u16, text, columns, *style);
    }
}

/// What a window that is too small shows.
pub(crate) fn too_small(area: Rect, buffer: &mut Buffer, theme: Theme) {
    if area.is_empty() {
        return;
    }
    let need = format!("Too small: {COLUMNS_MIN}×{ROWS_MIN} needed");
    centred(&[(&need, theme.warn), ("Ctrl-Q quits", theme.dim)], area, buffer);
}

/// The last door before the terminal: whatever way a control character came, it does not go on.
pub(crate) fn disarm(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().chars().any(is_dangerous) {
            cell.set_symbol("�");
        }
    }
}
