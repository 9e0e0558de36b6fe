//! The behaviour of the reference hook `link-guard`, natively and through the sandbox.
//!
//! `cargo xtask hooks --check` runs this file on a fresh build, whose folder it names in `AIRLOCK_HOOKS_DIR`.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "tests")]

extern crate alloc;

#[path = "../guests/link-guard/src/links/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own code")]
mod links;

use std::{env, path::Path};

use airlock_hooks::{Host, LoadedHook, Package, list::Day};
use airlock_protocol::{
    Hook, Verdict,
    gate::{Code, Failure, Finding, OnFailure, Subject},
    outgoing::{Content, TEXT_BYTES_MAX},
};
use proptest::prelude::*;

use links::{
    look_alike::{WELL_KNOWN, fold, fold_ascii},
    punycode,
    warning::{Reason, Warning, strongest},
};

fn package() -> Package {
    match env::var_os("AIRLOCK_HOOKS_DIR") {
        Some(dir) => Package::read_dir(&Path::new(&dir).join("link-guard")).unwrap(),
        None => Package::reference("link-guard").unwrap(),
    }
}

fn load() -> LoadedHook {
    Host::new(None).unwrap().load(&package(), "2026-11-22".parse::<Day>().unwrap().start_ms()).unwrap()
}

fn judge(hook: &LoadedHook, text: &str) -> Verdict {
    hook.check(Subject::of(&Content::Text(text.into()))).answer.unwrap()
}

const LIST: &[u8] =
    b"warn:crumbs.example\nblock:kazoo.example\nwarn:sub.kite.example\nwarn:xn--m-qva.example\n";

fn reason(url: &str) -> Option<Reason> {
    strongest([url].into_iter(), LIST).map(|warning| warning.reason)
}

#[test]
fn a_listed_name_covers_what_is_below_it_and_nothing_beside_it() {
    let entry = |url: &str| strongest([url].into_iter(), LIST).and_then(|warning| warning.entry);
    assert_eq!(entry("https://crumbs.example"), Some(0));
    assert_eq!(entry("HTTP://A.B.Crumbs.Example.:443/x?y#z"), Some(0));
    assert_eq!(entry("https://kazoo.example/"), Some(1));
    assert_eq!(entry("https://sub.kite.example"), Some(2));
    for url in [
        "https://kite.example",
        "https://notcrumbs.example",
        "https://crumbs.example.org",
        "https://example",
        "https://tea.example/crumbs.example",
    ] {
        assert_eq!(reason(url), None, "{url}");
    }
}

#[test]
fn look_alikes_of_well_known_names_are_found_in_every_spelling() {
    for url in [
        "https://wikipedla.org",
        "https://w1kipedia.org",
        "https://www.paypa1.com/login",
        "https://arnazon.com",
        "https://github.com.other.example/login",
        "https://wikipediа.org",
        "https://xn--wikipedi-86g.org",
        "https://xn--80ak6aa92e.com",
        "https://bréad.example",
        "https://ｂread.example",
    ] {
        assert_eq!(reason(url), Some(Reason::LookAlike), "{url}");
    }
    for url in [
        "https://wikipedia.org",
        "https://en.wikipedia.org/wiki/Toast",
        "https://github.example",
        "https://bread.example",
        "https://münchen.example",
        "https://παράδειγμα.example",
        "https://пример.example",
    ] {
        assert_eq!(reason(url), None, "{url}");
    }
}

#[test]
fn hidden_mixed_and_numbered_hosts_are_told_apart() {
    assert_eq!(reason("https://bread.example@other.example/"), Some(Reason::Hidden));
    assert_eq!(reason("https://bread.example\\@other.example/"), None);
    assert_eq!(reason("https://other.example/@bread.example"), None);
    // Its Cyrillic letter looks like no other, and that of the next one does.
    assert_eq!(reason("https://toжst.example"), Some(Reason::Mixed));
    assert_eq!(reason("https://toаst.example"), Some(Reason::LookAlike));
    assert_eq!(reason("https://xn--a.example"), Some(Reason::Mixed));
    assert_eq!(reason("http://203.0.113.7/x"), Some(Reason::Number));
    assert_eq!(reason("http://0xCB007107/"), Some(Reason::Number));
    assert_eq!(reason("http://3405803783"), Some(Reason::Number));
    assert_eq!(reason("http://[2001:db8::1]:8080/"), Some(Reason::Number));
    for url in
        ["http://127.0.0.1:8000/", "http://192.168.1.1", "http://[::1]/", "http://[", "http://", "http:///x"]
    {
        assert_eq!(reason(url), None, "{url}");
    }
}

#[test]
fn the_strongest_reason_is_told_whichever_link_gives_it() {
    let urls =
        ["http://203.0.113.7", "https://crumbs.example", "https://paypa1.com", "https://kazoo.example"];
    assert_eq!(strongest(urls.into_iter(), LIST), Some(Warning { reason: Reason::LookAlike, entry: None }));
    let listed = [urls[0], urls[3], urls[1]];
    assert_eq!(strongest(listed.into_iter(), LIST), Some(Warning { reason: Reason::Listed, entry: Some(1) }));
}

#[test]
fn the_table_of_well_known_names_is_sorted_and_folded_as_the_code_folds() {
    assert!(WELL_KNOWN.is_sorted_by(|one, other| one.label < other.label));
    for known in WELL_KNOWN {
        assert_eq!(fold_ascii(known.label), known.folded);
        assert_eq!(reason(&format!("https://{}.{}", known.label, known.ending)), None, "{}", known.label);
    }
}

/// RFC 3492 §7.1.
#[test]
fn punycode_is_that_of_the_rfc() {
    for (shown, code) in [
        ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
        ("почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l"),
        ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
        ("そのスピードで", "d9juau41awczczp"),
    ] {
        assert_eq!(punycode::encode(shown), code);
        assert_eq!(punycode::decode(code).as_deref(), Some(shown));
    }
    for code in ["", "-", "ü", "99999999", "a-b-!", "zzzzzzzzzzzzzzzzzzz"] {
        let _ = punycode::decode(code);
    }
    assert_eq!(punycode::decode("99999999"), None);
    assert_eq!(punycode::decode("a-!"), None);
}

#[test]
fn a_warning_names_its_reason_and_the_entry_that_asked_for_it() {
    let hook = load();
    let package = package();
    let warned = |code, entry| Verdict::Warn(Finding { code: Code(code), score: None, entry });
    assert_eq!(judge(&hook, "see https://paypa1.com"), warned(0, None));
    assert_eq!(judge(&hook, "see https://bread.example@other.example"), warned(1, None));
    assert_eq!(judge(&hook, "see http://203.0.113.7/"), warned(4, None));
    assert_eq!(
        judge(&hook, "see https://en.wikipedia.org/wiki/Toast, and paypa1.com without a scheme"),
        Verdict::Pass
    );
    let Verdict::Warn(Finding { code: Code(2), entry: Some(entry), .. }) =
        judge(&hook, "see https://free-kazoo.example/x")
    else {
        panic!("it is listed");
    };
    let listed = &package.list.as_ref().unwrap().entries()[entry as usize];
    assert_eq!(
        (listed.value.as_str(), listed.submitter.as_str()),
        ("free-kazoo.example", "Conservatory of Silence")
    );
}

#[test]
fn the_longest_message_full_of_links_is_judged_within_the_fuel() {
    let hook = load();
    for link in [
        "https://a.example ",
        "https://xn--80ak6aa92e.example ",
        "https://1.2.3.4.5.6.7.8.9.a.b.c.d.e ",
        "http://a.b ",
    ] {
        let text = link.repeat(TEXT_BYTES_MAX / link.len());
        let examination = hook.check(Subject::of(&Content::Text(text)));
        assert!(
            examination.answer.is_ok(),
            "{link}: {:?} after {} of fuel",
            examination.answer,
            examination.fuel
        );
    }
}

/// Another alphabet costs the most to look at. Few messages have as many such links as run out of fuel; one that has
/// is not sent unseen.
#[test]
fn links_in_another_alphabet_are_judged_by_the_hundred_and_more_of_them_hold_the_message() {
    let hook = load();
    let check = |count| {
        let text = "https://сосо-ооо-тест.example ".repeat(count);
        hook.check(Subject::of(&Content::Text(text))).answer
    };
    assert!(check(100).is_ok());
    assert_eq!(check(1_000), Err(Failure::Fuel));
    assert_eq!(hook.manifest().on_failure.enforce, OnFailure::Hold);
}

proptest! {
    #[test]
    fn the_sandbox_says_what_the_native_code_says(
        host in "([a-z0-9]{1,8}|[аеорсі]{1,5}|paypa1|xn--[a-z0-9]{1,9}|bit|ly|[.@:-]){1,6}", end in "(\\.com|\\.ly|\\.example|/x|)",
    ) {
        thread_local! {
            static HOOK: (LoadedHook, Vec<u8>) = {
                let hook = load();
                let payload = hook.list().unwrap().unwrap().payload().to_vec();
                (hook, payload)
            };
        }
        let text = format!("https://{host}{end}");
        HOOK.with(|(hook, entries)| {
            // The host takes the link out of the text, and not always all of it.
            let mut finder = linkify::LinkFinder::new();
            finder.kinds(&[linkify::LinkKind::Url]).url_must_have_scheme(true);
            let urls: Vec<&str> = finder.links(&text).map(|link| link.as_str()).collect();
            let native = strongest(urls.into_iter(), entries).map_or(Verdict::Pass, |warning| {
                Verdict::Warn(Finding { code: Code(warning.reason as u8), score: None, entry: warning.entry })
            });
            prop_assert_eq!(judge(hook, &text), native);
            Ok(())
        })?;
    }

    #[test]
    fn no_link_and_no_list_panics(url in "https?://\\PC{0,40}", other: String, entries: Vec<u8>) {
        let _ = strongest([url.as_str(), other.as_str()].into_iter(), &entries);
        let _ = strongest([url.as_str()].into_iter(), LIST);
    }

    #[test]
    fn a_label_survives_punycode(label in "[a-z0-9а-яぁ-ん一-龥]{1,20}") {
        if !label.is_ascii() {
            let code = punycode::encode(&label);
            let decoded = punycode::decode(&code);
            prop_assert_eq!(decoded.as_deref(), Some(label.as_str()));
        }
    }

    #[test]
    fn ascii_folds_alike_with_and_without_tables(label in "[a-zA-Z0-9-]{0,20}") {
        prop_assert_eq!(fold(&label), fold_ascii(&label));
    }
}
