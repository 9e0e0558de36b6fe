//! What each dialog looks like, in a small and in a usual window.

use airlock_protocol::gate::{Choice, Mode};
use insta::assert_snapshot;

use super::{
    super::{
        keymap::BINDINGS,
        tests::{BOB, CAROL, contact, gate, question, report, with_dialog},
    },
    *,
};
use crate::exit::Exit;

fn problem() -> Problem {
    Problem::new(
        Exit::Relay,
        "relay-unreachable",
        "the relay cannot be reached",
        "nothing answers at relay.example:4433",
        "check that you are online; what you wrote is kept and is sent when the relay answers",
    )
}

#[test]
fn help() {
    assert_snapshot!(with_dialog(&Dialog::Help(BINDINGS)));
}

#[test]
fn a_warning() {
    let about = AboutRow::Warning("It holds a phrase that the list marks for a warning.".to_owned());
    let choices = [Choice::SendAsWritten, Choice::Edit];
    assert_snapshot!(with_dialog(&Dialog::Question(question(about, "I smell burnt toast", &choices))));
}

#[test]
fn a_rewrite_with_its_difference() {
    let about = AboutRow::Rewrite("see the poster at the museum, not in the park".to_owned());
    let draft = "see teh poster at the musem, not in the park";
    let choices = [Choice::SendRewritten, Choice::SendAsWritten, Choice::Edit];
    assert_snapshot!(with_dialog(&Dialog::Question(question(about, draft, &choices))));
}

#[test]
fn a_failed_check_that_asks() {
    let about = AboutRow::Failure("the hook used up its fuel".to_owned());
    let choices = [Choice::SendAsWritten, Choice::Edit];
    assert_snapshot!(with_dialog(&Dialog::Question(question(about, "a long story", &choices))));
}

#[test]
fn a_blocked_message() {
    let why = StoppedRow::Blocked("It holds a phrase that the list marks as not to be sent.".to_owned());
    assert_snapshot!(with_dialog(&Dialog::Stopped { why, hook: "word-list 0.1.0".to_owned() }));
}

#[test]
fn a_held_message() {
    let why = StoppedRow::HookFailed("the hook's list cannot be used: it expired".to_owned());
    assert_snapshot!(with_dialog(&Dialog::Stopped { why, hook: "word-list 0.1.0".to_owned() }));
}

#[test]
fn a_report_with_its_evidence() {
    assert_snapshot!(with_dialog(&Dialog::Report(report())));
}

#[test]
fn all_reports() {
    let held =
        ReportRow { sealed_bytes: 0, state: "held".to_owned(), evidence: vec![0xFF, 0x00, 0x1B], ..report() };
    assert_snapshot!(with_dialog(&Dialog::Reports(vec![held, report()])));
}

#[test]
fn no_reports() {
    assert_snapshot!(with_dialog(&Dialog::Reports(Vec::new())));
}

#[test]
fn a_safety_number() {
    let groups: Vec<String> = (0..12).map(|group| format!("{:05}", group * 8_191)).collect();
    let verified = Dialog::Safety { contact: contact(BOB, "Bob", 0), groups: groups.clone() };
    let unverified = Dialog::Safety { contact: contact(CAROL, "Carol", 0), groups };
    assert_snapshot!([with_dialog(&unverified), with_dialog(&verified)].join("\n"));
}

#[test]
fn the_gate() {
    assert_snapshot!(with_dialog(&Dialog::Gate(gate(Mode::Report))));
}

#[test]
fn the_gate_without_a_hook() {
    assert_snapshot!(with_dialog(&Dialog::Gate(GateRow::off())));
}

#[test]
fn the_choice_of_an_authority() {
    let contacts = vec![contact(BOB, "Bob", 0), contact(CAROL, "Museum of Bread", 0)];
    assert_snapshot!(with_dialog(&Dialog::Authority(contacts)));
    assert_snapshot!("no_authority_to_choose", with_dialog(&Dialog::Authority(Vec::new())));
}

#[test]
fn an_invite_with_its_code() {
    let link = format!("airlock:{}", "k3v7".repeat(40));
    assert_snapshot!(with_dialog(&Dialog::Invite(link)));
}

#[test]
fn adding_a_contact() {
    let mut form = AddForm::default();
    form.link.insert("airlock:cut").unwrap();
    form.problem = Some(problem());
    let busy = AddForm { busy: true, problem: None, ..form.clone() };
    let states = [AddForm::default(), form, busy];
    assert_snapshot!(states.map(|form| with_dialog(&Dialog::Add(form))).join("\n"));
}

#[test]
fn a_problem_with_its_remedy() {
    assert_snapshot!(with_dialog(&Dialog::Problem(problem())));
}
