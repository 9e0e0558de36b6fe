//! From a draft to its fate at the gate, with the sender's decision where one is needed.

use airlock_engine::{Composed, Concerned, Contact, Engine, Pending, ReportMade, safe_name};
use airlock_protocol::{
    Attachment, MessageId,
    gate::{About, Choice, StopReason},
};

use super::{Context, hook_name};
use crate::{
    args::OnWarn,
    printable::{printable, printable_line, revealed},
    problem::Problem,
    prompt, remedies,
    tui::{
        diff::{Piece, diff},
        text::size,
    },
};

/// What happens when the gate asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// The sender is asked at the terminal.
    Ask,
    /// It is sent as written, where the mode allows that.
    Send,
    /// It is kept.
    Hold,
}

/// What was asked for; otherwise a person is asked, and nobody else decides.
pub(crate) fn policy(asked_for: Option<OnWarn>, context: &Context) -> Policy {
    match asked_for {
        Some(OnWarn::Ask) => Policy::Ask,
        Some(OnWarn::Send) => Policy::Send,
        Some(OnWarn::Hold) => Policy::Hold,
        None if context.output.can_ask() => Policy::Ask,
        None => Policy::Hold,
    }
}

/// What became of a draft at the gate.
#[derive(Debug)]
pub(crate) enum Decided {
    /// It is in the outbox.
    Queued { id: MessageId, reports: Vec<ReportMade> },
    /// The hook blocked it.
    Blocked { why: String, draft: String },
    /// The hook failed, and the message is held.
    HookFailed { why: String, draft: String },
    /// Somebody should decide, and nobody could be asked.
    Undecided { why: String, draft: String },
    /// Its sender chose not to send it.
    Kept { draft: String },
}

/// Answers the gate's questions until the draft has a fate.
pub(crate) async fn until_settled(
    engine: &Engine,
    to: &Contact,
    mut composed: Composed,
    policy: Policy,
) -> Result<Decided, Problem> {
    let mut asked = None;
    loop {
        match composed {
            Composed::Queued { id, reports } => return Ok(Decided::Queued { id, reports }),
            Composed::Stopped { draft, why: StopReason::Blocked(_), text, detail, .. } => {
                let why = match detail {
                    Some(detail) => format!("{text} ({detail})"),
                    None => text,
                };
                return Ok(Decided::Blocked { why, draft });
            }
            Composed::Stopped { draft, why: StopReason::Failed(_), text, .. } => {
                return Ok(Decided::HookFailed { why: text, draft });
            }
            Composed::Kept { draft } => {
                return Ok(match asked {
                    Some(Unanswered::Failure(why)) => Decided::HookFailed { why, draft },
                    Some(Unanswered::Question(why)) => Decided::Undecided { why, draft },
                    None => Decided::Kept { draft },
                });
            }
            Composed::Ask(pending) => {
                let choice = choose(to, &pending, policy)?;
                asked = choice.is_none().then(|| Unanswered::of(&pending));
                composed = match choice {
                    Some(choice) => engine.decide(*pending, choice).await,
                    None => engine.hold(&pending),
                }
                .map_err(|error| remedies::compose(&error))?;
            }
        }
    }
}

/// A question that nobody was there to answer.
enum Unanswered {
    Question(String),
    Failure(String),
}

impl Unanswered {
    fn of(pending: &Pending) -> Self {
        let says = |concern: &Concerned| match &concern.about {
            About::Failure(_) => concern.text.clone(),
            About::Warning(_) => format!("the hook warns: {}", concern.full_text()),
            About::Rewrite(content) => format!("the hook proposes another text: {}", content.text()),
        };
        let said: Vec<String> = match pending.concerns() {
            [concern] => vec![says(concern)],
            concerns => concerns
                .iter()
                .map(|concern| format!("{}: {}", hook_name(&concern.hook), says(concern)))
                .collect(),
        };
        let said = said.join("; ");
        if pending.only_failures() { Self::Failure(said) } else { Self::Question(said) }
    }
}

/// None when nobody decided.
fn choose(to: &Contact, pending: &Pending, policy: Policy) -> Result<Option<Choice>, Problem> {
    let choices = pending.question().choices();
    match policy {
        Policy::Hold => Ok(None),
        Policy::Send => Ok(choices.contains(&Choice::SendAsWritten).then_some(Choice::SendAsWritten)),
        Policy::Ask => {
            let question = question_text(&to.name, pending, &choices);
            prompt::choice(
                &question,
                &choices.iter().map(|choice| (key_of(*choice), *choice)).collect::<Vec<_>>(),
            )
            .map(Some)
        }
    }
}

fn question_text(to: &str, pending: &Pending, choices: &[Choice]) -> String {
    let written = pending.written();
    let shown = match pending.rewritten() {
        Some(proposed) => difference(written, proposed),
        None => printable(written).into_owned(),
    };
    let says = |concern: &Concerned| {
        let says = match concern.about {
            About::Warning(_) => format!("warns: {}", concern.full_text()),
            About::Rewrite(_) => "proposes another text".to_owned(),
            About::Failure(_) => format!("could not check this: {}", concern.text),
        };
        format!("The hook {} {}\n", printable_line(&hook_name(&concern.hook)), printable_line(&says))
    };
    let says: String = pending.concerns().iter().map(says).collect();
    let keys: Vec<String> =
        choices.iter().map(|choice| format!("[{}] {}", key_of(*choice), label_of(*choice))).collect();
    let file = pending.attachment().map(file_text).unwrap_or_default();
    format!(
        "{says}  to {}: {file}{}\n{} > ",
        printable_line(to),
        shown.replace('\n', "\n  "),
        keys.join("  ")
    )
}

/// What the gate was asked about beside the words.
fn file_text(file: &Attachment) -> String {
    format!(
        "[file] {} ({}, {}) ",
        printable_line(&safe_name(&file.name)),
        size(file.size),
        printable_line(&file.media_type)
    )
}

fn key_of(choice: Choice) -> char {
    match choice {
        Choice::SendAsWritten => 's',
        Choice::SendRewritten => 'r',
        Choice::Edit => 'k',
    }
}

fn label_of(choice: Choice) -> &'static str {
    match choice {
        Choice::SendAsWritten => "send as written",
        Choice::SendRewritten => "send the proposed text",
        Choice::Edit => "keep it, send nothing",
    }
}

/// One text with what goes and what comes, marked as `wdiff` does: it needs no colours.
fn difference(written: &str, proposed: &str) -> String {
    // Compared as they are: made printable first, two different texts could be the same.
    diff(written, proposed)
        .into_iter()
        .map(|piece| match piece {
            Piece::Same(text) => printable(&text).into_owned(),
            Piece::Removed(text) => format!("[-{}-]", revealed(&text)),
            Piece::Added(text) => format!("{{+{}+}}", revealed(&text)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_marks_what_goes_and_what_comes() {
        assert_eq!(difference("see teh poster", "see the poster"), "see [-teh-]{+the+} poster");
    }

    #[test]
    fn no_rewrite_looks_like_what_was_written() {
        assert_eq!(difference("see you", "see\u{200C} you"), "[-see-]{+see⟨U+200C⟩+} you");
        assert_eq!(difference("a\tb", "a    b"), "a[-⟨U+0009⟩-]{+    +}b");
    }

    #[test]
    fn a_difference_cannot_carry_control_characters() {
        assert_eq!(difference("a", "a\u{1b}[2J"), "a{+⟨U+001B⟩[2J+}");
    }
}
