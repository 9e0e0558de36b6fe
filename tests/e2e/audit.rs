//! The audit log from the command line: a log is checked, replayed, explained and opened in other processes than the
//! one that wrote it.

use std::{fmt::Write as _, fs};

use airlock_tests::{Client, World, client::objects};
use serde_json::Value;

use crate::{
    PROGRAMS,
    gate::{STARVED_FUEL, package},
};

/// Decisions that must replay.
const DECISIONS: usize = 1_000;

/// Exit code when the log, or a hook, is not what it was.
const AUDIT_BROKEN: i32 = 9;

/// What the lines are made of: things that the reference hooks pass, warn of, block, report, correct and fail at.
const PHRASES: [&str; 10] = [
    "see you at noon",
    "there is burnt toast",
    "it is a surprise party",
    "the picnic poster is up",
    "look at https://bread.example/toast and http://xn--80ak6aa92e.example",
    "teh wether is nice",
    "WIN A FREE PRIZE now, click here, limited offer!!!",
    "crème brûlée 🥖",
    "short: https://bit.ly/3abcdef",
    "?",
];

/// Puts every reference hook into Alice's gate in shadow mode, with one that runs out of fuel, and sends lines until
/// there are enough decisions. Gives how many hooks there are.
fn decide(world: &World, alice: &Client) -> usize {
    let starved = package(world, "starved", |manifest| {
        manifest["id"] = "starved".into();
        manifest["limits"]["fuel"] = toml::Value::Integer(STARVED_FUEL);
    });
    let listed = alice.json(&["hook", "list"]);
    let reference =
        listed.iter().filter(|line| line["type"] == "hook").map(|hook| hook["id"].as_str().unwrap());
    let mut hooks: Vec<&str> = reference.filter(|id| !TAKES_PICTURES.contains(id)).collect();
    hooks.push(&starved);
    for hook in &hooks {
        let _ = alice.run(&["hook", "enable", hook, "--mode", "shadow"]);
    }
    let lines = (0..DECISIONS.div_ceil(hooks.len())).fold(String::new(), |mut lines, number| {
        let _ = writeln!(lines, "{}, number {number}", PHRASES[number % PHRASES.len()]);
        lines
    });
    let ended = alice.try_run_with_input(&["--json", "send", "bob", "--each-line"], &lines);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    hooks.len()
}

/// Reference hooks that judge pictures: a text gives them nothing to do.
const TAKES_PICTURES: [&str; 2] = ["known-image", "sensitive-image"];

fn replay(alice: &Client) -> (i32, Value, Vec<Value>) {
    let ended = alice.try_run(&["--json", "hook", "replay", "--all"]);
    let mut lines = objects(&ended.stdout);
    let at = lines.iter().position(|line| line["type"] == "replayed").expect("a summary");
    (ended.code, lines.remove(at), lines)
}

#[test]
fn a_thousand_decisions_of_mixed_hooks_replay_in_another_process_with_equal_verdict_and_fuel() {
    let world = World::new(PROGRAMS);
    let (alice, _bob) = world.pair();
    let hooks = decide(&world, &alice);
    let (code, summary, lines) = replay(&alice);
    assert_eq!(code, 0, "{summary}");
    let decisions = summary["decisions"].as_u64().unwrap();
    assert!(decisions >= DECISIONS as u64, "{summary}");
    assert_eq!(summary["same"], decisions, "{summary}");
    assert!(summary["fuel"].as_u64().unwrap() > decisions, "the hooks worked: {summary}");
    let log = alice.json(&["hook", "log"]);
    let kinds = |field: &str| {
        let mut kinds: Vec<&str> = log.iter().filter_map(|entry| entry[field].as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    for verdict in ["pass", "warn", "block", "report", "failed"] {
        assert!(kinds("verdict").iter().any(|kind| kind == verdict), "{verdict}: {:?}", kinds("verdict"));
    }
    assert_eq!(kinds("failure_class"), ["fuel"]);
    eprintln!("{hooks} hooks, {summary}");
    assert_eq!(lines.len(), usize::try_from(decisions).unwrap());

    // A bit in a component, a manifest or a list: the decisions of that hook are refused, by the name of the file.
    let folder = alice.home().join("hooks/word-list");
    for (file, named) in [("hook.wasm", "component"), ("hook.toml", "hook.toml"), ("list.json", "list")] {
        let honest = fs::read(folder.join(file)).unwrap();
        let mut bytes = honest.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(folder.join(file), bytes).unwrap();
        let (code, summary, lines) = replay(&alice);
        assert_eq!(code, AUDIT_BROKEN, "{file}: {summary}");
        let refused: Vec<&Value> = lines.iter().filter(|line| line["outcome"] == "refused").collect();
        assert!(!refused.is_empty() && refused.len() as u64 == summary["refused"].as_u64().unwrap());
        for line in refused {
            assert_eq!(line["hook"]["id"], "word-list");
            assert!(line["why"].as_str().unwrap().contains(named), "{file}: {line}");
        }
        fs::write(folder.join(file), honest).unwrap();
    }
    assert_eq!(replay(&alice).0, 0, "everything is as it was");
}

#[test]
fn a_log_says_where_it_ends_and_what_was_noted_must_still_be_in_it() {
    let world = World::new(PROGRAMS);
    let (alice, _bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "shadow"]);
    let head = |arguments: &[&str]| alice.json(arguments)[0]["head"].as_str().unwrap().to_owned();
    let noted = head(&["hook", "verify-log"]);
    assert_eq!(alice.try_run(&["send", "bob", "hello"]).code, 0);
    let now = head(&["hook", "verify-log", "--head", &noted]);
    assert_ne!(noted, now);
    let number = now.split(':').next().unwrap();
    let forged = format!("{number}:{}", "0".repeat(64));
    let (code, error) = alice.fail(&["hook", "verify-log", "--head", &forged]);
    assert_eq!((code, &error["code"]), (AUDIT_BROKEN, &Value::from("audit-broken")), "{error}");
}

#[test]
fn a_decision_is_explained_and_opened_to_somebody_without_an_account_and_forgotten() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "advise"]);
    assert_eq!(alice.try_run(&["send", "bob", "there is burnt toast", "--on-warn", "send"]).code, 0);
    let log = alice.json(&["hook", "log"]);
    let decided = log.iter().find(|entry| entry["event"] == "decided").unwrap();
    let number = decided["number"].to_string();

    let explained = alice.run(&["hook", "explain", &number]);
    for told in ["text; not who it is for", "burnt toast", "warn", "sent as written to bob", "submitted by"] {
        assert!(explained.contains(told), "{told}: {explained}");
    }
    let by_message = &decided["message"].as_str().unwrap()[..8];
    assert_eq!(alice.run(&["hook", "explain", by_message]), explained);

    let opening = world.folder().join("opening.json");
    fs::write(&opening, alice.run(&["hook", "open", &number])).unwrap();
    let stranger = world.person("stranger");
    let opened = stranger.json(&["hook", "check-opening", opening.to_str().unwrap()]);
    assert_eq!(opened[0]["text"], "there is burnt toast");
    assert_eq!(opened[0]["hash"], decided["hash"], "the one that stands in Alice's log");
    let other = fs::read_to_string(&opening).unwrap().replacen("\"key\":\"", "\"key\":\"00", 1);
    fs::write(&opening, other).unwrap();
    let (code, error) = bob.fail(&["hook", "check-opening", opening.to_str().unwrap()]);
    assert_eq!((code, &error["code"]), (AUDIT_BROKEN, &Value::from("opening-refused")), "{error}");

    let _ = alice.run(&["hook", "log", "--forget", &number]);
    assert_eq!(replay(&alice).1["forgotten"], 1);
    let (_, error) = alice.fail(&["hook", "open", &number]);
    assert_eq!(error["code"], "no-decision");
    assert!(alice.run(&["hook", "explain", &number]).contains("what you had forgotten"));
}

#[test]
fn a_message_about_which_nobody_could_be_asked_is_not_logged_as_somebodys_choice() {
    let world = World::new(PROGRAMS);
    let (alice, _bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "advise"]);
    assert_ne!(alice.try_run(&["send", "bob", "there is burnt toast"]).code, 0);
    let log = alice.json(&["hook", "log"]);
    assert_eq!(log.last().unwrap()["event"], "not-asked");
    assert!(!log.iter().any(|entry| entry["event"] == "chose"));
}
