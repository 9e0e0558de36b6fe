//! What each dialog says.

use airlock_protocol::gate::Mode;
use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::Dialog;
use crate::{
    printable::{printable, printable_line, revealed},
    problem::Problem,
    tui::{
        diff::{Piece, diff},
        model::{AboutRow, ContactRow, GateRow, HookRow, QuestionRow, ReportRow, StoppedRow, hook_name},
        text,
        theme::Theme,
    },
};

/// Most of a draft that a dialog repeats, in bytes: the user knows it, and it stays in the composer.
const DRAFT_BYTES_SHOWN: usize = 600;

impl Dialog {
    pub(super) fn title(&self) -> String {
        match self {
            Self::Help(_) => "Keys".to_owned(),
            Self::Question(question) => match question.about {
                AboutRow::Warning(_) => "The gate warns".to_owned(),
                AboutRow::Rewrite(_) => "The gate proposes another text".to_owned(),
                AboutRow::Failure(_) => "The check failed".to_owned(),
            },
            Self::Stopped { why: StoppedRow::Blocked(_), .. } => "Not sent: blocked".to_owned(),
            Self::Stopped { why: StoppedRow::HookFailed(_), .. } => "Not sent: the check failed".to_owned(),
            Self::Report(report) => format!("Reported to {}", printable_line(&report.authority)),
            Self::Reports(_) => "What left because of a hook".to_owned(),
            Self::Safety { contact, .. } => format!("Safety number with {}", printable_line(&contact.name)),
            Self::Gate(_) => "The gate".to_owned(),
            Self::Authority(_) => "Who gets the reports?".to_owned(),
            Self::Invite(_) => "Your contact link".to_owned(),
            Self::Add(_) => "Add a contact".to_owned(),
            Self::File(form) => form.title(),
            Self::Problem(_) => "That did not work".to_owned(),
        }
    }

    /// The frame's style: how serious it is.
    pub(super) fn tone(&self, theme: Theme) -> Style {
        match self {
            Self::Question(_) => theme.warn,
            Self::Stopped { .. } | Self::Problem(_) => theme.danger,
            Self::Report(_) | Self::Reports(_) => theme.report,
            _ => theme.focus,
        }
    }

    /// The text above the buttons, at most `columns` wide, for a window of `rows`.
    pub(super) fn body(&self, columns: usize, rows: usize, theme: Theme) -> Vec<Line<'static>> {
        let mut text = Text { columns, theme, lines: Vec::new() };
        match self {
            Self::Help(bindings) => text.help(bindings),
            Self::Question(question) => text.question(question),
            Self::Stopped { why, hook } => text.stopped(why, hook),
            Self::Report(report) => text.report(report),
            Self::Reports(reports) => text.reports(reports),
            Self::Safety { contact, groups } => text.safety(contact, groups),
            Self::Gate(gate) => text.gate(gate),
            Self::Authority(contacts) => text.authority(contacts),
            Self::Invite(link) => text.invite(link, rows),
            Self::Add(form) => text.add(form),
            Self::File(form) => text.file_form(form),
            Self::Problem(problem) => text.problem(problem),
        }
        text.lines
    }
}

/// Lines in the making.
pub(super) struct Text {
    pub(super) columns: usize,
    pub(super) theme: Theme,
    pub(super) lines: Vec<Line<'static>>,
}

impl Text {
    fn help(&mut self, bindings: &[super::Binding]) {
        let keys = bindings.iter().map(|binding| text::width(binding.keys)).max().unwrap_or(0);
        for binding in bindings {
            let key = Span::styled(text::pad(binding.keys, keys + 2), self.theme.key);
            let does = text::fit(binding.does, self.columns.saturating_sub(keys + 2)).into_owned();
            self.lines.push(Line::from(vec![key, Span::styled(does, self.theme.text)]));
        }
        self.gap();
        for marks in [
            "○ queued here   ✓ the relay has it   ✓✓ delivered   ! not sent",
            "⚑ reported because of a hook         ◆ verified contact",
        ] {
            self.say(self.theme.dim, marks);
        }
    }

    fn question(&mut self, question: &QuestionRow) {
        let hook = printable_line(&question.hook).into_owned();
        for also in &question.also {
            self.say(self.theme.strong, also);
            self.gap();
        }
        match &question.about {
            AboutRow::Warning(reason) => {
                self.say(self.theme.strong, reason);
                self.gap();
                self.written(question);
                self.gap();
                self.say(self.theme.dim, &format!("{hook} looked at it on this device. Nothing has left."));
            }
            AboutRow::Rewrite(proposed) => {
                self.say(self.theme.dim, "You wrote");
                let pieces = diff(&question.draft, proposed);
                self.pieces(pieces.iter().filter(|piece| !matches!(piece, Piece::Added(_))));
                self.gap();
                self.say(self.theme.dim, "It proposes");
                self.pieces(pieces.iter().filter(|piece| !matches!(piece, Piece::Removed(_))));
                self.gap();
                self.say(self.theme.dim, &format!("By {hook}, on this device. Nothing has left."));
            }
            AboutRow::Failure(why) => {
                self.say(self.theme.strong, why);
                self.gap();
                self.written(question);
                self.gap();
                self.say(
                    self.theme.dim,
                    &format!("{hook} gave no verdict, so the message is unchecked. Nothing has left."),
                );
            }
        }
    }

    fn stopped(&mut self, why: &StoppedRow, hook: &str) {
        match why {
            StoppedRow::Blocked(reason) => {
                self.say(self.theme.strong, reason);
                self.gap();
                self.say(
                    self.theme.dim,
                    &format!(
                        "{hook} blocked it on this device. Nothing has left, and your draft is still yours."
                    ),
                );
            }
            StoppedRow::HookFailed(why) => {
                self.say(self.theme.strong, why);
                self.gap();
                self.say(
                    self.theme.dim,
                    &format!(
                        "The manifest of {hook} says to hold a message that could not be checked. Nothing has \
                         left, and your draft is still yours. F2 changes the gate."
                    ),
                );
            }
        }
    }

    fn report(&mut self, report: &ReportRow) {
        self.say(self.theme.strong, &report.reason);
        self.gap();
        self.field("to", &report.authority);
        self.field("by", &report.hook);
        let left = if report.sealed_bytes == 0 {
            String::new()
        } else {
            format!(", {} sealed", text::bytes(report.sealed_bytes))
        };
        self.field("state", &format!("{}{left}", report.state));
        self.field(
            "what",
            &format!("{} of evidence, these and no others:", text::bytes(report.evidence.len() as u64)),
        );
        match std::str::from_utf8(&report.evidence) {
            Ok(evidence) => self.quote(self.theme.report, evidence),
            Err(_) => self.quote(self.theme.report, &text::hex(&report.evidence, report.evidence.len())),
        }
    }

    fn reports(&mut self, reports: &[ReportRow]) {
        if reports.is_empty() {
            self.say(self.theme.text, "Nothing. No hook has made a report on this device.");
        }
        for (place, report) in reports.iter().rev().enumerate() {
            if place > 0 {
                self.gap();
                self.lines.push(Line::styled("─".repeat(self.columns), self.theme.border));
            }
            self.report(report);
        }
    }

    fn safety(&mut self, contact: &ContactRow, groups: &[String]) {
        let per_row = if self.columns >= 4 * 7 { 4 } else { 2 };
        for row in groups.chunks(per_row) {
            self.lines.push(Line::styled(format!("  {}", row.join("  ")), self.theme.strong));
        }
        self.gap();
        let name = printable_line(&contact.name);
        if contact.verified {
            self.say(
                self.theme.good,
                &format!("◆ {name} is verified: by the link that you added, or by comparing these digits."),
            );
        } else {
            self.say(
                self.theme.text,
                &format!(
                    "Read it to {name} over another channel, or side by side. The same digits on both screens \
                     mean that nobody sits between you."
                ),
            );
        }
    }

    fn gate(&mut self, gate: &GateRow) {
        if gate.hooks.is_empty() {
            self.say(
                self.theme.text,
                "No hook is asked. A mode other than off asks the one that was enabled last, or installs the reference \
                 hook `word-list`, which knows a dozen harmless phrases such as “picnic poster”. `airlock hook enable` \
                 installs another.",
            );
        }
        for (place, row) in gate.hooks.iter().enumerate() {
            if place > 0 {
                self.gap();
            }
            if let Some(problem) = &row.problem {
                self.say(self.theme.danger, &format!("! {problem}"));
                self.gap();
            }
            let HookRow { hook, .. } = row;
            if gate.hooks.len() > 1 {
                self.field("mode", &format!("{}, asked as number {}", row.mode, place + 1));
            }
            self.field("hook", &hook_name(hook));
            self.field("sha256", &hex_groups(&hook.component));
            self.field("manifest", &hex_groups(&hook.manifest));
            if let Some(list) = &hook.list {
                self.field("list", &format!("{} v{}", list.id, list.version));
                self.field("signed", &hex_groups(&list.digest));
            }
            if let Some((_, authority)) = &row.authority {
                let from = if row.threshold > 1 {
                    format!(", from {} on", text::counted(u64::from(row.threshold), "report"))
                } else {
                    String::new()
                };
                self.field("reports", &format!("to {authority}{from}"));
            }
            if let Some(lock) = &row.lock {
                self.field("lock", lock);
            }
        }
        self.gap();
        self.say(self.theme.dim, &format!("Now {}. Choose:", gate.mode));
    }

    fn authority(&mut self, contacts: &[ContactRow]) {
        self.say(
            self.theme.text,
            &format!(
                "In mode `{}`, evidence leaves this device, sealed to one of your contacts. You will see every byte.",
                Mode::Report
            ),
        );
        if contacts.is_empty() {
            self.gap();
            self.say(
                self.theme.warn,
                "You have no contact yet who could be the authority: add one with Ctrl-A.",
            );
        }
    }

    fn problem(&mut self, problem: &Problem) {
        self.say(self.theme.strong, &problem.what);
        self.gap();
        self.field("why", &problem.why);
        self.field("do", &problem.remedy);
    }

    // ---- parts

    pub(super) fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    pub(super) fn say(&mut self, style: Style, words: &str) {
        for row in text::wrap(&printable(words), self.columns) {
            self.lines.push(Line::styled(row.to_owned(), style));
        }
    }

    /// A name and a value that hangs beside it.
    pub(super) fn field(&mut self, name: &str, value: &str) {
        let value = printable_line(value).into_owned();
        for (place, row) in
            text::wrap(&value, self.columns.saturating_sub(FIELD_COLUMNS)).into_iter().enumerate()
        {
            let name = if place == 0 { name } else { "" };
            let name = Span::styled(text::pad(name, FIELD_COLUMNS), self.theme.dim);
            self.lines.push(Line::from(vec![name, Span::styled(row.to_owned(), self.theme.text)]));
        }
    }

    pub(super) fn quote(&mut self, style: Style, words: &str) {
        let mut end = words.len().min(DRAFT_BYTES_SHOWN);
        while !words.is_char_boundary(end) {
            end -= 1;
        }
        let more = if end < words.len() { " …" } else { "" };
        let shown = printable(&words[..end]).into_owned() + more;
        for row in text::wrap(&shown, self.columns.saturating_sub(2)) {
            let bar = Span::styled("▎ ", self.theme.border);
            self.lines.push(Line::from(vec![bar, Span::styled(row.to_owned(), style)]));
        }
    }

    /// Pieces of a difference, wrapped together and each in its own style.
    fn pieces<'a>(&mut self, pieces: impl Iterator<Item = &'a Piece>) {
        let mut whole = String::new();
        let mut styles: Vec<(usize, Style)> = Vec::new();
        for piece in pieces {
            let (words, style) = match piece {
                Piece::Same(words) => (printable(words).into_owned(), self.theme.text),
                Piece::Removed(words) => (revealed(words), self.theme.removed),
                Piece::Added(words) => (revealed(words), self.theme.added),
            };
            whole.push_str(&words);
            styles.push((whole.len(), style));
        }
        for row in text::wrap_ranges(&whole, self.columns.saturating_sub(2)) {
            let mut spans = vec![Span::styled("▎ ", self.theme.border)];
            let mut at = row.start;
            for (end, style) in styles.iter().filter(|(end, _)| *end > row.start) {
                let stop = row.end.min(*end);
                if at < stop {
                    spans.push(Span::styled(whole[at..stop].to_owned(), *style));
                    at = stop;
                }
            }
            self.lines.push(Line::from(spans));
        }
    }
}

/// Columns of a field's name: the longest is `manifest`.
const FIELD_COLUMNS: usize = 10;

/// A digest in groups of eight digits, which wrap.
fn hex_groups(digest: &[u8; 32]) -> String {
    let groups: Vec<String> = digest.chunks(4).map(|group| text::hex(group, 4).replace(' ', "")).collect();
    groups.join(" ")
}
