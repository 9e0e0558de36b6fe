//! What keys, clicks and news do.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::{
    exit::Exit,
    problem::Problem,
    tui::{
        chat::dialogs::AddForm,
        model::{Outcome, StoppedRow},
    },
};

fn click(column: u16, row: u16) -> Event {
    let kind = MouseEventKind::Down(MouseButton::Left);
    Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

#[test]
fn enter_sends_what_is_written_to_the_selected_contact() {
    let mut app = app(80, 24);
    type_text(&mut app, "hello");
    let effects = feed(&mut app, key(KeyCode::Enter));
    assert_eq!(effects, [Effect::Compose { to: BOB, text: "hello".to_owned() }]);
    assert!(app.talk().unwrap().composer.is_empty());
}

#[test]
fn alt_enter_and_control_j_start_a_new_line() {
    let mut app = app(80, 24);
    type_text(&mut app, "a");
    feed(&mut app, Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT)));
    type_text(&mut app, "b");
    feed(&mut app, control('j'));
    assert_eq!(app.talk().unwrap().composer.text(), "a\nb\n");
}

#[test]
fn each_contact_keeps_its_own_draft() {
    let mut app = app(80, 24);
    type_text(&mut app, "for Bob");
    feed(&mut app, key(KeyCode::Tab));
    assert_eq!(app.selected, Some(CAROL));
    assert!(app.talk().unwrap().composer.is_empty());
    feed(&mut app, key(KeyCode::BackTab));
    assert_eq!(app.talk().unwrap().composer.text(), "for Bob");
}

#[test]
fn the_first_choice_of_a_warning_is_to_edit_so_a_second_enter_does_not_send() {
    let mut app = app(80, 24);
    type_text(&mut app, "burnt toast");
    feed(&mut app, key(KeyCode::Enter));
    let asked = question(
        AboutRow::Warning("mind the word".to_owned()),
        "burnt toast",
        &[Choice::SendAsWritten, Choice::Edit],
    );
    feed(&mut app, Event::Composed(BOB, Outcome::Ask(asked)));
    let effects = feed(&mut app, key(KeyCode::Enter));
    assert_eq!(effects, [Effect::Answer(TICKET, Choice::Edit)]);
    feed(&mut app, Event::Composed(BOB, Outcome::Kept { draft: "burnt toast".to_owned() }));
    assert_eq!(app.talk().unwrap().composer.text(), "burnt toast");
}

#[test]
fn a_warned_sender_can_send_anyway_with_one_key() {
    let mut app = app(80, 24);
    let asked = question(
        AboutRow::Warning("mind the word".to_owned()),
        "burnt toast",
        &[Choice::SendAsWritten, Choice::Edit],
    );
    feed(&mut app, Event::Composed(BOB, Outcome::Ask(asked)));
    assert_eq!(feed(&mut app, key(KeyCode::Char('s'))), [Effect::Answer(TICKET, Choice::SendAsWritten)]);
}

#[test]
fn a_choice_that_the_mode_does_not_leave_is_not_offered() {
    let mut app = app(80, 24);
    let asked = question(
        AboutRow::Rewrite("the poster".to_owned()),
        "teh poster",
        &[Choice::SendRewritten, Choice::Edit],
    );
    feed(&mut app, Event::Composed(BOB, Outcome::Ask(asked)));
    assert!(feed(&mut app, key(KeyCode::Char('s'))).is_empty());
    assert!(!screen(&app).contains("Send as written"));
    assert_eq!(feed(&mut app, key(KeyCode::Char('r'))), [Effect::Answer(TICKET, Choice::SendRewritten)]);
}

#[test]
fn escape_never_sends() {
    for about in [
        AboutRow::Warning("w".to_owned()),
        AboutRow::Rewrite("r".to_owned()),
        AboutRow::Failure("f".to_owned()),
    ] {
        let mut app = app(80, 24);
        let all = [Choice::SendAsWritten, Choice::SendRewritten, Choice::Edit];
        feed(&mut app, Event::Composed(BOB, Outcome::Ask(question(about, "d", &all))));
        assert_eq!(feed(&mut app, key(KeyCode::Esc)), [Effect::Answer(TICKET, Choice::Edit)]);
    }
}

#[test]
fn a_blocked_draft_is_back_in_the_composer() {
    let mut app = app(80, 24);
    type_text(&mut app, "surprise party");
    feed(&mut app, key(KeyCode::Enter));
    let stopped = Outcome::Stopped {
        draft: "surprise party".to_owned(),
        why: StoppedRow::Blocked("no".to_owned()),
        hook: "word-list 0.1.0".to_owned(),
    };
    feed(&mut app, Event::Composed(BOB, stopped));
    assert!(matches!(app.dialog().unwrap().dialog, Dialog::Stopped { .. }));
    feed(&mut app, key(KeyCode::Enter));
    assert!(app.dialog().is_none());
    assert_eq!(app.talk().unwrap().composer.text(), "surprise party");
}

#[test]
fn a_report_is_told_at_once() {
    let mut app = app(80, 24);
    feed(&mut app, Event::Composed(BOB, Outcome::Queued { reports: vec![report()] }));
    assert!(screen(&app).contains("picnic poster: \"bring the picnic poster"), "{}", screen(&app));
}

#[test]
fn a_message_that_arrives_in_the_open_conversation_is_read() {
    let mut app = app(80, 24);
    assert_eq!(
        feed(&mut app, Event::Arrived(BOB)),
        [Effect::LoadMessages(BOB), Effect::MarkRead(BOB), Effect::LoadContacts]
    );
    assert_eq!(feed(&mut app, Event::Arrived(CAROL)), [Effect::LoadMessages(CAROL), Effect::LoadContacts]);
}

#[test]
fn a_click_selects_a_contact() {
    let mut app = app(80, 24);
    assert_eq!(feed(&mut app, click(5, 2)), [Effect::LoadMessages(CAROL), Effect::MarkRead(CAROL)]);
    assert_eq!(app.selected, Some(CAROL));
    assert!(feed(&mut app, click(5, 9)).is_empty());
}

#[test]
fn a_click_on_a_button_presses_it() {
    let mut app = app(80, 24);
    app.tell(Dialog::Problem(Problem::new(Exit::Failure, "t", "a", "b", "c")));
    let drawn = screen(&app);
    let (row, line) = drawn.lines().enumerate().find(|(_, line)| line.contains("[ Close ]")).unwrap();
    // The first character of each line is the quotation mark of the test backend.
    let column = line.chars().take_while(|c| *c != '[').count() - 1;
    feed(&mut app, click(column as u16 + 2, row as u16));
    assert!(app.dialog().is_none());
}

#[test]
fn scrolling_stops_at_both_ends_and_says_how_much_is_below() {
    let mut app = app(80, 24);
    for _ in 0..20 {
        feed(&mut app, key(KeyCode::PageUp));
    }
    let up = screen(&app);
    assert!(up.contains("Is the museum open"), "{up}");
    assert!(up.contains("more"), "{up}");
    for _ in 0..20 {
        feed(&mut app, key(KeyCode::PageDown));
    }
    assert_eq!(app.talk().unwrap().scroll, 0);
}

#[test]
fn one_who_has_scrolled_up_goes_on_reading_when_something_comes() {
    let mut app = app(80, 24);
    feed(&mut app, key(KeyCode::PageUp));
    let second_line = |app: &App| screen(app).lines().nth(4).unwrap().to_owned();
    let reading = second_line(&app);
    let mut rows = conversation();
    rows.push(message(9, 1, "and one more", Progress::Received));
    feed(&mut app, Event::Messages(BOB, rows));
    assert_eq!(second_line(&app), reading);
}

#[test]
fn no_dialog_covers_the_gate_line() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        for dialog in [
            Dialog::Help(super::super::keymap::BINDINGS),
            Dialog::Invite("airlock:".to_owned() + &"x".repeat(200)),
        ] {
            let mut app = app(width, height);
            app.tell(dialog);
            assert!(screen(&app).contains("gate enforce  word-list 0.1.0 · 3f3f3f3f"), "{}", screen(&app));
        }
    }
}

#[test]
fn report_mode_asks_who_gets_the_reports() {
    let mut app = app(80, 24);
    feed(&mut app, key(KeyCode::F(2)));
    assert!(feed(&mut app, key(KeyCode::Char('r'))).is_empty());
    // The first row is "nobody".
    feed(&mut app, key(KeyCode::Down));
    feed(&mut app, key(KeyCode::Down));
    assert_eq!(
        feed(&mut app, key(KeyCode::Enter)),
        [Effect::SetGate { mode: Mode::Report, authority: Some(CAROL) }]
    );
}

#[test]
fn the_other_modes_are_chosen_with_one_key() {
    let mut app = app(80, 24);
    feed(&mut app, key(KeyCode::F(2)));
    assert_eq!(
        feed(&mut app, key(KeyCode::Char('a'))),
        [Effect::SetGate { mode: Mode::Advise, authority: None }]
    );
}

#[test]
fn a_link_is_pasted_in_pieces_and_sent_once() {
    let mut app = empty_app(80, 24);
    feed(&mut app, control('a'));
    feed(&mut app, Event::Paste("airlock:abc\n  def\n".to_owned()));
    assert_eq!(feed(&mut app, key(KeyCode::Enter)), [Effect::Add("airlock:abcdef".to_owned())]);
    feed(
        &mut app,
        Event::NotAdded(Problem::new(Exit::Usage, "t", "not a link", "it was cut", "copy all of it")),
    );
    let form = app.dialogs.iter().find_map(|open| match &open.dialog {
        Dialog::Add(AddForm { problem, busy, .. }) => Some((problem.is_some(), *busy)),
        _ => None,
    });
    assert_eq!(form, Some((true, false)));
    feed(&mut app, Event::Added(contact(BOB, "Bob", 0)));
    assert!(app.dialog().is_none());
    assert_eq!(app.selected, Some(BOB));
}

#[test]
fn control_c_quits_only_when_no_draft_would_be_lost() {
    let mut app = app(80, 24);
    type_text(&mut app, "draft");
    assert!(feed(&mut app, control('c')).is_empty());
    feed(&mut app, control('u'));
    assert_eq!(feed(&mut app, control('c')), [Effect::Quit]);
}

#[test]
fn nothing_is_sent_after_the_engine_stopped() {
    let mut app = app(80, 24);
    feed(&mut app, Event::Stopped("disk full".to_owned()));
    type_text(&mut app, "hello");
    assert!(feed(&mut app, key(KeyCode::Enter)).is_empty());
    assert_eq!(app.talk().unwrap().composer.text(), "hello");
}

#[test]
fn hostile_names_and_texts_reach_no_cell() {
    let mut app = app(120, 40);
    feed(&mut app, Event::Contacts(vec![contact(BOB, "\x1b]0;x\x07Bob\n\u{202e}", 1)]));
    feed(&mut app, Event::Messages(BOB, vec![message(1, 1, "\x1b[2J\u{9b}1mx", Progress::Received)]));
    feed(&mut app, Event::Note("\x1b[5m".to_owned()));
    app.tell(Dialog::Problem(Problem::new(Exit::Failure, "t", "a\x1b", "b", "c")));
    let terminal = drawn(&app);
    let cells = &terminal.backend().buffer().content;
    assert!(!cells.iter().any(|cell| cell.symbol().chars().any(crate::printable::is_dangerous)));
}
