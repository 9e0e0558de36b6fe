//! The behaviour of the reference hook `text-classifier`, natively and through the sandbox.
//!
//! `cargo xtask hooks --check` runs this file on a fresh build, whose folder it names in `AIRLOCK_HOOKS_DIR`.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "tests")]

extern crate alloc;

#[path = "../guests/text-classifier/src/scoring/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own code")]
mod scoring;

use std::{env, path::Path};

use airlock_hooks::{Host, LoadedHook, Package, list::Day, package::MANIFEST_FILE};
use airlock_protocol::{
    Hook, Verdict,
    gate::{Code, Failure, Finding, Subject},
    outgoing::{Content, TEXT_BYTES_MAX},
};
use proptest::prelude::*;

use scoring::{
    decision::{Decision, Thresholds, decide},
    features,
    model::{LOGISTIC, Model},
};

fn package() -> Package {
    match env::var_os("AIRLOCK_HOOKS_DIR") {
        Some(dir) => Package::read_dir(&Path::new(&dir).join("text-classifier")).unwrap(),
        None => Package::reference("text-classifier").unwrap(),
    }
}

fn load(package: &Package) -> LoadedHook {
    Host::new(None).unwrap().load(package, "2026-11-22".parse::<Day>().unwrap().start_ms()).unwrap()
}

fn judge(hook: &LoadedHook, text: &str) -> Verdict {
    hook.check(Subject::of(&Content::Text(text.into()))).answer.unwrap()
}

fn model() -> Vec<u8> {
    package().list.unwrap().blob().unwrap().bytes.clone()
}

/// The reference hook with another line in its manifest.
fn changed(from: &str, to: &str) -> Package {
    let dir = tempfile::tempdir().unwrap();
    package().write_dir(dir.path()).unwrap();
    let path = dir.path().join(MANIFEST_FILE);
    let manifest = std::fs::read_to_string(&path).unwrap();
    assert!(manifest.contains(from), "{from}");
    std::fs::write(&path, manifest.replace(from, to)).unwrap();
    Package::read_dir(dir.path()).unwrap()
}

/// A stand-in for mail that nobody asked for.
const UNWANTED: &str = "CONGRATULATIONS! You have been selected to receive a FREE kazoo! Click here now to claim your \
                        offer, 100% guaranteed, no obligation! To be removed from our mailing list, click below. Act \
                        now, this limited time offer will not last! Make money from home $$$ today!";

const WANTED: &str = "Let us meet at the old lighthouse, and bring something warm: the wind is cold in November. I \
                      think the patch that you sent works, but the test still fails on my machine.";

#[test]
fn a_score_says_how_much_a_text_is_like_what_the_model_was_trained_on() {
    let bytes = model();
    let model = Model::read(&bytes).unwrap();
    assert!(model.score(UNWANTED) > 900, "{}", model.score(UNWANTED));
    assert!(model.score(WANTED) < 500, "{}", model.score(WANTED));
}

#[test]
fn the_verdict_shows_the_score_and_follows_from_the_manifests_parameters() {
    let bytes = model();
    let score = Model::read(&bytes).unwrap().score(UNWANTED);
    let finding = |code| Finding { code: Code(code), score: Some(score), entry: None };
    assert_eq!(judge(&load(&package()), WANTED), Verdict::Pass);
    // Each threshold in turn is the only one that can be reached.
    let only = |from: &str, to: &str| {
        let package = changed(from, to);
        judge(&load(&package), UNWANTED)
    };
    let table = "block-from = 950\nreport-from = 990\nwarn-from = 800\n";
    assert_eq!(
        only(table, "block-from = 1001\nreport-from = 1001\nwarn-from = 500\n"),
        Verdict::Warn(finding(0))
    );
    assert_eq!(
        only(table, "block-from = 500\nreport-from = 1001\nwarn-from = 500\n"),
        Verdict::Block(finding(1))
    );
    let evidence = UNWANTED.as_bytes()[..256].to_vec();
    assert_eq!(
        only(table, "block-from = 500\nreport-from = 500\nwarn-from = 500\n"),
        Verdict::Report { finding: finding(1), evidence }
    );
    assert_eq!(only(table, "block-from = 1001\nreport-from = 1001\nwarn-from = 1001\n"), Verdict::Pass);
}

#[test]
fn a_missing_parameter_is_a_failure_and_not_a_pass() {
    let hook = load(&changed("warn-from = 800\n", ""));
    let answer = hook.check(Subject::of(&Content::Text(WANTED.into()))).answer;
    assert!(matches!(answer, Err(Failure::Trap(_))), "{answer:?}");
}

#[test]
fn the_steps_of_the_logistic_function_are_right() {
    for (step, value) in LOGISTIC.iter().enumerate() {
        let exact = 1_000.0 / (1.0 + (-(step as f64) / 4.0).exp());
        assert!((f64::from(*value) - exact).abs() <= 0.5, "{step}: {value}, {exact}");
    }
}

#[test]
fn thresholds_decide_from_their_own_value_on() {
    let stated = [("block-from", 700), ("other", 1), ("report-from", 900), ("warn-from", 500)];
    let thresholds = Thresholds::read(stated.into_iter()).unwrap();
    let decisions = [499, 500, 699, 700, 899, 900, 1_000].map(|score| decide(score, &thresholds));
    let [warn, block, report] = [Decision::Warn, Decision::Block, Decision::Report].map(Some);
    assert_eq!(decisions, [None, warn, warn, block, block, report, report]);
    assert_eq!(Thresholds::read(stated.into_iter().take(3)), None);
}

#[test]
fn features_are_words_pairs_and_runs_of_four_in_lower_case() {
    let of = |text: &str| {
        let mut found = Vec::new();
        features::each(text, 1 << 15, |feature| found.push(feature));
        found
    };
    assert_eq!(of("Burnt Toast"), of("burnt, toast"));
    assert_ne!(of("burnt toast"), of("toast burnt"));
    assert_ne!(of("burnt toast"), of("burnt toast!"));
    // Two words, two pairs (the first with nothing before it), and a run for each of 12 characters.
    assert_eq!(of("burnt toast").len(), 2 + 2 + 12);
    assert!(of(UNWANTED).iter().all(|feature| *feature < 1 << 15));
}

#[test]
fn what_is_no_model_is_not_read() {
    let good = model();
    assert!(Model::read(&good).is_some());
    for (at, value) in [(0, b'B'), (3, b'2'), (4, 14), (4, 99), (5, 1)] {
        let mut bad = good.clone();
        bad[at] = value;
        assert!(Model::read(&bad).is_none(), "byte {at}");
    }
    assert!(Model::read(&good[..good.len() - 1]).is_none());
    assert!(Model::read(&[]).is_none());
}

#[test]
fn the_longest_message_is_judged_within_the_fuel() {
    let hook = load(&package());
    for text in ["a ".repeat(TEXT_BYTES_MAX / 2), "x".repeat(TEXT_BYTES_MAX), "é!".repeat(TEXT_BYTES_MAX / 3)]
    {
        let examination = hook.check(Subject::of(&Content::Text(text)));
        assert!(examination.answer.is_ok(), "{:?} after {} of fuel", examination.answer, examination.fuel);
    }
}

proptest! {
    #[test]
    fn the_sandbox_says_what_the_native_code_says(text in "(free |click |the |[a-zA-Z]{1,9} |!|\\$|é|, ){0,60}") {
        thread_local! {
            static HOOK: (LoadedHook, Vec<u8>) = (load(&package()), model());
        }
        HOOK.with(|(hook, bytes)| {
            let score = Model::read(bytes).unwrap().score(&text);
            let shown = match judge(hook, &text) {
                Verdict::Pass => None,
                Verdict::Warn(finding) | Verdict::Block(finding) | Verdict::Report { finding, .. } => finding.score,
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(shown, (score >= 800).then_some(score));
            Ok(())
        })?;
    }

    #[test]
    fn no_model_and_no_text_panics(bytes: Vec<u8>, header: [u8; 11], text: String) {
        let _ = Model::read(&bytes);
        let model = [b"ALC1\x08".as_slice(), &header, &[0x80; 256]].concat();
        if let Some(model) = Model::read(&model) {
            prop_assert!(model.score(&text) <= 1_000);
        }
    }
}
