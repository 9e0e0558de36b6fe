//! The form that asks for a path: of a file to send, or where to save one.

use airlock_protocol::outgoing::MessageId;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::text::{Line, Span};

use super::{Action, Pressed, body::Text};
use crate::{
    printable::printable_line,
    problem::Problem,
    tui::{
        chat::composer::{Composer, Motion},
        model::{FilePlace, FileRow, QuestionRow},
        text,
    },
};

/// Most files that the form for saving offers: the newest of what the screen holds.
const CHOICES_MAX: usize = 50;

/// Rows in which they are shown; the chosen one is among them.
const CHOICES_SHOWN: usize = 5;

/// A path to be typed or pasted.
#[derive(Clone, Debug)]
pub(crate) struct FileForm {
    pub(crate) purpose: Purpose,
    pub(crate) path: Composer,
    /// What the path could go on with, after Tab.
    pub(crate) candidates: Vec<String>,
    pub(crate) problem: Option<Problem>,
    /// The file is being fetched.
    pub(crate) busy: bool,
}

/// What the path is for.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    /// To send it, with these words as its caption.
    Send { to: String, caption: String },
    /// To save one of these under it.
    Save { files: Vec<SaveChoice>, chosen: usize },
}

/// A file that can be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SaveChoice {
    pub(crate) id: MessageId,
    pub(crate) file: FileRow,
}

impl FileForm {
    pub(crate) fn send(to: &str, caption: &str, last: &str) -> Self {
        Self::new(Purpose::Send { to: to.to_owned(), caption: caption.to_owned() }, last)
    }

    /// Newest first.
    pub(crate) fn save(mut files: Vec<SaveChoice>, folder: &str) -> Self {
        files.truncate(CHOICES_MAX);
        Self::new(Purpose::Save { files, chosen: 0 }, folder)
    }

    fn new(purpose: Purpose, path: &str) -> Self {
        let mut form =
            Self { purpose, path: Composer::default(), candidates: Vec::new(), problem: None, busy: false };
        form.paste(path);
        form
    }

    pub(super) fn title(&self) -> String {
        match &self.purpose {
            Purpose::Send { to, .. } => format!("Send a file to {}", printable_line(to)),
            Purpose::Save { .. } => "Save a file".to_owned(),
        }
    }

    pub(super) fn verb(&self) -> &'static str {
        match self.purpose {
            Purpose::Send { .. } => "Send",
            Purpose::Save { .. } => "Save",
        }
    }

    /// The message whose file is chosen.
    pub(crate) fn chosen(&self) -> Option<MessageId> {
        match &self.purpose {
            Purpose::Send { .. } => None,
            Purpose::Save { files, chosen } => files.get(*chosen).map(|choice| choice.id),
        }
    }

    /// Takes the keys that edit; the others are for the buttons.
    pub(super) fn press(&mut self, key: KeyEvent) -> Option<Pressed> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if self.busy {
            return None;
        }
        match key.code {
            KeyCode::Tab => return Some(Pressed::Act(Action::Complete)),
            KeyCode::Up => self.choose(-1),
            KeyCode::Down => self.choose(1),
            KeyCode::Char('u') if control => drop(self.path.take()),
            KeyCode::Char('w') if control => self.path.delete(Motion::WordLeft),
            KeyCode::Char(c) if !control => {
                // A path longer than a message is no path.
                let _ = self.path.insert(c.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Backspace => self.path.delete(Motion::Left),
            KeyCode::Delete => self.path.delete(Motion::Right),
            KeyCode::Home => self.path.go(Motion::Start),
            KeyCode::End => self.path.go(Motion::End),
            KeyCode::Left => self.path.go(Motion::Left),
            KeyCode::Right => self.path.go(Motion::Right),
            _ => return None,
        }
        self.candidates.clear();
        self.problem = None;
        Some(Pressed::Nothing)
    }

    fn choose(&mut self, by: isize) {
        if let Purpose::Save { files, chosen } = &mut self.purpose {
            *chosen = chosen.saturating_add_signed(by).min(files.len().saturating_sub(1));
        }
    }

    /// A file dropped on a terminal arrives as a paste, often in quotes or with its spaces escaped.
    pub(super) fn paste(&mut self, text: &str) {
        let text = text.trim();
        let quoted = ['\'', '"'].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
        let path = match quoted {
            Some(path) => path.to_owned(),
            None => text.replace("\\ ", " "),
        };
        let path = path.strip_prefix("file://").unwrap_or(&path).replace(['\n', '\r'], "");
        let _ = self.path.insert(&path);
    }
}

impl Text {
    /// What would be sent: the file, if there is one, and the words.
    pub(super) fn written(&mut self, question: &QuestionRow) {
        if let Some(file) = &question.file {
            self.field("file", &file.name);
            self.field("what", &format!("{}, {}", text::size(file.bytes), file.media_type));
            if question.draft.is_empty() {
                return;
            }
            self.field("caption", "");
        }
        self.quote(self.theme.text, &question.draft);
    }

    pub(super) fn file_form(&mut self, form: &FileForm) {
        match &form.purpose {
            Purpose::Send { caption, .. } => {
                if caption.trim().is_empty() {
                    self.say(
                        self.theme.dim,
                        "Without a caption: what is written below the line would go with it.",
                    );
                } else {
                    self.say(self.theme.dim, "With this caption:");
                    self.quote(self.theme.text, caption);
                }
            }
            Purpose::Save { files, chosen } => self.choices(files, *chosen),
        }
        self.gap();
        let asked = match form.purpose {
            Purpose::Send { .. } => "Which file? Tab completes.",
            Purpose::Save { .. } => "Into which folder, or under which name? Tab completes.",
        };
        self.say(self.theme.text, asked);
        let (before, after) = form.path.around_cursor();
        let cursor = if form.busy { "" } else { "█" };
        let shown = format!("{}{cursor}{}", printable_line(before), printable_line(after));
        for row in text::wrap(&shown, self.columns.saturating_sub(2)) {
            let mark = Span::styled("› ", self.theme.focus);
            self.lines.push(Line::from(vec![mark, Span::styled(row.to_owned(), self.theme.strong)]));
        }
        if form.busy {
            self.gap();
            self.say(
                self.theme.dim,
                "fetching it … The conversation shows how far it is; closing this stops nothing.",
            );
        } else if let Some(problem) = &form.problem {
            self.gap();
            self.say(self.theme.danger, &format!("! {}: {}", problem.what, problem.why));
            self.say(self.theme.text, &problem.remedy);
        } else if !form.candidates.is_empty() {
            self.gap();
            self.say(self.theme.dim, &form.candidates.join("  "));
        }
    }

    fn choices(&mut self, files: &[SaveChoice], chosen: usize) {
        let first = (chosen + 1).saturating_sub(CHOICES_SHOWN);
        for (place, choice) in files.iter().enumerate().skip(first).take(CHOICES_SHOWN) {
            let FileRow { name, bytes, media_type, place: at } = &choice.file;
            let here = if *at == FilePlace::Here { ", fetched" } else { "" };
            let what = format!("  {}, {}{here}", text::size(*bytes), printable_line(media_type));
            let room = self.columns.saturating_sub(2 + text::width(&what));
            let name = text::fit(&printable_line(name), room).into_owned();
            let (mark, style) =
                if place == chosen { ("› ", self.theme.selected) } else { ("  ", self.theme.text) };
            self.lines.push(Line::from(vec![
                Span::styled(mark, self.theme.focus),
                Span::styled(name, style),
                Span::styled(what, self.theme.dim),
            ]));
        }
        if files.len() > CHOICES_SHOWN {
            let count = text::counted(files.len() as u64, "file");
            self.say(self.theme.dim, &format!("  ↑ ↓ choose among {count}, newest first"));
        } else if files.len() > 1 {
            self.say(self.theme.dim, "  ↑ ↓ choose");
        }
    }
}
