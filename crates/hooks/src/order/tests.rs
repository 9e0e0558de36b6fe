//! What an order must be to be an order, to be in force, and to be about a hook.

use airlock_protocol::AccountKey;
use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use super::*;
use crate::{
    Package,
    limits::ORDER_FILE_BYTES_MAX,
    list::{ListKey, ListSource, demo_key},
};

fn authority() -> AccountKey {
    AccountKey::from_bytes(&[0xA1; 32])
}

fn alice() -> AccountId {
    AccountKey::from_bytes(&[0xA2; 32]).id()
}

fn bob() -> AccountId {
    AccountKey::from_bytes(&[0xB0; 32]).id()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

const NOW: &str = "2026-11-22";

fn ms(text: &str) -> u64 {
    day(text).start_ms()
}

/// An order for the reference hook as it is.
fn demand() -> Demand {
    let manifest = Package::reference_word_list().manifest;
    let list = manifest.list.as_ref().unwrap();
    Demand {
        id: "bread-2026".into(),
        version: 2,
        authority: authority().id(),
        reason: "Toast has been burnt in three parishes.".into(),
        issued: day("2026-11-20"),
        expires: day("2026-12-20"),
        hook: DemandedHook::of(&manifest),
        list: Some(DemandedList { id: list.id.clone(), key: list.key, version_min: 1 }),
        mode: Mode::Report,
        views: vec![View::Text],
        binds: Binds::Accounts(vec![alice(), bob()]),
    }
}

fn signed(change: impl FnOnce(&mut Demand)) -> Result<SignedOrder, OrderFormatError> {
    let mut demand = demand();
    change(&mut demand);
    SignedOrder::sign(demand, &authority())
}

fn order(change: impl FnOnce(&mut Demand)) -> Order {
    signed(change).unwrap().verify(&alice(), ms(NOW)).unwrap()
}

#[test]
fn an_order_is_in_force_from_its_first_day_to_its_last() {
    let order = signed(|_| ()).unwrap();
    let at = |day: &str| order.verify(&alice(), ms(day)).map(|order| order.demand().version);
    assert_eq!(at("2026-11-18"), Err(OrderError::NotYet { issued: day("2026-11-20") }));
    assert_eq!(at("2026-11-19"), Ok(2), "clocks may differ by a day");
    assert_eq!(at("2026-12-20"), Ok(2));
    assert_eq!(at("2026-12-21"), Err(OrderError::Expired { expires: day("2026-12-20") }));
}

#[test]
fn an_order_binds_whom_it_names_and_nobody_else() {
    let named = signed(|demand| demand.binds = Binds::Accounts(vec![bob()])).unwrap();
    assert_eq!(named.verify(&alice(), ms(NOW)), Err(OrderError::NotBound));
    assert!(named.verify(&bob(), ms(NOW)).is_ok());
    let all = signed(|demand| demand.binds = Binds::Everyone).unwrap();
    assert!(all.verify(&alice(), ms(NOW)).is_ok());
}

#[test]
fn an_order_that_somebody_else_signed_is_refused() {
    let forged = SignedOrder::sign(demand(), &AccountKey::from_bytes(&[9; 32])).unwrap();
    assert_eq!(forged.verify(&alice(), ms(NOW)), Err(OrderError::Signature));
    // The neutral element as an authority: anybody could sign for it.
    let mut weak = [0; 32];
    weak[0] = 1;
    let weak = signed(|demand| demand.authority = AccountId(weak)).unwrap();
    assert_eq!(weak.verify(&alice(), ms(NOW)), Err(OrderError::Signature));
}

/// A device list and an order are signed by the same key: the label keeps one from being taken for the other.
#[test]
fn the_signature_of_something_else_is_none_of_an_order() {
    let order = signed(|_| ()).unwrap();
    let bare = SigningKey::from_bytes(&[0xA1; 32]);
    let signature = ed25519_dalek::Signer::sign(&bare, order.signed_bytes()).to_bytes();
    let json = order.to_json().unwrap();
    let old = json.rsplit('"').nth(1).unwrap().to_owned();
    let new = data_encoding::HEXLOWER.encode(&signature);
    let forged = SignedOrder::parse(json.replace(&old, &new).as_bytes()).unwrap();
    assert_eq!(forged.verify(&alice(), ms(NOW)), Err(OrderError::Signature));
}

#[test]
fn every_changed_word_breaks_the_signature() {
    let json = signed(|_| ()).unwrap().to_json().unwrap();
    let component = demand().hook.component.to_string();
    for (from, to) in [
        ("bread-2026", "bread-2027"),
        ("\"version\": 2", "\"version\": 3"),
        ("three parishes", "four parishes"),
        ("2026-12-20", "2027-12-20"),
        ("word-list", "word-lisp"),
        (&component, &"0".repeat(64)),
        ("stand-ins", "stand-out"),
        ("\"version-min\": 1", "\"version-min\": 0"),
        ("\"report\"", "\"shadow\""),
        ("\"text\"", "\"urls\""),
    ] {
        assert!(json.contains(from), "{from}");
        let changed = SignedOrder::parse(json.replacen(from, to, 1).as_bytes()).unwrap();
        assert_eq!(changed.verify(&alice(), ms(NOW)), Err(OrderError::Signature), "{to}");
    }
}

#[test]
fn a_flipped_bit_in_any_byte_of_an_order_is_refused() {
    let json = signed(|_| ()).unwrap().to_json().unwrap();
    for place in 0..json.len() {
        let mut bytes = json.clone().into_bytes();
        bytes[place] ^= 1;
        if let Ok(order) = SignedOrder::parse(&bytes) {
            assert_eq!(order.verify(&alice(), ms(NOW)), Err(OrderError::Signature), "byte {place}");
        }
    }
}

#[test]
fn an_order_is_about_one_hook_with_one_list_and_names_what_differs() {
    let package = Package::reference_word_list();
    assert_eq!(order(|_| ()).fits(&package), Ok(()));
    let refusal = |change: fn(&mut Demand)| order(change).fits(&package).unwrap_err().to_string();
    let list = |demand: &mut Demand, change: fn(&mut DemandedList)| change(demand.list.as_mut().unwrap());
    let mut refusals = vec![
        refusal(|demand| demand.hook.id = "autocorrect".into()),
        refusal(|demand| demand.hook.component = Digest([7; 32])),
        refusal(|demand| demand.hook.manifest = Digest([7; 32])),
        refusal(|demand| demand.list = None),
        refusal(|demand| demand.views = vec![View::Urls]),
    ];
    let on_list = |change: fn(&mut DemandedList)| {
        order(|demand| list(demand, change)).fits(&package).unwrap_err().to_string()
    };
    refusals.push(on_list(|list| list.id = "meadows".into()));
    refusals.push(on_list(|list| list.key = ListKey::of(&SigningKey::from_bytes(&[7; 32]))));
    refusals.push(on_list(|list| list.version_min = 2));
    let mut foreign = package.clone();
    let source = ListSource::parse(include_str!("../../reference/word-list/list.toml")).unwrap();
    foreign.list = Some(source.sign(&SigningKey::from_bytes(&[7; 32])).unwrap());
    refusals.push(order(|_| ()).fits(&foreign).unwrap_err().to_string());
    foreign.list = None;
    refusals.push(order(|_| ()).fits(&foreign).unwrap_err().to_string());
    let digests = [package.manifest.component.to_string(), package.manifest.digest().to_string()];
    let text = refusals.join("\n").replace(&digests[0], "[component]").replace(&digests[1], "[manifest]");
    insta::assert_snapshot!(text);
}

#[test]
fn an_order_is_shown_in_full() {
    let demand = demand();
    let shown = demand.to_string();
    let hidden = shown
        .replace(&demand.hook.component.to_string(), "[component]")
        .replace(&demand.hook.manifest.to_string(), "[manifest]");
    insta::assert_snapshot!(hidden);
    let everyone = Demand { binds: Binds::Everyone, list: None, views: Vec::new(), ..demand };
    for line in ["binds      whoever installs it", "list       none", "shows it   nothing"] {
        assert!(everyone.to_string().contains(line), "{line}");
    }
}

#[test]
fn what_cannot_be_an_order_is_refused_with_the_reason() {
    let refused = |change: fn(&mut Demand)| signed(change).unwrap_err().to_string();
    let json = signed(|_| ()).unwrap().to_json().unwrap();
    let read = |from: &str, to: &str| {
        assert!(json.contains(from), "{from}");
        SignedOrder::parse(json.replacen(from, to, 1).as_bytes()).unwrap_err().to_string()
    };
    let accounts = format!("\"{}\"", alice());
    let refusals = [
        refused(|demand| demand.id = "Bread".into()),
        refused(|demand| demand.reason = String::new()),
        refused(|demand| demand.reason = "\u{1b}[8mhidden".into()),
        refused(|demand| demand.mode = Mode::Off),
        refused(|demand| demand.expires = day("2026-11-19")),
        refused(|demand| demand.expires = day("2028-11-22")),
        refused(|demand| demand.views = vec![View::Text, View::Text]),
        refused(|demand| demand.binds = Binds::Accounts(Vec::new())),
        refused(|demand| demand.binds = Binds::Accounts(vec![bob(), bob()])),
        read("\"mode\"", "\"secret\": true,\n    \"mode\""),
        read("\"report\"", "\"whisper\""),
        read("\"text\"", "\"contacts\""),
        read(&accounts, "\"nobody\""),
        read("\"2026-12-20\"", "\"20261220\""),
        read("\"signature\": \"", "\"signature\": \"zz"),
    ];
    insta::assert_snapshot!(refusals.join("\n"));
    let got = ORDER_FILE_BYTES_MAX + 1;
    assert_eq!(SignedOrder::parse(&vec![b' '; got]), Err(OrderFormatError::TooLarge { got }));
}

/// Base32 has spare bits at its end, so an id could be written in several ways; only one of them is an order's.
#[test]
fn an_order_in_another_form_of_the_same_text_is_refused() {
    let json = signed(|_| ()).unwrap().to_json().unwrap();
    let id = authority().id().to_string();
    let shouted = SignedOrder::parse(json.replace(&id, &id.to_uppercase()).as_bytes());
    assert!(matches!(shouted, Err(OrderFormatError::Field { .. })), "{shouted:?}");
    let swapped = json.replace(&alice().to_string(), "[a]").replace(&bob().to_string(), &alice().to_string());
    let swapped = swapped.replace("[a]", &bob().to_string());
    assert_eq!(SignedOrder::parse(swapped.as_bytes()), Err(OrderFormatError::Order("accounts")));
}

fn any_demand() -> impl Strategy<Value = Demand> {
    let views = proptest::sample::subsequence(vec![View::AttachmentMeta, View::Text, View::Urls], 0..=3);
    let mode = proptest::sample::select(vec![Mode::Shadow, Mode::Advise, Mode::Enforce, Mode::Report]);
    let accounts = proptest::option::of(proptest::collection::btree_set(any::<[u8; 32]>(), 1..4));
    let list = proptest::option::of(("[a-z0-9-]{1,9}", any::<u64>()));
    let texts = ("[a-z0-9-]{1,64}", "[!-~é]{1,80}", "[a-z0-9-]{1,64}");
    (texts, any::<(u64, [u8; 32], [u8; 32])>(), 0_i64..=732, views, mode, accounts, list).prop_map(
        |((id, reason, hook), (version, component, manifest), days, views, mode, accounts, list)| Demand {
            id,
            version,
            authority: authority().id(),
            reason,
            issued: day("2026-11-20"),
            expires: day("2026-11-20").plus_days(days),
            hook: DemandedHook { id: hook, component: Digest(component), manifest: Digest(manifest) },
            list: list.map(|(id, version_min)| DemandedList {
                id,
                key: ListKey::of(&demo_key()),
                version_min,
            }),
            mode,
            views,
            binds: accounts.map_or(Binds::Everyone, |accounts| {
                Binds::Accounts(accounts.into_iter().map(AccountId).collect())
            }),
        },
    )
}

proptest! {
    #[test]
    fn every_order_is_read_as_it_was_written(demand in any_demand()) {
        let order = SignedOrder::sign(demand, &authority()).unwrap();
        let read = SignedOrder::parse(order.to_json().unwrap().as_bytes());
        prop_assert_eq!(read.as_ref(), Ok(&order));
        prop_assert_eq!(order.authenticate(), Ok(()));
    }

    #[test]
    fn no_change_of_any_order_is_accepted(demand in any_demand(), at: prop::sample::Index, byte: u8) {
        let order = SignedOrder::sign(demand, &authority()).unwrap();
        let mut bytes = order.to_json().unwrap().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(changed) = SignedOrder::parse(&bytes) {
            prop_assert!(changed == order || changed.authenticate() == Err(OrderError::Signature));
        }
    }

    #[test]
    fn no_bytes_panic_the_parser(bytes: Vec<u8>) {
        let _ = SignedOrder::parse(&bytes);
    }
}
