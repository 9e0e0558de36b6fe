//! The demo screen without a world: states made by hand, drawn into memory.

use airlock_protocol::gate::{Choice, Mode};
use airlock_wire::AccountId;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use insta::assert_snapshot;
use proptest::prelude::*;
use ratatui::{Terminal, backend::TestBackend, layout::Size};

use super::{
    app::{Demo, Effect, Event, Presence, Side},
    model::{AuthorityRow, CarrierRow, EnvelopeRow, MailboxRow, RelayRow},
    update::update,
    view,
};
use crate::tui::{
    chat::tests::{TICKET, gate, message, question, report},
    clock::tests::{NOW_MS, fixed},
    model::{AboutRow, MessageRow, Outcome, Progress, StoppedRow},
    theme::{Colors, Theme},
};

fn envelope(owner: &str, bytes: u64, age_s: u64, held: bool) -> EnvelopeRow {
    let first_bytes = (0..16_u8).map(|byte| byte.wrapping_mul(37).wrapping_add(age_s as u8) ^ 0x5A).collect();
    EnvelopeRow { owner: owner.to_owned(), bytes, first_bytes, age_ms: age_s * 1_000, held }
}

fn relay() -> RelayRow {
    let mailbox =
        |owner: &str, held| MailboxRow { owner: owner.to_owned(), device: "k3v7q2ab".to_owned(), held };
    RelayRow {
        mailboxes: vec![mailbox("Alice", 0), mailbox("Bob", 1), mailbox("Authority", 0)],
        envelopes: vec![
            envelope("Bob", 4_096, 95, false),
            envelope("Alice", 4_096, 94, false),
            envelope("Authority", 1_024, 40, false),
            envelope("Bob", 1_024, 0, true),
        ],
        datagrams: 143,
        wire_bytes: 81_234,
    }
}

pub(crate) fn empty(width: u16, height: u16) -> Demo {
    let (alice, bob) = (AccountId([1; 32]), AccountId([2; 32]));
    Demo::new(alice, bob, Theme::new(Colors::Never), fixed(), Size { width, height })
}

pub(crate) fn busy(width: u16, height: u16) -> Demo {
    let mut demo = empty(width, height);
    let ours = vec![
        message(1, 3, "Is the museum open on Sunday?", Progress::Delivered),
        message(2, 2, "It is. At ten?", Progress::Received),
        MessageRow {
            report: Some(report()),
            ..message(3, 1, "bring the picnic poster to the lake", Progress::Sent)
        },
    ];
    let theirs = vec![
        message(1, 3, "Is the museum open on Sunday?", Progress::Received),
        message(2, 2, "It is. At ten?", Progress::Delivered),
    ];
    update(&mut demo, Event::Gate(gate(Mode::Report)));
    update(&mut demo, Event::Messages(Side::Alice, ours));
    update(&mut demo, Event::Messages(Side::Bob, theirs));
    update(&mut demo, Event::Relay(relay()));
    let carriers = CarrierRow { texts: 3, bytes: 1_234_567, unsearched_bytes: 0, findings: Vec::new() };
    update(&mut demo, Event::Carriers(carriers));
    let received = AuthorityRow {
        from: "Alice".to_owned(),
        hook: "word-list 0.1.0".to_owned(),
        evidence: "picnic poster: \"bring the picnic poster to the lake\"".to_owned(),
        evidence_bytes: 52,
        received_ms: NOW_MS - 60_000,
    };
    update(&mut demo, Event::Authority(vec![received]));
    demo
}

fn screen(demo: &Demo) -> String {
    drawn(demo).backend().to_string()
}

fn drawn(demo: &Demo) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(demo.size.width, demo.size.height)).unwrap();
    terminal.draw(|frame| _ = view::draw(demo, frame.buffer_mut())).unwrap();
    terminal
}

fn both_sizes(state: impl Fn(u16, u16) -> Demo) -> String {
    let sizes = [(80, 24), (120, 40)];
    sizes.map(|(width, height)| format!("{width}×{height}\n{}", screen(&state(width, height)))).join("\n")
}

fn press(demo: &mut Demo, code: KeyCode) -> Vec<Effect> {
    update(demo, Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

#[test]
fn before_anything_is_said() {
    assert_snapshot!(both_sizes(empty));
}

#[test]
fn after_a_report() {
    assert_snapshot!(both_sizes(busy));
}

#[test]
fn a_large_window_shows_first_bytes_beside_each_envelope() {
    assert_snapshot!(screen(&busy(200, 60)));
}

#[test]
fn a_window_too_small_names_the_script() {
    assert_snapshot!(screen(&busy(60, 12)));
}

#[test]
fn a_warning_lies_over_the_panes() {
    assert_snapshot!(both_sizes(|width, height| {
        let mut demo = busy(width, height);
        update(&mut demo, Event::Gate(gate(Mode::Advise)));
        let about = AboutRow::Warning("It uses words that the list marks for a warning.".to_owned());
        let asked = question(about, "burnt toast", &[Choice::SendAsWritten, Choice::Edit]);
        update(&mut demo, Event::Composed(Side::Alice, Outcome::Ask(asked)));
        demo
    }));
}

#[test]
fn plaintext_that_is_found_is_not_hidden() {
    let mut demo = busy(80, 24);
    let carriers = CarrierRow {
        texts: 3,
        bytes: 9,
        unsearched_bytes: 0,
        findings: vec!["wire: datagram 12, UTF-8".to_owned()],
    };
    update(&mut demo, Event::Carriers(carriers));
    assert!(screen(&demo).contains("YES: wire"), "{}", screen(&demo));
}

#[test]
fn every_story_fits_the_footer_of_a_small_window() {
    let mut demo = busy(80, 24);
    let draft = || "d".to_owned();
    let hook = || "word-list 0.1.0".to_owned();
    let mut outcomes = vec![
        Outcome::Queued { reports: Vec::new() },
        Outcome::Queued { reports: vec![report()] },
        Outcome::Kept { draft: draft() },
        Outcome::Stopped { draft: draft(), why: StoppedRow::Blocked(draft()), hook: hook() },
        Outcome::Stopped { draft: draft(), why: StoppedRow::HookFailed(draft()), hook: hook() },
    ];
    for about in [AboutRow::Warning(draft()), AboutRow::Rewrite(draft()), AboutRow::Failure(draft())] {
        outcomes.push(Outcome::Ask(question(about, "d", &[Choice::Edit])));
    }
    let mut stories = Vec::new();
    for mode in Mode::ALL {
        demo.gate = gate(mode);
        stories.push(super::story::Story::mode(mode));
        stories
            .extend(outcomes.iter().map(|outcome| super::story::Story::outcome(Side::Alice, mode, outcome)));
    }
    stories.extend([Presence::Online, Presence::Offline, Presence::Changing].map(super::story::Story::bob));
    for story in stories {
        demo.story = story;
        let drawn = screen(&demo);
        let last = demo.story.next.rsplit(' ').next().unwrap();
        assert!(drawn.contains(last), "{:?}\n{drawn}", demo.story);
    }
}

#[test]
fn function_keys_set_the_mode_of_alices_gate() {
    let mut demo = busy(80, 24);
    let keys = [(2, Mode::Off), (3, Mode::Shadow), (4, Mode::Advise), (5, Mode::Enforce)];
    for (number, mode) in keys {
        assert_eq!(press(&mut demo, KeyCode::F(number)), [Effect::SetMode(mode)]);
    }
    assert!(press(&mut demo, KeyCode::F(6)).is_empty(), "it is in that mode already");
}

#[test]
fn tab_lets_one_write_as_the_other() {
    let mut demo = busy(80, 24);
    press(&mut demo, KeyCode::Tab);
    press(&mut demo, KeyCode::Char('y'));
    assert_eq!(press(&mut demo, KeyCode::Enter), [Effect::Compose(Side::Bob, "y".to_owned())]);
}

#[test]
fn bob_can_be_stopped_and_started_but_not_both_at_once() {
    let mut demo = busy(80, 24);
    assert_eq!(press(&mut demo, KeyCode::F(7)), [Effect::SetBobOnline(false)]);
    assert!(press(&mut demo, KeyCode::F(7)).is_empty());
    update(&mut demo, Event::BobIs(Presence::Offline));
    assert!(screen(&demo).contains("offline"));
    assert_eq!(press(&mut demo, KeyCode::F(7)), [Effect::SetBobOnline(true)]);
}

#[test]
fn a_warned_alice_can_send_anyway() {
    let mut demo = busy(80, 24);
    let asked = question(AboutRow::Warning("w".to_owned()), "d", &[Choice::SendAsWritten, Choice::Edit]);
    update(&mut demo, Event::Composed(Side::Alice, Outcome::Ask(asked)));
    assert_eq!(press(&mut demo, KeyCode::Char('s')), [Effect::Answer(TICKET, Choice::SendAsWritten)]);
}

fn any_event() -> impl Strategy<Value = Event> {
    let keys = prop_oneof![
        any::<char>().prop_map(KeyCode::Char),
        (1_u8..10).prop_map(KeyCode::F),
        prop::sample::select(vec![
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Backspace,
            KeyCode::Left,
        ]),
    ];
    prop_oneof![
        8 => keys.prop_map(|code| Event::Key(KeyEvent::new(code, KeyModifiers::NONE))),
        1 => (0_u16..220, 0_u16..70).prop_map(|(width, height)| Event::Resize(Size { width, height })),
        1 => prop::sample::select(Mode::ALL.to_vec()).prop_map(|mode| Event::Gate(gate(mode))),
        1 => Just(Event::Relay(relay())),
        1 => Just(Event::Composed(Side::Alice, Outcome::Kept { draft: "draft".to_owned() })),
        1 => Just(Event::BobIs(Presence::Offline)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_sequence_of_events_panics(events in prop::collection::vec(any_event(), 0..40)) {
        let mut demo = busy(80, 24);
        for event in events {
            update(&mut demo, event);
            drawn(&demo);
        }
    }
}
