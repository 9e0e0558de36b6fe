//! Orders, guardians and lists by the real programs: what holds a hook as it is, what widens only when somebody
//! agrees, and what changes nothing.

use std::{fs, path::PathBuf};

use airlock_tests::{Client, World, world::befriend};
use serde_json::Value;

use crate::PROGRAMS;

/// Exit codes of `airlock`.
const FAILED: i32 = 1;
const BLOCKED_BY_HOOK: i32 = 3;
const NEEDS_DECISION: i32 = 5;

/// The gate's line, as it stands on every conversation.
fn status(client: &Client) -> String {
    let lines = client.json(&["hook", "list"]);
    let gate = lines.iter().rfind(|line| line["type"] == "gate").unwrap_or_else(|| panic!("{lines:?}"));
    gate["status"].as_str().unwrap_or_else(|| panic!("no status: {gate}")).to_owned()
}

fn code(error: &(i32, Value)) -> (i32, &str) {
    (error.0, error.1["code"].as_str().unwrap_or_default())
}

/// An order of `authority` for `whom`, in a file that both can read.
fn order(world: &World, authority: &Client, name: &str, rest: &[&str]) -> String {
    let path = world.folder().join(format!("{name}.order.json")).to_string_lossy().into_owned();
    let head = ["order", "make", "--id", name, "--hook", "word-list", "--reason", "Toast.", "--out", &path];
    let _ = authority.run(&[&head, rest].concat());
    path
}

fn account(client: &Client) -> String {
    client.json(&["id"])[0]["account"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn an_order_puts_a_hook_into_the_gate_and_holds_it_there() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let authority = world.person("authority");
    befriend(&alice, &authority);
    let alice_id = account(&alice);
    let order = order(&world, &authority, "bread", &["--mode", "report", "--days", "30", "--for", &alice_id]);

    // It is shown in full, and nothing is put into force unless somebody agrees.
    let refused = alice.fail(&["order", "install", &order]);
    assert_eq!(code(&refused), (FAILED, "not-accepted"), "{refused:?}");
    assert_eq!(status(&alice), "gate off");
    let shown = alice.run(&["order", "show", &order]);
    for line in ["Order bread, version 1", "mode       report", &account(&authority), &alice_id] {
        assert!(shown.contains(line), "{line}: {shown}");
    }

    let _ = alice.run(&["order", "install", &order, "--accept"]);
    let line = status(&alice);
    assert!(line.contains("report") && line.contains("by order bread"), "{line}");
    for change in [
        &["hook", "disable"][..],
        &["hook", "mode", "advise", "--accept"],
        &["hook", "enable", "word-list", "--mode", "shadow", "--accept"],
        &["hook", "grant", "word-list", "--views", ""],
    ] {
        let held = alice.fail(change);
        assert_eq!(code(&held), (FAILED, "order-in-force"), "{change:?}: {held:?}");
    }
    assert_eq!(status(&alice), line, "nothing changed");

    let _ = alice.run(&["send", "bob", "the picnic poster is up"]);
    assert_eq!(bob.receive(), ["the picnic poster is up"]);
    let _ = authority.receive();
    let reports = authority.json(&["reports"]);
    assert_eq!(reports.iter().filter(|line| line["type"] == "report-received").count(), 1, "{reports:?}");
}

#[test]
fn an_order_that_is_not_for_this_hook_or_account_changes_nothing_and_says_so() {
    let world = World::new(PROGRAMS);
    let (alice, authority) = (world.person("alice"), world.person("authority"));
    befriend(&alice, &authority);
    let (alice_id, authority_id) = (account(&alice), account(&authority));
    let for_alice = ["--mode", "enforce", "--days", "30", "--for", &alice_id];
    let good = order(&world, &authority, "good", &for_alice);
    let others = ["--mode", "enforce", "--days", "30", "--for", &authority_id];
    let others = order(&world, &authority, "others", &others);
    // A later list than the one that is here.
    let later = &[&for_alice[..], &["--list-edition", "2"]].concat();
    let ended = authority.fail(
        &[&["order", "make", "--id", "later", "--hook", "word-list", "--reason", "T."][..], later].concat(),
    );
    assert_eq!(ended.1["code"], "order-not-made", "{ended:?}");

    let text = fs::read_to_string(&good).unwrap();
    let changed = world.folder().join("changed.json");
    fs::write(&changed, text.replace("\"enforce\"", "\"report\"")).unwrap();
    let silent = world.folder().join("silent.json");
    fs::write(&silent, text.replacen("\"mode\"", "\"silent\": true,\n    \"mode\"", 1)).unwrap();
    let other_hook = copy_of_reference(&world, "other-hook", |manifest| {
        manifest.replace("fuel = 11_000_000", "fuel = 10_000_000")
    });

    let install = |file: &str, rest: &[&str]| {
        let before = status(&alice);
        let error = alice.fail(&[&["order", "install", file, "--accept"], rest].concat());
        assert_eq!(status(&alice), before, "{error:?}");
        assert!(error.1["what"].as_str().is_some_and(|what| what.contains("changes nothing")), "{error:?}");
        error.1["code"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(install(&others, &[]), "order-not-bound");
    assert_eq!(install(&changed.to_string_lossy(), &[]), "order-signature");
    assert_eq!(install(&silent.to_string_lossy(), &[]), "bad-order");
    assert_eq!(install(&good, &["--hook", &other_hook]), "order-out-of-scope");

    // A later edition replaces an earlier one; the earlier does not come back.
    let _ = alice.run(&["order", "install", &good, "--accept"]);
    let second = &[&for_alice[..], &["--edition", "2"]].concat();
    let kept = fs::read_to_string(&good).unwrap();
    let second = order(&world, &authority, "good", second);
    let _ = alice.run(&["order", "install", &second, "--accept"]);
    fs::write(&good, kept).unwrap();
    assert_eq!(install(&good, &[]), "order-rollback");
}

/// The reference hook in a folder, with another manifest.
fn copy_of_reference(world: &World, name: &str, change: impl Fn(String) -> String) -> String {
    let reference = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/hooks/reference/word-list");
    let folder = world.folder().join(name);
    fs::create_dir_all(&folder).unwrap();
    for file in ["hook.wasm", "list.json", "list.toml"] {
        fs::copy(reference.join(file), folder.join(file)).unwrap();
    }
    let manifest = fs::read_to_string(reference.join("hook.toml")).unwrap();
    fs::write(folder.join("hook.toml"), change(manifest)).unwrap();
    folder.to_string_lossy().into_owned()
}

#[test]
fn a_guardian_keeps_a_hook_as_it_is_until_they_unlock_it() {
    let world = World::new(PROGRAMS);
    let alice = world.person("alice");
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "advise"]);
    let with_guardian = |arguments: &[&str], passphrase: &str| {
        let arguments = [arguments, &["--guardian-file", "-", "--json"]].concat();
        let ended = alice.try_run_with_input(&arguments, &format!("{passphrase}\n"));
        (ended.code, ended.stdout)
    };
    assert_eq!(with_guardian(&["hook", "lock", "word-list"], "garden gate").0, 0);
    assert!(status(&alice).contains("locked by the guardian"), "{}", status(&alice));
    let before = status(&alice);
    for change in [&["hook", "disable"][..], &["hook", "mode", "shadow"], &["hook", "unlock", "word-list"]] {
        let missing = alice.fail(change);
        assert_eq!(code(&missing), (FAILED, "guardian-needed"), "{missing:?}");
        let (exit, text) = with_guardian(change, "garden shed");
        assert!(exit == FAILED && text.contains("wrong-guardian"), "{text}");
    }
    assert_eq!(status(&alice), before, "nothing changed");
    assert_eq!(with_guardian(&["hook", "mode", "shadow"], "garden gate").0, 0);
    assert!(status(&alice).contains("shadow"), "{}", status(&alice));
    assert_eq!(with_guardian(&["hook", "unlock", "word-list"], "garden gate").0, 0);
    let _ = alice.run(&["hook", "disable"]);
}

#[test]
fn a_wider_list_asks_again_and_an_older_one_is_refused() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "enforce"]);
    let folder = copy_of_reference(&world, "lists", |manifest| manifest);
    let source = fs::read_to_string(format!("{folder}/list.toml")).unwrap();
    let sign = |version: u64, extra: &str| {
        let (from, to) = (format!("{folder}/{version}.toml"), format!("{folder}/{version}.json"));
        let text = source.replacen("version = 1", &format!("version = {version}"), 1) + extra;
        fs::write(&from, text).unwrap();
        let _ = alice.run(&["list", "sign", &from, "--demo-key", "--out", &to]);
        to
    };
    let same = sign(2, "");
    let entry = "\n[[entries]]\nvalue = \"see you\"\nverdict = \"block\"\nsubmitter = \"Nobody\"\n";
    let wider = sign(3, entry);

    let _ = alice.run(&["hook", "update", "word-list", "--list", &same]);
    let _ = alice.run(&["send", "bob", "see you at noon"]);
    let ended = alice.try_run(&["hook", "update", "word-list", "--list", &wider]);
    assert_eq!(ended.code, NEEDS_DECISION, "{ended:?}");
    assert!(ended.stdout.contains("+ block  see you (asked for by Nobody)"), "{}", ended.stdout);
    assert!(status(&alice).contains("list stand-ins v2"), "{}", status(&alice));

    let _ = alice.run(&["hook", "update", "word-list", "--list", &wider, "--accept"]);
    assert_eq!(alice.try_run(&["send", "bob", "see you at noon"]).code, BLOCKED_BY_HOOK);
    for older in [&same, &format!("{folder}/list.json")] {
        let refused = alice.fail(&["hook", "update", "word-list", "--list", older, "--accept"]);
        assert_eq!(code(&refused), (FAILED, "list-rollback"), "{refused:?}");
    }
    // Nor by installing the hook again.
    let again = alice.fail(&["hook", "enable", &folder, "--mode", "enforce", "--accept"]);
    assert_eq!(code(&again), (FAILED, "list-rollback"), "{again:?}");
    assert_eq!(bob.receive(), ["see you at noon"]);
}

#[test]
fn a_hook_is_shown_what_was_granted_and_a_stronger_mode_asks_again() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "advise"]);
    let stronger = alice.try_run(&["hook", "mode", "enforce"]);
    assert_eq!(stronger.code, NEEDS_DECISION, "{stronger:?}");
    assert!(stronger.stdout.contains("! mode: advise → enforce"), "{}", stronger.stdout);
    let _ = alice.run(&["hook", "mode", "enforce", "--accept"]);
    let _ = alice.run(&["hook", "mode", "shadow"]);
    let _ = alice.run(&["hook", "mode", "enforce", "--accept"]);
    assert_eq!(alice.try_run(&["send", "bob", "surprise party"]).code, BLOCKED_BY_HOOK);

    let _ = alice.run(&["hook", "grant", "word-list", "--views", ""]);
    let _ = alice.run(&["send", "bob", "surprise party"]);
    let again = alice.try_run(&["hook", "grant", "word-list", "--views", "text"]);
    assert_eq!(again.code, NEEDS_DECISION, "{again:?}");
    let _ = alice.run(&["hook", "grant", "word-list", "--views", "text", "--accept"]);
    assert_eq!(alice.try_run(&["send", "bob", "surprise party"]).code, BLOCKED_BY_HOOK);
    assert_eq!(bob.receive(), ["surprise party"]);
}
