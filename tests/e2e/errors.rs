//! What a person reads when something is wrong: what, why, and what to do, in words that name the thing.

use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use airlock_tests::{
    Client, Relay, Running, World,
    client::{objects, texts},
    waiting::until,
};
use rustix::process::Signal;
use serde_json::Value;

use crate::PROGRAMS;

/// Exit codes of `airlock`.
const FAILURE: i32 = 1;
const USAGE: i32 = 2;
const NOT_SENT_YET: i32 = 6;
const RELAY: i32 = 7;
const VAULT: i32 = 8;

#[test]
fn a_bad_relay_address_says_which_part_is_bad() {
    let world = World::new(PROGRAMS);
    let alice = world.stranger("alice");
    for (address, said) in [("host:port", "port"), ("host:1#12", "64"), ("a b:1", "a b"), ("", "host")] {
        let error = problem(&alice, &["init", "--name", "alice", "--relay", address], USAGE);
        assert!(error["why"].as_str().unwrap().contains(said), "{address:?}: {error}");
    }
    assert!(!alice.home().exists(), "nothing was made before everything was understood");
}

#[test]
fn a_relay_with_another_key_is_not_talked_to() {
    let world = World::new(PROGRAMS);
    let alice = world.stranger("alice");
    let mut address = world.relay.address().clone();
    let right = address.fingerprint.expect("the relay's own certificate is pinned");
    let mut wrong = right;
    wrong.0[31] ^= 1;
    address.fingerprint = Some(wrong);
    let error = problem(&alice, &["init", "--name", "alice", "--relay", &address.to_string()], RELAY);
    let text = error.to_string();
    assert!(
        text.contains(&wrong.to_string()) && text.contains(&right.to_string()),
        "both keys are named: {text}"
    );
}

#[test]
fn a_relay_that_is_not_there_is_named() {
    let world = World::new(PROGRAMS);
    let alice = world.stranger("alice");
    let nowhere = Relay::free_address();
    let address = format!("{nowhere}#{}", world.relay.address().fingerprint.unwrap());
    let error = problem(&alice, &["init", "--name", "alice", "--relay", &address], RELAY);
    assert!(error.to_string().contains(&nowhere.to_string()), "{error}");
}

#[test]
fn a_contact_that_is_not_there_is_answered_with_names_that_are_near() {
    let world = World::new(PROGRAMS);
    let (alice, _bob) = world.pair();
    let error = problem(&alice, &["send", "bobb", "hi"], FAILURE);
    assert!(error["what"].as_str().unwrap().contains("bobb"), "{error}");
    assert!(
        error.to_string().contains("bob`") || error.to_string().contains("bob?"),
        "the near name: {error}"
    );
    // Without any contact there is nothing near, and the remedy is another one.
    let carol = world.person("carol");
    let error = problem(&carol, &["send", "bob", "hi"], FAILURE);
    assert!(error["do"].as_str().unwrap().contains("add"), "{error}");
}

#[test]
fn a_link_that_was_cut_is_refused_and_so_is_ones_own() {
    let world = World::new(PROGRAMS);
    let alice = world.person("alice");
    let link = airlock_tests::world::link_of(&alice);
    let cut = &link[..link.len() - 12];
    for text in ["hello", "airlock:", cut] {
        let error = problem(&alice, &["add", text], USAGE);
        assert!(error["do"].as_str().unwrap().contains("airlock invite"), "{error}");
    }
    let (_, error) = alice.fail(&["add", &link]);
    complete(&error);
}

#[test]
fn a_wrong_passphrase_a_damaged_vault_and_one_in_use_are_three_different_things() {
    let world = World::new(PROGRAMS);
    let alice = world.stranger("alice");
    let address = world.relay.address().to_string();
    let passphrase = |text: &str, arguments: &[&str]| {
        let arguments = [&["--json", "--passphrase-file", "-"], arguments].concat();
        alice.try_run_with_input(&arguments, &format!("{text}\n"))
    };
    assert_eq!(passphrase("right", &["init", "--name", "alice", "--relay", &address]).code, 0);

    let wrong = passphrase("wrong", &["id"]);
    assert_eq!(wrong.code, VAULT);
    let wrong = error_in(&wrong.stdout);
    complete(&wrong);
    assert!(wrong.to_string().contains("passphrase"), "{wrong}");
    assert_eq!(passphrase("right", &["id"]).code, 0, "a wrong try harms nothing");

    let (carol, bob) = world.pair_named("carol", "bob");
    let mut using = bob.start(&["--json", "receive", "--follow"]);
    let _ = carol.run(&["send", "bob", "are you there?"]);
    using.line("the message", |line| line.contains("are you there?").then_some(()));
    let in_use = problem(&bob, &["id"], VAULT);
    using.kill();
    assert_eq!(bob.try_run(&["id"]).code, 0, "a killed process leaves no lock behind");

    // In the middle, where there is a page that every command needs or that an integrity check finds.
    damage(&bob.home().join("vault.db"));
    let damaged = problem(&bob, &["id"], VAULT);
    let codes: std::collections::BTreeSet<&str> =
        [&wrong, &in_use, &damaged].iter().map(|error| error["code"].as_str().unwrap()).collect();
    assert_eq!(codes.len(), 3, "{codes:?}");
}

#[test]
fn a_home_without_a_vault_says_how_to_make_one() {
    let world = World::new(PROGRAMS);
    let error = problem(&world.stranger("alice"), &["send", "bob", "hi"], VAULT);
    assert!(error["do"].as_str().unwrap().contains("airlock init"), "{error}");
}

#[test]
fn an_invite_works_once_and_an_unknown_one_never() {
    let listen = Relay::free_address();
    let world = World::with_relay(PROGRAMS, listen, "registration = \"invite\"\n");
    let address = world.relay.address().to_string();
    let invite = world.relay.run(&["invite", "--json"]);
    let invite: Value = serde_json::from_str(invite.stdout.trim()).unwrap_or_else(|_| panic!("{invite:?}"));
    let invite = invite["code"].as_str().expect("a code").to_owned();
    let join = |client: &Client| {
        client.try_run(&["--json", "init", "--name", client.name(), "--relay", &address, "--invite", &invite])
    };
    assert_eq!(join(&world.stranger("alice")).code, 0);
    let second = join(&world.stranger("bob"));
    assert_eq!(second.code, RELAY, "{second:?}");
    let error = error_in(&second.stdout);
    complete(&error);
    assert!(error.to_string().contains("used"), "{error}");

    let made_up = "a".repeat(invite.len());
    let carol = world.stranger("carol");
    let arguments = ["init", "--name", "carol", "--relay", &address, "--invite", &made_up];
    let unknown = problem(&carol, &arguments, RELAY);
    assert_ne!(unknown["why"], error["why"]);
}

#[test]
fn an_unknown_key_in_a_config_file_stops_both_programs_and_is_named() {
    let world = World::new(PROGRAMS);
    let alice = world.person("alice");
    fs::write(alice.config(), "colour = \"never\"\n").unwrap();
    let error = problem(&alice, &["id"], USAGE);
    let text = error.to_string();
    assert!(text.contains("colour") && text.contains("config.toml") && text.contains("color"), "{text}");

    let data = world.folder().join("other-relay");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("relay.toml"), "regstration = \"open\"\n").unwrap();
    let (code, said) = serve(&data);
    assert_ne!(code, 0);
    assert!(said.contains("regstration") && said.contains("relay.toml"), "{said}");
}

#[test]
fn two_relays_cannot_share_a_data_folder() {
    let world = World::new(PROGRAMS);
    let (code, said) = serve(world.relay.data());
    assert_ne!(code, 0);
    assert!(said.contains(&world.relay.data().display().to_string()), "{said}");
}

#[test]
fn screens_need_a_terminal_and_say_what_does_not() {
    let world = World::new(PROGRAMS);
    let alice = world.person("alice");
    for arguments in [&["chat"][..], &[]] {
        let error = problem(&alice, arguments, USAGE);
        assert!(error["do"].as_str().unwrap().contains("airlock send"), "{error}");
    }
}

#[test]
fn a_relay_whose_disk_is_full_stops_with_a_reason_and_loses_nothing_that_it_accepted() {
    let mut world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    world.relay.stop();
    let largest =
        fs::read_dir(world.relay.data()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).max();
    // Room for some messages of 32 KiB, and not for all.
    world.relay.start_with_file_limit(largest.unwrap_or(0) + 512 * 1024);

    let text = |number: usize| format!("{number:02} {}", "x".repeat(20_000));
    let count = 60;
    let lines: String = (0..count).map(|number| text(number) + "\n").collect();
    let ended =
        alice.try_run_with_input(&["--json", "send", "bob", "--each-line", "--timeout", "15"], &lines);
    assert_eq!(ended.code, NOT_SENT_YET, "{}", ended.stderr);
    let fates = objects(&ended.stdout);
    let sent = fates.iter().filter(|fate| fate["fate"] == "sent").count();
    assert!((1..count).contains(&sent), "{sent} of {count} fit");

    let status = world.relay.process().wait();
    assert!(!status.success(), "a relay that can't store does not go on");
    world.relay.kill();
    let log = world.relay.log();
    assert!(log.contains("relay.db") || log.contains("disk"), "the operator learns what failed: {log}");

    // With room again, what was accepted is there, and what was not comes after it: each once.
    world.relay.start_again();
    until("everything to be sent", || {
        let _ = alice.receive();
        let messages = alice.json(&["history", "bob", "-n", "100"]);
        (!messages.iter().any(|message| message["delivery"] == "queued")).then_some(())
    });
    let mut received = bob.receive();
    received.sort();
    let expected: Vec<String> = (0..count).map(text).collect();
    assert_eq!(received.len(), expected.len());
    assert!(received == expected, "each message is there once");
    assert_eq!(texts(&bob.json(&["receive"])), [""; 0]);
}

/// Runs a command that must fail with this exit code, and gives its error, which must be complete.
fn problem(client: &Client, arguments: &[&str], expected: i32) -> Value {
    let (code, error) = client.fail(arguments);
    assert_eq!(code, expected, "{error}");
    assert_eq!(error["exit"], expected, "{error}");
    complete(&error);
    // People get the same in three lines.
    let text = client.try_run(arguments).stderr;
    for (label, key) in [("error: ", "what"), ("why: ", "why"), ("do: ", "do")] {
        assert!(text.contains(label), "no `{label}` for {key}: {text}");
    }
    error
}

/// Says what, why and what to do, without anything that belongs in a debugger.
fn complete(error: &Value) {
    for key in ["what", "why", "do"] {
        let text = error[key].as_str().unwrap_or_default();
        assert!(text.len() > 5, "`{key}` says nothing: {error}");
        for noise in ["Error(", "Os {", "Some(", "panicked", "unwrap"] {
            assert!(!text.contains(noise), "`{key}` is for a debugger: {error}");
        }
    }
}

fn error_in(stdout: &str) -> Value {
    objects(stdout)
        .into_iter()
        .rfind(|line| line["type"] == "error")
        .unwrap_or_else(|| panic!("no error: {stdout}"))
}

/// Overwrites a part of a file.
fn damage(path: &Path) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    for start in [0, middle] {
        file.write_all_at(&[0x5A; 4_096], start).unwrap();
    }
}

/// Starts a relay that must not start, and gives its exit code and what it said.
fn serve(data: &Path) -> (i32, String) {
    let program = PathBuf::from(PROGRAMS.relay);
    let mut command = Relay::command(&program, data, &["serve"]);
    let mut running = Running::start("airlock-relay serve", &mut command);
    let status = running.wait();
    (status.code().unwrap_or(-1), running.stderr())
}

#[test]
fn a_scripted_demo_that_is_interrupted_leaves_no_keys_behind() {
    let world = World::new(PROGRAMS);
    let visitor = world.stranger("visitor");
    let temporary = visitor.folder().join("tmp");
    fs::create_dir(&temporary).unwrap();
    for signal in [Signal::INT, Signal::TERM] {
        let mut command = visitor.command(&["demo", "--script"]);
        let mut demo = Running::start("visitor", command.env("TMPDIR", &temporary));
        demo.log_line("message 2");
        assert_ne!(
            fs::read_dir(&temporary).unwrap().count(),
            0,
            "there is nothing that could be left behind"
        );
        demo.signal(signal);
        assert_eq!(demo.wait().code(), Some(FAILURE));
        assert!(demo.stderr().contains("stopped before its end"), "{}", demo.stderr());
        assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "after {signal:?}");
    }
}
