//! kill -9, at moments that nobody chose: what was reported sent arrives, and arrives once.

use std::collections::{BTreeMap, BTreeSet};

use airlock_tests::{
    Client, Dice, World,
    client::{objects, text_of, texts},
};
use serde_json::Value;

use crate::PROGRAMS;

/// Messages in each test: enough that every kill falls among them, few enough for every run of the tests.
const MESSAGES: usize = 300;

/// How often each test kills.
const KILLS: u64 = 4;

#[test]
fn a_relay_killed_while_messages_come_in_loses_none_that_was_reported_sent() {
    let mut dice = Dice::new("relay killed");
    let mut world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let mut receiving = bob.start(&["--json", "receive", "--follow"]);
    let mut sending = alice.start(&["--json", "send", "bob", "--each-line", "--timeout", "80"]);
    sending.write(&lines(0..MESSAGES));
    sending.end_input();

    let mut kills = kill_points(&mut dice);
    let mut sent = BTreeSet::new();
    while let Some(line) = sending.next_line() {
        let fate = objects(&line).remove(0);
        assert_eq!(fate["fate"], "sent", "{fate}");
        sent.insert(text(line_number(&fate) - 1));
        if kills.first().is_some_and(|point| sent.len() >= *point) {
            kills.remove(0);
            world.relay.kill();
            world.relay.start_again();
        }
    }
    assert!(sending.wait().success(), "{}", sending.stderr());
    assert_eq!(sent, all_texts(), "every line has its fate");
    assert!(kills.is_empty(), "no kill came too late: {kills:?}");

    let mut received = Vec::new();
    while received.len() < MESSAGES {
        let line = receiving.next_line().expect("the receiver goes on");
        received.extend(texts(&objects(&line)));
    }
    receiving.kill();
    assert_each_once(&received);
    assert_eq!(bob.receive(), [""; 0], "nothing comes twice later");
}

#[test]
fn a_receiver_killed_while_messages_come_in_has_each_of_them_once() {
    let mut dice = Dice::new("receiver killed");
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let mut sending = alice.start(&["--json", "send", "bob", "--each-line", "--timeout", "80"]);
    let mut printed = Vec::new();
    let mut begin = 0;
    for point in kill_points(&mut dice) {
        sending.write(&lines(begin..point));
        begin = point;
        let mut receiving = bob.start(&["--json", "receive", "--follow"]);
        // Fewer than were just written, so they do come.
        let enough = dice.between(1, 20);
        let mut seen = 0;
        while seen < enough {
            let line = receiving.next_line().expect("the receiver goes on");
            let new = texts(&objects(&line));
            seen += new.len() as u64;
            printed.extend(new);
        }
        receiving.kill();
        // It may have printed more between the last look and its end.
        while let Some(line) = receiving.next_line() {
            printed.extend(whole_texts(&line));
        }
    }
    sending.write(&lines(begin..MESSAGES));
    assert!(sending.wait().success(), "{}", sending.stderr());
    printed.extend(bob.receive());

    assert_each_once(&history(&bob, "alice", "in"));
    // What is taken from the vault to be printed when the kill comes is printed by nobody; but nothing is twice.
    let twice: Vec<_> = count(&printed).into_iter().filter(|(_, times)| *times > 1).collect();
    assert!(twice.is_empty(), "printed more than once: {twice:?}");
}

#[test]
fn a_sender_killed_while_sending_sends_nothing_twice_and_loses_nothing_that_it_wrote_down() {
    let mut dice = Dice::new("sender killed");
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let mut reported = BTreeSet::new();
    let mut begin = 0;
    for point in kill_points(&mut dice) {
        let mut sending = alice.start(&["--json", "send", "bob", "--each-line", "--timeout", "80"]);
        let start = begin;
        begin = point;
        sending.write(&lines(start..begin));
        let enough = dice.between(1, 12);
        for _ in 0..enough {
            let line = sending.next_line().expect("the sender goes on");
            reported.extend(sent_text(&line, start));
        }
        sending.kill();
        while let Some(line) = sending.next_line() {
            reported.extend(sent_text(&line, start));
        }
    }
    // The next command that connects sends what waits in the outbox.
    assert_eq!(alice.run(&["send", "bob", "the end"]), "sent");
    wait_until_sent(&alice);

    let written = history(&alice, "bob", "out");
    let received = bob.receive();
    assert_eq!(count(&received), count(&written), "what is in her vault arrives, and once");
    assert!(count(&received).values().all(|times| *times == 1), "{:?}", count(&received));
    let received: BTreeSet<_> = received.into_iter().collect();
    let lost: Vec<_> = reported.difference(&received).collect();
    assert!(lost.is_empty(), "reported sent, but never there: {lost:?}");
    assert!(received.contains("the end"));
}

#[test]
fn a_conversation_goes_on_after_both_sides_and_the_relay_were_killed() {
    let mut world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    for round in 0..3 {
        let mut hers = alice.start(&["--json", "receive", "--follow"]);
        let mut his = bob.start(&["--json", "receive", "--follow"]);
        hers.kill();
        his.kill();
        world.relay.kill();
        world.relay.start_again();
        assert_eq!(alice.run(&["send", "bob", &format!("ping {round}")]), "sent");
        assert_eq!(bob.receive(), [format!("ping {round}")]);
        assert_eq!(bob.run(&["send", "alice", &format!("pong {round}")]), "sent");
        assert_eq!(alice.receive(), [format!("pong {round}")]);
    }
}

/// Where to kill: once in each part of the messages, at a place that the dice choose.
fn kill_points(dice: &mut Dice) -> Vec<usize> {
    let part = MESSAGES as u64 / (KILLS + 1);
    (0..KILLS)
        .map(|kill| usize::try_from(kill * part + dice.between(part / 2, part)).expect("small"))
        .collect()
}

fn text(number: usize) -> String {
    format!("message {number}")
}

fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(|number| text(number) + "\n").collect()
}

fn all_texts() -> BTreeSet<String> {
    (0..MESSAGES).map(text).collect()
}

/// The text that a line of a sender reports as sent, if a kill did not cut the line. `start` is the number of the
/// first message that this sender was given.
fn sent_text(line: &str, start: usize) -> Option<String> {
    let fate: Value = serde_json::from_str(line).ok()?;
    (fate["fate"] == "sent").then(|| text(start + line_number(&fate) - 1))
}

/// The number, from 1, of the line whose fate this is.
fn line_number(fate: &Value) -> usize {
    usize::try_from(fate["line"].as_u64().expect("a line number")).expect("small")
}

/// The texts of a line that may have been cut by a kill.
fn whole_texts(line: &str) -> Vec<String> {
    let object: Option<Value> = serde_json::from_str(line).ok();
    object
        .iter()
        .filter(|object| object["type"] == "message")
        .map(|object| text_of(object).to_owned())
        .collect()
}

fn history(client: &Client, contact: &str, direction: &str) -> Vec<String> {
    let messages = client.json(&["history", contact, "-n", "2000"]);
    messages
        .iter()
        .filter(|message| message["direction"] == direction)
        .map(|message| text_of(message).to_owned())
        .collect()
}

/// Connects until nothing waits in the outbox any more.
fn wait_until_sent(client: &Client) {
    airlock_tests::waiting::until("an empty outbox", || {
        let _ = client.receive();
        let messages = client.json(&["history", "bob", "-n", "2000"]);
        (!messages.iter().any(|message| message["delivery"] == "queued")).then_some(())
    });
}

fn count(texts: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for text in texts {
        *counts.entry(text.clone()).or_default() += 1;
    }
    counts
}

fn assert_each_once(texts: &[String]) {
    let expected: BTreeMap<String, usize> = all_texts().into_iter().map(|text| (text, 1)).collect();
    let counts = count(texts);
    let wrong: Vec<_> = all_texts()
        .into_iter()
        .chain(counts.keys().cloned())
        .filter(|text| counts.get(text) != expected.get(text))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|text| (counts.get(&text).copied().unwrap_or(0), text))
        .collect();
    assert!(wrong.is_empty(), "not there exactly once (times, text): {wrong:?}");
}
