//! A conversation as lines: days, messages to the left and to the right, and how far each got.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::{
    printable::{printable, printable_line},
    tui::{
        clock::Clock,
        model::{FilePlace, MessageRow, Progress},
        text,
        theme::Theme,
    },
};

/// Widest a message is drawn: longer lines are hard to read.
const COLUMNS_MAX: usize = 68;

/// The columns of a message's bar and the space beside it.
const BAR: usize = 2;

/// All lines of a conversation, oldest first.
pub(crate) fn lines(rows: &[MessageRow], columns: usize, clock: &Clock, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut day = None;
    for row in rows {
        let this_day = clock.day(row.at_ms);
        if day.as_ref() != Some(&this_day) {
            if day.is_some() {
                lines.push(Line::default());
            }
            lines.push(separator(&this_day, columns, theme));
            day = Some(this_day);
        } else {
            lines.push(Line::default());
        }
        message(row, columns, clock, theme, &mut lines);
    }
    lines
}

fn separator(label: &str, columns: usize, theme: Theme) -> Line<'static> {
    let label = format!(" {label} ");
    let sides = columns.saturating_sub(text::width(&label));
    let (left, right) = ("─".repeat(sides / 2), "─".repeat(sides - sides / 2));
    Line::from(vec![
        Span::styled(left, theme.border),
        Span::styled(label, theme.dim),
        Span::styled(right, theme.border),
    ])
}

/// They began a new session: a line of its own, which no peer can write.
pub(crate) const RENEWED: &str = "a new session: their device was updated, restored, reset or replaced, or had no answer \
                                  from you for long, or somebody else has their keys";

fn message(row: &MessageRow, columns: usize, clock: &Clock, theme: Theme, lines: &mut Vec<Line<'static>>) {
    if row.progress == Progress::Renewed {
        let words = format!("{} {RENEWED}", clock.time(row.at_ms));
        let parts = text::wrap(&words, columns).into_iter();
        return lines.extend(parts.map(|part| Line::styled(part.to_owned(), theme.warn)));
    }
    let ours = row.progress != Progress::Received;
    // Room on the other side, so that the two voices can be told apart without colour.
    let room = columns.saturating_sub(BAR + columns / 8).clamp(1, COLUMNS_MAX);
    let mut block: Vec<(String, Style)> = Vec::new();
    let wrapped = |words: &str, style: Style, block: &mut Vec<(String, Style)>| {
        block.extend(text::wrap(words, room).into_iter().map(|part| (part.to_owned(), style)));
    };
    if let Some(file) = &row.file {
        let words = format!("▣ {}", printable_line(&file.name));
        wrapped(&words, theme.strong, &mut block);
        let what =
            format!("{}, {}{}", text::size(file.bytes), printable_line(&file.media_type), place(file.place));
        wrapped(&what, theme.dim, &mut block);
        if let FilePlace::Moving(percent) = file.place {
            block.push((bar(percent, room), theme.accent));
        }
    }
    if row.file.is_none() || !row.text.is_empty() {
        wrapped(&printable(&row.text), theme.text, &mut block);
    }
    if let Some(original) = &row.original {
        wrapped(&format!("you wrote: {}", printable_line(original)), theme.dim, &mut block);
    }
    if let Some(note) = &row.gate_note {
        wrapped(&printable_line(note), theme.warn, &mut block);
    }
    if let Some(report) = &row.report {
        let authority = printable_line(&report.authority);
        let bytes = text::bytes(report.evidence.len() as u64);
        wrapped(&format!("⚑ {bytes} reported to {authority} ({})", report.state), theme.report, &mut block);
    }
    let time = clock.time(row.at_ms);
    match &row.progress {
        Progress::Received | Progress::Renewed => block.push((time, theme.dim)),
        Progress::Queued => block.push((format!("{time} ○ queued"), theme.warn)),
        Progress::Sent => block.push((format!("{time} ✓ sent"), theme.dim)),
        Progress::Delivered => block.push((format!("{time} ✓✓"), theme.dim)),
        Progress::Failed(why) => {
            wrapped(&format!("! not sent: {}", printable_line(why)), theme.danger, &mut block);
            block.push((format!("{time} Ctrl-R tries again"), theme.dim));
        }
    }
    let bar = if ours { theme.ours } else { theme.accent };
    // Ours stand to the right as one block, whose rows begin together: ragged beginnings are hard to read.
    let widest = block.iter().map(|(words, _)| text::width(words)).max().unwrap_or(0);
    let indent = " ".repeat(columns.saturating_sub(widest + BAR));
    let last = block.len().saturating_sub(1);
    lines.extend(block.into_iter().enumerate().map(|(place, (words, style))| {
        if !ours {
            return Line::from(vec![Span::styled("▌ ", bar), Span::styled(words, style)]);
        }
        let fill = " ".repeat(widest - text::width(&words));
        let (before, after) = if place == last { (fill, String::new()) } else { (String::new(), fill) };
        Line::from(vec![
            Span::raw(format!("{indent}{before}")),
            Span::styled(words, style),
            Span::styled(format!("{after} ▐"), bar),
        ])
    }));
}

/// Where a file is, after what it is.
fn place(place: FilePlace) -> &'static str {
    match place {
        FilePlace::Offered => " · Ctrl-S saves it",
        FilePlace::Here => " · fetched",
        FilePlace::Gone => " · no longer at the relay",
        FilePlace::Waiting => " · not uploaded yet",
        FilePlace::Moving(_) | FilePlace::There => "",
    }
}

/// Cells of the bar of a file that is on its way.
const TRANSFER_CELLS: usize = 20;

fn bar(percent: u8, room: usize) -> String {
    let cells = TRANSFER_CELLS.min(room.saturating_sub(6));
    let full = usize::from(percent) * cells / 100;
    format!("{}{} {percent:3} %", "█".repeat(full), "░".repeat(cells - full))
}

#[cfg(test)]
mod tests {
    use airlock_protocol::outgoing::MessageId;

    use super::*;
    use crate::tui::{
        clock::tests::{NOW_MS, fixed},
        theme::Colors,
    };

    #[test]
    fn a_session_that_begins_anew_is_told_of_in_every_width() {
        let row = MessageRow {
            id: MessageId([0; 16]),
            text: String::new(),
            original: None,
            at_ms: NOW_MS,
            progress: Progress::Renewed,
            gate_note: None,
            report: None,
            file: None,
        };
        for columns in [20, 40, 120] {
            let drawn = lines(std::slice::from_ref(&row), columns, &fixed(), Theme::new(Colors::Never));
            let words: Vec<String> = drawn.iter().skip(1).map(ToString::to_string).collect();
            assert!(words.iter().all(|line| text::width(line) <= columns), "{words:?}");
            assert!(words.join(" ").contains("a new session: their device"), "{words:?}");
        }
    }

    #[test]
    fn what_a_peer_writes_cannot_reach_the_terminal_as_a_command() {
        let row = MessageRow {
            id: MessageId([0; 16]),
            text: "\x1b[2J\u{9b}31m\u{202e}evil".to_owned(),
            original: Some("\x07".to_owned()),
            at_ms: NOW_MS,
            progress: Progress::Failed("\x1b]0;title\x07".to_owned()),
            gate_note: None,
            report: None,
            file: None,
        };
        let all: String =
            lines(&[row], 40, &fixed(), Theme::new(Colors::Never)).iter().map(ToString::to_string).collect();
        assert!(!all.chars().any(crate::printable::is_dangerous), "{all:?}");
        assert!(all.contains("␛[2J"), "{all:?}");
    }
}
