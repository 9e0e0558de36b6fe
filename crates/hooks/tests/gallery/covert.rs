//! Those that answer as they may, and mean something else: what of that gets out, counted.
//!
//! Each hook judges 1,024 texts through the gate in every mode, and every observer's records are counted apart. As
//! many different records as an observer got, so many things it can have been told: their logarithm is in bits.

use std::collections::HashSet;

use airlock_hooks::{Host, LoadedHook, inspect, inspection::Leak};
use airlock_protocol::{
    Draft, MessageId, Mode, Verdict,
    gate::{self, ActiveMode, Choice, Code, Outcome, Question, Setting, Step},
};

use crate::folder::{hook, judge, package};

/// Hooks that keep to the contract.
const COVERT: [&str; 11] = [
    "change-digit",
    "code-channel",
    "control-characters",
    "find-recipient",
    "fuel-channel",
    "hidden-rule",
    "remember",
    "report-everything",
    "score-channel",
    "trap",
    "watermark",
];

/// Ten bits, told in the last two characters. Half of the texts have no digit.
fn texts() -> impl Iterator<Item = String> {
    let letter = |number: u16| char::from(b'0' + (number % 64) as u8);
    (0..1_024).map(move |secret| format!("picnic {}{}", letter(secret / 64), letter(secret)))
}

/// What one observer can tell of one message.
#[derive(Default)]
struct Records {
    /// Whoever sees whether a message leaves, and when.
    outside: HashSet<&'static str>,
    /// What would be sent if the sender agreed to a rewrite.
    rewritten: HashSet<String>,
    /// What the authority gets.
    reported: HashSet<Option<(u8, Vec<u8>)>>,
    /// The screen and the log of the sender.
    here: HashSet<String>,
}

fn observed(hook: &LoadedHook, mode: Mode) -> Records {
    let mut records = Records::default();
    for text in texts() {
        let reviewed = reviewed(hook, mode, &text);
        let decision = &reviewed.decisions[0];
        let answer = match &decision.answer {
            Ok(Verdict::Rewrite(_)) => "Rewrite".into(),
            other => format!("{other:?} {:?}", score(other)),
        };
        records.here.insert(format!("{answer} {}", decision.fuel));
        let mut report = None;
        records.outside.insert(match reviewed.outcome {
            Outcome::Passed(passed) => match passed.reports.first() {
                None => "at once",
                Some(sent) => {
                    report = Some((sent.code().0, sent.evidence().to_vec()));
                    "reported"
                }
            },
            Outcome::Ask(question) => {
                records.rewritten.extend(rewrite(&question));
                "asked"
            }
            Outcome::Stopped(_) => "not sent",
        });
        records.reported.insert(report);
    }
    records
}

fn score(answer: &Result<Verdict, gate::Failure>) -> Option<u32> {
    match answer {
        Ok(Verdict::Warn(finding) | Verdict::Block(finding) | Verdict::Report { finding, .. }) => {
            finding.score
        }
        _ => None,
    }
}

fn reviewed(hook: &LoadedHook, mode: Mode, text: &str) -> gate::Reviewed {
    let draft = Draft::text(MessageId([1; 16]), text).unwrap();
    let mode = ActiveMode::new(mode).unwrap();
    let on_failure = hook.manifest().on_failure.in_mode(mode);
    gate::check(draft, Setting::On { steps: &[Step { hook, mode, on_failure }] })
}

fn rewrite(question: &Question) -> Option<String> {
    question.proposed().map(|content| content.text().into())
}

fn bits(records: usize) -> f64 {
    (records.max(1) as f64).log2()
}

/// The measurement itself, as docs/hooks.md quotes it, and its bound.
#[test]
fn no_hook_gets_more_bits_out_than_its_inspection_says() {
    let mut table =
        vec!["hook, mode: whether it goes; to the authority; rewritten; on the device".to_owned()];
    for name in COVERT {
        let (hook, inspection) = (hook(name), inspect(&package(name)));
        for bound in &inspection.leaks {
            let Leak { mode, by_whether_it_goes, if_a_rewrite_is_accepted, to_the_authority, .. } = *bound;
            let records = observed(&hook, mode);
            let got = [
                &records.outside.len(),
                &records.reported.len(),
                &records.rewritten.len(),
                &records.here.len(),
            ]
            .map(|count| bits(*count));
            let most =
                [by_whether_it_goes, to_the_authority, if_a_rewrite_is_accepted, inspection.on_the_device];
            for (got, most) in got.iter().zip(most) {
                assert!(*got <= most + 1e-9, "{name} in {mode}: got {got} bits out, and the bound is {most}");
            }
            table.push(format!("{name}, {mode}: {:.1}; {:.1}; {:.1}; {:.1}", got[0], got[1], got[2], got[3]));
        }
    }
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn a_code_says_four_bits_to_the_sender_and_nothing_to_anyone_else() {
    let hook = hook("code-channel");
    let codes: HashSet<_> = texts().map(|text| format!("{:?}", judge(&hook, &text).answer)).collect();
    assert_eq!(codes.len(), 16);
    assert_eq!(observed(&hook, Mode::Shadow).outside.len(), 1);
    assert_eq!(observed(&hook, Mode::Report).reported.len(), 1);
}

/// A score is for the sender: no report has a place for one.
#[test]
fn a_score_does_not_leave_the_device() {
    let hook = hook("score-channel");
    for mode in [Mode::Shadow, Mode::Advise, Mode::Enforce, Mode::Report] {
        let records = observed(&hook, mode);
        assert_eq!((records.outside.len(), records.reported.len()), (1, 1), "{mode}");
        assert_eq!(records.here.len(), 1_024, "{mode}");
    }
}

/// Which message it was about cannot be told from the verdict; the log has the fuel, and the clock on the wall the
/// delay.
#[test]
fn how_long_a_hook_works_is_a_channel_and_the_log_shows_it() {
    let hook = hook("fuel-channel");
    let fuel: HashSet<u64> = texts().map(|text| judge(&hook, &text).fuel).collect();
    assert_eq!(fuel.len(), 64);
    assert_eq!(observed(&hook, Mode::Enforce).outside.len(), 1);
}

#[test]
fn a_changed_digit_is_shown_to_the_sender_who_may_refuse_it() {
    let hook = hook("change-digit");
    for (mode, choices) in [
        (Mode::Advise, vec![Choice::SendRewritten, Choice::SendAsWritten, Choice::Edit]),
        (Mode::Enforce, vec![Choice::SendRewritten, Choice::Edit]),
        (Mode::Report, vec![Choice::SendRewritten, Choice::Edit]),
    ] {
        let Outcome::Ask(question) = reviewed(&hook, mode, "you owe me 19 biscuits").outcome else {
            panic!("{mode}: not asked")
        };
        assert_eq!(rewrite(&question).as_deref(), Some("you owe me 29 biscuits"));
        assert_eq!(question.draft().content().text(), "you owe me 19 biscuits");
        assert_eq!(question.choices(), choices, "{mode}");
        assert!(question.decide(Choice::Edit, Setting::Off).is_err(), "an edit sends nothing");
    }
    assert!(matches!(reviewed(&hook, Mode::Shadow, "19").outcome, Outcome::Passed(_)));
}

#[test]
fn characters_that_nobody_sees_are_still_a_rewrite_that_is_asked_about() {
    let Outcome::Ask(question) = reviewed(&hook("watermark"), Mode::Enforce, "see you").outcome else {
        panic!("not asked")
    };
    let marked = rewrite(&question).unwrap();
    assert_eq!(marked.replace(['\u{200B}', '\u{200C}'], ""), "see you");
    assert_eq!(marked.chars().count(), "see you".len() + 8);
}

/// Two well-known clients take "nothing" for "drop it" or for "send the original".
#[test]
fn a_rewrite_to_nothing_neither_drops_the_message_nor_sends_it() {
    let Outcome::Stopped(stopped) = reviewed(&hook("null-rewrite"), Mode::Enforce, "see you").outcome else {
        panic!("not stopped")
    };
    assert_eq!(stopped.draft.content().text(), "see you");
    let nothing = gate::Failure::Garbage("it rewrites the message to nothing".into());
    assert_eq!(stopped.why, gate::StopReason::Failed(nothing));
}

#[test]
fn what_would_clear_the_screen_is_still_a_rewrite_that_is_asked_about() {
    let reviewed = reviewed(&hook("control-characters"), Mode::Report, "see you");
    assert!(matches!(reviewed.outcome, Outcome::Ask(_)));
}

/// The sender learns of each, because a report is listed byte for byte; but the message did not ask for it.
#[test]
fn a_report_of_an_innocent_message_tells_as_much_as_its_manifest_says_and_only_in_report_mode() {
    let hook = hook("report-everything");
    let long = "x".repeat(300);
    let Outcome::Passed(passed) = reviewed(&hook, Mode::Report, &long).outcome else { panic!("not sent") };
    let report = &passed.reports[0];
    assert_eq!((report.code(), report.evidence()), (Code(0), &[b'x'; 100][..]));
    for mode in [Mode::Shadow, Mode::Advise, Mode::Enforce] {
        assert_eq!(observed(&hook, mode).reported, HashSet::from([None]), "{mode}");
    }
}

#[test]
fn a_hidden_rule_says_one_bit_and_the_log_says_which_hook_it_was() {
    let hook = hook("hidden-rule");
    assert_eq!(observed(&hook, Mode::Enforce).outside.len(), 2);
    let reviewed = reviewed(&hook, Mode::Enforce, "picnic 0");
    let decision = &reviewed.decisions[0];
    assert_eq!(decision.answer, Ok(Verdict::Block(gate::Finding::new(Code(0)))));
    assert_eq!(decision.hook.component, package("hidden-rule").manifest.component.0);
    assert_eq!(observed(&hook, Mode::Shadow).outside, HashSet::from(["at once"]));
}

/// It adds up every byte that it can reach. Another host, another moment and other messages before it make no
/// difference: there is nothing in there but the text and where it lies. That the recipient makes none either is
/// tried end to end, in tests/e2e/hooks.rs.
#[test]
fn a_hook_finds_nothing_but_the_text_in_all_that_it_can_reach() {
    let hook = hook("find-recipient");
    let first = judge(&hook, "see you at noon");
    assert!(score(&first.answer).is_some(), "{first:?}");
    judge(&hook, "something else in between");
    assert_eq!(judge(&hook, "see you at noon"), first);
    let another = Host::new(None).unwrap().load(&package("find-recipient"), 1_900_000_000_000).unwrap();
    assert_eq!(judge(&another, "see you at noon"), first);
    assert_ne!(judge(&hook, "see you at none"), first);
}

#[test]
fn neither_memory_nor_globals_nor_tables_outlive_a_message() {
    let hook = hook("remember");
    let first = judge(&hook, "one");
    assert_eq!(first.answer, Ok(Verdict::Pass));
    assert_eq!([judge(&hook, "two"), judge(&hook.clone(), "six")], [first.clone(), first]);
}
