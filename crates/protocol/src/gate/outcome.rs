//! What happens to a message at the gate, and the sender's choice where there is one.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Failure, Finding, HookIdentity, Mode, Reviewed, Setting, Step, Walk};
use crate::outgoing::{Checked, Content, Draft, Report};

/// What happens to a message.
#[derive(Debug)]
#[must_use = "it holds what someone typed"]
pub enum Outcome {
    /// It goes.
    Passed(Passed),
    /// Its sender decides.
    Ask(Question),
    /// It does not go.
    Stopped(Stopped),
}

/// A message that goes, with the reports that go to the authority because of it.
#[derive(Debug)]
#[must_use = "a checked message that is dropped is never sent"]
pub struct Passed {
    /// To be sealed.
    pub checked: Checked,
    /// To be sealed to the authorities of the hooks that made them, in the order of the chain.
    pub reports: Vec<Report>,
}

impl Passed {
    pub(super) fn as_written(draft: Draft, reports: Vec<Report>) -> Self {
        Self { checked: draft.into_checked(None), reports }
    }
}

/// A message that does not go. Nothing is lost: the draft is in it.
#[derive(Debug)]
pub struct Stopped {
    /// As written.
    pub draft: Draft,
    /// Which hook stopped it.
    pub hook: HookIdentity,
    /// Why.
    pub why: StopReason,
}

/// Why a message does not go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The hook blocked it.
    Blocked(Finding),
    /// The hook failed, and its manifest says to hold the message then.
    Failed(Failure),
}

/// A message that waits for its sender's choice.
#[derive(Debug)]
#[must_use = "it holds what someone typed"]
pub struct Question {
    draft: Draft,
    /// What would be sent if all rewrites were accepted.
    proposed: Option<Content>,
    /// Whether the modes leave the sender the choice to send as written.
    as_written_allowed: bool,
    concerns: Vec<Concern>,
    reports: Vec<Report>,
    /// How many of the reports are about what was written, and not about what is proposed.
    reports_as_written: usize,
    /// Who has to judge the text as written, if the sender declines a rewrite.
    after_rewrite: Option<Rest>,
}

/// The rest of a chain, after a step that proposed a rewrite.
#[derive(Debug)]
pub(super) struct Rest {
    from: usize,
    steps: Vec<(HookIdentity, Mode)>,
}

/// One step's part in a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// Which hook.
    pub hook: HookIdentity,
    /// What it says.
    pub about: About,
}

/// What the sender is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A warning.
    Warning(Finding),
    /// A rewrite: what would be sent instead.
    Rewrite(Content),
    /// The hook failed.
    Failure(Failure),
}

/// What a sender may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// Send what was written.
    SendAsWritten,
    /// Send what the hooks propose.
    SendRewritten,
    /// Send nothing, and go on writing.
    Edit,
}

impl Question {
    pub(super) fn new(
        draft: Draft,
        proposed: Option<Content>,
        demanded: bool,
        concerns: Vec<Concern>,
        reports: Vec<Report>,
        reports_as_written: usize,
        after_rewrite: Option<Rest>,
    ) -> Self {
        let as_written_allowed = !demanded;
        Self { draft, proposed, as_written_allowed, concerns, reports, reports_as_written, after_rewrite }
    }

    /// The steps after the one at `place`.
    pub(super) fn asked_of(steps: &[Step<'_>], place: usize) -> Rest {
        let from = place + 1;
        Rest { from, steps: identities(steps, from) }
    }

    /// Everything that is asked, in the order of the chain. Never empty.
    #[must_use]
    pub fn concerns(&self) -> &[Concern] {
        &self.concerns
    }

    /// What would be sent instead of what was written, when all rewrites are accepted.
    #[must_use]
    pub fn proposed(&self) -> Option<&Content> {
        self.proposed.as_ref()
    }

    /// What was written.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// What the sender may choose from.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        let rewrite = self.proposed.is_some().then_some(Choice::SendRewritten);
        let as_written = self.as_written_allowed.then_some(Choice::SendAsWritten);
        rewrite.into_iter().chain(as_written).chain([Choice::Edit]).collect()
    }

    /// Carries out the sender's choice. `setting` is the chain that asked: when the sender declines a rewrite, the
    /// steps after it judge the text as written, so that may lead to another question.
    ///
    /// # Errors
    /// The draft, when the choice is [`Choice::Edit`], is not among [`Question::choices`], or would need the
    /// judgement of a chain that is no longer the one that asked.
    pub fn decide(self, choice: Choice, setting: Setting<'_>) -> Result<Reviewed, Draft> {
        let Self {
            draft, proposed, as_written_allowed, mut reports, reports_as_written, after_rewrite, ..
        } = self;
        let passed = |passed| Reviewed { outcome: Outcome::Passed(passed), decisions: Vec::new() };
        match (choice, proposed, after_rewrite) {
            (Choice::SendRewritten, Some(content), _) => {
                Ok(passed(Passed { checked: draft.into_checked(Some(content)), reports }))
            }
            (Choice::SendAsWritten, None, _) if as_written_allowed => {
                Ok(passed(Passed::as_written(draft, reports)))
            }
            (Choice::SendAsWritten, Some(_), Some(rest)) if as_written_allowed => match setting {
                Setting::On { steps } if identities(steps, rest.from) == rest.steps => {
                    reports.truncate(reports_as_written);
                    Ok(Walk::from_step(rest.from, draft, reports).through(steps))
                }
                Setting::On { .. } | Setting::Off => Err(draft),
            },
            _ => Err(draft),
        }
    }
}

fn identities(steps: &[Step<'_>], from: usize) -> Vec<(HookIdentity, Mode)> {
    steps.iter().skip(from).map(|step| (step.hook.identity().clone(), step.mode.mode())).collect()
}
