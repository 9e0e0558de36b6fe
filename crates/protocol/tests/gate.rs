//! The gate: every verdict, every failure, every mode, every failure policy.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use airlock_protocol::{
    Checked, Content, Draft, Examination, Hook, HookIdentity, MessageId, Mode, Verdict,
    gate::{
        self, About, ActiveMode, Choice, Code, Decision, Effect, Failure, Finding, OnFailure, Outcome,
        Question, Reviewed, Setting, Step, StopReason, Subject, UnknownMode,
    },
    outgoing::{EVIDENCE_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX},
};
use proptest::prelude::*;

const ID: MessageId = MessageId([1; 16]);
const WRITTEN: &str = "see you at the surprise party";

/// A hook that always answers the same.
struct Fixed {
    answer: Result<Verdict, Failure>,
    identity: HookIdentity,
}

impl Hook for Fixed {
    fn check(&self, _: Subject<'_>) -> Examination {
        Examination { answer: self.answer.clone(), fuel: 42, memory_bytes: 0 }
    }

    fn identity(&self) -> &HookIdentity {
        &self.identity
    }
}

fn hook(answer: Result<Verdict, Failure>) -> Fixed {
    let identity = HookIdentity {
        id: "fixed".into(),
        version: "1.0.0".into(),
        component: [1; 32],
        manifest: [2; 32],
        list: None,
    };
    Fixed { answer, identity }
}

fn review(draft: Draft, answer: Result<Verdict, Failure>, mode: Mode, on_failure: OnFailure) -> Reviewed {
    let hook = hook(answer);
    let setting = match ActiveMode::new(mode) {
        None => Setting::Off,
        Some(mode) => Setting::On { steps: &[Step { hook: &hook, mode, on_failure }] },
    };
    gate::check(draft, setting)
}

fn only(decisions: Vec<Decision>) -> Decision {
    let [decision] = <[Decision; 1]>::try_from(decisions).unwrap();
    decision
}

fn reviewed(answer: Result<Verdict, Failure>, mode: Mode, on_failure: OnFailure) -> Reviewed {
    review(Draft::text(ID, WRITTEN).unwrap(), answer, mode, on_failure)
}

fn verdicts() -> [(&'static str, Verdict); 6] {
    [
        ("pass", Verdict::Pass),
        ("abstain", Verdict::Abstain),
        ("rewrite", Verdict::Rewrite("see you at the party".into())),
        ("warn", Verdict::Warn(Finding::new(Code(1)))),
        ("block", Verdict::Block(Finding::new(Code(2)))),
        ("report", Verdict::Report { finding: Finding::new(Code(3)), evidence: b"surprise party".to_vec() }),
    ]
}

fn failures() -> [Failure; 10] {
    [
        Failure::Fuel,
        Failure::Deadline,
        Failure::Trap("unreachable".into()),
        Failure::Memory,
        Failure::OversizedInput { got: 2, max: 1 },
        Failure::OversizedAnswer { got: 2, max: 1 },
        Failure::Garbage("code 9 is not declared".into()),
        Failure::List("it has expired".into()),
        Failure::Picture("it begins like a PNG and can't be decoded".into()),
        Failure::Unloadable("its files were changed".into()),
    ]
}

/// What a question of one step is about.
fn about(question: &Question) -> &About {
    let [concern] = question.concerns() else { panic!("one step asked: {question:?}") };
    &concern.about
}

/// The message that goes when a question is answered so.
fn decide(question: Question, choice: Choice) -> Result<Checked, Draft> {
    let Outcome::Passed(passed) = question.decide(choice, Setting::Off)?.outcome else {
        panic!("nothing was left to be asked")
    };
    Ok(passed.checked)
}

/// What happened, in a word, after checking that nothing was lost or changed on the way.
fn happened(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed(passed) => {
            assert_eq!(passed.checked.content().text(), WRITTEN);
            assert!(passed.checked.original().is_none());
            if !passed.reports.is_empty() { "reported" } else { "sent" }
        }
        Outcome::Ask(question) => {
            assert_eq!(question.draft().content().text(), WRITTEN);
            match (about(&question), question.choices().as_slice()) {
                (About::Warning(_), [Choice::SendAsWritten, Choice::Edit]) => "warned",
                (About::Failure(_), [Choice::SendAsWritten, Choice::Edit]) => "asked",
                (About::Rewrite(_), [Choice::SendRewritten, Choice::SendAsWritten, Choice::Edit]) => {
                    "proposed"
                }
                (About::Rewrite(_), [Choice::SendRewritten, Choice::Edit]) => "demanded",
                (about, choices) => panic!("{about:?} with {choices:?}"),
            }
        }
        Outcome::Stopped(stopped) => {
            assert_eq!(stopped.draft.content().text(), WRITTEN);
            match stopped.why {
                StopReason::Blocked(_) => "blocked",
                StopReason::Failed(_) => "held",
            }
        }
    }
}

#[test]
fn each_verdict_does_in_each_mode_what_the_table_says() {
    let table = [
        ("pass", ["sent", "sent", "sent", "sent", "sent"]),
        ("abstain", ["sent", "sent", "sent", "sent", "sent"]),
        ("rewrite", ["sent", "sent", "proposed", "demanded", "demanded"]),
        ("warn", ["sent", "sent", "warned", "warned", "warned"]),
        ("block", ["sent", "sent", "warned", "blocked", "blocked"]),
        ("report", ["sent", "sent", "warned", "blocked", "reported"]),
    ];
    for ((name, verdict), (row, expected)) in verdicts().into_iter().zip(table) {
        assert_eq!(name, row);
        for (mode, expected) in Mode::ALL.into_iter().zip(expected) {
            // A verdict means the same whatever the failure policy is.
            for on_failure in [OnFailure::Hold, OnFailure::Ask, OnFailure::Pass] {
                let reviewed = reviewed(Ok(verdict.clone()), mode, on_failure);
                assert_eq!(happened(reviewed.outcome), expected, "{name} in {mode}, {on_failure:?}");
            }
        }
    }
}

#[test]
fn each_failure_does_in_each_mode_what_its_policy_says() {
    let table = [
        (OnFailure::Hold, ["sent", "sent", "held", "held", "held"]),
        (OnFailure::Ask, ["sent", "sent", "asked", "asked", "asked"]),
        (OnFailure::Pass, ["sent", "sent", "sent", "sent", "sent"]),
    ];
    for failure in failures() {
        for (on_failure, expected) in table {
            for (mode, expected) in Mode::ALL.into_iter().zip(expected) {
                let reviewed = reviewed(Err(failure.clone()), mode, on_failure);
                assert_eq!(happened(reviewed.outcome), expected, "{failure} in {mode}, {on_failure:?}");
            }
        }
    }
}

#[test]
fn each_decision_says_what_was_answered_what_came_of_it_and_whether_it_was_clamped() {
    use Effect::{AskRewrite, AskWarn, Block, Pass, Report};
    let table = [
        ("pass", [(Pass, false), (Pass, false), (Pass, false), (Pass, false)]),
        ("abstain", [(Pass, false), (Pass, false), (Pass, false), (Pass, false)]),
        ("rewrite", [(Pass, true), (AskRewrite, false), (AskRewrite, false), (AskRewrite, false)]),
        ("warn", [(Pass, true), (AskWarn, false), (AskWarn, false), (AskWarn, false)]),
        ("block", [(Pass, true), (AskWarn, true), (Block, false), (Block, false)]),
        ("report", [(Pass, true), (AskWarn, true), (Block, true), (Report, false)]),
    ];
    let modes = Mode::ALL.into_iter().skip(1);
    for ((name, verdict), (_, expected)) in verdicts().into_iter().zip(table) {
        for (mode, (effect, clamped)) in modes.clone().zip(expected) {
            let decision = only(reviewed(Ok(verdict.clone()), mode, OnFailure::Hold).decisions);
            assert_eq!((decision.effect, decision.clamped()), (effect, clamped), "{name} in {mode}");
            assert_eq!((decision.mode, decision.fuel), (mode, 42));
            assert_eq!(decision.answer, Ok(verdict.clone()));
            assert_eq!(decision.hook.id, "fixed");
        }
    }
}

#[test]
fn off_asks_nobody_and_decides_nothing() {
    let reviewed = gate::check(Draft::text(ID, WRITTEN).unwrap(), Setting::Off);
    assert!(reviewed.decisions.is_empty());
    assert_eq!(reviewed.effect(), None);
    assert_eq!(happened(reviewed.outcome), "sent");
    assert!(ActiveMode::new(Mode::Off).is_none());
}

/// One well-known plug-in interface lets a hook veto a message by returning a value; returning nothing, which an
/// exception does as well, sends it.
#[test]
fn a_veto_that_gives_no_answer_is_a_failure_and_never_a_pass() {
    for failure in failures() {
        for mode in [Mode::Advise, Mode::Enforce, Mode::Report] {
            let held = reviewed(Err(failure.clone()), mode, OnFailure::Hold);
            let Outcome::Stopped(stopped) = held.outcome else {
                panic!("{failure} in {mode} was let through")
            };
            assert_eq!(stopped.why, StopReason::Failed(failure.clone()));
            assert_eq!(stopped.draft.content().text(), WRITTEN);
            let decision = only(held.decisions);
            assert_eq!((decision.effect, decision.answer), (Effect::Hold, Err(failure.clone())));
        }
    }
}

/// Another interface lets a hook change a message; NULL sends the original, and an empty text drops it.
#[test]
fn a_modifier_that_returns_nothing_neither_sends_the_original_nor_drops_it() {
    for nothing in ["", " \n\t"] {
        for mode in [Mode::Advise, Mode::Enforce, Mode::Report] {
            let reviewed = reviewed(Ok(Verdict::Rewrite(nothing.into())), mode, OnFailure::Hold);
            let Outcome::Stopped(stopped) = reviewed.outcome else { panic!("an empty rewrite went through") };
            assert!(matches!(stopped.why, StopReason::Failed(Failure::Garbage(_))));
            assert_eq!(stopped.draft.content().text(), WRITTEN);
        }
    }
}

#[test]
fn a_message_that_passes_because_its_check_failed_says_so_in_the_decision() {
    let reviewed = reviewed(Err(Failure::Fuel), Mode::Enforce, OnFailure::Pass);
    let decision = only(reviewed.decisions);
    assert_eq!((decision.effect, decision.answer), (Effect::Pass, Err(Failure::Fuel)));
}

#[test]
fn a_rewrite_is_never_silent() {
    for mode in [Mode::Advise, Mode::Enforce, Mode::Report] {
        let outcome = reviewed(Ok(Verdict::Rewrite("see you".into())), mode, OnFailure::Pass).outcome;
        let Outcome::Ask(question) = outcome else { panic!("nobody was asked in {mode}") };
        assert_eq!(about(&question), &About::Rewrite(Content::Text("see you".into())));
        let checked = decide(question, Choice::SendRewritten).unwrap();
        assert_eq!(checked.id(), ID);
        assert_eq!(checked.content().text(), "see you");
        assert_eq!(checked.original().map(Content::text), Some(WRITTEN));
    }
}

#[test]
fn a_rewrite_that_changes_nothing_asks_nothing() {
    let same = reviewed(Ok(Verdict::Rewrite(WRITTEN.into())), Mode::Enforce, OnFailure::Hold);
    assert_eq!(happened(same.outcome), "sent");
}

#[test]
fn a_rewrite_is_normalised_like_what_people_type() {
    let reviewed = reviewed(Ok(Verdict::Rewrite("cafe\u{301}".into())), Mode::Advise, OnFailure::Hold);
    let Outcome::Ask(question) = reviewed.outcome else { panic!("nobody was asked") };
    assert_eq!(about(&question), &About::Rewrite(Content::Text("caf\u{e9}".into())));
}

#[test]
fn a_rewrite_or_evidence_over_its_limit_is_a_failure() {
    let long = Verdict::Rewrite("x".repeat(TEXT_BYTES_MAX + 1));
    let much = Verdict::Report { finding: Finding::new(Code(1)), evidence: vec![0; EVIDENCE_BYTES_MAX + 1] };
    for (verdict, max) in [(long, TEXT_BYTES_MAX), (much, EVIDENCE_BYTES_MAX)] {
        let decision = only(reviewed(Ok(verdict), Mode::Report, OnFailure::Hold).decisions);
        let (got, max) = (max as u64 + 1, max as u64);
        assert_eq!(decision.answer, Err(Failure::OversizedAnswer { got, max }));
        assert_eq!(decision.effect, Effect::Hold);
    }
    let most = Verdict::Report { finding: Finding::new(Code(1)), evidence: vec![0; EVIDENCE_BYTES_MAX] };
    assert_eq!(happened(reviewed(Ok(most), Mode::Report, OnFailure::Hold).outcome), "reported");
}

#[test]
fn a_rewritten_name_stays_a_name_with_a_names_limit() {
    let draft = || Draft::profile(ID, "Ada").unwrap();
    let outcome =
        review(draft(), Ok(Verdict::Rewrite("Grace".into())), Mode::Advise, OnFailure::Hold).outcome;
    let Outcome::Ask(question) = outcome else { panic!("nobody was asked") };
    assert_eq!(about(&question), &About::Rewrite(Content::Profile("Grace".into())));
    let long = Verdict::Rewrite("x".repeat(NAME_BYTES_MAX + 1));
    let outcome = review(draft(), Ok(long), Mode::Advise, OnFailure::Hold).outcome;
    assert!(matches!(outcome, Outcome::Stopped(_)));
}

#[test]
fn a_choice_that_was_not_offered_gives_the_draft_back() {
    let demanded = || match reviewed(Ok(Verdict::Rewrite("x".into())), Mode::Enforce, OnFailure::Hold).outcome
    {
        Outcome::Ask(question) => question,
        other => panic!("{other:?}"),
    };
    let warned =
        match reviewed(Ok(Verdict::Warn(Finding::new(Code(1)))), Mode::Enforce, OnFailure::Hold).outcome {
            Outcome::Ask(question) => question,
            other => panic!("{other:?}"),
        };
    for (question, choice) in
        [(demanded(), Choice::SendAsWritten), (demanded(), Choice::Edit), (warned, Choice::SendRewritten)]
    {
        assert!(choice == Choice::Edit || !question.choices().contains(&choice));
        assert_eq!(decide(question, choice).unwrap_err().content().text(), WRITTEN);
    }
}

#[test]
fn a_report_carries_what_the_hook_chose_and_which_hook_it_was() {
    let verdict = Verdict::Report { finding: Finding::new(Code(3)), evidence: b"surprise party".to_vec() };
    let reviewed = reviewed(Ok(verdict), Mode::Report, OnFailure::Hold);
    let Outcome::Passed(passed) = reviewed.outcome else { panic!("a report lets it pass") };
    let [report] = passed.reports.as_slice() else { panic!("one report: {:?}", passed.reports) };
    assert_eq!((report.code(), report.evidence()), (Code(3), b"surprise party".as_slice()));
    assert_eq!(report.hook(), &hook(Ok(Verdict::Pass)).identity);
}

#[test]
fn modes_are_known_by_their_names_and_no_others() {
    for mode in Mode::ALL {
        assert_eq!(mode.to_string().parse(), Ok(mode));
    }
    let error = "Report".parse::<Mode>().unwrap_err();
    assert_eq!(error, UnknownMode("Report".into()));
    assert_eq!(error.to_string(), "`Report` is not a mode (off, shadow, advise, enforce, report)");
}

#[test]
fn neither_a_verdict_nor_a_report_shows_words_in_debug() {
    for (_, verdict) in verdicts() {
        let shown = format!("{:?}", reviewed(Ok(verdict.clone()), Mode::Report, OnFailure::Hold));
        assert!(!shown.contains("party"), "{shown}");
        assert!(!format!("{verdict:?}").contains("party"));
    }
}

proptest! {
    #[test]
    fn nothing_that_a_hook_answers_changes_a_message_without_its_senders_choice(
        rewrite in ".{0,80}", code: u8, kind in 0usize..4, mode in 0usize..5, policy in 0usize..3,
    ) {
        let verdict = match kind {
            0 => Verdict::Rewrite(rewrite),
            1 => Verdict::Warn(Finding::new(Code(code))),
            2 => Verdict::Block(Finding::new(Code(code))),
            _ => Verdict::Report { finding: Finding::new(Code(code)), evidence: rewrite.into_bytes() },
        };
        let on_failure = [OnFailure::Hold, OnFailure::Ask, OnFailure::Pass][policy];
        match reviewed(Ok(verdict), Mode::ALL[mode], on_failure).outcome {
            Outcome::Passed(passed) => prop_assert_eq!(passed.checked.content().text(), WRITTEN),
            Outcome::Ask(question) => {
                prop_assert_eq!(question.draft().content().text(), WRITTEN);
                let draft = decide(question, Choice::Edit).unwrap_err();
                prop_assert_eq!(draft.content().text(), WRITTEN);
            }
            Outcome::Stopped(stopped) => prop_assert_eq!(stopped.draft.content().text(), WRITTEN),
        }
    }
}
