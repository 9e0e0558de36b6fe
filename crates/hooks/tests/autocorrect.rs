//! The behaviour of the reference hook `autocorrect`, natively and through the sandbox.
//!
//! `cargo xtask hooks --check` runs this file on a fresh build, whose folder it names in `AIRLOCK_HOOKS_DIR`.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "tests")]

extern crate alloc;

#[path = "../guests/autocorrect/src/correcting/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own code")]
#[allow(clippy::type_complexity, reason = "a guest names the type once, where it is used")]
mod correcting;

use std::{env, path::Path};

use airlock_hooks::{Host, LoadedHook, Package, list::Day};
use airlock_protocol::{
    Draft, Hook, MessageId, Mode, Verdict,
    gate::{self, About, ActiveMode, Failure, OnFailure, Outcome, Setting, Step, Subject},
    outgoing::{Content, TEXT_BYTES_MAX},
};
use proptest::prelude::*;

use correcting::{
    correction::{SLIPS_MAX, WORDS_MAX, correct},
    dictionary::Dictionary,
};

fn package() -> Package {
    match env::var_os("AIRLOCK_HOOKS_DIR") {
        Some(dir) => Package::read_dir(&Path::new(&dir).join("autocorrect")).unwrap(),
        None => Package::reference("autocorrect").unwrap(),
    }
}

fn load() -> LoadedHook {
    Host::new(None).unwrap().load(&package(), "2026-11-22".parse::<Day>().unwrap().start_ms()).unwrap()
}

fn judge(hook: &LoadedHook, text: &str) -> Verdict {
    hook.check(Subject::of(&Content::Text(text.into()))).answer.unwrap()
}

/// The whole dictionary, as the guest gets it.
fn english() -> Vec<u8> {
    package().list.unwrap().blob().unwrap().bytes.clone()
}

/// A dictionary of a few words, with every form of line.
const SMALL: &str = "PFX un U Y 0 .\nREP alot a_lot\nSFX ied D Y y [^aeiou]y\nSFX ed D Y 0 [^y]\nSFX ly Y Y 0 .\n\
                     a\nboo/!\nbread\nbroad\ncan’t\nfriend/UY\nlot\ntidy/UD\ntoast/D\ntoaster\n";

#[test]
fn words_are_known_as_they_stand_and_with_the_endings_that_they_take() {
    let dictionary = Dictionary::new(SMALL.as_bytes());
    for word in
        ["a", "bread", "boo", "can’t", "toast", "toasted", "tidied", "untidied", "untidy", "unfriendly"]
    {
        assert!(dictionary.knows(word.as_bytes()), "{word}");
    }
    for word in ["", "b", "breaded", "tidyed", "toastly", "untoasted", "unbread", "toas", "toasts", "zzz"] {
        assert!(!dictionary.knows(word.as_bytes()), "{word}");
    }
    assert!(!dictionary.offers(b"boo", dictionary.whole()));
    assert!(dictionary.offers(b"tidied", dictionary.whole()));
    // Nobody is offered what only a prefix makes.
    assert!(!dictionary.offers(b"untidied", dictionary.whole()));
}

#[test]
fn a_slip_is_corrected_where_only_one_word_can_be_meant() {
    let entries = SMALL.as_bytes();
    let corrected = |text: &str| correct(text, entries);
    let text = "a bread, a toaster. A lot";
    for slips in [
        "a braed, a toaster. A lot",
        "a bread, a tosater. A lot",
        "a bread, a toastter. A lot",
        "a bread, a toaser. A lot",
        "a bread, a toazter. A lot",
        "a bread, a toaster. Alot",
    ] {
        assert_eq!(corrected(slips).as_deref(), Some(text), "{slips}");
    }
    assert_eq!(corrected("a cant, a toast").as_deref(), Some("a can't, a toast"));
    assert_eq!(corrected("a bread, a toaster"), None);
    // Bread or broad; and a word that nobody is offered.
    assert_eq!(corrected("a brxad, a toast, a lot"), None);
    assert_eq!(corrected("a obo, a toast, a lot"), None);
}

#[test]
fn names_addresses_links_code_and_other_languages_are_left_alone() {
    let hook = load();
    for text in [
        "Ask Hte or HTE, not me",
        "mail teh@bread.example about https://teh.example/teh or /usr/teh",
        "run `teh` or teh_thing or teh=1 or #teh",
        "teh2 is not a word, and 2teh is none either",
        "Wir treffen uns morgen am alten Leuchtturm und bringen Brot mit",
        "über teh\u{301} ñandú",
        "",
        " \n ",
    ] {
        assert_eq!(judge(&hook, text), Verdict::Pass, "{text}");
    }
}

#[test]
fn ordinary_slips_are_corrected_and_the_rest_stays_as_it_was_written() {
    let hook = load();
    let cases = [
        ("Teh tea is warm", "The tea is warm"),
        ("we  recieve\n(untill noon) tea", "we  receive\n(until noon) tea"),
        ("dont bring alot of tea", "don't bring a lot of tea"),
        ("definately well-knwon, I beleive", "definitely well-known, I believe"),
    ];
    for (slips, right) in cases {
        assert_eq!(judge(&hook, slips), Verdict::Rewrite(right.into()), "{slips}");
        assert_eq!(judge(&hook, right), Verdict::Pass, "{right}");
    }
}

/// Invariant 7: a rewrite is never silent.
#[test]
fn in_every_mode_that_does_anything_the_sender_is_asked() {
    let hook = load();
    for mode in [Mode::Advise, Mode::Enforce, Mode::Report] {
        let mode = ActiveMode::new(mode).unwrap();
        let draft = Draft::text(MessageId([1; 16]), "Teh tea is warm").unwrap();
        let on_failure = hook.manifest().on_failure.in_mode(mode);
        match gate::check(draft, Setting::On { steps: &[Step { hook: &hook, mode, on_failure }] }).outcome {
            Outcome::Ask(question) => {
                let about = question.concerns().iter().map(|concern| &concern.about);
                assert!(about.into_iter().all(|about| matches!(about, About::Rewrite(_))), "{question:?}");
                assert_eq!(question.concerns().len(), 1);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_longest_and_the_strangest_text_is_judged_within_the_fuel() {
    let hook = load();
    let slip = "unquestionablw ";
    let words = "unfortunately ";
    for text in [
        words.repeat(WORDS_MAX),
        words.repeat(16 * 1024 / words.len()),
        words.repeat(WORDS_MAX / 5) + &slip.repeat(SLIPS_MAX / 2),
        "x".repeat(16 * 1024),
        "zqz ".repeat(4_096),
    ] {
        let examination = hook.check(Subject::of(&Content::Text(text)));
        assert!(examination.answer.is_ok(), "{:?} after {} of fuel", examination.answer, examination.fuel);
    }
    // Its correction could be larger than an answer may be.
    assert_eq!(judge(&hook, &"a".repeat(TEXT_BYTES_MAX)), Verdict::Abstain);
}

/// Each word and each slip costs the most that it can: that is more than the fuel, and the manifest says what then.
#[test]
fn a_text_of_nothing_but_rare_words_and_slips_runs_out_of_fuel_and_is_not_held_for_it() {
    let hook = load();
    let text = "unfortunately ".repeat(WORDS_MAX - SLIPS_MAX) + &"unquestionablw ".repeat(SLIPS_MAX);
    let answer = hook.check(Subject::of(&Content::Text(text))).answer;
    assert_eq!(answer, Err(Failure::Fuel));
    let policy = hook.manifest().on_failure;
    assert_eq!((policy.advise, policy.enforce), (OnFailure::Pass, OnFailure::Ask));
}

proptest! {
    #[test]
    fn the_sandbox_says_what_the_native_code_says(text in "([a-z]{1,8}[ ,.]|teh |Recieve |dont |the |\\PC| ){0,30}") {
        thread_local! {
            static HOOK: (LoadedHook, Vec<u8>) = (load(), english());
        }
        // The gate shows hooks text in normal form C.
        let text = text.chars().filter(char::is_ascii).collect::<String>();
        HOOK.with(|(hook, entries)| {
            let native = correct(&text, entries).map_or(Verdict::Pass, Verdict::Rewrite);
            prop_assert_eq!(judge(hook, &text), native);
            Ok(())
        })?;
    }

    #[test]
    fn no_dictionary_and_no_text_panics(entries: Vec<u8>, lines in "([A-Z]{3} |[a-z]{1,3}|/[A-Z]|\n|0|\\[\\^?a|’| ){0,40}", text in "([a-z]{1,6}|'|-| |\\PC){0,20}") {
        let _ = correct(&text, &entries);
        let _ = correct(&text, lines.as_bytes());
    }

    #[test]
    fn what_is_corrected_once_stays(text in "(teh|recieve|bread|tea|freind|lighthosue|[a-z]{2,7}|,| ){1,20}") {
        thread_local! {
            static ENGLISH: Vec<u8> = english();
        }
        ENGLISH.with(|entries| {
            if let Some(corrected) = correct(&text, entries) {
                prop_assert_ne!(&corrected, &text);
                prop_assert!(corrected.len() <= text.len() + 4 * SLIPS_MAX);
            }
            Ok(())
        })?;
    }
}
