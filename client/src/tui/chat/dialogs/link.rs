//! What the dialogs say that show our contact link, and that take somebody else's.

use ratatui::text::{Line, Span};

use super::{AddForm, body::Text};
use crate::tui::{qr, text};

impl Text {
    pub(super) fn invite(&mut self, link: &str, rows: usize) {
        // The frame, a gap and a button; the rest of the text may scroll, a code may not.
        let around = 4;
        let code = qr::lines(link)
            .filter(|code| code.len() + around <= rows && code.iter().all(|row| row.width() <= self.columns));
        let drawn = code.is_some();
        if let Some(code) = code {
            let indent = self.columns.saturating_sub(code[0].width()) / 2;
            self.lines.extend(code.into_iter().map(|mut row| {
                row.spans.insert(0, Span::raw(" ".repeat(indent)));
                row
            }));
            self.gap();
        }
        for row in text::wrap(link, self.columns) {
            self.lines.push(Line::styled(row.to_owned(), self.theme.strong));
        }
        self.gap();
        self.say(
            self.theme.dim,
            "Give it to one person over a channel that you trust: whoever has it can write to you.",
        );
        if !drawn {
            self.say(self.theme.dim, "A larger window shows it as a QR code; so does `airlock invite`.");
        }
    }

    pub(super) fn add(&mut self, form: &AddForm) {
        self.say(self.theme.text, "Paste the contact link that they gave you (it starts with `airlock:`):");
        self.gap();
        let cursor = if form.busy { "" } else { "█" };
        let shown = format!("{}{cursor}", form.link.text());
        for row in text::wrap(&shown, self.columns.saturating_sub(2)) {
            let mark = Span::styled("› ", self.theme.focus);
            self.lines.push(Line::from(vec![mark, Span::styled(row.to_owned(), self.theme.strong)]));
        }
        if form.busy {
            self.gap();
            self.say(self.theme.dim, "asking their relay for keys …");
        } else if let Some(problem) = &form.problem {
            self.gap();
            self.say(self.theme.danger, &format!("! {}: {}", problem.what, problem.why));
            self.say(self.theme.text, &problem.remedy);
        }
    }
}
