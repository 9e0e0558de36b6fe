//! Which key does what. One table serves the keys, the help and the hint line, so that they can't disagree.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::composer::Motion;

/// What a key asks for when no dialog is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Quit,
    /// Ctrl-C: leaves when nothing would be lost.
    Interrupt,
    Help,
    Gate,
    Invite,
    Add,
    Verify,
    Reports,
    Retry,
    Attach,
    Save,
    Editor,
    NextContact,
    PreviousContact,
    ScrollUp,
    ScrollDown,
    Send,
    NewLine,
    Type(char),
    Go(Motion),
    Delete(Motion),
    RowUp,
    RowDown,
}

/// A line of the help.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) keys: &'static str,
    pub(crate) does: &'static str,
}

const fn binding(keys: &'static str, does: &'static str) -> Binding {
    Binding { keys, does }
}

/// The help of the chat screen, most used first.
pub(crate) const BINDINGS: &[Binding] = &[
    binding("Enter", "send"),
    binding("Alt-Enter, Ctrl-J", "new line"),
    binding("Ctrl-E", "write in $EDITOR"),
    binding("Ctrl-O", "send a file; what is written is its caption"),
    binding("Ctrl-S", "save a file of this conversation"),
    binding("Tab, Shift-Tab", "next, previous contact"),
    binding("PgUp, PgDn, wheel", "scroll the conversation"),
    binding("F2", "the gate: choose its mode"),
    binding("F3", "your contact link, to hand out"),
    binding("F4", "safety number of this contact"),
    binding("F5", "what left because of a hook"),
    binding("Ctrl-A", "add a contact by their link"),
    binding("Ctrl-R", "send a failed message again"),
    binding("Ctrl-W, Ctrl-U", "delete a word, to the line's start"),
    binding("F1, ?", "this help (? when nothing is written)"),
    binding("Ctrl-Q", "quit"),
];

/// What `key` asks for. `writing` is whether the composer holds text.
pub(crate) fn command(key: KeyEvent, writing: bool) -> Option<Command> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match key.code {
        KeyCode::Char(c) if control => match c.to_ascii_lowercase() {
            'q' => Command::Quit,
            'c' => Command::Interrupt,
            'a' => Command::Add,
            'e' => Command::Editor,
            'r' => Command::Retry,
            'o' => Command::Attach,
            's' => Command::Save,
            'j' => Command::NewLine,
            'w' | 'h' => Command::Delete(Motion::WordLeft),
            'u' => Command::Delete(Motion::LineStart),
            'k' => Command::Delete(Motion::LineEnd),
            'd' => Command::Delete(Motion::Right),
            'b' => Command::Go(Motion::Left),
            'f' => Command::Go(Motion::Right),
            _ => return None,
        },
        KeyCode::Char('b') if alt => Command::Go(Motion::WordLeft),
        KeyCode::Char('f') if alt => Command::Go(Motion::WordRight),
        KeyCode::Char('d') if alt => Command::Delete(Motion::WordRight),
        KeyCode::Char(_) if alt => return None,
        KeyCode::Char('?') if !writing => Command::Help,
        KeyCode::Char(c) => Command::Type(c),
        KeyCode::F(1) => Command::Help,
        KeyCode::F(2) => Command::Gate,
        KeyCode::F(3) => Command::Invite,
        KeyCode::F(4) => Command::Verify,
        KeyCode::F(5) => Command::Reports,
        KeyCode::Enter if alt || key.modifiers.contains(KeyModifiers::SHIFT) => Command::NewLine,
        KeyCode::Enter => Command::Send,
        KeyCode::Tab => Command::NextContact,
        KeyCode::BackTab => Command::PreviousContact,
        KeyCode::Down if alt => Command::NextContact,
        KeyCode::Up if alt => Command::PreviousContact,
        KeyCode::PageUp => Command::ScrollUp,
        KeyCode::PageDown => Command::ScrollDown,
        KeyCode::Up => Command::RowUp,
        KeyCode::Down => Command::RowDown,
        KeyCode::Left if control || alt => Command::Go(Motion::WordLeft),
        KeyCode::Right if control || alt => Command::Go(Motion::WordRight),
        KeyCode::Left => Command::Go(Motion::Left),
        KeyCode::Right => Command::Go(Motion::Right),
        KeyCode::Home if control => Command::Go(Motion::Start),
        KeyCode::End if control => Command::Go(Motion::End),
        KeyCode::Home => Command::Go(Motion::LineStart),
        KeyCode::End => Command::Go(Motion::LineEnd),
        KeyCode::Backspace if control || alt => Command::Delete(Motion::WordLeft),
        KeyCode::Backspace => Command::Delete(Motion::Left),
        KeyCode::Delete if control || alt => Command::Delete(Motion::WordRight),
        KeyCode::Delete => Command::Delete(Motion::Right),
        _ => return None,
    })
}
