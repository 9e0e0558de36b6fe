//! What the screen looks like in each state.

use airlock_protocol::gate::Mode;
use insta::assert_snapshot;

use super::*;

#[test]
fn a_conversation_shows_days_times_delivery_and_what_the_gate_did() {
    assert_snapshot!(both_sizes(app));
}

#[test]
fn without_contacts_the_screen_says_how_to_get_one() {
    assert_snapshot!(both_sizes(empty_app));
}

#[test]
fn a_new_conversation_says_what_will_happen() {
    assert_snapshot!(both_sizes(|width, height| {
        let mut app = app(width, height);
        feed(&mut app, Event::Messages(BOB, Vec::new()));
        app
    }));
}

#[test]
fn several_lines_grow_the_composer() {
    assert_snapshot!(both_sizes(|width, height| {
        let mut app = app(width, height);
        feed(
            &mut app,
            Event::Paste("first line\nsecond line\n\nand a fourth one that is rather long: ".to_owned()),
        );
        feed(&mut app, Event::Paste("bread ".repeat(30)));
        app
    }));
}

#[test]
fn a_narrow_window_hides_the_contacts_and_keeps_the_gate() {
    let mut app = app(44, 20);
    feed(&mut app, Event::Gate(gate(Mode::Report)));
    assert_snapshot!(screen(&app));
}

#[test]
fn a_window_too_small_says_so() {
    assert_snapshot!(screen(&app(30, 8)));
}

#[test]
fn a_stopped_engine_is_shown_in_the_title() {
    let mut app = app(80, 24);
    feed(&mut app, Event::Stopped("the vault cannot be written: disk full".to_owned()));
    assert_snapshot!(screen(&app).lines().next().unwrap());
}

#[test]
fn each_state_of_the_connection_has_its_words() {
    let states = [
        ConnectionRow::Offline,
        ConnectionRow::Connecting,
        ConnectionRow::Online,
        ConnectionRow::Waiting("nothing answers at relay.example:4433".to_owned()),
        ConnectionRow::Refused("the relay's fingerprint is another one".to_owned()),
    ];
    let titles = states.map(|state| {
        let mut app = app(80, 24);
        feed(&mut app, Event::Connection(state));
        screen(&app).lines().next().unwrap().to_owned()
    });
    assert_snapshot!(titles.join("\n"));
}

#[test]
fn every_mode_and_every_trouble_of_the_gate_is_on_the_screen() {
    let mut rows: Vec<String> = Mode::ALL
        .map(|mode| {
            let mut app = app(80, 24);
            feed(&mut app, Event::Gate(gate(mode)));
            app
        })
        .into_iter()
        .map(|app| {
            screen(&app).lines().rev().skip(2).take(2).map(str::to_owned).collect::<Vec<_>>().join("\n")
        })
        .collect();
    let mut troubled = app(80, 24);
    let problem = "the list expired on 1 November 2026: messages are held".to_owned();
    let mut enforcing = gate(Mode::Enforce);
    enforcing.hooks[0].problem = Some(problem);
    feed(&mut troubled, Event::Gate(enforcing));
    let mut several = app(80, 24);
    let hooks = [Mode::Advise, Mode::Report].into_iter().flat_map(|mode| gate(mode).hooks).collect();
    feed(&mut several, Event::Gate(GateRow { mode: Mode::Report, hooks }));
    rows.push(screen(&several));
    rows.push(screen(&troubled));
    assert_snapshot!(rows.join("\n"));
}
