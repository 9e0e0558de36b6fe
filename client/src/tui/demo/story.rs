//! The footer of the demo: what has just happened, and what to try next.

use airlock_protocol::gate::Mode;
use ratatui::text::{Line, Span};

use super::app::{Presence, Side};
use crate::tui::{
    model::{AboutRow, Outcome, StoppedRow, mode_meaning},
    text,
    theme::Theme,
};

/// A short explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Story {
    pub(crate) happened: String,
    pub(crate) next: String,
}

impl Story {
    /// Before anything happened.
    pub(crate) fn start() -> Self {
        Self::new(
            "A relay, Alice, Bob and an authority run on this machine, connected over loopback. All of it is real.",
            "write something as Alice and press Enter; Tab lets you answer as Bob.",
        )
    }

    /// The mode was changed.
    pub(crate) fn mode(mode: Mode) -> Self {
        let next = match mode {
            Mode::Off => "write “picnic poster” now, and again with F6: who gets it?",
            Mode::Shadow => "write “burnt toast”: nobody notices, and only Alice's audit log knows.",
            Mode::Advise => "write “burnt toast”, and choose what to do.",
            Mode::Enforce => "write “surprise party”: it stays with Alice.",
            Mode::Report => "write “bring the picnic poster”, and look at what the authority gets.",
        };
        Self::new(&format!("Alice's gate is now in mode `{mode}`: {}.", mode_meaning(mode)), next)
    }

    /// A draft went to the gate and came out of it so.
    pub(crate) fn outcome(side: Side, mode: Mode, outcome: &Outcome) -> Self {
        let name = side.name();
        match outcome {
            Outcome::Queued { reports } if !reports.is_empty() => Self::new(
                &format!(
                    "{name}'s message was sent, and {} of evidence with it, sealed to the authority.",
                    text::bytes(reports.iter().map(|report| report.evidence.len() as u64).sum())
                ),
                "compare what Bob and the authority have; to the relay both were sealed envelopes.",
            ),
            Outcome::Queued { .. } if mode == Mode::Off => Self::new(
                &format!(
                    "No hook looked at it. {name}'s device encrypted it, and the relay got sealed bytes."
                ),
                "F3 to F6 put a hook in front of the encryption; F7 takes Bob offline.",
            ),
            Outcome::Queued { .. } => Self::new(
                &format!("The message passed {name}'s gate in mode `{mode}`; after that it was encrypted."),
                match mode {
                    Mode::Shadow => "F4: the same hook, but now it may warn.",
                    Mode::Advise => "“burnt toast” makes it warn. F5: from now on it may block.",
                    Mode::Enforce => "“surprise party” is blocked. F6: from now on it may report.",
                    _ => "“picnic poster” is reported. F2 takes the hook out again.",
                },
            ),
            Outcome::Ask(question) => Self::new(
                match question.about {
                    AboutRow::Warning(_) => {
                        "The hook, on Alice's device, warns before anything is encrypted."
                    }
                    AboutRow::Rewrite(_) => "The hook proposes another text before anything is encrypted.",
                    AboutRow::Failure(_) => "The hook gave no verdict, and its manifest says to ask.",
                },
                "choose with ← → and Enter; Esc goes on editing.",
            ),
            Outcome::Stopped { why: StoppedRow::Blocked(_), .. } => Self::new(
                "Blocked on Alice's own device: nothing was encrypted, and nothing left.",
                "change the words and send again, or F4: then the hook may only advise.",
            ),
            Outcome::Stopped { why: StoppedRow::HookFailed(_), .. } => Self::new(
                "The hook failed, and its manifest says that an unchecked message is held.",
                "F2 takes the hook out.",
            ),
            Outcome::Kept { .. } => Self::new(
                "Nothing was sent: the draft is in the composer again.",
                "change it, and press Enter.",
            ),
            Outcome::Unsent { .. } => Self::new("It could not be sent.", "read why, and try again."),
        }
    }

    /// Bob's client was stopped or started.
    pub(crate) fn bob(presence: Presence) -> Self {
        match presence {
            Presence::Offline => Self::new(
                "Bob's client is not running: the relay has to keep what is for him.",
                "write as Alice and look at his mailbox; F7 starts his client again.",
            ),
            Presence::Online => Self::new(
                "Bob's client runs: it fetches what waits and acknowledges it, and the relay deletes it.",
                "write as Alice: the envelope is gone from the mailbox at once.",
            ),
            Presence::Changing => Self::new("Bob's client is being stopped or started …", "wait a moment."),
        }
    }

    /// Drawn at the bottom.
    pub(crate) fn lines(&self, columns: usize, theme: Theme) -> Vec<Line<'static>> {
        let happened = text::wrap(&self.happened, columns)
            .into_iter()
            .map(|row| Line::styled(row.to_owned(), theme.strong));
        let next = format!("{TRY}{}", self.next);
        let next = text::wrap(&next, columns).into_iter().enumerate().map(|(place, row)| {
            match row.strip_prefix(TRY) {
                Some(rest) if place == 0 => {
                    Line::from(vec![Span::styled(TRY, theme.key), Span::styled(rest.to_owned(), theme.text)])
                }
                _ => Line::styled(row.to_owned(), theme.text),
            }
        });
        happened.chain(next).collect()
    }

    fn new(happened: &str, next: &str) -> Self {
        Self { happened: happened.to_owned(), next: next.to_owned() }
    }
}

/// Before what is proposed.
const TRY: &str = "Try: ";
