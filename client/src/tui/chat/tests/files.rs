//! Files on the chat screen: how they look, and the way to send and to save one.

use insta::assert_snapshot;

use super::*;
use crate::{
    exit::Exit,
    problem::Problem,
    tui::{chat::dialogs::FileForm, model::Outcome},
};

fn with_files(width: u16, height: u16) -> App {
    let mut app = app(width, height);
    feed(&mut app, Event::Messages(BOB, files()));
    app
}

#[test]
fn a_file_shows_its_name_its_size_and_how_far_it_is() {
    assert_snapshot!(both_sizes(with_files));
}

#[test]
fn the_form_for_a_file_to_send_shows_the_caption_and_what_a_path_could_go_on_with() {
    assert_snapshot!(both_sizes(|width, height| {
        let mut app = with_files(width, height);
        type_text(&mut app, "This is the new one.");
        feed(&mut app, control('o'));
        type_text(&mut app, "~/Pictures/pic");
        let candidates = ["picnic.jpg", "picnic (2).jpg", "pictures/"].map(str::to_owned).to_vec();
        feed(&mut app, Event::Completed("~/Pictures/pic".to_owned(), candidates));
        app
    }));
}

#[test]
fn the_form_for_saving_offers_the_files_that_can_be_had() {
    assert_snapshot!(both_sizes(|width, height| {
        let mut app = with_files(width, height);
        feed(&mut app, control('s'));
        feed(&mut app, key(KeyCode::Down));
        type_text(&mut app, "~/Pictures/");
        app
    }));
}

#[test]
fn the_gate_shows_the_file_that_it_asks_about() {
    let mut asked = question(
        AboutRow::Warning("It looks like toast.".to_owned()),
        "burnt?",
        &[Choice::Edit, Choice::SendAsWritten],
    );
    asked.file = Some(file("toast.jpg", FilePlace::Waiting));
    assert_snapshot!(with_dialog(&Dialog::Question(asked)));
}

#[test]
fn a_file_goes_with_what_is_written_and_both_come_back_when_it_is_stopped() {
    let mut app = app(80, 24);
    type_text(&mut app, "the new one");
    feed(&mut app, control('o'));
    feed(&mut app, Event::Paste("'/home/alice/picnic poster.jpg'\n".to_owned()));
    let path = "/home/alice/picnic poster.jpg".to_owned();
    let caption = "the new one".to_owned();
    let effects = feed(&mut app, key(KeyCode::Enter));
    assert_eq!(effects, [Effect::Attach { to: BOB, path: path.clone(), caption: caption.clone() }]);
    assert!(app.dialogs.is_empty() && app.talk().unwrap().composer.is_empty());

    feed(&mut app, Event::Composed(BOB, Outcome::Kept { draft: caption.clone() }));
    assert_eq!(app.talk().unwrap().composer.text(), caption);
    feed(&mut app, control('o'));
    let Some(Dialog::File(form)) = app.dialog().map(|open| &open.dialog) else { panic!("no form") };
    assert_eq!(form.path.text(), path, "what was stopped is likely to be tried again");
}

#[test]
fn a_path_dropped_on_the_terminal_is_taken_however_it_is_quoted() {
    for dropped in ["'/a b.jpg'", "\"/a b.jpg\"", "/a\\ b.jpg", " /a b.jpg\n", "file:///a b.jpg"] {
        assert_eq!(FileForm::send("Bob", "", dropped).path.text(), "/a b.jpg", "{dropped:?}");
    }
}

#[test]
fn a_file_is_chosen_saved_and_its_trouble_told_in_the_form() {
    let mut app = with_files(80, 24);
    feed(&mut app, control('s'));
    feed(&mut app, key(KeyCode::Down));
    type_text(&mut app, "out");
    let effects = feed(&mut app, key(KeyCode::Enter));
    assert_eq!(effects, [Effect::Save { id: MessageId([4; 16]), path: "out".to_owned() }]);
    let problem =
        Problem::new(Exit::Failure, "test", "the file cannot be saved", "it exists", "choose another");
    feed(&mut app, Event::NotSaved(problem));
    assert!(screen(&app).contains("it exists"));
    let again = feed(&mut app, key(KeyCode::Enter));
    assert_eq!(again.len(), 1);
    feed(&mut app, Event::Saved("/home/bob/out".into()));
    assert!(app.dialogs.is_empty() && screen(&app).contains("Saved: /home/bob/out"));
}

#[test]
fn without_a_file_there_is_nothing_to_save() {
    let mut app = app(80, 24);
    feed(&mut app, control('s'));
    assert!(app.dialogs.is_empty() && app.note.is_some());
}

#[test]
fn a_file_that_moves_moves_on_the_screen() {
    let mut app = with_files(80, 24);
    feed(&mut app, Event::File(BOB, MessageId([6; 16]), FilePlace::Moving(90)));
    assert!(screen(&app).contains("90 %"));
    feed(&mut app, Event::File(BOB, MessageId([6; 16]), FilePlace::There));
    assert!(!screen(&app).contains("90 %"));
}
