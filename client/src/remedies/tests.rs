//! Every remedy, as it is printed.

use std::io;

use airlock_engine::{
    AuditError, FileError, ListRollback, Locked, NetworkError, OrderRefused, RegisterError, SaveError,
    SessionError,
};
use airlock_hooks::{
    list::Day,
    order::{OrderError, OutOfScope},
};
use airlock_wire::{AccountId, CodecError, Fingerprint, request::Refusal};

use super::*;

fn relay() -> RelayAddress {
    "relay.example:4433".parse().unwrap()
}

fn refused(refusal: Refusal) -> NetworkError {
    NetworkError::Refused(refusal)
}

fn all(problems: &[Problem]) -> String {
    let texts: Vec<String> = problems
        .iter()
        .map(|problem| format!("[{} {}]\n{problem}", problem.exit.code(), problem.code))
        .collect();
    texts.join("\n\n")
}

#[test]
fn opening_and_making_a_vault() {
    let home = Path::new("/home/alice/.local/share/airlock");
    let io = || io::Error::from(io::ErrorKind::PermissionDenied);
    let opening = [
        OpenError::NotInitialised,
        OpenError::InUse,
        OpenError::Io(io()),
        OpenError::Unlock(UnlockError::Io(io())),
        OpenError::Unlock(UnlockError::Damaged(CodecError::Malformed)),
        OpenError::Unlock(UnlockError::TooCostly { asked: u32::MAX }),
        OpenError::Unlock(UnlockError::PassphraseNeeded),
        OpenError::Unlock(UnlockError::WrongPassphrase),
        OpenError::Unlock(UnlockError::Parameters),
        OpenError::Vault(VaultError::Damaged),
        OpenError::Vault(VaultError::Newer { found: 9, known: 1 }),
        OpenError::Vault(VaultError::Malformed { what: "account key", cause: CodecError::Malformed }),
        OpenError::Vault(VaultError::DiskFull),
        OpenError::Vault(VaultError::Poisoned),
    ];
    let making =
        [CreateError::Exists, CreateError::Name(String::new()), CreateError::Io(io()), CreateError::InUse];
    let problems: Vec<Problem> = opening
        .iter()
        .map(|error| open(error, home))
        .chain(making.iter().map(|error| create(error, home)))
        .collect();
    insta::assert_snapshot!(all(&problems));
}

#[test]
fn sending_and_saving_files() {
    let path = || Path::new("picnic.jpg").to_owned();
    let io = || io::Error::from(io::ErrorKind::PermissionDenied);
    let sending = [
        FileError::Unreadable { path: path(), why: io() },
        FileError::NotAFile { path: path() },
        FileError::TooLarge { got: 2_000, max: 1_000 },
        FileError::Changed,
        FileError::Copy(io()),
    ];
    let saving = [
        SaveError::NoFile,
        SaveError::Ours,
        SaveError::Gone,
        SaveError::Busy,
        SaveError::Network(NetworkError::Unreachable { address: Box::new(relay()), why: "timed out".into() }),
        SaveError::Network(NetworkError::NotRegistered),
        SaveError::NotAuthentic("part 3 is damaged".into()),
        SaveError::Exists(path()),
        SaveError::Target { path: path(), why: io() },
        SaveError::Home(io()),
    ];
    let problems: Vec<Problem> = sending
        .into_iter()
        .map(|error| compose(&ComposeError::File(error)))
        .chain(saving.iter().map(save))
        .collect();
    insta::assert_snapshot!(all(&problems));
}

#[test]
fn registering() {
    let address = Box::new(relay());
    let (expected, got) = (Fingerprint([0xA5; 32]), Fingerprint([0x5A; 32]));
    let errors = [
        NetworkError::Unreachable { address: address.clone(), why: "timed out".into() },
        NetworkError::WrongFingerprint { address, expected, got },
        NetworkError::Superseded,
        NetworkError::Protocol("it closed the stream".into()),
        refused(Refusal::RegistrationClosed),
        refused(Refusal::InviteNeeded),
        refused(Refusal::InviteUnknown),
        refused(Refusal::InviteUsed),
        refused(Refusal::InviteExpired),
        refused(Refusal::OldDeviceList { stored: 3 }),
        refused(Refusal::BadSignature),
        refused(Refusal::Busy { retry_after_seconds: 7 }),
        refused(Refusal::StorageFailed),
    ];
    let problems: Vec<Problem> =
        errors.into_iter().map(|error| register(&RegisterError::Network(error), &relay())).collect();
    insta::assert_snapshot!(all(&problems));
}

#[test]
fn contacts() {
    let known = ["bob".to_owned(), "carol".to_owned()];
    let unknown =
        |wanted: &str, known: &[String]| ContactError::Unknown { wanted: wanted.into(), known: known.into() };
    let finding = [
        unknown("bob", &[]),
        unknown("bbo", &known),
        unknown("zacharias", &known),
        ContactError::Ambiguous("abcdef".into()),
        ContactError::Taken("bob".into()),
        ContactError::Name(String::new()),
    ];
    let adding = [
        AddError::Ourselves,
        AddError::Session(SessionError::Network(NetworkError::NotRegistered)),
        AddError::Session(SessionError::Network(refused(Refusal::NoSuchRecipient))),
        AddError::Session(SessionError::Devices("another account".into())),
        AddError::Session(SessionError::Rollback { got: 1, known: 2 }),
        AddError::Session(SessionError::NoKeys),
    ];
    let problems: Vec<Problem> =
        finding.iter().map(contact).chain(adding.iter().map(|error| add(error, &relay()))).collect();
    insta::assert_snapshot!(all(&problems));
}

#[test]
fn writing_and_the_gate() {
    let writing = [
        ComposeError::Draft(DraftError::Empty),
        ComposeError::Draft(DraftError::TooLong { got: 50_000, max: 49_152 }),
        ComposeError::Session(SessionError::Network(refused(Refusal::MailboxFull))),
        ComposeError::Authority,
        ComposeError::NotFailed,
        ComposeError::Check,
    ];
    let gate = [
        EnableError::NoAuthority,
        EnableError::UnknownAuthority,
        EnableError::NoHook,
        EnableError::WhichHook(vec!["autocorrect".to_owned(), "word-list".to_owned()]),
        EnableError::NotEnabled("link-guard".to_owned()),
        EnableError::ChainFull,
        EnableError::Changed,
        EnableError::Write(io::ErrorKind::StorageFull.into()),
    ];
    let rest = [
        audit(&AuditError::Broken { number: 4 }),
        audit(&AuditError::CutOff { expected: 9, found: 4 }),
        audit(&AuditError::OtherHead { number: 9 }),
        audit(&AuditError::Content { number: 4 }),
        audit(&AuditError::NoDecision(4)),
        own_link(&LinkUnavailable::NotRegistered),
        connection_refused("this device is registered at no account of this relay"),
        relay_unreachable("relay.example:4433", "timed out"),
        engine_stopped("the disk is full"),
        screen(&ScreenError::NoTerminal),
        screen(&ScreenError::Broken),
    ];
    let problems: Vec<Problem> =
        writing.iter().map(compose).chain(gate.iter().map(enable)).chain(rest).collect();
    insta::assert_snapshot!(all(&problems));
}

#[test]
fn a_name_that_quotes_control_characters_is_shown_without_them() {
    let error = ContactError::Unknown { wanted: "\u{1b}[2Jbob".into(), known: vec!["bob\u{7}".into()] };
    assert!(!contact(&error).to_string().replace('\n', "").chars().any(crate::printable::is_dangerous));
}

#[test]
fn lists_orders_and_locks() {
    let (hook, authority) = (|| "word-list".to_owned(), AccountId([7; 32]));
    let file = Path::new("bread.order.json");
    let day = |text: &str| text.parse::<Day>().unwrap();
    let changes = [
        EnableError::ListChanged {
            agreed: "bread v3 (01234567…)".into(),
            found: "bread v2 (89abcdef…)".into(),
        },
        EnableError::Rollback(ListRollback::Earlier { id: "bread".into(), got: 1, seen: 2 }),
        EnableError::Rollback(ListRollback::Forked { id: "bread".into(), version: 2 }),
        EnableError::Locked(Locked::Guardian { hook: hook() }),
        EnableError::Locked(Locked::WrongPassphrase),
        EnableError::Locked(Locked::Order {
            hook: hook(),
            id: "bread".into(),
            authority,
            until: day("2026-12-20"),
        }),
        EnableError::Locked(Locked::NotGuarded { hook: hook() }),
    ];
    let orders = [
        OrderError::Signature,
        OrderError::NotBound,
        OrderError::NotYet { issued: day("2026-12-20") },
        OrderError::Expired { expires: day("2026-10-20") },
        OrderError::Rollback { got: 1, seen: 2 },
        OrderError::Forked { version: 2 },
    ];
    let refused = orders.into_iter().map(OrderRefused::Order).chain([
        OrderRefused::OutOfScope(OutOfScope::Hook { wanted: "autocorrect".into(), got: hook() }),
        OrderRefused::NotAccepted,
    ]);
    let problems: Vec<Problem> =
        changes.iter().map(enable).chain(refused.map(|error| order::refused(file, &error))).collect();
    insta::assert_snapshot!(all(&problems));
}

#[test]
fn the_lab() {
    let path = Path::new("monday/lab.json");
    let io = |kind| io::Error::from(kind);
    let report =
        airlock_lab::report::Report::parse(include_str!("../../../crates/lab/tests/fixture/report.json"))
            .unwrap();
    let included = airlock_lab::Scenario::included();
    let setting = |name: &str| lab::unknown_setting(name, &name.parse::<airlock_lab::Setting>().unwrap_err());
    let shape =
        airlock_lab::report::ReportError::Shape { place: "the claim a.b".into(), what: "names no record" };
    insta::assert_snapshot!(all(&[
        lab::unknown_scenario("first-conversaton", &included),
        lab::unknown_scenario("bread", &included),
        lab::same_name("first-conversation"),
        lab::bad_scenario(Path::new("mine.toml"), &airlock_lab::Scenario::parse("bread = 1").unwrap_err()),
        setting("enforc"),
        setting("bread"),
        lab::unknown_claim("made-up-conversation.encrypton", &report, path),
        lab::unknown_claim("encryption", &report, path),
        lab::unknown_claim("bread", &report, path),
        lab::unreadable(path, &io(io::ErrorKind::NotFound)),
        lab::unreadable(path, &io(io::ErrorKind::InvalidData)),
        lab::too_large(path, 1_048_576),
        lab::not_a_report(path, &airlock_lab::report::ReportError::Version { found: 1 }),
        lab::not_a_report(path, &shape),
        lab::occupied(path),
        lab::unwritable(path, &io(io::ErrorKind::PermissionDenied)),
        lab::report_fault(&shape),
        lab::run(&LabError::Broken),
        lab::stopped(),
    ]));
}
