//! Components that mean no good, and what the host does with each.
//!
//! The guests are in `tests/guests`, as text. Those that are core modules there become components of the contract
//! in `wit/hook.wit`; the others are components already.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};

use airlock_hooks::{Digest, Host, LoadError, LoadedHook, Package, View, limits::TEXT_LIMITS_MAX};
use airlock_protocol::{
    Draft, Examination, Hook, MessageId, Mode, Verdict,
    gate::{self, ActiveMode, Code, Failure, Finding, Outcome, Setting, Step, StopReason, Subject},
    outgoing::Content,
};
use proptest::prelude::*;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// No hook of these tests has a list, so any time will do.
const NOW_MS: u64 = 0;

fn guests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests")
}

/// The bytes of a guest as it is.
fn as_written(name: &str) -> Vec<u8> {
    wat::parse_file(guests().join(name).with_extension("wat")).unwrap()
}

/// A guest's core module as a component of the contract.
fn component(name: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("wit/hook.wit");
    let package = resolve.push_file(wit).unwrap();
    let world = resolve.select_world(&[package], Some("hook")).unwrap();
    let mut module = as_written(name);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

fn package(component: Vec<u8>, views: &str, strongest: &str) -> Package {
    Package::new(manifest(&component, views, strongest).as_bytes(), component, None).unwrap()
}

fn manifest(component: &[u8], views: &str, strongest: &str) -> String {
    format!(
        r#"
        id = "hostile"
        version = "1"
        interface = "airlock:hook@0.2.0"
        component = "{}"
        purpose = "Shows what the host does with it."
        views = {views}
        strongest = "{strongest}"
        rewrites = {}
        threshold = 1
        author = "Tests"
        contact = "none"
        rebuild = "none"
        codes = [{{ code = 0, text = "no" }}, {{ code = 1, text = "text" }}, {{ code = 2, text = "urls" }},
                 {{ code = 3, text = "both" }}, {{ code = 4, text = "other" }}]

        [limits]
        fuel = 1_000_000
        memory-bytes = 1_048_576
        input-bytes = 1_000
        output-bytes = 5_000
        evidence-bytes = 100

        [on-failure]
        shadow = "pass"
        advise = "ask"
        enforce = "hold"
        report = "hold"
        "#,
        Digest::of(component),
        strongest != "pass"
    )
}

/// With more in its manifest than the others.
fn hook_with(name: &str, more: &str) -> LoadedHook {
    let component = component(name);
    let manifest = manifest(&component, r#"["text"]"#, "report") + more;
    loaded(&Package::new(manifest.as_bytes(), component, None).unwrap())
}

fn loaded(package: &Package) -> LoadedHook {
    Host::new(None).unwrap().load(package, NOW_MS).unwrap()
}

fn hook(name: &str) -> LoadedHook {
    loaded(&package(component(name), r#"["text"]"#, "report"))
}

fn refusal(package: &Package) -> String {
    let error: LoadError = Host::new(None).unwrap().load(package, NOW_MS).unwrap_err();
    error.to_string()
}

fn text(text: &str) -> Content {
    Content::Text(text.into())
}

#[test]
fn whoever_is_not_a_hook_is_refused_by_name_before_it_sees_a_message() {
    let written =
        ["imports", "core-module", "wrong-world", "wrong-type"].map(|name| (name, as_written(name)));
    let made = ["trap-at-start", "hog-at-start"].map(|name| (name, component(name)));
    let mut refusals = Vec::new();
    for (name, bytes) in written.into_iter().chain(made) {
        refusals.push(format!("{name}: {}", refusal(&package(bytes, r#"["text"]"#, "report"))));
    }
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn another_component_than_the_manifests_is_refused_with_both_digests() {
    let mut package = package(component("report"), r#"["text"]"#, "report");
    package.component = component("trap");
    let (named, found) = (package.manifest.component, Digest::of(&package.component));
    assert_eq!(
        refusal(&package),
        format!("the hook is refused: its manifest is about the component {named}, and this is {found}")
    );
}

#[test]
fn a_component_that_is_too_large_is_refused_before_it_is_compiled() {
    let package = package(vec![0; 2 * 1024 * 1024 + 1], r#"["text"]"#, "report");
    assert_eq!(
        refusal(&package),
        "the hook is refused: the component has 2097153 bytes, and the limit is 2097152"
    );
}

#[test]
fn each_misbehaviour_is_stopped_as_a_failure_of_its_own_class() {
    let garbage = |why: &str| Failure::Garbage(why.into());
    let expected = [
        ("spin", Failure::Fuel),
        ("trap", Failure::Trap("wasm `unreachable` instruction executed".into())),
        ("recurse", Failure::Trap("call stack exhausted".into())),
        ("hog", Failure::Memory),
        ("huge-answer", Failure::OversizedAnswer { got: 60_000, max: 5_000 }),
        ("long-evidence", Failure::OversizedAnswer { got: 5_000, max: 100 }),
        ("undeclared-score", garbage("it answers with a score, of which its manifest declares no meaning")),
        ("stray-entry", garbage("it answers with the list's entry 2, and there are 0")),
        ("undeclared-code", garbage("it answers with the code 9, which its manifest does not declare")),
        ("not-utf8", garbage("invalid utf-8 sequence of 1 bytes from index 0")),
        ("wild-pointer", garbage("string pointer/length out of bounds of memory")),
        ("no-such-verdict", garbage("unexpected discriminant: 9")),
    ];
    for (name, failure) in expected {
        let Examination { answer, fuel, memory_bytes: _ } =
            hook(name).check(Subject::of(&text("meet me at noon")));
        assert_eq!(answer, Err(failure), "{name}");
        assert!((1..=1_000_000).contains(&fuel), "{name} used {fuel}");
    }
}

#[test]
fn what_runs_out_of_fuel_has_used_all_of_it() {
    assert_eq!(hook("spin").check(Subject::of(&text("hello"))).fuel, 1_000_000);
}

#[test]
fn a_verdict_that_is_stronger_than_the_manifest_says_is_a_failure() {
    let hook = loaded(&package(component("report"), r#"["text"]"#, "warn"));
    let failure = Failure::Garbage("it answers `report`, and its manifest says `warn` at most".into());
    assert_eq!(hook.check(Subject::of(&text("hello"))).answer, Err(failure));
}

#[test]
fn a_message_that_is_larger_than_the_manifest_takes_is_not_shown_to_the_hook() {
    let examination = hook("report").check(Subject::of(&text(&"x".repeat(1_001))));
    assert_eq!(examination.answer, Err(Failure::OversizedInput { got: 1_001, max: 1_000 }));
    assert_eq!(examination.fuel, 0);
}

#[test]
fn a_hook_sees_the_views_that_its_manifest_names_and_no_other() {
    let content = text("see https://bread.example");
    for (views, code) in [("[]", 0), (r#"["text"]"#, 1), (r#"["urls"]"#, 2), (r#"["urls", "text"]"#, 3)] {
        let hook = loaded(&package(component("views"), views, "report"));
        assert_eq!(
            hook.check(Subject::of(&content)).answer,
            Ok(Verdict::Warn(Finding::new(Code(code)))),
            "{views}"
        );
    }
}

#[test]
fn a_view_that_was_not_granted_is_not_shown_though_the_manifest_names_it() {
    let content = text("see https://bread.example");
    let all = loaded(&package(component("views"), r#"["text", "urls"]"#, "report"));
    for (granted, code) in [(&[][..], 0), (&[View::Urls], 2), (&[View::Text, View::AttachmentBytes], 1)] {
        let hook = all.with_views(granted);
        let finding = Finding::new(Code(code));
        assert_eq!(hook.check(Subject::of(&content)).answer, Ok(Verdict::Warn(finding)), "{granted:?}");
        assert_eq!(hook.at(NOW_MS).views(), hook.views());
    }
}

#[test]
fn the_bytes_of_an_attachment_are_shown_when_there_is_one() {
    let content = text("see the picture");
    let hook = loaded(&package(component("views"), r#"["attachment-bytes"]"#, "report"));
    let shown = |attachment| hook.check(Subject { content: &content, attachment }).answer;
    assert_eq!(shown(None), Ok(Verdict::Warn(Finding::new(Code(0)))));
    assert_eq!(shown(Some(b"GIF89a")), Ok(Verdict::Warn(Finding::new(Code(4)))));
    assert_eq!(shown(Some(&[0; 1_001])), Err(Failure::OversizedInput { got: 1_001, max: 1_000 }));
}

#[test]
fn a_hook_gets_the_parameters_of_its_manifest_and_may_answer_with_a_score_that_it_declares() {
    let score = "[score]\nname = \"distance\"\nunit = \"bits\"\nmeaning = \"0 is the same\"\n";
    let hook = hook_with("parameter", &format!("[parameters]\nzzz = 1\nfar = 31\n{score}"));
    let finding = Finding { code: Code(3), score: Some(31), entry: None };
    assert_eq!(hook.check(Subject::of(&text("hello"))).answer, Ok(Verdict::Warn(finding)));
}

#[test]
fn a_hook_cannot_remember_an_earlier_message() {
    let hook = hook("remember");
    let first = hook.check(Subject::of(&text("one")));
    assert_eq!(first.answer, Ok(Verdict::Pass));
    assert_eq!(hook.check(Subject::of(&text("two"))), first);
}

fn reviewed(hook: &LoadedHook, mode: Mode) -> (Draft, StopReason) {
    let draft = Draft::text(MessageId([1; 16]), "meet me at noon").unwrap();
    let mode = ActiveMode::new(mode).unwrap();
    let on_failure = hook.manifest().on_failure.in_mode(mode);
    match gate::check(draft, Setting::On { steps: &[Step { hook, mode, on_failure }] }).outcome {
        Outcome::Stopped(stopped) => (stopped.draft, stopped.why),
        other => panic!("not stopped: {other:?}"),
    }
}

/// In one client's plug-in interface a veto that throws an exception returns nothing, and the message is sent.
#[test]
fn a_veto_that_returns_nothing_holds_the_message_and_gives_the_draft_back() {
    for mode in [Mode::Enforce, Mode::Report] {
        let (draft, why) = reviewed(&hook("trap"), mode);
        assert_eq!(draft.content().text(), "meet me at noon");
        let trap = Failure::Trap("wasm `unreachable` instruction executed".into());
        assert_eq!(why, StopReason::Failed(trap));
    }
}

/// In another client's, a modifier that returns NULL means "send the original".
#[test]
fn a_modifier_that_returns_null_does_not_send_the_original() {
    for mode in [Mode::Enforce, Mode::Report] {
        let (draft, why) = reviewed(&hook("null-rewrite"), mode);
        assert_eq!(draft.content().text(), "meet me at noon");
        let nothing = Failure::Garbage("it rewrites the message to nothing".into());
        assert_eq!(why, StopReason::Failed(nothing));
    }
}

#[test]
fn a_component_that_was_cut_anywhere_is_refused() {
    let whole = component("report");
    let host = Host::new(None).unwrap();
    for length in (0..whole.len()).step_by(41) {
        let package = package(whole[..length].to_vec(), r#"["text"]"#, "report");
        assert!(host.load(&package, NOW_MS).is_err(), "cut to {length} of {} bytes", whole.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_bytes_are_refused(bytes: Vec<u8>) {
        let package = package(bytes, r#"["text"]"#, "report");
        prop_assert!(Host::new(None).unwrap().load(&package, NOW_MS).is_err());
    }

    /// A flipped byte may make another component, but never one that gets out of the limits.
    #[test]
    fn a_flipped_byte_is_refused_or_stays_in_its_limits(at: prop::sample::Index, flip in 1_u8..) {
        let mut bytes = component("report");
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let package = package(bytes, r#"["text"]"#, "report");
        if let Ok(hook) = Host::new(None).unwrap().load(&package, NOW_MS) {
            prop_assert!(hook.check(Subject::of(&text("hello"))).fuel <= TEXT_LIMITS_MAX.fuel);
        }
    }
}
