//! What the reference hooks read natively, as their components do: a list's payload that nobody checked, and a text.
//! The first line break parts the two.
#![no_main]

extern crate alloc;

#[path = "../../crates/hooks/guests/autocorrect/src/correcting/mod.rs"]
#[allow(dead_code, reason = "the code of `autocorrect`, of which this calls one function")]
mod correcting;
#[path = "../../crates/hooks/guests/link-guard/src/links/mod.rs"]
#[allow(dead_code, reason = "the code of `link-guard`, of which this calls one function")]
mod links;
#[path = "../../crates/hooks/guests/text-classifier/src/scoring/mod.rs"]
#[allow(dead_code, reason = "the code of `text-classifier`, of which this calls one function")]
mod scoring;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (text, entries) = bytes.split_at(at);
    let Ok(text) = str::from_utf8(text) else { return };
    let entries = entries.get(1..).unwrap_or_default();
    let _ = correcting::correction::correct(text, entries);
    let _ = links::warning::strongest(text.split(' '), entries);
    if let Some(model) = scoring::model::Model::read(entries) {
        assert!(model.score(text) <= 1_000);
    }
});
