//! How things look: 16 ANSI colours on the terminal's own background, or no colour at all.
//!
//! The 16 colours are the ones that every terminal lets its owner choose, so the screen follows their taste and
//! their eyes. Without colour, nothing is lost: every colour has a shape, a word or a mark beside it.

use airlock_protocol::gate::Mode;
use ratatui::style::{Color, Modifier, Style};

/// Whether colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colors {
    /// The 16 ANSI colours.
    #[default]
    Ansi,
    /// None: bold, reverse and underline alone (`NO_COLOR`).
    Never,
}

/// Styles by what they mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    colors: Colors,
    /// Ordinary text.
    pub(crate) text: Style,
    /// Less important: times, explanations.
    pub(crate) dim: Style,
    /// More important.
    pub(crate) strong: Style,
    /// Names of other people, and what can be acted on.
    pub(crate) accent: Style,
    /// What we said.
    pub(crate) ours: Style,
    /// All is well.
    pub(crate) good: Style,
    /// Think again.
    pub(crate) warn: Style,
    /// Stopped or failed.
    pub(crate) danger: Style,
    /// Something left because of a hook.
    pub(crate) report: Style,
    /// Lines between areas.
    pub(crate) border: Style,
    /// The area that takes the keys.
    pub(crate) focus: Style,
    /// The chosen row or button.
    pub(crate) selected: Style,
    /// Names of keys.
    pub(crate) key: Style,
    /// Text that a rewrite adds.
    pub(crate) added: Style,
    /// Text that a rewrite takes away.
    pub(crate) removed: Style,
}

impl Theme {
    pub(crate) fn new(colors: Colors) -> Self {
        // Says the colour, so that text over a line does not take the line's.
        let plain = Style::new().fg(Color::Reset);
        let fg = |color| match colors {
            Colors::Ansi => Style::new().fg(color),
            Colors::Never => Style::new(),
        };
        Self {
            colors,
            text: plain,
            // Faint is the reader's own colour made lighter: readable on any background, which no grey is.
            dim: plain.add_modifier(Modifier::DIM),
            strong: plain.add_modifier(Modifier::BOLD),
            accent: fg(Color::Cyan).add_modifier(Modifier::BOLD),
            ours: fg(Color::Green),
            good: fg(Color::Green),
            warn: fg(Color::Yellow).add_modifier(Modifier::BOLD),
            danger: fg(Color::LightRed).add_modifier(Modifier::BOLD),
            report: fg(Color::LightMagenta).add_modifier(Modifier::BOLD),
            border: match colors {
                Colors::Ansi => fg(Color::DarkGray),
                Colors::Never => plain,
            },
            focus: fg(Color::Cyan).add_modifier(Modifier::BOLD),
            selected: plain.add_modifier(Modifier::REVERSED | Modifier::BOLD),
            key: fg(Color::Cyan),
            added: fg(Color::LightGreen).add_modifier(Modifier::UNDERLINED),
            removed: fg(Color::LightRed).add_modifier(Modifier::CROSSED_OUT),
        }
    }

    /// A mode's own colour, as a filled badge.
    pub(crate) fn badge(self, mode: Mode) -> Style {
        // Bold black is grey on many terminals, so dark words are not bold.
        let dark = Style::new().fg(Color::Black);
        let light = Style::new().fg(Color::White).add_modifier(Modifier::BOLD);
        match (self.colors, mode) {
            (Colors::Never, Mode::Off) => self.strong,
            (Colors::Never, _) => self.selected,
            (Colors::Ansi, Mode::Off) => dark.bg(Color::Gray),
            (Colors::Ansi, Mode::Shadow) => dark.bg(Color::Cyan),
            (Colors::Ansi, Mode::Advise) => dark.bg(Color::Yellow),
            (Colors::Ansi, Mode::Enforce) => light.bg(Color::Red),
            (Colors::Ansi, Mode::Report) => light.bg(Color::Magenta),
        }
    }
}
