//! The screens, in a real terminal.

use airlock_tests::{Screen, World, waiting::until};

use crate::PROGRAMS;

const CTRL_Q: &str = "\u{11}";
const ENTER: &str = "\r";
const F2: &str = "\u{1b}OQ";
const F6: &str = "\u{1b}[17~";
const ESCAPE: &str = "\u{1b}";

#[test]
fn a_message_typed_on_one_screen_appears_on_the_other_and_comes_back_as_delivered() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let mut hers = alice.screen(100, 30, &["chat", "bob"]);
    let mut his = bob.screen(100, 30, &["chat", "alice"]);
    hers.shows(&["online", "gate off", "write to bob"]);
    his.shows(&["online", "write to alice"]);

    hers.press("hello from a real terminal");
    hers.shows(&["hello from a real terminal"]);
    hers.press(ENTER);
    his.shows(&["hello from a real terminal"]);
    hers.shows(&["✓✓", "write to bob"]);

    his.press("and back");
    his.press(ENTER);
    hers.shows(&["and back"]);

    quit(&mut hers);
    quit(&mut his);
    // What the screens showed is what the vault has.
    let history = alice.run(&["history", "bob"]);
    assert!(history.contains("hello from a real terminal") && history.contains("and back"), "{history}");
}

#[test]
fn the_gate_stands_on_the_screen_always_and_its_question_holds_the_message() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "enforce"]);
    let mut screen = alice.screen(100, 30, &["chat", "bob"]);
    screen.shows(&["gate enforce", "word-list", "stand-ins"]);
    screen.press("it is a surprise party");
    screen.press(ENTER);
    screen.shows(&["It uses words that the list blocks."]);
    screen.press(ESCAPE);
    // The text is back where it was written.
    screen.hides(&["It uses words that the list blocks."]);
    screen.shows(&["it is a surprise party", "gate enforce"]);
    assert_eq!(bob.receive(), [""; 0]);

    screen.press(F2);
    screen.shows(&["shadow", "advise", "enforce", "report"]);
    screen.press(ESCAPE);
    quit(&mut screen);
}

#[test]
fn a_window_of_any_size_shows_the_gate_or_says_that_it_is_too_small() {
    let world = World::new(PROGRAMS);
    let (alice, _bob) = world.pair();
    let mut screen = alice.screen(80, 24, &["chat", "bob"]);
    screen.shows(&["gate off", "bob"]);
    for (columns, rows) in [(120, 40), (200, 60), (50, 16), (80, 24)] {
        screen.resize(columns, rows);
        screen.shows(&["gate off", "write to bob"]);
    }
    screen.resize(30, 6);
    screen.shows(&["Too small"]);
    screen.resize(80, 24);
    screen.shows(&["gate off", "write to bob"]);
    quit(&mut screen);
}

#[test]
fn a_window_that_shrinks_and_grows_back_at_once_is_whole_again() {
    let world = World::new(PROGRAMS);
    let (alice, _bob) = world.pair();
    let mut screen = alice.screen(80, 24, &["chat", "bob"]);
    screen.shows(&["gate off", "write to bob"]);
    // The terminal cuts its rows at once; the program hears of both sizes together, or of the last one alone.
    for _ in 0..20 {
        screen.resize(12, 4);
        screen.resize(80, 24);
    }
    screen.shows(&["gate off", "write to bob"]);
    quit(&mut screen);
}

#[test]
fn what_others_send_cannot_act_on_the_terminal() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let screen = alice.screen(100, 30, &["chat", "bob"]);
    screen.shows(&["online"]);
    // Would clear the screen, leave the full-screen mode and set the title.
    let attack = "before\u{1b}[2J\u{1b}[?1049l\u{1b}]0;owned\u{7}after";
    assert_eq!(bob.run(&["send", "alice", attack]), "sent");
    screen.shows(&["before", "after", "gate off", "write to bob"]);
    assert!(screen.is_full_screen());
}

#[test]
fn the_terminal_is_as_it_was_after_quitting_and_after_being_stopped() {
    let world = World::new(PROGRAMS);
    let (alice, _bob) = world.pair();
    for stop in [Stop::Key, Stop::Terminate] {
        let mut screen = alice.screen(80, 24, &["chat"]);
        screen.shows(&["gate off"]);
        assert!(screen.is_full_screen());
        match stop {
            Stop::Key => screen.press(CTRL_Q),
            Stop::Terminate => screen.terminate(),
        }
        let _ = screen.wait_for_end();
        assert!(screen.is_restored(), "after {stop:?}:\n{}", screen.text());
    }
}

#[test]
fn the_demo_shows_sender_relay_and_recipient_and_what_the_mode_changes() {
    let world = World::new(PROGRAMS);
    // It needs no account: this person has none.
    let visitor = world.stranger("visitor");
    let mut demo = visitor.screen(120, 40, &["demo"]);
    demo.shows(&["Alice", "Bob", "relay", "gate off"]);
    demo.press("is anybody listening");
    demo.press(ENTER);
    // Once with Alice, once with Bob.
    until("the message on both sides", || {
        (demo.text().matches("is anybody listening").count() >= 2).then_some(())
    });
    demo.press(F6);
    demo.shows(&["gate report"]);
    demo.press("the picnic poster is up");
    demo.press(ENTER);
    // Alice, Bob, and the authority's pane.
    until("the report", || (demo.text().matches("picnic poster").count() >= 3).then_some(()));
    quit(&mut demo);
    assert!(!visitor.home().exists(), "the demo left something behind");
}

#[test]
fn the_demo_fits_the_smallest_usual_terminal() {
    let world = World::new(PROGRAMS);
    let mut demo = world.stranger("visitor").screen(80, 24, &["demo"]);
    demo.shows(&["Alice", "Bob", "relay", "gate off"]);
    quit(&mut demo);
}

#[derive(Clone, Copy, Debug)]
enum Stop {
    Key,
    Terminate,
}

fn quit(screen: &mut Screen) {
    screen.press(CTRL_Q);
    let status = screen.wait_for_end();
    assert!(status.success(), "{status:?}:\n{}", screen.text());
    assert!(screen.is_restored(), "the terminal is not as it was:\n{}", screen.text());
}
