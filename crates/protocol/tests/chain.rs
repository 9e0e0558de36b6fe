//! Several hooks in a row: what feeds what, who is asked again, and which effect wins.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::sync::Mutex;

use airlock_protocol::{
    Draft, Examination, Hook, HookIdentity, MessageId, Mode, Verdict,
    gate::{
        self, About, ActiveMode, Choice, Code, Effect, Failure, Finding, OnFailure, Outcome, Question,
        Reviewed, Setting, Step, StopReason, Subject,
    },
};
use proptest::prelude::*;

const ID: MessageId = MessageId([1; 16]);

/// A hook that answers by a function of what it sees, and remembers what that was.
struct Told<'a> {
    identity: HookIdentity,
    answer: &'a (dyn Fn(&str) -> Result<Verdict, Failure> + Sync),
    seen: Mutex<Vec<String>>,
}

impl Hook for Told<'_> {
    fn check(&self, subject: Subject<'_>) -> Examination {
        let text = subject.content.text();
        self.seen.lock().unwrap().push(text.to_owned());
        Examination { answer: (self.answer)(text), fuel: text.len() as u64, memory_bytes: 0 }
    }

    fn identity(&self) -> &HookIdentity {
        &self.identity
    }
}

fn told<'a>(id: &str, answer: &'a (dyn Fn(&str) -> Result<Verdict, Failure> + Sync)) -> Told<'a> {
    let identity = HookIdentity {
        id: id.into(),
        version: "1.0.0".into(),
        component: [1; 32],
        manifest: [2; 32],
        list: None,
    };
    Told { identity, answer, seen: Mutex::new(Vec::new()) }
}

impl Told<'_> {
    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn step<'a>(hook: &'a Told<'a>, mode: Mode) -> Step<'a> {
    Step { hook, mode: ActiveMode::new(mode).unwrap(), on_failure: OnFailure::Hold }
}

fn check(text: &str, steps: &[Step<'_>]) -> Reviewed {
    gate::check(Draft::text(ID, text).unwrap(), Setting::On { steps })
}

fn asked(reviewed: Reviewed) -> Question {
    match reviewed.outcome {
        Outcome::Ask(question) => question,
        other => panic!("nobody was asked: {other:?}"),
    }
}

fn sent(reviewed: Reviewed) -> String {
    match reviewed.outcome {
        Outcome::Passed(passed) => passed.checked.content().text().to_owned(),
        other => panic!("it did not go: {other:?}"),
    }
}

fn correct(text: &str) -> Result<Verdict, Failure> {
    Ok(Verdict::Rewrite(text.replace("teh", "the")))
}

fn shout(text: &str) -> Result<Verdict, Failure> {
    Ok(Verdict::Rewrite(text.to_uppercase()))
}

fn pass(_: &str) -> Result<Verdict, Failure> {
    Ok(Verdict::Pass)
}

fn warn(_: &str) -> Result<Verdict, Failure> {
    Ok(Verdict::Warn(Finding::new(Code(1))))
}

fn block(_: &str) -> Result<Verdict, Failure> {
    Ok(Verdict::Block(Finding::new(Code(2))))
}

fn report(_: &str) -> Result<Verdict, Failure> {
    Ok(Verdict::Report { finding: Finding::new(Code(3)), evidence: b"picnic".to_vec() })
}

fn fail(_: &str) -> Result<Verdict, Failure> {
    Err(Failure::Fuel)
}

/// Blocks what was not corrected.
fn block_teh(text: &str) -> Result<Verdict, Failure> {
    if text.contains("teh") { block(text) } else { pass(text) }
}

#[test]
fn a_rewrite_feeds_the_next_step_and_the_log_says_what_each_step_judged() {
    let (first, second, third) = (told("correct", &correct), told("shout", &shout), told("watch", &pass));
    let steps = [step(&first, Mode::Advise), step(&second, Mode::Advise), step(&third, Mode::Enforce)];
    let reviewed = check("teh picnic", &steps);
    let judged: Vec<_> = reviewed.decisions.iter().map(|decision| decision.judged.text()).collect();
    assert_eq!(judged, ["teh picnic", "the picnic", "THE PICNIC"]);
    assert_eq!(reviewed.decisions.iter().map(|decision| decision.step).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(reviewed.effect(), Some(Effect::AskRewrite));
    let question = asked(reviewed);
    assert_eq!(question.proposed().unwrap().text(), "THE PICNIC");
    assert_eq!(question.concerns().len(), 2);
    assert_eq!(
        sent(question.decide(Choice::SendRewritten, Setting::On { steps: &steps }).unwrap()),
        "THE PICNIC"
    );
}

#[test]
fn a_rewrite_in_shadow_feeds_nothing() {
    let (first, second) = (told("correct", &correct), told("watch", &pass));
    let reviewed = check("teh picnic", &[step(&first, Mode::Shadow), step(&second, Mode::Enforce)]);
    assert_eq!(second.seen(), ["teh picnic"]);
    assert_eq!(sent(reviewed), "teh picnic");
}

#[test]
fn the_text_as_written_goes_only_when_the_later_steps_have_judged_it() {
    let (first, second) = (told("correct", &correct), told("guard", &block_teh));
    let steps = [step(&first, Mode::Advise), step(&second, Mode::Enforce)];
    let question = asked(check("teh picnic", &steps));
    assert_eq!(second.seen(), ["the picnic"]);
    let again = question.decide(Choice::SendAsWritten, Setting::On { steps: &steps }).unwrap();
    assert_eq!(second.seen(), ["the picnic", "teh picnic"]);
    assert_eq!(again.decisions.iter().map(|decision| decision.step).collect::<Vec<_>>(), [1]);
    let Outcome::Stopped(stopped) = again.outcome else { panic!("what a later hook blocks went out") };
    assert_eq!((stopped.hook.id.as_str(), stopped.draft.content().text()), ("guard", "teh picnic"));
}

#[test]
fn declining_the_first_of_two_rewrites_asks_about_the_second_anew() {
    let (first, second) = (told("correct", &correct), told("shout", &shout));
    let steps = [step(&first, Mode::Advise), step(&second, Mode::Advise)];
    let question = asked(check("teh picnic", &steps));
    let question = asked(question.decide(Choice::SendAsWritten, Setting::On { steps: &steps }).unwrap());
    assert_eq!(question.proposed().unwrap().text(), "TEH PICNIC");
    let again = question.decide(Choice::SendAsWritten, Setting::On { steps: &steps }).unwrap();
    assert!(again.decisions.is_empty());
    assert_eq!(sent(again), "teh picnic");
}

#[test]
fn a_chain_that_changed_meanwhile_sends_nothing_as_written() {
    let (first, second, other) = (told("correct", &correct), told("guard", &block_teh), told("other", &pass));
    let steps = [step(&first, Mode::Advise), step(&second, Mode::Enforce)];
    let weaker = [step(&first, Mode::Advise), step(&second, Mode::Shadow)];
    let others = [step(&first, Mode::Advise), step(&other, Mode::Enforce)];
    let shorter = [step(&first, Mode::Advise)];
    for now in [
        Setting::Off,
        Setting::On { steps: &weaker },
        Setting::On { steps: &others },
        Setting::On { steps: &shorter },
    ] {
        let question = asked(check("teh picnic", &steps));
        let draft = question.decide(Choice::SendAsWritten, now).unwrap_err();
        assert_eq!(draft.content().text(), "teh picnic");
    }
}

#[test]
fn a_rewrite_that_one_step_demands_can_not_be_declined() {
    let (first, second) = (told("correct", &correct), told("shout", &shout));
    let steps = [step(&first, Mode::Advise), step(&second, Mode::Enforce)];
    let question = asked(check("teh picnic", &steps));
    assert_eq!(question.choices(), [Choice::SendRewritten, Choice::Edit]);
    assert!(question.decide(Choice::SendAsWritten, Setting::On { steps: &steps }).is_err());
}

#[test]
fn everything_that_is_asked_is_asked_in_one_question() {
    let (first, second) = (told("correct", &correct), told("guard", &warn));
    let third = told("broken", &fail);
    let mut steps = [step(&first, Mode::Advise), step(&second, Mode::Advise), step(&third, Mode::Advise)];
    steps[2].on_failure = OnFailure::Ask;
    let question = asked(check("teh picnic", &steps));
    let about: Vec<_> =
        question.concerns().iter().map(|concern| (concern.hook.id.as_str(), concern.about.clone())).collect();
    let [
        ("correct", About::Rewrite(text)),
        ("guard", About::Warning(finding)),
        ("broken", About::Failure(_)),
    ] = about.as_slice()
    else {
        panic!("{about:?}")
    };
    assert_eq!((text.text(), finding.code), ("the picnic", Code(1)));
}

#[test]
fn the_strongest_effect_wins_wherever_it_stands_and_every_step_is_asked() {
    let (stop, held, other) = (told("block", &block), told("fail", &fail), told("warn", &warn));
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let all = [step(&stop, Mode::Enforce), step(&held, Mode::Enforce), step(&other, Mode::Enforce)];
        let reviewed = check("hello", &order.map(|place| all[place]));
        assert_eq!((reviewed.decisions.len(), reviewed.effect()), (3, Some(Effect::Block)));
        let Outcome::Stopped(stopped) = reviewed.outcome else { panic!("{order:?} let it through") };
        assert_eq!(
            (stopped.hook.id.as_str(), stopped.why),
            ("block", StopReason::Blocked(Finding::new(Code(2))))
        );
    }
}

#[test]
fn a_report_leaves_only_with_the_message_that_it_is_about() {
    let (first, second) = (told("informer", &report), told("guard", &warn));
    let third = told("block", &block);
    let steps = [step(&first, Mode::Report), step(&second, Mode::Advise), step(&third, Mode::Shadow)];
    let question = asked(check("hello", &steps));
    assert!(
        question.decide(Choice::Edit, Setting::On { steps: &steps }).is_err(),
        "a draft gives a draft back"
    );
    let question = asked(check("hello", &steps));
    let Outcome::Passed(passed) =
        question.decide(Choice::SendAsWritten, Setting::On { steps: &steps }).unwrap().outcome
    else {
        panic!("it goes")
    };
    assert_eq!(
        passed.reports.iter().map(|report| report.hook().id.as_str()).collect::<Vec<_>>(),
        ["informer"]
    );
    let blocked = [step(&first, Mode::Report), step(&third, Mode::Enforce)];
    assert!(matches!(check("hello", &blocked).outcome, Outcome::Stopped(_)));
}

#[test]
fn a_report_about_a_declined_rewrite_is_made_anew_about_what_goes() {
    let echo = |text: &str| {
        Ok(Verdict::Report { finding: Finding::new(Code(3)), evidence: text.as_bytes().to_vec() })
    };
    let (before, rewrites, after) = (told("before", &echo), told("correct", &correct), told("after", &echo));
    let steps = [step(&before, Mode::Report), step(&rewrites, Mode::Advise), step(&after, Mode::Report)];
    let evidence = |choice| {
        let question = asked(check("teh", &steps));
        let reviewed = question.decide(choice, Setting::On { steps: &steps }).unwrap();
        let Outcome::Passed(passed) = reviewed.outcome else { panic!("it goes") };
        passed.reports.iter().map(|report| report.evidence().to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(evidence(Choice::SendRewritten), [b"teh", b"the"]);
    assert_eq!(evidence(Choice::SendAsWritten), [b"teh", b"teh"]);
}

#[test]
fn a_hook_sees_the_file_of_a_draft_and_a_draft_shows_its_size_alone() {
    struct Sized(HookIdentity);
    impl Hook for Sized {
        fn check(&self, subject: Subject<'_>) -> Examination {
            assert_eq!(subject.attachment, Some(b"toast".as_slice()));
            Examination { answer: Ok(Verdict::Pass), fuel: 1, memory_bytes: 0 }
        }
        fn identity(&self) -> &HookIdentity {
            &self.0
        }
    }
    let draft = Draft::text(ID, "hello").unwrap().with_file(b"toast".to_vec());
    assert!(format!("{draft:?}").contains("5 bytes"), "{draft:?}");
    let hook = Sized(told("sized", &pass).identity);
    let mode = ActiveMode::new(Mode::Enforce).unwrap();
    let steps = [Step { hook: &hook, mode, on_failure: OnFailure::Hold }];
    assert_eq!(sent(gate::check(draft, Setting::On { steps: &steps })), "hello");
}

proptest! {
    /// Whatever hooks stand in a row and whatever is chosen, what goes out was judged, in the form in which it goes,
    /// by every step after the last one that had a say in its form.
    #[test]
    fn nothing_goes_out_that_a_later_step_has_not_judged_as_it_goes(
        kinds in prop::collection::vec((0usize..6, 1usize..5), 1..6),
        choices in prop::collection::vec(0usize..3, 0..8),
    ) {
        type Answer = fn(&str) -> Result<Verdict, Failure>;
        let answers: [Answer; 6] = [pass, correct, warn, block_teh, report, shout];
        let hooks: Vec<_> = kinds.iter().enumerate()
            .map(|(place, (kind, _))| told(&format!("hook-{place}"), &answers[*kind])).collect();
        let steps: Vec<_> = hooks.iter().zip(&kinds)
            .map(|(hook, (_, mode))| step(hook, Mode::ALL[*mode])).collect();
        let mut reviewed = check("teh picnic", &steps);
        for choice in choices {
            let Outcome::Ask(question) = reviewed.outcome else { break };
            let choice = [Choice::SendAsWritten, Choice::SendRewritten, Choice::Edit][choice];
            match question.decide(choice, Setting::On { steps: &steps }) {
                Ok(next) => reviewed = next,
                Err(draft) => {
                    prop_assert_eq!(draft.content().text(), "teh picnic");
                    return Ok(());
                }
            }
        }
        if let Outcome::Passed(passed) = reviewed.outcome {
            let goes = passed.checked.content().text();
            let rewrites = |place: &usize| matches!(kinds[*place], (1 | 5, mode) if mode > 1);
            // Steps after the last rewriter judged it last in the form in which it goes.
            let after = (0..steps.len()).rfind(rewrites).map_or(0, |place| place + 1);
            for hook in &hooks[after..] {
                let seen = hook.seen();
                prop_assert_eq!(seen.last().map(String::as_str), Some(goes));
            }
        }
    }
}
