//! The gate: the one place where a draft becomes checked.
//!
//! [`check`] asks the hook, clamps its answer to what the mode allows, and says what happens. There is no other
//! way to a [`Checked`]. A hook answers with a [`Verdict`] or fails with a [`Failure`]; there is no null between
//! the two, and a failure's consequence is the [`OnFailure`] that the hook's manifest states.
//!
//! | verdict \ mode | shadow | advise          | enforce      | report                       |
//! |----------------|--------|-----------------|--------------|------------------------------|
//! | pass, abstain  | sent   | sent            | sent         | sent                         |
//! | rewrite        | sent as written | sender chooses | sender accepts or edits | sender accepts or edits |
//! | warn           | sent   | sender chooses  | sender chooses | sender chooses             |
//! | block          | sent   | sender chooses  | not sent     | not sent                     |
//! | report         | sent   | sender chooses  | not sent     | sent, and reported           |
//!
//! `off` is not a row: without a hook nothing is asked ([`Setting::Off`]).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use crate::verdict::{
    Code, Examination, Failure, Finding, Hook, HookIdentity, ListIdentity, Mode, OnFailure, Subject,
    UnknownMode, Verdict,
};
use crate::{
    attachment::AttachmentError,
    outgoing::{Checked, Content, Draft, DraftError, EVIDENCE_BYTES_MAX, Report},
};

/// How the gate stands: with no hook, or with one in a mode.
#[derive(Clone, Copy)]
pub enum Setting<'a> {
    /// Nothing is asked, and nothing is loaded.
    Off,
    /// A hook is asked.
    On {
        /// Which.
        hook: &'a dyn Hook,
        /// What its verdicts may do.
        mode: ActiveMode,
        /// What its failure means in this mode, from its manifest.
        on_failure: OnFailure,
    },
}

/// A mode other than off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ActiveMode(Mode);

impl ActiveMode {
    /// None for [`Mode::Off`].
    #[must_use]
    pub fn new(mode: Mode) -> Option<Self> {
        (mode != Mode::Off).then_some(Self(mode))
    }

    /// As a plain mode.
    #[must_use]
    pub fn mode(self) -> Mode {
        self.0
    }
}

/// What the gate made of one draft.
#[derive(Debug)]
pub struct Reviewed {
    /// What happens to the message.
    pub outcome: Outcome,
    /// What the hook answered and what the gate made of it. None when the gate is off.
    pub decision: Option<Decision>,
}

/// For the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Which hook.
    pub hook: HookIdentity,
    /// The mode at the time.
    pub mode: Mode,
    /// The verdict as the hook gave it, or why it gave none.
    pub answer: Result<Verdict, Failure>,
    /// What the mode made of it.
    pub effect: Effect,
    /// Work done.
    pub fuel: u64,
}

impl Decision {
    /// Whether the mode allowed less than the hook answered.
    #[must_use]
    pub fn clamped(&self) -> bool {
        match (&self.answer, self.effect) {
            (Ok(Verdict::Pass | Verdict::Abstain), _) | (Err(_), _) => false,
            (Ok(Verdict::Rewrite(_)), effect) => effect != Effect::AskRewrite,
            (Ok(Verdict::Warn(_)), effect) => effect != Effect::AskWarn,
            (Ok(Verdict::Block(_)), effect) => effect != Effect::Block,
            (Ok(Verdict::Report { .. }), effect) => effect != Effect::Report,
        }
    }
}

/// What the gate does, after clamping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Sent as written.
    Pass,
    /// The sender is shown a rewrite.
    AskRewrite,
    /// The sender is warned.
    AskWarn,
    /// The sender is told that the check failed, and decides.
    AskFailure,
    /// Not sent.
    Block,
    /// Not sent, because the check failed.
    Hold,
    /// Sent, and reported.
    Report,
}

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

/// A message that goes, with the report that goes to the authority because of it, if any.
#[derive(Debug)]
#[must_use = "a checked message that is dropped is never sent"]
pub struct Passed {
    /// To be sealed.
    pub checked: Checked,
    /// To be sealed to the authority.
    pub report: Option<Report>,
}

/// A message that does not go. Nothing is lost: the draft is in it.
#[derive(Debug)]
pub struct Stopped {
    /// As written.
    pub draft: Draft,
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
    about: About,
    /// Whether the mode leaves the sender the choice to send as written.
    as_written_allowed: bool,
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
    /// Send what the hook proposes.
    SendRewritten,
    /// Send nothing, and go on writing.
    Edit,
}

impl Question {
    /// What is asked.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// What was written.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// What the sender may choose from.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        let rewrite = matches!(self.about, About::Rewrite(_)).then_some(Choice::SendRewritten);
        let as_written = self.as_written_allowed.then_some(Choice::SendAsWritten);
        rewrite.into_iter().chain(as_written).chain([Choice::Edit]).collect()
    }

    /// Carries out the sender's choice.
    ///
    /// # Errors
    /// The draft, when the choice is [`Choice::Edit`] or is not among [`Question::choices`].
    pub fn decide(self, choice: Choice) -> Result<Checked, Draft> {
        match (choice, self.about) {
            (Choice::SendAsWritten, _) if self.as_written_allowed => Ok(self.draft.into_checked(None)),
            (Choice::SendRewritten, About::Rewrite(content)) => Ok(self.draft.into_checked(Some(content))),
            _ => Err(self.draft),
        }
    }
}

/// Asks the hook, if there is one, and decides what happens to the draft.
///
/// The hook sees `draft` alone: not who it is for.
#[must_use]
pub fn check(draft: Draft, setting: Setting<'_>) -> Reviewed {
    let (hook, mode, on_failure) = match setting {
        Setting::Off => {
            let checked = draft.into_checked(None);
            return Reviewed { outcome: Outcome::Passed(Passed { checked, report: None }), decision: None };
        }
        Setting::On { hook, mode, on_failure } => (hook, mode.mode(), on_failure),
    };
    let Examination { answer, fuel } = hook.check(Subject::of(draft.content()));
    let answer = answer.and_then(|verdict| validate(verdict, draft.content()));
    let effect = effect_of(&answer, mode, on_failure);
    let decision = Decision { hook: hook.identity().clone(), mode, answer: answer.clone(), effect, fuel };
    Reviewed { outcome: outcome_of(draft, answer, effect, mode, hook.identity()), decision: Some(decision) }
}

/// Refuses answers that no mode could carry out. A rewrite to nothing is not a way to drop a message.
fn validate(verdict: Verdict, content: &Content) -> Result<Verdict, Failure> {
    match verdict {
        Verdict::Rewrite(text) => match content.with_text(text) {
            // Nothing would change, so there is nothing to ask.
            Ok(rewritten) if rewritten == *content => Ok(Verdict::Pass),
            Ok(rewritten) => Ok(Verdict::Rewrite(rewritten.text().into())),
            Err(DraftError::Empty) => Err(Failure::Garbage("it rewrites the message to nothing".into())),
            Err(DraftError::TooLong { got, max }) => {
                Err(Failure::OversizedAnswer { got: got as u64, max: max as u64 })
            }
            Err(DraftError::Attachment(AttachmentError::TooLarge { got, max, .. })) => {
                Err(Failure::OversizedAnswer { got, max })
            }
            Err(DraftError::Attachment(error)) => Err(Failure::Garbage(alloc::format!("{error}"))),
        },
        Verdict::Report { evidence, .. } if evidence.len() > EVIDENCE_BYTES_MAX => {
            Err(Failure::OversizedAnswer { got: evidence.len() as u64, max: EVIDENCE_BYTES_MAX as u64 })
        }
        other => Ok(other),
    }
}

fn effect_of(answer: &Result<Verdict, Failure>, mode: Mode, on_failure: OnFailure) -> Effect {
    // Shadow measures: neither a verdict nor a failure may change anything.
    if mode <= Mode::Shadow {
        return Effect::Pass;
    }
    match answer {
        Err(_) => match on_failure {
            OnFailure::Hold => Effect::Hold,
            OnFailure::Ask => Effect::AskFailure,
            OnFailure::Pass => Effect::Pass,
        },
        Ok(Verdict::Pass | Verdict::Abstain) => Effect::Pass,
        Ok(Verdict::Rewrite(_)) => Effect::AskRewrite,
        Ok(Verdict::Warn(_)) => Effect::AskWarn,
        Ok(Verdict::Block(_) | Verdict::Report { .. }) if mode == Mode::Advise => Effect::AskWarn,
        Ok(Verdict::Report { .. }) if mode == Mode::Report => Effect::Report,
        Ok(Verdict::Block(_) | Verdict::Report { .. }) => Effect::Block,
    }
}

fn outcome_of(
    draft: Draft,
    answer: Result<Verdict, Failure>,
    effect: Effect,
    mode: Mode,
    hook: &HookIdentity,
) -> Outcome {
    let pass = |draft: Draft, report| Outcome::Passed(Passed { checked: draft.into_checked(None), report });
    let ask = |draft, about, as_written_allowed| Outcome::Ask(Question { draft, about, as_written_allowed });
    match (effect, answer) {
        (Effect::AskRewrite, Ok(Verdict::Rewrite(text))) => match draft.content().with_text(text) {
            Ok(content) => ask(draft, About::Rewrite(content), mode == Mode::Advise),
            // `validate` built the same content before; were it ever to differ, the message is held.
            Err(error) => {
                let why = StopReason::Failed(Failure::Garbage(alloc::format!("{error}")));
                Outcome::Stopped(Stopped { draft, why })
            }
        },
        (
            Effect::AskWarn,
            Ok(Verdict::Warn(finding) | Verdict::Block(finding) | Verdict::Report { finding, .. }),
        ) => ask(draft, About::Warning(finding), true),
        (Effect::Block, Ok(Verdict::Block(finding) | Verdict::Report { finding, .. })) => {
            Outcome::Stopped(Stopped { draft, why: StopReason::Blocked(finding) })
        }
        (Effect::Report, Ok(Verdict::Report { finding, evidence })) => {
            pass(draft, Some(Report { hook: hook.clone(), code: finding.code, evidence }))
        }
        (Effect::AskFailure, Err(failure)) => ask(draft, About::Failure(failure), true),
        (Effect::Pass, _) => pass(draft, None),
        // What is left is `Hold`, and pairs that `effect_of` never makes: the gate fails closed.
        (_, Err(failure)) => Outcome::Stopped(Stopped { draft, why: StopReason::Failed(failure) }),
        (_, Ok(_)) => {
            let why = StopReason::Failed(Failure::Garbage("the gate has no rule for it".into()));
            Outcome::Stopped(Stopped { draft, why })
        }
    }
}
