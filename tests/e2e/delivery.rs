//! Messages arrive: both ways, in order, to someone who was away, each once.

use airlock_tests::{
    World,
    client::{objects, text_of, texts},
    world::{befriend, link_of},
};
use serde_json::Value;

use crate::PROGRAMS;

#[test]
fn two_people_who_added_each_other_talk_both_ways() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    assert_eq!(alice.run(&["send", "bob", "are", "you", "there?"]), "sent");
    assert_eq!(bob.receive(), ["are you there?"]);
    assert_eq!(bob.run(&["send", "alice", "yes — ünïcode, 猫 and 👩‍🚀 too"]), "sent");
    assert_eq!(alice.receive(), ["yes — ünïcode, 猫 and 👩‍🚀 too"]);

    let said: Vec<(String, String)> =
        alice.json(&["history", "bob"]).iter().map(direction_and_text).collect();
    let expected = [("out", "are you there?"), ("in", "yes — ünïcode, 猫 and 👩‍🚀 too")];
    assert_eq!(said, expected.map(|(direction, text)| (direction.to_owned(), text.to_owned())));
}

#[test]
fn whoever_is_added_by_link_sees_who_writes_and_can_answer_at_once() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    befriend(&alice, &bob);
    assert_eq!(alice.run(&["send", "bob", "it's me"]), "sent");
    assert_eq!(bob.receive(), ["it's me"]);
    let contacts = bob.json(&["contacts"]);
    assert_eq!(contacts.len(), 1, "{contacts:?}");
    assert_eq!(contacts[0]["introduced_as"], "alice");
    // She came by herself, so nobody has compared anything.
    assert_eq!(contacts[0]["verified"], false);
    let name = contacts[0]["name"].as_str().unwrap();
    assert_eq!(bob.run(&["send", name, "hello alice"]), "sent");
    assert_eq!(alice.receive(), ["hello alice"]);
}

#[test]
fn both_sides_see_the_same_safety_number_and_a_link_verifies() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let number = |lines: Vec<Value>| lines[0]["number"].as_str().unwrap().to_owned();
    let (hers, his) = (number(alice.json(&["verify", "bob"])), number(bob.json(&["verify", "alice"])));
    assert_eq!(hers, his);
    assert_eq!(hers.chars().filter(char::is_ascii_digit).count(), 60);
    assert_eq!(alice.json(&["contacts"])[0]["verified"], true);
    let _ = alice.run(&["verify", "bob", "--no"]);
    assert_eq!(alice.json(&["contacts"])[0]["verified"], false);
}

#[test]
fn a_message_to_someone_who_is_away_is_there_once_when_they_come_back() {
    let mut world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    assert_eq!(alice.run(&["send", "bob", "while you were away"]), "sent");
    // Nor does it matter that the relay stops and starts meanwhile.
    world.relay.stop();
    world.relay.start_again();
    assert_eq!(bob.receive(), ["while you were away"]);
    assert_eq!(bob.receive(), [""; 0]);
    assert_eq!(texts(&bob.json(&["history", "alice"])), ["while you were away"]);
}

#[test]
fn a_message_written_while_the_relay_is_down_waits_in_the_outbox() {
    let mut world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    world.relay.stop();
    let ended = alice.try_run(&["--json", "send", "bob", "later", "--timeout", "1"]);
    assert_eq!(ended.code, 6, "{ended:?}");
    assert_eq!(objects(&ended.stdout)[0]["fate"], "queued");
    world.relay.start_again();
    // Any command that connects delivers what waits.
    assert_eq!(alice.receive(), [""; 0]);
    assert_eq!(bob.receive(), ["later"]);
}

#[test]
fn someone_who_follows_gets_each_message_as_it_comes() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let mut following = bob.start(&["--json", "receive", "--follow"]);
    for text in ["one", "two", "three"] {
        assert_eq!(alice.run(&["send", "bob", text]), "sent");
        let line =
            following.line(text, |line| objects(line).pop().filter(|object| object["type"] == "message"));
        assert_eq!(text_of(&line), text);
    }
    following.signal(rustix::process::Signal::INT);
    assert!(following.wait().success());
    assert_eq!(bob.receive(), [""; 0]);
}

#[test]
fn many_lines_arrive_in_their_order_and_each_has_a_fate() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let lines: Vec<String> = (0..200).map(|number| format!("line {number}")).collect();
    let ended = alice.try_run_with_input(&["--json", "send", "bob", "--each-line"], &lines.join("\n"));
    assert_eq!(ended.code, 0, "{ended:?}");
    let fates = objects(&ended.stdout);
    assert_eq!(fates.len(), lines.len());
    assert!(fates.iter().all(|fate| fate["fate"] == "sent"), "{fates:?}");
    assert_eq!(bob.receive(), lines);
}

#[test]
fn an_account_on_an_invite_only_relay_needs_a_code() {
    let listen = airlock_tests::Relay::free_address();
    let world = World::with_relay(PROGRAMS, listen, "registration = \"invite\"\n");
    let address = world.relay.address().to_string();
    let alice = world.stranger("alice");
    let (code, error) = alice.fail(&["init", "--name", "alice", "--relay", &address]);
    assert_eq!((code, error["exit"].as_i64()), (7, Some(7)), "{error}");

    let invite = world.relay.run(&["invite", "--json"]);
    assert_eq!(invite.code, 0, "{invite:?}");
    let invite: Value = serde_json::from_str(invite.stdout.trim()).unwrap();
    let invite = invite["code"].as_str().unwrap_or_else(|| panic!("no code: {invite}"));
    // The vault of the first try is there: it goes on where that stopped.
    let _ = alice.run(&["init", "--relay", &address, "--invite", invite]);
    assert!(link_of(&alice).starts_with("airlock:"));
}

fn direction_and_text(message: &Value) -> (String, String) {
    (message["direction"].as_str().unwrap_or_default().to_owned(), text_of(message).to_owned())
}
