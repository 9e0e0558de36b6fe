//! Those that are asked, and stopped: each is a failure with a name, and never a verdict.

use airlock_protocol::gate::{Examination, Failure};

use crate::folder::{hook, judge};

const TEXT: &str = "meet me at noon";

fn stopped(name: &str, expected: &Failure) {
    let hook = hook(name);
    let first = judge(&hook, TEXT);
    let Examination { answer, fuel, memory_bytes: _ } = &first;
    assert_eq!(answer.as_ref(), Err(expected), "{name}");
    assert!((1..=hook.manifest().limits.fuel).contains(fuel), "{name} used {fuel}");
    assert_eq!(judge(&hook, TEXT), first, "{name}: a failure is the same again");
}

fn garbage(why: &str) -> Failure {
    Failure::Garbage(why.into())
}

#[test]
fn a_loop_without_end_uses_up_its_fuel() {
    stopped("spin", &Failure::Fuel);
    assert_eq!(judge(&hook("spin"), TEXT).fuel, 1_000_000);
}

#[test]
fn a_recursion_without_end_stops_at_its_own_stack() {
    stopped("recurse", &Failure::Trap("call stack exhausted".into()));
}

#[test]
fn a_hook_that_stops_itself_has_failed_and_did_not_say_yes() {
    stopped("trap", &Failure::Trap("wasm `unreachable` instruction executed".into()));
}

#[test]
fn memory_and_tables_end_at_their_limits() {
    stopped("hog", &Failure::Memory);
    stopped("hog-table", &Failure::Memory);
}

#[test]
fn an_answer_over_its_limit_is_not_taken() {
    stopped("huge-answer", &Failure::OversizedAnswer { got: 60_000, max: 512 });
    stopped("long-evidence", &Failure::OversizedAnswer { got: 5_000, max: 100 });
}

#[test]
fn an_answer_that_the_manifest_does_not_announce_is_not_taken() {
    stopped("undeclared-code", &garbage("it answers with the code 9, which its manifest does not declare"));
    stopped(
        "undeclared-score",
        &garbage("it answers with a score, of which its manifest declares no meaning"),
    );
    stopped("stray-entry", &garbage("it answers with the list's entry 2, and there are 0"));
    stopped("stronger-verdict", &garbage("it answers `report`, and its manifest says `warn` at most"));
    stopped(
        "unannounced-rewrite",
        &garbage("it answers `rewrite`, and its manifest does not say that it does"),
    );
}

#[test]
fn bytes_that_are_no_answer_are_not_taken() {
    stopped("not-utf8", &garbage("invalid utf-8 sequence of 1 bytes from index 0"));
    stopped("wild-pointer", &garbage("string pointer/length out of bounds of memory"));
    stopped("no-such-verdict", &garbage("unexpected discriminant: 9"));
}
