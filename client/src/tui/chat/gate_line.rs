//! The gate's status, which every conversation shows always: mode, hook, digest, list, authority.

use airlock_protocol::gate::Mode;
use ratatui::text::{Line, Span};

use crate::{
    printable::printable_line,
    tui::{
        model::{GateRow, HookRow, hook_name},
        text,
        theme::Theme,
    },
};

/// Bytes of a digest that are shown. Enough to notice that it is another one; the dialog has all of it.
const DIGEST_BYTES_SHOWN: usize = 4;

/// The status, in as many lines as it needs: nothing of it is ever cut away.
pub(crate) fn lines(gate: &GateRow, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut rows: Vec<Vec<Span<'static>>> = Vec::new();
    let mut taken = columns + 1;
    let mut put = |span: Span<'static>, joint: &'static str| {
        let cells = span.width();
        if taken + text::width(joint) + cells > columns {
            rows.push(vec![Span::raw(" "), span]);
            taken = 1 + cells;
        } else if let Some(row) = rows.last_mut() {
            row.push(Span::styled(joint, theme.border));
            row.push(span);
            taken += text::width(joint) + cells;
        }
    };
    put(Span::styled(format!(" gate {} ", gate.mode), theme.badge(gate.mode)), "");
    for (place, piece) in pieces(gate).into_iter().enumerate() {
        for (row, part) in text::wrap(&piece, columns.saturating_sub(2)).into_iter().enumerate() {
            let joint = match (place, row) {
                (0, 0) | (_, 1..) => " ",
                (_, 0) => " · ",
            };
            let style = if gate.mode == Mode::Off { theme.dim } else { theme.text };
            put(Span::styled(part.to_owned(), style), joint);
        }
    }
    for problem in gate.hooks.iter().filter_map(|row| row.problem.as_ref()) {
        for part in text::wrap(&format!("! {}", printable_line(problem)), columns.saturating_sub(2)) {
            rows.push(vec![Span::raw(" "), Span::styled(part.to_owned(), theme.danger)]);
        }
    }
    rows.into_iter().map(Line::from).collect()
}

fn pieces(gate: &GateRow) -> Vec<String> {
    if gate.hooks.is_empty() {
        return vec!["no hook is loaded".to_owned()];
    }
    let several = gate.hooks.len() > 1;
    let hook = |(place, row): (usize, &HookRow)| {
        let name = printable_line(&hook_name(&row.hook)).into_owned();
        // Of several hooks each has its mode, and its place in the order in which they are asked.
        let name = if several { format!("{} {} {name}", place + 1, row.mode) } else { name };
        pieces_of(row, name)
    };
    gate.hooks.iter().enumerate().flat_map(hook).collect()
}

fn pieces_of(row: &HookRow, name: String) -> Vec<String> {
    let hook = &row.hook;
    let digest = text::hex(&hook.component, DIGEST_BYTES_SHOWN).replace(' ', "");
    let mut pieces = vec![name, digest];
    pieces.extend(
        hook.list.as_ref().map(|list| format!("list {} v{}", printable_line(&list.id), list.version)),
    );
    if row.mode == Mode::Report
        && let Some((_, authority)) = &row.authority
    {
        pieces.push(format!("reports to {}", printable_line(authority)));
        if row.threshold > 1 {
            pieces.push(format!("from {} on", text::counted(u64::from(row.threshold), "report")));
        }
    }
    pieces.extend(row.lock.clone());
    pieces
}

#[cfg(test)]
mod tests {
    use airlock_protocol::gate::{HookIdentity, ListIdentity};
    use airlock_wire::AccountId;

    use super::*;
    use crate::tui::theme::Colors;

    #[test]
    fn nothing_of_the_status_is_cut_away_however_narrow_the_window() {
        let list = ListIdentity { id: "demo-words".to_owned(), version: 1, digest: [2; 32] };
        let hook = HookIdentity {
            id: "word-list".to_owned(),
            version: "0.1.0".to_owned(),
            component: [0xA7; 32],
            manifest: [1; 32],
            list: Some(list),
        };
        let first = HookRow {
            mode: Mode::Report,
            hook: hook.clone(),
            authority: Some((AccountId([9; 32]), "Museum of Bread".to_owned())),
            threshold: 3,
            lock: Some("by order".to_owned()),
            problem: Some("the list expired, and messages are held".to_owned()),
        };
        let second = HookRow {
            mode: Mode::Advise,
            hook: HookIdentity { id: "autocorrect".to_owned(), ..hook },
            authority: None,
            threshold: 1,
            lock: None,
            problem: None,
        };
        let gate = GateRow { mode: Mode::Report, hooks: vec![first, second] };
        for columns in [20, 26, 40, 80, 120] {
            let lines = lines(&gate, columns, Theme::new(Colors::Never));
            assert!(lines.iter().all(|line| line.width() <= columns), "{columns}");
            let all: Vec<String> = lines.iter().map(|line| line.to_string().trim().to_owned()).collect();
            let all = all.join(" ");
            for piece in [
                "gate report",
                "1 report",
                "a7a7a7a7",
                "demo-words v1",
                "Bread",
                "held",
                "2 advise",
                "by order",
            ] {
                assert!(all.contains(piece), "{piece} is missing at {columns}: {all}");
            }
        }
    }
}
