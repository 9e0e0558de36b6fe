//! The kinds of lists: what each may hold, in which form, and what its guest gets.

use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use super::super::*;
use crate::limits::{DICTIONARY_BYTES_MAX, DOMAINS_ENTRIES_MAX, MODEL_BYTES_MAX};

const NOW: &str = "2026-11-22";

fn head(kind: ListKind) -> String {
    format!(
        "id = \"test\"\nkind = \"{kind}\"\nversion = 3\nissued = \"2026-11-01\"\nexpires = \"2027-11-01\"\n"
    )
}

fn entry(value: &str, verdict: &str) -> String {
    format!("[[entries]]\nvalue = \"{value}\"\nverdict = \"{verdict}\"\nsubmitter = \"Museum of Bread\"\n")
}

fn wanted(kind: ListKind) -> ListRequirement {
    ListRequirement { id: "test".into(), kind, key: ListKey::of(&demo_key()), max_age_days: 30 }
}

fn signed(kind: ListKind, entries: &[(&str, &str)]) -> Result<SignedList, ListFormatError> {
    let entries: String = entries.iter().map(|(value, verdict)| entry(value, verdict)).collect();
    ListSource::parse(&(head(kind) + &entries)).unwrap().sign(&demo_key())
}

fn blob(kind: ListKind, bytes: &[u8]) -> Result<SignedList, ListFormatError> {
    let text = "[blob]\ndescription = \"A test\"\nsubmitter = \"Museum of Bread\"\nfile = \"blob\"\n";
    ListSource::parse(&(head(kind) + text)).unwrap().sign_blob(bytes.into(), &demo_key())
}

fn payload(list: &SignedList) -> Vec<u8> {
    let now = NOW.parse::<Day>().unwrap().start_ms();
    let read = SignedList::parse(list.to_json().unwrap().as_bytes()).unwrap();
    assert_eq!(&read, list);
    let list = read.verify(&wanted(list.kind()), now).unwrap();
    list.payload().to_vec()
}

#[test]
fn domains_reach_the_guest_sorted_one_a_line() {
    let list = signed(ListKind::Domains, &[("toast.example", "warn"), ("xn--krm-rla.bad.example", "block")])
        .unwrap();
    assert_eq!(payload(&list), b"warn:toast.example\nblock:xn--krm-rla.bad.example\n");
}

#[test]
fn hashes_reach_the_guest_sorted_one_a_line() {
    let (pdq, sha) = (format!("pdq:{}", "0f".repeat(32)), format!("sha256:{}", "a1".repeat(32)));
    let list = signed(ListKind::Images, &[(&sha, "report"), (&pdq, "block")]).unwrap();
    assert_eq!(payload(&list), format!("block:{pdq}\nreport:{sha}\n").into_bytes());
}

#[test]
fn a_blob_reaches_the_guest_as_it_is() {
    let words = "bread\ncrème\npicnic\n".as_bytes();
    let list = blob(ListKind::Dictionary, words).unwrap();
    assert_eq!(payload(&list), words);
    assert!(list.entries().is_empty());
    let model = [0, 255, 128, 10];
    assert_eq!(payload(&blob(ListKind::Model, &model).unwrap()), model);
}

#[test]
fn a_changed_blob_breaks_the_signature() {
    let list = blob(ListKind::Model, &[1, 2, 3]).unwrap();
    let json = list.to_json().unwrap();
    for (from, to) in [("AQID", "AQIE"), ("A test", "A jest"), ("Museum of Bread", "Museum of Bred")] {
        let changed = SignedList::parse(json.replacen(from, to, 1).as_bytes()).unwrap();
        assert_eq!(changed.authenticate(&wanted(ListKind::Model)), Err(ListError::Signature), "{to}");
    }
}

/// The kind is signed: the same bytes as a dictionary and as a model are two lists.
#[test]
fn a_list_of_another_kind_is_refused() {
    let list = blob(ListKind::Dictionary, b"bread\n").unwrap();
    let error = list.authenticate(&wanted(ListKind::Model)).unwrap_err();
    assert_eq!(error.to_string(), "its kind is `dictionary`, and the manifest names the kind `model`");
    let json = list.to_json().unwrap().replacen("dictionary", "model", 1);
    let renamed = SignedList::parse(json.as_bytes()).unwrap();
    assert_eq!(renamed.authenticate(&wanted(ListKind::Model)), Err(ListError::Signature));
}

#[test]
fn what_a_kind_cannot_hold_is_refused_with_the_reason() {
    let domain = |value| signed(ListKind::Domains, &[(value, "warn")]).unwrap_err().to_string();
    let image = |value: &str| signed(ListKind::Images, &[(value, "warn")]).unwrap_err().to_string();
    let dictionary = |words: &[u8]| blob(ListKind::Dictionary, words).unwrap_err().to_string();
    let long = format!("{}.example", "a".repeat(64));
    let refusals = [
        domain("Bad.example"),
        domain("krüm.example"),
        domain("example"),
        domain("a..example"),
        domain("-a.example"),
        domain("a.example."),
        domain("http://a.example/"),
        domain(&long).replace(&"a".repeat(64), "[64 × a]"),
        image("pdq:00"),
        image(&format!("md5:{}", "0".repeat(64))).replace(&"0".repeat(64), "[64 × 0]"),
        image(&format!("pdq:{}", "A".repeat(64))).replace(&"A".repeat(64), "[64 × A]"),
        dictionary(b""),
        dictionary(b"bread"),
        dictionary(b"bread\n\n"),
        dictionary(b"bread\n bun\n"),
        dictionary(b"bread\nbread\n"),
        dictionary(b"bun\nbread\n"),
        dictionary(b"br\xFFead\n"),
        dictionary("a\u{202E}b\n".as_bytes()),
        blob(ListKind::Model, &[]).unwrap_err().to_string(),
        blob(ListKind::Words, b"bread\n").unwrap_err().to_string(),
        signed(ListKind::Model, &[]).unwrap_err().to_string(),
        signed(ListKind::Dictionary, &[("bread", "warn")]).unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn each_kind_has_its_own_bounds() {
    let domains: String =
        (0..=DOMAINS_ENTRIES_MAX).map(|n| entry(&format!("a{n}.example"), "warn")).collect();
    let source = ListSource::parse(&(head(ListKind::Domains) + &domains)).unwrap();
    let (got, max) = (DOMAINS_ENTRIES_MAX + 1, DOMAINS_ENTRIES_MAX);
    assert_eq!(source.sign(&demo_key()), Err(ListFormatError::TooManyEntries { got, max }));

    let (got, max) = (MODEL_BYTES_MAX + 1, MODEL_BYTES_MAX);
    assert_eq!(blob(ListKind::Model, &vec![7; got]), Err(ListFormatError::TooLarge { got, max }));
    let largest = blob(ListKind::Model, &vec![7; max]).unwrap();
    assert_eq!(payload(&largest).len(), max);

    let (got, max) = (DICTIONARY_BYTES_MAX + 1, DICTIONARY_BYTES_MAX);
    assert_eq!(blob(ListKind::Dictionary, &vec![b'a'; got]), Err(ListFormatError::TooLarge { got, max }));
}

#[test]
fn a_source_is_signed_with_the_blob_beside_it_and_with_no_other_file() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("list.toml");
    let text = |file: &str| {
        let blob = format!("[blob]\ndescription = \"A test\"\nsubmitter = \"A\"\nfile = \"{file}\"\n");
        std::fs::write(&source, head(ListKind::Model) + &blob).unwrap();
        ListSource::sign_file(&source, &demo_key())
    };
    std::fs::write(dir.path().join("weights"), [1, 2, 3]).unwrap();
    assert_eq!(text("weights").unwrap().blob().unwrap().bytes, [1, 2, 3]);
    assert!(matches!(text("other"), Err(SourceError::Read { .. })));
    for elsewhere in ["../weights", "/etc/hostname", "a/weights", ".", ""] {
        assert!(matches!(text(elsewhere), Err(SourceError::Elsewhere(_))), "{elsewhere}");
    }
}

#[test]
fn a_source_is_written_as_it_is_read() {
    let with_entries = ListSource::parse(&(head(ListKind::Words) + &entry("bun", "warn"))).unwrap();
    let blob = BlobSource { description: "A".into(), submitter: "B".into(), file: "c".into() };
    let with_blob =
        ListSource { kind: ListKind::Model, entries: None, blob: Some(blob), ..with_entries.clone() };
    for source in [with_entries, with_blob] {
        assert_eq!(ListSource::parse(&source.to_toml().unwrap()), Ok(source));
    }
}

fn any_list() -> impl Strategy<Value = SignedList> {
    let entries = |values: BTreeSetOf| {
        let line = |(value, verdict): (&String, &u8)| {
            entry(value, ["warn", "block", "report"][usize::from(verdict % 3)])
        };
        values.iter().map(line).collect::<String>()
    };
    type BTreeSetOf = std::collections::BTreeMap<String, u8>;
    let of = |kind: ListKind, value: &'static str| {
        proptest::collection::btree_map(value, any::<u8>(), 0..20).prop_map(move |values| {
            ListSource::parse(&(head(kind) + &entries(values))).unwrap().sign(&demo_key()).unwrap()
        })
    };
    prop_oneof![
        of(ListKind::Words, "[a-zé0-9]{1,9}( [a-z0-9]{1,9}){0,2}"),
        of(ListKind::Domains, "[a-z0-9]{1,9}(-[a-z0-9]{1,9})?\\.(example|test)"),
        of(ListKind::Images, "(pdq|sha256):[0-9a-f]{64}"),
        proptest::collection::btree_set("[a-zé]{1,9}", 1..40).prop_map(|words| {
            let text: String = words.into_iter().map(|word| word + "\n").collect();
            blob(ListKind::Dictionary, text.as_bytes()).unwrap()
        }),
        proptest::collection::vec(any::<u8>(), 1..400)
            .prop_map(|bytes| blob(ListKind::Model, &bytes).unwrap()),
    ]
}

proptest! {
    #[test]
    fn every_list_is_read_as_it_was_written_and_line_n_is_entry_n(list in any_list()) {
        let payload = payload(&list);
        if list.kind().has_entries() {
            let text = String::from_utf8(payload).unwrap();
            prop_assert_eq!(text.lines().count(), list.entries().len());
            for (line, entry) in text.lines().zip(list.entries()) {
                let (verdict, value) = line.split_once(':').unwrap();
                prop_assert_eq!((verdict, value), (entry.verdict.name(), entry.value.as_str()));
            }
        }
    }

    #[test]
    fn no_change_of_any_list_is_accepted(list in any_list(), at: prop::sample::Index, byte: u8) {
        let mut bytes = list.to_json().unwrap().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(changed) = SignedList::parse(&bytes) {
            prop_assert!(changed == list || changed.authenticate(&wanted(list.kind())).is_err());
        }
    }

    #[test]
    fn another_key_signs_no_list_of_ours(list in any_list(), seed: [u8; 32]) {
        let key = ListKey::of(&SigningKey::from_bytes(&seed));
        prop_assert_eq!(list.is_signed_by(&key), key == ListKey::of(&demo_key()));
    }
}
