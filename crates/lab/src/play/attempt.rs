//! The scripted sender at work on one message.

use std::path::Path;

use airlock_engine::{ComposeError, Composed, Concerned, Engine, Pending, ReportState};
use airlock_protocol::{
    MessageId,
    gate::{About, Choice},
};

use crate::{
    error::{Doing, WorldError},
    record::{Chosen, Ended, Shown},
    scenario::{ScriptedMessage, WhenAsked, WhenStopped},
    world::World,
};

/// One message, from the first key press until it is in the outbox, or given up.
pub(super) struct Attempt<'a> {
    pub(super) world: &'a World,
    pub(super) engine: &'a Engine,
    pub(super) message: &'a ScriptedMessage,
    /// Where the message's file lies, if it has one.
    pub(super) file: Option<&'a Path>,
    pub(super) shown: Vec<Shown>,
    pub(super) edited: bool,
    /// What the sender would send as it stands.
    pub(super) chosen: Chosen,
}

impl Attempt<'_> {
    /// Writes the text and does what the script says until the message is in the outbox, with its id, or given up.
    pub(super) async fn send(&mut self, text: &str) -> Result<(Option<MessageId>, Ended), WorldError> {
        let mut composed = self.compose(text).await?;
        loop {
            composed = match composed {
                None => return Ok((None, Ended::Failed)),
                Some(Composed::Queued { id, reports }) => {
                    self.shown.extend(reports.into_iter().map(|report| Shown::Reported {
                        text: report.code_text,
                        evidence: report.evidence,
                        held: report.state == ReportState::Held,
                    }));
                    return Ok((Some(id), Ended::Sent(self.chosen.clone())));
                }
                Some(Composed::Ask(pending)) => {
                    let choice = self.choose(&pending);
                    self.note_rewrite(&pending, choice);
                    self.shown.extend(pending.concerns().iter().map(|concern| asked(concern, choice)));
                    Some(
                        self.engine
                            .decide(*pending, choice)
                            .await
                            .doing(self.name(), "carry out a choice")?,
                    )
                }
                Some(Composed::Stopped { text, detail, .. }) => {
                    let text = detail.map_or_else(|| text.clone(), |detail| format!("{text} ({detail})"));
                    self.shown.push(Shown::Stopped { text });
                    match self.edit(self.message.when_stopped == WhenStopped::Edit) {
                        Some(edit) => self.compose(&edit).await?,
                        None => return Ok((None, Ended::Stopped)),
                    }
                }
                Some(Composed::Kept { .. }) => match self.edit(self.message.when_asked == WhenAsked::Edit) {
                    Some(edit) => self.compose(&edit).await?,
                    None => return Ok((None, Ended::LeftByChoice)),
                },
            };
        }
    }

    /// None when it could not be sent, and the sender was told so.
    async fn compose(&mut self, text: &str) -> Result<Option<Composed>, WorldError> {
        let to = self.world.account(self.message.to);
        // What is sent instead of a picture is words.
        let file = self.file.filter(|_| !self.edited);
        self.chosen = Chosen { text: text.to_owned(), with_file: file.is_some() };
        let composed = match file {
            Some(path) => self.engine.compose_file(to, path, Some(text)).await,
            None => self.engine.compose(to, text).await,
        };
        match composed {
            Ok(composed) => Ok(Some(composed)),
            Err(error @ (ComposeError::Session(_) | ComposeError::Authority)) => {
                self.shown.push(Shown::Failed { text: error.to_string() });
                Ok(None)
            }
            Err(error) => Err(error).doing(self.name(), "write a message"),
        }
    }

    /// With a rewrite that is taken, what it proposes is what is sent.
    fn note_rewrite(&mut self, pending: &Pending, choice: Choice) {
        if let (Choice::SendRewritten, Some(content)) = (choice, pending.question().proposed()) {
            self.chosen.text = content.text().to_owned();
        }
    }

    fn name(&self) -> &'static str {
        self.message.from.name()
    }

    /// The other text, if the script has one for this case. Once: someone who is stopped again gives up.
    fn edit(&mut self, wanted: bool) -> Option<String> {
        if !wanted || self.edited {
            return None;
        }
        self.edited = true;
        self.message.edit.clone()
    }

    /// What the script says, among what the gate allows.
    fn choose(&self, pending: &Pending) -> Choice {
        let wanted = match self.message.when_asked {
            // Someone who edits once sends the result, whatever is said about it.
            WhenAsked::Edit if self.edited => &[Choice::SendAsWritten][..],
            WhenAsked::Edit | WhenAsked::Leave => &[],
            WhenAsked::Send => &[Choice::SendAsWritten],
            WhenAsked::TakeRewrite => &[Choice::SendRewritten, Choice::SendAsWritten],
        };
        let allowed = pending.question().choices();
        wanted.iter().copied().find(|choice| allowed.contains(choice)).unwrap_or(Choice::Edit)
    }
}

fn asked(concern: &Concerned, choice: Choice) -> Shown {
    let sent_anyway = choice == Choice::SendAsWritten;
    match &concern.about {
        About::Warning(_) => Shown::Warned { text: concern.full_text(), sent_anyway },
        About::Rewrite(content) => {
            Shown::Rewrite { text: content.text().to_owned(), taken: choice == Choice::SendRewritten }
        }
        About::Failure(failure) => Shown::CheckFailed { text: failure.to_string(), sent_anyway },
    }
}
