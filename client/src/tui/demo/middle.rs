//! The middle of the demo screen: what the relay holds, whether it can read it, and what reached the authority.
//!
//! In a small window details go first: the first bytes of envelopes, then all envelopes but the newest.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    app::Demo,
    model::{AuthorityRow, CarrierRow, EnvelopeRow, RelayRow},
};
use crate::{
    printable::printable,
    tui::{chat::view::put_lines, clock::Clock, text, theme::Theme},
};

/// Fewest rows that the authority's part gets.
const AUTHORITY_ROWS_MIN: usize = 5;

/// Columns from which on an envelope and its first bytes fit one line.
const COLUMNS_FOR_ONE_LINE: usize = 56;

/// Draws the pane below its title.
pub(crate) fn draw(demo: &Demo, area: Rect, buffer: &mut Buffer) {
    let theme = demo.theme;
    let columns = usize::from(area.width);
    let height = usize::from(area.height);

    let mut bottom = heading(
        if columns < 32 { "the authority got" } else { "what the authority received" },
        columns,
        theme,
    );
    bottom.extend(authority(&demo.authority, columns, &demo.clock, theme));
    let check = check(demo.carriers.as_ref(), columns, theme);
    let relay = facts(&demo.relay, columns, theme);
    // Below the facts the envelopes take what is left; the authority's part grows with its reports.
    let fixed = relay.len() + check.len();
    let bottom_rows = bottom.len().min((height / 2).max(AUTHORITY_ROWS_MIN)).max(3);
    let room = height.saturating_sub(fixed + bottom_rows);

    let mut lines = relay;
    lines.extend(envelopes(&demo.relay.envelopes, columns, room, theme));
    lines.resize(fixed - check.len() + room, Line::default());
    lines.extend(check);
    // The newest reports are at the end, so those stay in view, below the heading.
    let skipped = bottom.len().saturating_sub(bottom_rows);
    if skipped > 0 {
        bottom.drain(1..=skipped);
    }
    lines.extend(bottom);
    put_lines(&lines, area, buffer);
}

fn heading(words: &str, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let words = text::fit(words, columns.saturating_sub(4)).into_owned();
    let rest = columns.saturating_sub(text::width(&words) + 3);
    vec![Line::from(vec![
        Span::styled("─ ", theme.border),
        Span::styled(words, theme.accent),
        Span::styled(format!(" {}", "─".repeat(rest)), theme.border),
    ])]
}

/// Mailboxes and traffic.
fn facts(relay: &RelayRow, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let wide = columns >= 34;
    let mut lines: Vec<Line<'static>> = relay
        .mailboxes
        .iter()
        .map(|mailbox| {
            let held = match mailbox.held {
                0 => Span::styled("empty", theme.dim),
                held => Span::styled(format!("{} held", text::thousands(held as u64)), theme.warn),
            };
            let device = if wide { format!(" ({}…)", mailbox.device) } else { String::new() };
            Line::from(vec![
                Span::styled(
                    text::pad(&format!(" {}{device}", mailbox.owner), if wide { 24 } else { 12 }),
                    theme.text,
                ),
                held,
            ])
        })
        .collect();
    let datagrams = if wide { "datagrams on the wire" } else { "datagrams" };
    let traffic =
        format!(" {} {datagrams}, {}", text::thousands(relay.datagrams), text::bytes(relay.wire_bytes));
    for row in text::wrap(&traffic, columns) {
        lines.push(Line::styled(row.to_owned(), theme.dim));
    }
    lines
}

/// The newest envelopes that fit, oldest first.
fn envelopes(rows: &[EnvelopeRow], columns: usize, room: usize, theme: Theme) -> Vec<Line<'static>> {
    if room < 2 {
        return Vec::new();
    }
    let mut lines = heading("envelopes it stored", columns, theme);
    let room = room - 1;
    if rows.is_empty() {
        lines.push(Line::styled(" none yet", theme.dim));
        return lines;
    }
    let one_line = columns >= COLUMNS_FOR_ONE_LINE;
    let detailed = one_line || room >= 6;
    let each = if detailed && !one_line { 2 } else { 1 };
    let newest = rows.len().saturating_sub(room / each);
    for row in &rows[newest..] {
        let kept = if row.held { Span::styled("held", theme.warn) } else { Span::styled("gone", theme.dim) };
        let mut spans = vec![
            Span::styled(text::pad(&format!(" → {}", row.owner), 12), theme.text),
            Span::styled(format!("{:>8} ", text::bytes(row.bytes)), theme.strong),
            kept,
        ];
        if columns >= 34 {
            spans.push(Span::styled(format!(" {}", age(row.age_ms)), theme.dim));
        }
        if one_line {
            let used: usize = spans.iter().map(Span::width).sum();
            let shown = columns.saturating_sub(used.max(36) + 2) / 3;
            spans.push(Span::raw(" ".repeat(36_usize.saturating_sub(used))));
            spans
                .push(Span::styled(text::hex(&row.first_bytes, shown.min(row.first_bytes.len())), theme.dim));
            lines.push(Line::from(spans));
        } else {
            lines.push(Line::from(spans));
            if detailed {
                let shown = columns.saturating_sub(5) / 3;
                lines.push(Line::styled(format!("   {} …", text::hex(&row.first_bytes, shown)), theme.dim));
            }
        }
    }
    lines
}

/// What the search over wire, relay and disks found.
fn check(carriers: Option<&CarrierRow>, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = heading("plaintext found there?", columns, theme);
    let (words, style) = match carriers {
        None => ("not searched yet".to_owned(), theme.dim),
        Some(row) if row.texts == 0 => ("nothing long enough was said yet".to_owned(), theme.dim),
        Some(row) if row.findings.is_empty() => (format!("no: {}", searched(row)), theme.good),
        Some(row) => (format!("YES: {}", row.findings.join("; ")), theme.danger),
    };
    for part in text::wrap(&printable(&words), columns.saturating_sub(1)) {
        lines.push(Line::styled(format!(" {part}"), style));
    }
    lines
}

fn searched(row: &CarrierRow) -> String {
    let left_out = match row.unsearched_bytes {
        0 => String::new(),
        bytes => format!(" ({} of old datagrams not kept)", text::bytes(bytes)),
    };
    format!(
        "{} looked for in {} of wire, relay and disks{left_out}",
        text::counted(row.texts as u64, "text"),
        text::bytes(row.bytes)
    )
}

fn authority(rows: &[AuthorityRow], columns: usize, clock: &Clock, theme: Theme) -> Vec<Line<'static>> {
    if rows.is_empty() {
        return vec![Line::styled(" nothing", theme.dim), Line::default()];
    }
    let mut lines = Vec::new();
    for row in rows {
        let head = format!(
            "⚑ {} from {}, {} by {}",
            clock.time(row.received_ms),
            row.from,
            text::bytes(row.evidence_bytes),
            row.hook
        );
        for part in text::wrap(&printable(&head), columns.saturating_sub(1)) {
            lines.push(Line::styled(format!(" {part}"), theme.report));
        }
        for part in text::wrap(&printable(&row.evidence), columns.saturating_sub(3)) {
            let bar = Span::styled(" ▎ ", theme.border);
            lines.push(Line::from(vec![bar, Span::styled(part.to_owned(), theme.text)]));
        }
    }
    lines
}

/// `now`, `12 s`, `3 min`.
fn age(age_ms: u64) -> String {
    match age_ms / 1_000 {
        0 => "now".to_owned(),
        seconds @ 1..=59 => format!("{seconds} s ago"),
        seconds => format!("{} min ago", seconds / 60),
    }
}
