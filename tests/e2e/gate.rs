//! The gate from the command line: what each mode lets a hook do, and what happens when the hook is bad.

use std::{fs, path::PathBuf};

use airlock_tests::{Client, World, client::objects};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::PROGRAMS;

/// One text for each thing that the reference list can say, by what it says.
/// Enough fuel for `word-list` to start, and too little to look at a message.
pub(crate) const STARVED_FUEL: i64 = 20_000;

const PASSED: &str = "nothing to see here";
const WARNED: &str = "there is burnt toast";
const BLOCKED: &str = "it is a surprise party";
const REPORTED: &str = "the picnic poster is up";

/// Exit codes of `airlock send`.
const SENT: i32 = 0;
const BLOCKED_BY_HOOK: i32 = 3;
const HOOK_FAILED: i32 = 4;
const NEEDS_DECISION: i32 = 5;

#[test]
fn each_mode_lets_the_hook_do_what_it_says_and_no_more() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let authority = world.person("authority");
    airlock_tests::world::befriend(&alice, &authority);
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "report", "--authority", "authority"]);

    // For each mode: what becomes of a text that the list passes, warns of, blocks, wants reported.
    let table: [(&str, [i32; 4]); 5] = [
        ("off", [SENT, SENT, SENT, SENT]),
        ("shadow", [SENT, SENT, SENT, SENT]),
        ("advise", [SENT, NEEDS_DECISION, NEEDS_DECISION, NEEDS_DECISION]),
        ("enforce", [SENT, NEEDS_DECISION, BLOCKED_BY_HOOK, BLOCKED_BY_HOOK]),
        ("report", [SENT, NEEDS_DECISION, BLOCKED_BY_HOOK, SENT]),
    ];
    let mut expected_decisions = Vec::new();
    for (mode, codes) in table {
        let _ = alice.run(&["hook", "mode", mode, "--accept"]);
        let mut arrives = Vec::new();
        for (text, code) in [PASSED, WARNED, BLOCKED, REPORTED].into_iter().zip(codes) {
            let text = format!("{text}, in mode {mode}");
            let fate = send(&alice, &text);
            assert_eq!(fate["exit"], code, "mode {mode}: {fate}");
            if code == SENT {
                arrives.push(text);
            } else {
                assert_eq!(fate["draft"], *text, "the draft comes back");
            }
        }
        assert_eq!(bob.receive(), arrives, "mode {mode}");
        if mode != "off" {
            expected_decisions.extend(["pass", "warn", "block", "report"].map(|verdict| (mode, verdict)));
        }
    }

    let log = alice.json(&["hook", "log"]);
    let decisions: Vec<(&str, &str)> = log
        .iter()
        .filter(|entry| entry["event"] == "decided")
        .map(|entry| (entry["mode"].as_str().unwrap(), entry["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(decisions, expected_decisions, "the audit log lists each decision");
    assert!(!log.iter().any(|entry| entry.to_string().contains("toast")), "and no content");
}

#[test]
fn a_report_reaches_the_authority_and_is_shown_to_its_sender_byte_for_byte() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let authority = world.person("authority");
    airlock_tests::world::befriend(&alice, &authority);
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "report", "--authority", "authority"]);
    let fate = send(&alice, REPORTED);
    assert_eq!(fate["exit"], SENT, "{fate}");
    assert_eq!(bob.receive(), [REPORTED]);
    assert_eq!(authority.receive(), [""; 0], "a report is no message");

    let made = reports(&alice, "report-made");
    let received = reports(&authority, "report-received");
    assert_eq!((made.len(), received.len()), (1, 1), "{made:?} {received:?}");
    assert_eq!(made[0]["evidence"], received[0]["evidence"]);
    assert!(made[0]["evidence"].as_str().is_some_and(|evidence| !evidence.is_empty()));
    assert_eq!(reports(&bob, "report-received").len(), 0);
}

#[test]
fn a_warning_is_overridden_only_where_the_sender_says_so_and_never_a_block() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "enforce"]);
    let send_anyway = |text: &str| alice.try_run(&["send", "bob", text, "--on-warn", "send"]).code;
    assert_eq!(send_anyway(WARNED), SENT);
    assert_eq!(send_anyway(BLOCKED), BLOCKED_BY_HOOK);
    assert_eq!(bob.receive(), [WARNED]);
}

#[test]
fn a_refused_message_is_explained_and_given_back_to_a_person_too() {
    let world = World::new(PROGRAMS);
    let (alice, _bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "enforce"]);
    let ended = alice.try_run(&["send", "bob", BLOCKED]);
    assert_eq!(ended.code, BLOCKED_BY_HOOK);
    assert!(ended.stderr.contains(BLOCKED), "the draft: {}", ended.stderr);
    assert!(ended.stderr.contains("It uses words that the list blocks."), "the reason: {}", ended.stderr);
    assert!(ended.stderr.contains("do:"), "the remedy: {}", ended.stderr);
}

#[test]
fn a_hook_that_runs_out_of_fuel_holds_the_message_as_its_manifest_says() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let starved = package(&world, "starved", |manifest| {
        manifest["limits"]["fuel"] = toml::Value::Integer(STARVED_FUEL);
    });
    let table = [("enforce", HOOK_FAILED), ("advise", HOOK_FAILED), ("shadow", SENT)];
    for (mode, code) in table {
        let _ = alice.run(&["hook", "enable", &starved, "--mode", mode]);
        let fate = send(&alice, PASSED);
        assert_eq!(fate["exit"], code, "mode {mode}: {fate}");
        if code != SENT {
            assert_eq!(fate["draft"], PASSED, "the draft comes back");
            assert!(fate["why"].as_str().is_some_and(|why| why.contains("fuel")), "{fate}");
        }
    }
    assert_eq!(bob.receive(), [PASSED]);
    let failures = alice.json(&["hook", "log"]).iter().filter(|entry| entry["verdict"] == "failed").count();
    assert_eq!(failures, table.len(), "each failure is in the audit log");
}

#[test]
fn a_component_that_asks_for_anything_or_is_none_is_refused_and_the_gate_stays_as_it_was() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "enforce"]);
    let before = gate(&alice);
    let asks = wat::parse_str(r#"(component (import "airlock:secrets/read" (func)))"#).unwrap();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("asks", asks, "airlock:secrets/read"),
        ("core-module", wat::parse_str("(module)").unwrap(), "component"),
        ("empty-component", wat::parse_str("(component)").unwrap(), "export"),
        ("noise", vec![0x55; 4_096], "WebAssembly"),
        ("nothing", Vec::new(), "WebAssembly"),
    ];
    for (name, component, said) in cases {
        let folder = package(&world, name, |manifest| {
            manifest["component"] = toml::Value::String(hex(&Sha256::digest(&component)));
        });
        fs::write(PathBuf::from(&folder).join("hook.wasm"), &component).unwrap();
        let (code, error) = alice.fail(&["hook", "enable", &folder, "--mode", "advise"]);
        assert_ne!(code, SENT);
        assert!(error["why"].as_str().is_some_and(|why| why.contains(said)), "{name}: {error}");
        assert_eq!(gate(&alice), before, "{name}");
    }
    // The hook that was there still decides.
    assert_eq!(send(&alice, BLOCKED)["exit"], BLOCKED_BY_HOOK);
    assert_eq!(bob.receive(), [""; 0]);
}

#[test]
fn a_component_that_is_not_the_one_its_manifest_names_is_refused() {
    let world = World::new(PROGRAMS);
    let alice = world.person("alice");
    let folder = package(&world, "swapped", |_| {});
    let path = PathBuf::from(&folder).join("hook.wasm");
    let mut component = fs::read(&path).unwrap();
    // A byte in a custom section at the end would do as well: any change is another component.
    component.push(0);
    fs::write(&path, component).unwrap();
    let (_, error) = alice.fail(&["hook", "enable", &folder, "--mode", "advise"]);
    assert!(
        error["why"].as_str().is_some_and(|why| why.contains("manifest is about the component")),
        "{error}"
    );
    assert_eq!(gate(&alice), "gate off");
}

#[test]
fn a_hook_that_changed_on_disk_holds_messages_instead_of_letting_them_pass() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "enforce"]);
    let installed = alice.home().join("hooks/word-list/hook.wasm");
    let mut component = fs::read(&installed).unwrap();
    component.push(0);
    fs::write(&installed, component).unwrap();
    let fate = send(&alice, PASSED);
    assert_eq!(fate["exit"], HOOK_FAILED, "{fate}");
    assert_eq!(fate["draft"], PASSED);
    assert_eq!(bob.receive(), [""; 0]);
}

/// Sends, and gives the fate.
fn send(who: &Client, text: &str) -> Value {
    let ended = who.try_run(&["--json", "send", "bob", text]);
    let fate = objects(&ended.stdout).pop().unwrap_or_else(|| panic!("nothing said: {ended:?}"));
    assert_eq!(fate["exit"], ended.code, "the exit code is the one that is said: {ended:?}");
    fate
}

fn reports(who: &Client, kind: &str) -> Vec<Value> {
    who.json(&["reports"]).into_iter().filter(|line| line["type"] == kind).collect()
}

fn gate(who: &Client) -> String {
    who.json(&["id"])[0]["gate"].as_str().expect("the gate").to_owned()
}

/// The reference hook in a folder of its own, with its manifest changed.
pub(crate) fn package(world: &World, name: &str, change: impl FnOnce(&mut toml::Table)) -> String {
    let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/hooks/reference/word-list");
    let to = world.folder().join("packages").join(name);
    fs::create_dir_all(&to).unwrap();
    for file in ["hook.wasm", "list.json"] {
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
    let mut manifest: toml::Table = fs::read_to_string(from.join("hook.toml")).unwrap().parse().unwrap();
    change(&mut manifest);
    fs::write(to.join("hook.toml"), toml::to_string(&manifest).unwrap()).unwrap();
    to.display().to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
