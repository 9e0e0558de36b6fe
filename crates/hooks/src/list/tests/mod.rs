//! What a list must be to be a list, and to be used.

mod kinds;

use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use super::*;
use crate::limits::WORDS_ENTRIES_MAX;

const SOURCE: &str = include_str!("../../../reference/word-list/list.toml");
const JSON: &[u8] = include_bytes!("../../../reference/word-list/list.json");

fn wanted() -> ListRequirement {
    ListRequirement {
        id: "stand-ins".into(),
        kind: ListKind::Words,
        key: ListKey::of(&demo_key()),
        max_age_days: 30,
    }
}

fn ms(day: &str) -> u64 {
    day.parse::<Day>().unwrap().start_ms()
}

fn signed(source: &str) -> Result<SignedList, ListFormatError> {
    ListSource::parse(source)?.sign(&demo_key())
}

fn changed(from: &str, to: &str) -> String {
    assert!(SOURCE.contains(from), "the reference list has no `{from}`");
    signed(&SOURCE.replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn the_committed_list_is_what_its_source_says_signed_with_the_demo_key() {
    assert_eq!(SignedList::parse(JSON).unwrap(), signed(SOURCE).unwrap());
    assert_eq!(signed(SOURCE).unwrap().to_json().unwrap().as_bytes(), JSON);
}

#[test]
fn a_guest_gets_one_entry_a_line() {
    let list = SignedList::parse(JSON).unwrap().verify(&wanted(), ms("2026-11-22")).unwrap();
    let payload = std::str::from_utf8(list.payload()).unwrap();
    assert_eq!(payload.lines().next(), Some("warn:burnt toast"));
    assert_eq!(payload.lines().count(), list.entries().len());
}

#[test]
fn a_list_is_used_from_its_first_day_to_the_last_that_it_and_the_manifest_allow() {
    let list = SignedList::parse(JSON).unwrap();
    let at = |day: &str| list.verify(&wanted(), ms(day)).map(|list| list.last_day().to_string());
    let day = |day: &str| day.parse::<Day>().unwrap();
    let issued = day("2026-11-01");
    assert_eq!(at("2026-10-30"), Err(ListError::NotYet { issued }));
    assert_eq!(at("2026-10-31"), Ok("2026-12-01".into()));
    assert_eq!(at("2026-12-01"), Ok("2026-12-01".into()));
    assert_eq!(at("2026-12-02"), Err(ListError::TooOld { issued, days: 30 }));
    assert_eq!(at("2036-11-02"), Err(ListError::Expired { expires: day("2036-11-01") }));
}

#[test]
fn another_list_and_another_signer_are_refused() {
    let now = ms("2026-11-22");
    let list = SignedList::parse(JSON).unwrap();
    let other_list = ListRequirement { id: "meadows".into(), ..wanted() };
    let wrong = ListError::Id { wanted: "meadows".into(), got: "stand-ins".into() };
    assert_eq!(list.verify(&other_list, now), Err(wrong));
    let other_key = ListRequirement { key: ListKey::of(&SigningKey::from_bytes(&[9; 32])), ..wanted() };
    assert_eq!(list.verify(&other_key, now), Err(ListError::Signature));
}

#[test]
fn every_changed_word_breaks_the_signature() {
    let text = std::str::from_utf8(JSON).unwrap();
    for (from, to) in [
        ("burnt toast", "burnt toasu"),
        ("\"warn\"", "\"block\""),
        ("Museum of Bread", "Museum of Bred"),
        ("\"version\": 1", "\"version\": 2"),
        ("2036-11-01", "2037-11-01"),
    ] {
        assert!(text.contains(from), "{from}");
        let list = SignedList::parse(text.replacen(from, to, 1).as_bytes()).unwrap();
        assert_eq!(list.verify(&wanted(), ms("2026-11-22")), Err(ListError::Signature), "{to}");
    }
}

#[test]
fn a_flipped_bit_in_any_byte_of_a_list_is_refused() {
    for place in 0..JSON.len() {
        let mut bytes = JSON.to_vec();
        bytes[place] ^= 1;
        if let Ok(list) = SignedList::parse(&bytes) {
            let refused = list.verify(&wanted(), ms("2026-11-22"));
            assert!(
                matches!(refused, Err(ListError::Signature | ListError::Id { .. })),
                "byte {place}: {refused:?}"
            );
        }
    }
}

#[test]
fn the_order_of_the_source_does_not_matter_and_that_of_the_file_does() {
    let entry =
        |value: &str| format!("[[entries]]\nvalue = \"{value}\"\nverdict = \"warn\"\nsubmitter = \"A\"\n");
    let head = SOURCE.split("[[entries]]").next().unwrap();
    let one = signed(&[head, &entry("bun"), &entry("apple")].concat()).unwrap();
    let other = signed(&[head, &entry("apple"), &entry("bun")].concat()).unwrap();
    assert_eq!(one.digest(), other.digest());
    let json = one.to_json().unwrap().replace("apple", "cake");
    assert_eq!(SignedList::parse(json.as_bytes()), Err(ListFormatError::Order("bun".into())));
}

#[test]
fn an_entry_that_could_not_be_found_or_shown_is_refused_with_the_reason() {
    let refusals = [
        changed("burnt toast", ""),
        changed("burnt toast", " burnt toast"),
        changed("burnt toast", "burnt toast!"),
        changed("burnt toast", "burnt\\ntoast"),
        changed("burnt toast", "cre\u{300}me"),
        changed("burnt toast", "soggy biscuit"),
        changed("burnt toast", &"x".repeat(129)),
        changed("Museum of Bread", "\\u202Eevil"),
        changed("verdict = \"warn\"", "verdict = \"delete\""),
        changed("version = 1", "version = 1\nnote = \"x\""),
        changed("2036-11-01", "2026-10-31"),
        changed("2036-11-01", "soon"),
    ];
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn a_list_with_too_many_entries_is_refused() {
    let head = SOURCE.split("[[entries]]").next().unwrap();
    let entry = |n| format!("[[entries]]\nvalue = \"word{n}\"\nverdict = \"warn\"\nsubmitter = \"A\"\n");
    let source = (0..=WORDS_ENTRIES_MAX).map(entry).fold(head.to_owned(), |source, entry| source + &entry);
    assert_eq!(signed(&source), Err(ListFormatError::TooManyEntries { got: 1_001, max: 1_000 }));
}

#[test]
fn a_weak_key_is_refused() {
    // The neutral element: anybody can sign for it.
    let neutral = format!("01{}", "00".repeat(31));
    assert_eq!(neutral.parse::<ListKey>(), Err(ListKeyError::Weak));
}

proptest! {
    #[test]
    fn no_bytes_panic_the_parser(bytes: Vec<u8>) {
        let _ = SignedList::parse(&bytes);
    }

    #[test]
    fn no_change_of_the_committed_list_is_accepted(at in 0..JSON.len(), byte: u8) {
        let mut bytes = JSON.to_vec();
        bytes[at] = byte;
        let original = SignedList::parse(JSON).unwrap();
        if let Ok(list) = SignedList::parse(&bytes) {
            prop_assert!(list == original || list.verify(&wanted(), ms("2026-11-22")).is_err());
        }
    }
}
