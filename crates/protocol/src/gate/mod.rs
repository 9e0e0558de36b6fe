//! The gate: the one place where a draft becomes checked.
//!
//! [`check`] asks the hooks of a chain in their order, clamps each answer to what that hook's mode allows, and says
//! what happens. There is no other way to a [`Checked`](crate::Checked). A hook answers with a [`Verdict`] or fails
//! with a [`Failure`]; there is no null between the two, and a failure's consequence is the [`OnFailure`] that the
//! hook's manifest states.
//!
//! | verdict \ mode | shadow | advise          | enforce      | report                       |
//! |----------------|--------|-----------------|--------------|------------------------------|
//! | pass, abstain  | sent   | sent            | sent         | sent                         |
//! | rewrite        | sent as written | sender chooses | sender accepts or edits | sender accepts or edits |
//! | warn           | sent   | sender chooses  | sender chooses | sender chooses             |
//! | block          | sent   | sender chooses  | not sent     | not sent                     |
//! | report         | sent   | sender chooses  | not sent     | sent, and reported           |
//!
//! `off` is not a column: without a hook nothing is asked ([`Setting::Off`]).
//!
//! # Several hooks
//! - Each step judges what the steps before it left: a rewrite feeds the next step (in shadow it feeds nothing).
//! - All steps are asked, whatever the ones before them said, so the log has one decision a step.
//! - The strongest effect wins: one step that stops the message stops it, whatever the others say; what the sender
//!   is asked about is everything that any step asks, in one question.
//! - Nothing goes out that a later step has not judged in the form in which it goes: when the sender declines a
//!   rewrite, the steps after it judge the text as written ([`Question::decide`]), and may stop it or ask again.
//! - Steps before a rewrite judged the text before it; who wants them to see the outcome puts them after it.
//! - A report leaves only with the message that it is about. A draft that is not sent is reported to nobody.

mod outcome;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use crate::verdict::{
    Code, Examination, Failure, Finding, Hook, HookIdentity, ListIdentity, Mode, OnFailure, Subject,
    UnknownMode, Verdict,
};
use crate::{
    attachment::AttachmentError,
    outgoing::{Content, Draft, DraftError, EVIDENCE_BYTES_MAX, Report},
};
pub use outcome::{About, Choice, Concern, Outcome, Passed, Question, StopReason, Stopped};

/// How the gate stands: with no hook, or with a chain of them.
#[derive(Clone, Copy)]
pub enum Setting<'a> {
    /// Nothing is asked, and nothing is loaded.
    Off,
    /// Hooks are asked, in this order. A chain without a step lets everything pass, as no hook would.
    On {
        /// The chain.
        steps: &'a [Step<'a>],
    },
}

/// One hook's place in the chain.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// Which.
    pub hook: &'a dyn Hook,
    /// What its verdicts may do.
    pub mode: ActiveMode,
    /// What its failure means in this mode, from its manifest.
    pub on_failure: OnFailure,
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
    /// What each step answered and what the gate made of it, in order. Empty when the gate is off.
    pub decisions: Vec<Decision>,
}

impl Reviewed {
    /// The strongest effect of all steps; none when nothing was asked.
    #[must_use]
    pub fn effect(&self) -> Option<Effect> {
        self.decisions.iter().map(|decision| decision.effect).max_by_key(|effect| effect.strength())
    }
}

/// What one step came to, for the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its place in the chain, from 0.
    pub step: usize,
    /// Which hook.
    pub hook: HookIdentity,
    /// The mode at the time.
    pub mode: Mode,
    /// What it judged: the draft, or what a step before proposes in its place.
    pub judged: Content,
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

impl Effect {
    /// Which of two effects on one message wins: the larger.
    #[must_use]
    pub fn strength(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::AskRewrite => 1,
            Self::AskWarn => 2,
            Self::AskFailure => 3,
            Self::Report => 4,
            Self::Hold => 5,
            Self::Block => 6,
        }
    }
}

/// Asks the hooks, if there are any, and decides what happens to the draft.
///
/// They see what `draft` holds: not who it is for.
#[must_use]
pub fn check(draft: Draft, setting: Setting<'_>) -> Reviewed {
    let steps = match setting {
        Setting::Off => &[],
        Setting::On { steps } => steps,
    };
    Walk::from_step(0, draft, Vec::new()).through(steps)
}

/// What the steps have said so far about one form of a draft.
struct Walk {
    draft: Draft,
    /// Where in the chain it begins.
    from: usize,
    /// What would be sent, when a step proposes something else than what was written.
    proposed: Option<Content>,
    /// The first step that proposed something else.
    first_rewrite: Option<usize>,
    /// Whether a rewrite can't be declined.
    demanded: bool,
    concerns: Vec<Concern>,
    /// How many of the reports were made before the first rewrite.
    reports_before_rewrite: usize,
    reports: Vec<Report>,
    stop: Option<(Effect, HookIdentity, StopReason)>,
    decisions: Vec<Decision>,
}

impl Walk {
    fn from_step(from: usize, draft: Draft, reports: Vec<Report>) -> Self {
        Self {
            draft,
            from,
            proposed: None,
            first_rewrite: None,
            demanded: false,
            concerns: Vec::new(),
            reports_before_rewrite: reports.len(),
            reports,
            stop: None,
            decisions: Vec::new(),
        }
    }

    fn through(mut self, steps: &[Step<'_>]) -> Reviewed {
        for (place, step) in steps.iter().enumerate().skip(self.from) {
            self.take(place, step);
        }
        let Self { draft, proposed, demanded, concerns, reports, stop, decisions, .. } = self;
        let outcome = if let Some((_, hook, why)) = stop {
            Outcome::Stopped(Stopped { draft, hook, why })
        } else if concerns.is_empty() {
            Outcome::Passed(Passed::as_written(draft, reports))
        } else {
            let kept = self.reports_before_rewrite;
            let after = self.first_rewrite.map(|place| Question::asked_of(steps, place));
            Outcome::Ask(Question::new(draft, proposed, demanded, concerns, reports, kept, after))
        };
        Reviewed { outcome, decisions }
    }

    /// Asks one step.
    fn take(&mut self, place: usize, step: &Step<'_>) {
        let Step { hook, mode, on_failure } = *step;
        let judged = self.proposed.as_ref().unwrap_or_else(|| self.draft.content()).clone();
        let subject = Subject { content: &judged, attachment: self.draft.file() };
        let Examination { answer, fuel, memory_bytes: _ } = hook.check(subject);
        let (answer, rewritten) = validate(answer, &judged);
        let mode = mode.mode();
        let effect = effect_of(&answer, mode, on_failure);
        let concern = |about| Concern { hook: hook.identity().clone(), about };
        match (effect, &answer) {
            (Effect::Pass, _) => {}
            (Effect::AskRewrite, Ok(_)) if rewritten.is_some() => {
                if let Some(content) = rewritten {
                    self.concerns.push(concern(About::Rewrite(content.clone())));
                    self.proposed = Some(content);
                }
                if self.first_rewrite.is_none() {
                    self.first_rewrite = Some(place);
                    self.reports_before_rewrite = self.reports.len();
                }
                self.demanded |= mode != Mode::Advise;
            }
            (
                Effect::AskWarn,
                Ok(Verdict::Warn(finding) | Verdict::Block(finding) | Verdict::Report { finding, .. }),
            ) => self.concerns.push(concern(About::Warning(*finding))),
            (Effect::AskFailure, Err(failure)) => {
                self.concerns.push(concern(About::Failure(failure.clone())))
            }
            (Effect::Report, Ok(Verdict::Report { finding, evidence })) => {
                let (hook, evidence) = (hook.identity().clone(), evidence.clone());
                self.reports.push(Report { hook, code: finding.code, evidence });
            }
            (Effect::Block, Ok(Verdict::Block(finding) | Verdict::Report { finding, .. })) => {
                self.stop(effect, hook, StopReason::Blocked(*finding));
            }
            // What is left is `Hold`, and pairs that `effect_of` never makes: the gate fails closed.
            (_, Err(failure)) => self.stop(Effect::Hold, hook, StopReason::Failed(failure.clone())),
            (_, Ok(_)) => {
                let why = Failure::Garbage("the gate has no rule for it".into());
                self.stop(Effect::Hold, hook, StopReason::Failed(why));
            }
        }
        let hook = hook.identity().clone();
        self.decisions.push(Decision { step: place, hook, mode, judged, answer, effect, fuel });
    }

    /// The strongest reason stays, and the first of equals.
    fn stop(&mut self, effect: Effect, hook: &dyn Hook, why: StopReason) {
        let stronger = |(now, ..): &(Effect, HookIdentity, StopReason)| effect.strength() > now.strength();
        if self.stop.as_ref().is_none_or(stronger) {
            self.stop = Some((effect, hook.identity().clone(), why));
        }
    }
}

/// A hook's answer as the gate takes it: what a decision records and a replay must reproduce. A rewrite is normalised,
/// and one that changes nothing is a pass; an answer that no mode could carry out is a failure.
///
/// # Errors
/// The failure, the hook's own or the gate's.
pub fn checked_answer(answer: Result<Verdict, Failure>, content: &Content) -> Result<Verdict, Failure> {
    validate(answer, content).0
}

/// Refuses answers that no mode could carry out, and gives what a rewrite would send. A rewrite to nothing is not a
/// way to drop a message.
fn validate(
    answer: Result<Verdict, Failure>,
    content: &Content,
) -> (Result<Verdict, Failure>, Option<Content>) {
    let refused = |failure| (Err(failure), None);
    match answer {
        Ok(Verdict::Rewrite(text)) => match content.with_text(text) {
            // Nothing would change, so there is nothing to ask.
            Ok(rewritten) if rewritten == *content => (Ok(Verdict::Pass), None),
            Ok(rewritten) => (Ok(Verdict::Rewrite(rewritten.text().into())), Some(rewritten)),
            Err(DraftError::Empty) => refused(Failure::Garbage("it rewrites the message to nothing".into())),
            Err(DraftError::TooLong { got, max }) => {
                refused(Failure::OversizedAnswer { got: got as u64, max: max as u64 })
            }
            Err(DraftError::Attachment(AttachmentError::TooLarge { got, max, .. })) => {
                refused(Failure::OversizedAnswer { got, max })
            }
            Err(DraftError::Attachment(error)) => refused(Failure::Garbage(alloc::format!("{error}"))),
        },
        Ok(Verdict::Report { evidence, .. }) if evidence.len() > EVIDENCE_BYTES_MAX => {
            refused(Failure::OversizedAnswer { got: evidence.len() as u64, max: EVIDENCE_BYTES_MAX as u64 })
        }
        other => (other, None),
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
