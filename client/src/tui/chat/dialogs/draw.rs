//! A dialog on the screen: a frame in the middle, text that scrolls when it has to, buttons that never do.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, BorderType, Clear, Padding, Widget},
};

use super::{Button, Dialog, Open};
use crate::tui::{text, theme::Theme};

/// Widest a dialog gets: longer lines are hard to read. A QR code needs up to 69 columns.
const COLUMNS_MAX: u16 = 74;

/// Frame and padding, left and right together.
const SIDES: u16 = 4;

/// Frame, above and below together.
const ENDS: u16 = 2;

/// Where everything is.
struct Geometry {
    outer: Rect,
    body: Rect,
    lines: Vec<Line<'static>>,
    buttons: Vec<(Rect, Button)>,
}

/// Draws the dialog over `area`.
pub(crate) fn draw(open: &Open, area: Rect, buffer: &mut Buffer, theme: Theme) {
    let Geometry { outer, body, lines, buttons } = measure(open, area, theme);
    let hidden = lines.len().saturating_sub(usize::from(body.height));
    let scroll = open.scroll.min(hidden);
    let tone = open.dialog.tone(theme);
    let mut block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(tone)
        .padding(Padding::horizontal(1))
        .title(Span::styled(format!(" {} ", open.dialog.title()), tone));
    if hidden > 0 {
        let more = format!(" ↑↓ {} of {} lines ", scroll + usize::from(body.height), lines.len());
        block = block.title_bottom(Line::styled(more, theme.key).right_aligned());
    }
    // A column of air to each side, so that letters behind do not touch the frame.
    let air = Rect { x: outer.x.saturating_sub(1), width: outer.width + 2, ..outer };
    Clear.render(air.intersection(area), buffer);
    block.render(outer, buffer);
    for (row, line) in lines.iter().skip(scroll).take(usize::from(body.height)).enumerate() {
        buffer.set_line(body.x, body.y + row as u16, line, body.width);
    }
    for (place, (rect, button)) in buttons.iter().enumerate() {
        if rect.is_empty() {
            continue;
        }
        let style = if place == open.selected { theme.selected } else { theme.text };
        let label = label(button, open.dialog.stacked(), place == open.selected);
        buffer.set_stringn(
            rect.x,
            rect.y,
            text::pad(&label, usize::from(rect.width)),
            rect.width.into(),
            style,
        );
        underline_key(buffer, *rect, button, if place == open.selected { Style::new() } else { theme.key });
    }
}

/// How far the dialog's text can be scrolled.
pub(crate) fn scroll_max(open: &Open, area: Rect, theme: Theme) -> usize {
    let geometry = measure(open, area, theme);
    geometry.lines.len().saturating_sub(usize::from(geometry.body.height))
}

/// The button under a mouse click.
pub(crate) fn button_at(open: &Open, area: Rect, theme: Theme, at: Position) -> Option<usize> {
    measure(open, area, theme).buttons.iter().position(|(rect, _)| rect.contains(at))
}

fn measure(open: &Open, area: Rect, theme: Theme) -> Geometry {
    let width = area.width.min(COLUMNS_MAX);
    let columns = width.saturating_sub(SIDES).max(1);
    let lines = open.dialog.body(usize::from(columns), usize::from(area.height), theme);
    let buttons = place(&open.dialog, columns);
    let button_rows = buttons.last().map_or(0, |(rect, _)| rect.y + 1);
    let gap = u16::from(!open.dialog.stacked());
    let room = area.height.saturating_sub(ENDS + button_rows + gap);
    let body_rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(room);
    // Air above the text, where there is room for it.
    let top = u16::from(body_rows + gap + button_rows + ENDS < area.height);
    let height = (top + body_rows + gap + button_rows + ENDS).min(area.height);
    let outer =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let left = outer.x + SIDES / 2;
    let body = Rect { x: left, y: outer.y + 1 + top, width: columns, height: body_rows };
    let top = body.bottom() + gap;
    let moved = |(rect, button): (Rect, Button)| {
        (Rect { x: left + rect.x, y: top + rect.y, ..rect }.intersection(area), button)
    };
    Geometry { outer, body, lines, buttons: buttons.into_iter().map(moved).collect() }
}

/// The buttons in rows (or one under the other), from the origin.
fn place(dialog: &Dialog, columns: u16) -> Vec<(Rect, Button)> {
    let stacked = dialog.stacked();
    let (mut x, mut y) = (0, 0);
    let mut placed = Vec::new();
    for button in dialog.buttons() {
        let wanted = u16::try_from(text::width(&label(&button, stacked, false))).unwrap_or(u16::MAX);
        let width = if stacked { columns } else { wanted.min(columns) };
        let new_row = !placed.is_empty() && (stacked || x + width > columns);
        if new_row {
            (x, y) = (0, y + 1);
        }
        placed.push((Rect { x, y, width, height: 1 }, button));
        x += width + 1;
    }
    placed
}

fn label(button: &Button, stacked: bool, selected: bool) -> String {
    let text = crate::printable::printable_line(&button.label).into_owned();
    match (stacked, selected) {
        (true, true) => format!("› {text}"),
        (true, false) => format!("  {text}"),
        (false, _) => format!("[ {text} ]"),
    }
}

/// Marks the letter that chooses a button.
fn underline_key(buffer: &mut Buffer, rect: Rect, button: &Button, style: Style) {
    let Some(key) = button.key else { return };
    for x in rect.left()..rect.right() {
        if let Some(cell) = buffer.cell_mut(Position::new(x, rect.y))
            && cell.symbol().eq_ignore_ascii_case(key.encode_utf8(&mut [0; 4]))
        {
            cell.set_style(style.add_modifier(ratatui::style::Modifier::UNDERLINED));
            return;
        }
    }
}
