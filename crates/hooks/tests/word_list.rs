//! The behaviour of the reference hook `word-list`, through the sandbox and through the gate.
//!
//! `cargo xtask hooks --check` runs this file on a fresh build, whose folder it names in `AIRLOCK_HOOKS_DIR`.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{env, path::Path};

use airlock_hooks::{
    Host, ListError, LoadedHook, Package,
    list::{Day, ListSource, demo_key},
};
use airlock_protocol::{
    Draft, Hook, MessageId, Mode, Verdict,
    gate::{
        self, About, ActiveMode, Code, Concern, Failure, Finding, Outcome, Question, Setting, Step,
        StopReason, Subject,
    },
    outgoing::{Content, TEXT_BYTES_MAX},
};
use ed25519_dalek::SigningKey;

const WARN: Verdict = Verdict::Warn(found(0));
const BLOCK: Verdict = Verdict::Block(found(1));

const fn found(code: u8) -> Finding {
    Finding { code: Code(code), score: None, entry: None }
}

fn package() -> Package {
    match env::var_os("AIRLOCK_HOOKS_DIR") {
        Some(dir) => Package::read_dir(&Path::new(&dir).join("word-list")).unwrap(),
        None => Package::reference_word_list(),
    }
}

fn ms(day: &str) -> u64 {
    day.parse::<Day>().unwrap().start_ms()
}

fn load(package: &Package) -> LoadedHook {
    Host::new(None).unwrap().load(package, ms("2026-11-22")).unwrap()
}

/// The verdict without the list's entry, of which one test speaks and the others do not.
fn judge(hook: &LoadedHook, text: &str) -> Verdict {
    without_entry(hook.check(Subject::of(&Content::Text(text.into()))).answer.unwrap())
}

fn without_entry(mut verdict: Verdict) -> Verdict {
    if let Verdict::Warn(finding) | Verdict::Block(finding) | Verdict::Report { finding, .. } = &mut verdict {
        finding.entry = None;
    }
    verdict
}

fn evidence(verdict: Verdict) -> String {
    match verdict {
        Verdict::Report { finding: Finding { code: Code(2), .. }, evidence } => {
            String::from_utf8(evidence).unwrap()
        }
        other => panic!("not a report: {other:?}"),
    }
}

#[test]
fn a_listed_phrase_gets_what_the_list_asks_for() {
    let hook = load(&package());
    assert_eq!(judge(&hook, "I made burnt toast again"), WARN);
    assert_eq!(judge(&hook, "shh, it is a surprise party"), BLOCK);
    assert_eq!(evidence(judge(&hook, "the picnic poster is up")), "picnic poster\nthe picnic poster is up");
    assert_eq!(judge(&hook, "see you at noon"), Verdict::Pass);
}

#[test]
fn a_finding_names_the_entry_that_matched_so_that_its_submitter_can_be_shown() {
    let hook = load(&package());
    let entries = hook.list().unwrap().unwrap().entries().to_vec();
    for (place, entry) in entries.iter().enumerate() {
        let text = format!("about {}, no doubt", entry.value);
        let found = match hook.check(Subject::of(&Content::Text(text))).answer.unwrap() {
            Verdict::Warn(finding) | Verdict::Block(finding) | Verdict::Report { finding, .. } => finding,
            other => panic!("{}: {other:?}", entry.value),
        };
        assert_eq!(found.entry, u32::try_from(place).ok(), "{}", entry.value);
        assert_eq!(found.score, None);
    }
}

#[test]
fn case_and_white_space_do_not_hide_a_phrase() {
    let hook = load(&package());
    for text in ["BURNT TOAST", "Burnt\n\ttoast!", "  burnt \u{2003} toast", "(burnt toast)", "CRÈME BRÛLÉE?"]
    {
        assert_eq!(judge(&hook, text), WARN, "{text:?}");
    }
}

#[test]
fn only_whole_words_are_found() {
    let hook = load(&package());
    for text in ["burnt toaster", "sunburnt toast", "burnt, toast", "burnttoast", "burnt", "9burnt toast"] {
        assert_eq!(judge(&hook, text), Verdict::Pass, "{text:?}");
    }
}

#[test]
fn the_strongest_phrase_decides_wherever_it_stands() {
    let hook = load(&package());
    assert_eq!(judge(&hook, "burnt toast at the surprise party"), BLOCK);
    assert_eq!(judge(&hook, "surprise party with burnt toast"), BLOCK);
    let report = evidence(judge(&hook, "a surprise party, a picnic poster and a rubber duck parade"));
    assert!(report.starts_with("picnic poster\n"), "{report}");
}

#[test]
fn evidence_is_an_excerpt_and_not_the_message() {
    let hook = load(&package());
    let text = format!("{} Picnic  Poster {}", "é".repeat(2_000), "ü".repeat(2_000));
    let report = evidence(judge(&hook, &text));
    assert!(report.starts_with("picnic poster\n"), "{report}");
    assert!(report.contains("Picnic  Poster"), "{report}");
    assert!(report.len() <= 256, "{} bytes", report.len());
}

#[test]
fn the_same_message_gets_the_same_verdict_and_uses_the_same_fuel() {
    let hook = load(&package());
    let message = Content::Text("the picnic poster is up".into());
    let first = hook.check(Subject::of(&message));
    assert!(first.fuel > 0);
    // In whole pages of WebAssembly, within what its manifest asks for.
    let pages = first.memory_bytes / 65_536;
    assert!(pages > 0 && first.memory_bytes == pages * 65_536, "{}", first.memory_bytes);
    assert!(first.memory_bytes <= package().manifest.limits.memory_bytes);
    hook.check(Subject::of(&Content::Text("something else in between".into())));
    assert_eq!(hook.check(Subject::of(&message)), first);
    assert_eq!(load(&package()).check(Subject::of(&message)), first);
}

#[test]
fn the_longest_message_is_judged_within_the_fuel() {
    let hook = load(&package());
    let longest = ["a ", "picnic ", "Word ", "İ ", "é", "漢 ", "s"].map(|word| {
        let end = " burnt toast";
        word.repeat((TEXT_BYTES_MAX - end.len()) / word.len()) + end
    });
    for text in longest {
        assert_eq!(judge(&hook, &text), WARN, "{:?}…", text.chars().take(8));
    }
}

#[test]
fn a_name_goes_through_the_hook_too() {
    let hook = load(&package());
    let answer = hook.check(Subject::of(&Content::Profile("Burnt Toast".into()))).answer;
    assert_eq!(answer.map(without_entry), Ok(WARN));
}

/// What the gate does with the real hook, for every mode: design.md §8 as a table.
#[test]
fn each_mode_lets_a_verdict_do_what_it_may() {
    let hook = load(&package());
    let fates = |text: &str| {
        [Mode::Shadow, Mode::Advise, Mode::Enforce, Mode::Report].map(|mode| {
            let mode = ActiveMode::new(mode).unwrap();
            let on_failure = hook.manifest().on_failure.in_mode(mode);
            let draft = Draft::text(MessageId([1; 16]), text).unwrap();
            fate(gate::check(draft, Setting::On { steps: &[Step { hook: &hook, mode, on_failure }] }).outcome)
        })
    };
    assert_eq!(fates("see you at noon"), ["sent", "sent", "sent", "sent"]);
    assert_eq!(fates("burnt toast"), ["sent", "warned", "warned", "warned"]);
    assert_eq!(fates("surprise party"), ["sent", "warned", "blocked", "blocked"]);
    assert_eq!(fates("picnic poster"), ["sent", "warned", "blocked", "reported"]);
}

fn fate(outcome: Outcome) -> &'static str {
    let warned =
        |question: &Question| matches!(question.concerns(), [Concern { about: About::Warning(_), .. }]);
    match outcome {
        Outcome::Passed(passed) if !passed.reports.is_empty() => "reported",
        Outcome::Passed(_) => "sent",
        Outcome::Ask(question) if warned(&question) => "warned",
        Outcome::Stopped(stopped) if matches!(stopped.why, StopReason::Blocked(_)) => "blocked",
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_identity_names_code_manifest_and_list() {
    let package = package();
    let hook = load(&package);
    let identity = hook.identity();
    assert_eq!((identity.id.as_str(), identity.version.as_str()), ("word-list", "0.1.0"));
    assert_eq!(identity.component, package.manifest.component.0);
    assert_eq!(identity.manifest, package.manifest.digest().0);
    let list = identity.list.as_ref().unwrap();
    assert_eq!((list.id.as_str(), list.version), ("stand-ins", 1));
    assert_eq!(list.digest, package.list.unwrap().digest().0);
}

#[test]
fn a_list_that_expires_while_the_hook_is_loaded_fails_every_check() {
    let hook = load(&package());
    let later = hook.at(ms("2036-11-02"));
    assert!(later.list().unwrap().is_err());
    assert!(later.identity().list.is_none());
    let examination = later.check(Subject::of(&Content::Text("hello".into())));
    assert_eq!(examination.answer, Err(Failure::List("it expired on 2036-11-01".into())));
    assert_eq!(examination.fuel, 0);
    assert_eq!(judge(&hook.at(ms("2036-11-01")), "burnt toast"), WARN);
}

#[test]
fn a_missing_list_fails_every_check_and_the_policy_decides() {
    let mut package = package();
    package.list = None;
    let hook = load(&package);
    assert_eq!(hook.list(), Some(Err(&ListError::Missing { wanted: "stand-ins".into() })));
    let mode = ActiveMode::new(Mode::Enforce).unwrap();
    let on_failure = hook.manifest().on_failure.in_mode(mode);
    let draft = Draft::text(MessageId([1; 16]), "hello").unwrap();
    match gate::check(draft, Setting::On { steps: &[Step { hook: &hook, mode, on_failure }] }).outcome {
        Outcome::Stopped(stopped) => {
            assert_eq!(
                stopped.why,
                StopReason::Failed(Failure::List("the list `stand-ins` is missing".into()))
            );
            assert_eq!(stopped.draft.content().text(), "hello");
        }
        other => panic!("{other:?}"),
    }
}

/// Scope is only a data change: the same component and manifest, one more entry.
#[test]
fn another_list_changes_what_is_looked_for_and_only_the_right_key_can_sign_it() {
    let wider = |key: &SigningKey| {
        let source = include_str!("../reference/word-list/list.toml").replace("version = 1", "version = 2");
        let entry = "\n[[entries]]\nvalue = \"see you\"\nverdict = \"block\"\nsubmitter = \"Nobody\"\n";
        ListSource::parse(&(source + entry)).unwrap().sign(key).unwrap()
    };
    let mut package = package();
    package.list = Some(wider(&demo_key()));
    assert_eq!(judge(&load(&package), "see you at noon"), BLOCK);
    package.list = Some(wider(&SigningKey::from_bytes(&[7; 32])));
    assert_eq!(load(&package).list(), Some(Err(&ListError::Signature)));
}

#[test]
fn a_package_survives_being_written_and_read() {
    let dir = tempfile::tempdir().unwrap();
    let package = package();
    package.write_dir(&dir.path().join("hooks/word-list")).unwrap();
    assert_eq!(Package::read_dir(&dir.path().join("hooks/word-list")).unwrap(), package);
}

#[test]
fn a_compiled_hook_is_kept_and_found_again() {
    let cache = tempfile::tempdir().unwrap();
    let load = || Host::new(Some(cache.path())).unwrap().load(&package(), ms("2026-11-22")).unwrap();
    let message = Content::Text("burnt toast".into());
    let compiled = load().check(Subject::of(&message));
    assert!(std::fs::read_dir(cache.path()).unwrap().next().is_some());
    assert_eq!(load().check(Subject::of(&message)), compiled);
}
