//! Whether the checker finds what is planted, and nothing where nothing is.

use super::*;

const ALICE: Who = Who(0);
const BOB: Who = Who(1);

/// A conversation in which Alice said four things and the relay accepted them.
fn four_said() -> (Checker, Speech, Instant) {
    let speech = Speech::new(7);
    let (mut checker, start) = (Checker::new(speech.clone()), Instant::now());
    for number in 1..=4 {
        checker.queued(ALICE, number, start + Duration::from_secs(number));
        checker.sent(ALICE, number);
    }
    (checker, speech, start)
}

fn written(numbers: &[u64], fate: Fate) -> Vec<Written> {
    numbers.iter().map(|number| Written { number: *number, fate }).collect()
}

fn texts(speech: &Speech, numbers: &[u64]) -> Vec<String> {
    numbers.iter().map(|number| speech.text(ALICE, *number)).collect()
}

/// What is broken when Bob's vault ends with these.
fn ends_with(got: &[u64]) -> Vec<Broken> {
    let (mut checker, speech, _) = four_said();
    checker.compare(ALICE, &written(&[1, 2, 3, 4], Fate::Accepted), &texts(&speech, got));
    checker.finish().1
}

/// What is broken when Bob's screen shows these.
fn shows(numbers: &[u64]) -> Vec<Broken> {
    let (mut checker, speech, start) = four_said();
    for text in texts(&speech, numbers) {
        checker.shown(BOB, &text, start + Duration::from_secs(9));
    }
    checker.finish().1
}

#[test]
fn nothing_is_broken_when_everything_came_once_and_in_order() {
    assert_eq!(ends_with(&[1, 2, 3, 4]), []);
    assert_eq!(shows(&[1, 2, 3, 4]), []);
    // A kill between the vault and the screen.
    assert_eq!(shows(&[1, 3, 4]), []);
}

#[test]
fn a_planted_loss_is_found() {
    assert_eq!(ends_with(&[1, 2, 4]), [Broken::Lost { from: ALICE, number: 3, fate: "accepted" }]);
    assert_eq!(ends_with(&[1, 2, 3]), [Broken::Lost { from: ALICE, number: 4, fate: "accepted" }]);
}

#[test]
fn a_message_that_waits_for_ever_is_a_loss_and_one_that_was_reported_sent_too() {
    let (mut checker, speech, start) = four_said();
    checker.queued(ALICE, 5, start);
    checker.compare(ALICE, &written(&[1, 2, 3, 4, 5], Fate::Waits), &texts(&speech, &[1, 2, 3]));
    let lost = |number, fate| Broken::Lost { from: ALICE, number, fate };
    let (counts, broken) = checker.finish();
    assert_eq!(broken, [lost(4, "reported as sent"), lost(5, "queued")]);
    assert_eq!((counts.said, counts.delivered, counts.lost), (5, 3, 2));
}

#[test]
fn a_message_that_its_senders_vault_has_forgotten_is_found() {
    let (mut checker, speech, _) = four_said();
    checker.compare(ALICE, &written(&[1, 2, 3], Fate::Accepted), &texts(&speech, &[1, 2, 3]));
    assert_eq!(checker.finish().1, [Broken::Forgotten { from: ALICE, number: 4 }]);
}

#[test]
fn a_planted_repeat_is_found_on_the_screen_and_in_the_vault() {
    let repeated = Broken::Repeated { from: ALICE, number: 2 };
    assert_eq!(shows(&[1, 2, 2, 3]), std::slice::from_ref(&repeated));
    assert_eq!(ends_with(&[1, 2, 2, 3, 4]), [repeated]);
}

#[test]
fn a_planted_swap_is_found_on_the_screen_and_in_the_vault() {
    let swapped = Broken::Swapped { from: ALICE, number: 2, after: 3 };
    assert_eq!(shows(&[1, 3, 2, 4]), std::slice::from_ref(&swapped));
    assert_eq!(ends_with(&[1, 3, 2, 4]), [swapped]);
}

#[test]
fn what_was_shown_and_is_gone_is_a_loss() {
    let (mut checker, speech, start) = four_said();
    checker.shown(BOB, &speech.text(ALICE, 1), start);
    checker.compare(ALICE, &written(&[1, 2, 3, 4], Fate::Refused), &[]);
    let broken = checker.finish().1;
    assert!(broken.contains(&Broken::Lost { from: ALICE, number: 1, fate: "shown once, and is gone" }));
}

#[test]
fn what_nobody_said_is_strange_and_so_is_a_text_that_was_altered() {
    let (mut checker, speech, start) = four_said();
    let altered = speech.text(ALICE, 1).replace("walrus", "Walrus");
    let his_own = speech.text(BOB, 1);
    for text in [&altered, &his_own] {
        checker.shown(BOB, text, start);
    }
    let strange = |text: &String| Broken::Strange { to: BOB, text: text.clone() };
    assert_eq!(checker.finish().1, [strange(&altered), strange(&his_own)]);
}

#[test]
fn the_longest_way_and_the_longest_silence_are_measured() {
    let (mut checker, speech, start) = four_said();
    let seconds = Duration::from_secs;
    // Waits since second 1, for the first; then from second 11 to 13, and nothing is under way after the fourth.
    for (number, at) in [(1, 11), (2, 11), (3, 13), (4, 13)] {
        checker.shown(BOB, &speech.text(ALICE, number), start + seconds(at));
    }
    checker.queued(ALICE, 5, start + seconds(90));
    checker.shown(BOB, &speech.text(ALICE, 5), start + seconds(91));
    let counts = checker.finish().0;
    assert_eq!((counts.longest_silence, counts.longest_way), (seconds(10), seconds(10)));
}
