//! No sequence of keys, clicks and news breaks the screen.

use crossterm::event::{MouseEvent, MouseEventKind};
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::*;
use crate::tui::model::Outcome;

fn any_key() -> impl Strategy<Value = Event> {
    let codes = prop_oneof![
        6 => any::<char>().prop_map(KeyCode::Char),
        4 => prop::sample::select(vec!['a', 'e', 'o', 'r', 's', 'q', '?', ' ', 'é', '👩', '\u{301}', '\u{200d}'])
            .prop_map(KeyCode::Char),
        8 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down,
            KeyCode::Left, KeyCode::Right, KeyCode::Home, KeyCode::End, KeyCode::PageUp, KeyCode::PageDown,
            KeyCode::Backspace, KeyCode::Delete, KeyCode::F(1), KeyCode::F(2), KeyCode::F(3), KeyCode::F(4),
            KeyCode::F(5), KeyCode::F(6),
        ]),
    ];
    let modifiers = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
        KeyModifiers::SHIFT,
    ]);
    (codes, modifiers).prop_map(|(code, modifiers)| Event::Key(KeyEvent::new(code, modifiers)))
}

fn any_event() -> impl Strategy<Value = Event> {
    let all = vec![Choice::SendAsWritten, Choice::SendRewritten, Choice::Edit];
    prop_oneof![
        20 => any_key(),
        2 => ".{0,30}".prop_map(Event::Paste),
        2 => (0_u16..200, 0_u16..60).prop_map(|(width, height)| Event::Resize(Size { width, height })),
        2 => (0_u16..200, 0_u16..60, 0_usize..3).prop_map(|(column, row, kind)| {
            let kind = [
                MouseEventKind::ScrollUp,
                MouseEventKind::ScrollDown,
                MouseEventKind::Down(crossterm::event::MouseButton::Left),
            ][kind];
            Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
        }),
        1 => Just(Event::Contacts(vec![contact(BOB, "Bob", 0)])),
        1 => Just(Event::Contacts(Vec::new())),
        1 => Just(Event::Messages(BOB, conversation())),
        1 => Just(Event::Messages(BOB, Vec::new())),
        1 => Just(Event::Messages(BOB, files())),
        1 => (0_u8..=100).prop_map(|percent| Event::File(BOB, MessageId([6; 16]), FilePlace::Moving(percent))),
        1 => Just(Event::Completed("~/pic".to_owned(), vec!["picnic.jpg".to_owned(); 24])),
        1 => Just(Event::Saved("/home/bob/picnic.jpg".into())),
        1 => prop::sample::select(Mode::ALL.to_vec()).prop_map(|mode| Event::Gate(gate(mode))),
        1 => Just(Event::Composed(BOB, Outcome::Ask(question(
            AboutRow::Rewrite("the poster".to_owned()), "teh poster", &all)))),
        1 => Just(Event::Composed(BOB, Outcome::Queued { reports: vec![report()] })),
        1 => Just(Event::Composed(BOB, Outcome::Kept { draft: "draft".to_owned() })),
        1 => Just(Event::Safety(BOB, vec!["12345".to_owned(); 12])),
        1 => Just(Event::Link("airlock:".to_owned() + &"x".repeat(180))),
        1 => Just(Event::Reports(vec![report(); 5])),
        1 => Just(Event::Added(contact(CAROL, "Carol", 0))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_sequence_of_events_panics_and_the_cursor_stays_at_a_boundary(
        events in prop::collection::vec(any_event(), 0..60),
    ) {
        let mut app = app(80, 24);
        for event in events {
            feed(&mut app, event);
            for talk in app.talks.values() {
                let (text, cursor) = (talk.composer.text(), talk.composer.cursor());
                prop_assert!(cursor == text.len() || text.grapheme_indices(true).any(|(at, _)| at == cursor));
            }
            drawn(&app);
        }
    }
}
