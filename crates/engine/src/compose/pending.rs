//! A message that waits for its sender's choice.

use airlock_protocol::{
    Attachment, Content,
    gate::{About, Effect, HookIdentity, Question},
};
use airlock_wire::AccountId;

use super::Asked;

/// A message that waits for its sender's choice.
#[derive(Debug)]
pub struct Pending {
    pub(super) to: AccountId,
    pub(super) question: Question,
    pub(super) effect: Effect,
    pub(super) asked: Asked,
    concerns: Vec<Concerned>,
}

/// What one hook says about a message, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concerned {
    /// Which hook.
    pub hook: HookIdentity,
    /// What it is about.
    pub about: About,
    /// What it says.
    pub text: String,
    /// How sure or how near it is, and who had the entry listed that matched, as far as the hook tells.
    pub detail: Option<String>,
}

impl Concerned {
    /// What it says, with the detail.
    #[must_use]
    pub fn full_text(&self) -> String {
        match &self.detail {
            Some(detail) => format!("{} ({detail})", self.text),
            None => self.text.clone(),
        }
    }
}

impl Pending {
    pub(super) fn new(to: AccountId, question: Question, effect: Effect, asked: Asked) -> Self {
        let concerned = |concern: &airlock_protocol::gate::Concern| {
            let text = match &concern.about {
                About::Warning(finding) => asked.gate.finding_text(&concern.hook, finding),
                About::Rewrite(_) => "the hook proposes another text".into(),
                About::Failure(failure) => failure.to_string(),
            };
            let detail = match &concern.about {
                About::Warning(finding) => asked.gate.finding_detail(&concern.hook, finding),
                About::Rewrite(_) | About::Failure(_) => None,
            };
            Concerned { hook: concern.hook.clone(), about: concern.about.clone(), text, detail }
        };
        let concerns = question.concerns().iter().map(concerned).collect();
        Self { to, question, effect, asked, concerns }
    }

    /// To whom it would go.
    #[must_use]
    pub fn to(&self) -> AccountId {
        self.to
    }

    /// What is asked, and what may be chosen.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// What each hook says, in the order of the chain.
    #[must_use]
    pub fn concerns(&self) -> &[Concerned] {
        &self.concerns
    }

    /// What the sender is asked above all: about the text that would go instead, about a check that failed, or about
    /// a warning.
    #[must_use]
    pub fn concern(&self) -> Option<&Concerned> {
        let rewrite = self.concerns.iter().rfind(|concern| matches!(concern.about, About::Rewrite(_)));
        let failure = || self.concerns.iter().find(|concern| matches!(concern.about, About::Failure(_)));
        // The last rewrite is the one that would go.
        rewrite.or_else(failure).or_else(|| self.concerns.first())
    }

    /// What else there is to know about it.
    pub fn also(&self) -> impl Iterator<Item = &Concerned> {
        let first = self.concern();
        self.concerns.iter().filter(move |concern| first != Some(*concern))
    }

    /// Whether all that is asked about is that hooks failed.
    #[must_use]
    pub fn only_failures(&self) -> bool {
        self.concerns.iter().all(|concern| matches!(concern.about, About::Failure(_)))
    }

    /// As written.
    #[must_use]
    pub fn written(&self) -> &str {
        self.question.draft().content().text()
    }

    /// The file that would go, if there is one.
    #[must_use]
    pub fn attachment(&self) -> Option<&Attachment> {
        match self.question.draft().content() {
            Content::Attachment(attachment) => Some(attachment),
            Content::Text(_) | Content::Profile(_) => None,
        }
    }

    /// What would be sent instead, if a hook proposes that.
    #[must_use]
    pub fn rewritten(&self) -> Option<&str> {
        self.question.proposed().map(Content::text)
    }
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { gate: _, at_ms, file, source: _ } = self;
        let file = file.as_ref().map(|file| file.len());
        f.debug_struct("Asked").field("at_ms", at_ms).field("file_bytes", &file).finish_non_exhaustive()
    }
}
