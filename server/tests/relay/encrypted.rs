//! A store under a key: nothing of it on the disk, everything works, and the key can change.

use std::{fs, path::Path};

use airlock_relay::{
    Config, DataDir, Findings, Relay, StartError, StoreError, StoreKey, backup, check, compact, make_invite,
    rekey, status,
};
use airlock_wire::*;

use crate::{
    client::{Client, Person},
    command::{program, started, stop},
};

const SEALED: [u8; 9_000] = [0xC7; 9_000];

fn key(dir: &Path, name: &str) -> StoreKey {
    StoreKey::read_or_create(&dir.join(name)).unwrap()
}

fn with_key(dir: &Path) -> DataDir {
    DataDir::from(dir.join("relay")).with_store_key(key(dir, "store.key"))
}

async fn deliver(relay: &Relay, bob: &Person, number: u32) {
    let mut sender = Client::connect(relay).await;
    sender.ask(bob.delivery(number, SEALED)).await.unwrap();
}

/// A folder with a relay that has one account and two envelopes, stopped, and its key.
async fn stopped() -> (tempfile::TempDir, Person) {
    let dir = tempfile::tempdir().unwrap();
    let relay = Relay::start(Config::loopback(with_key(dir.path()))).await.unwrap();
    let bob = Person::new(1);
    bob.join(&relay).await;
    deliver(&relay, &bob, 1).await;
    deliver(&relay, &bob, 2).await;
    // The log is under the key as well.
    assert!(!shows(dir.path(), &bob));
    relay.shutdown().await;
    (dir, bob)
}

/// Whether whoever has the disk reads, in any file of the relay, an account, a device or an envelope.
fn shows(dir: &Path, bob: &Person) -> bool {
    let wanted = [&bob.account_id().0[..], &bob.device.verifying_key().to_bytes(), &SEALED[..64]];
    let files = fs::read_dir(dir.join("relay")).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.is_file()).any(|path| {
        let bytes = fs::read(path).unwrap();
        wanted.iter().any(|wanted| bytes.windows(wanted.len()).any(|window| window == *wanted))
    })
}

fn refused(result: Result<Findings, StartError>) -> StoreError {
    match result {
        Err(StartError::Store(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn whoever_has_the_disk_without_the_key_reads_no_account_and_no_envelope() {
    let (dir, bob) = stopped().await;
    assert!(!shows(dir.path(), &bob));
    let folder = dir.path().join("relay");
    assert!(matches!(refused(check(&folder)), StoreError::KeyWanted { .. }));
    let other = DataDir::from(&folder).with_store_key(key(dir.path(), "other.key"));
    assert!(matches!(refused(check(other)), StoreError::WrongKey { .. }));

    rekey(with_key(dir.path()), None).unwrap();
    assert!(shows(dir.path(), &bob), "the search finds what is there to be read");
    assert!(matches!(refused(check(with_key(dir.path()))), StoreError::NotEncrypted { .. }));
}

#[tokio::test]
async fn all_that_an_operator_does_works_with_the_key() {
    let (dir, bob) = stopped().await;
    let data = with_key(dir.path());
    make_invite(data.clone(), 60).unwrap();
    assert_eq!(status(data.clone()).unwrap().envelopes, 2);
    compact(data.clone()).unwrap();
    let found = check(data.clone()).unwrap();
    assert_eq!((found.accounts, found.envelopes, found.damage), (1, 2, vec![]));

    let copy = dir.path().join("copy");
    backup(data, &copy).unwrap();
    assert!(matches!(refused(check(&copy)), StoreError::KeyWanted { .. }), "the copy is under the key too");
    let copy = DataDir::from(copy).with_store_key(key(dir.path(), "store.key"));
    let relay = Relay::start(Config::loopback(copy)).await.unwrap();
    deliver(&relay, &bob, 3).await;
    let mut device = bob.connect(&relay).await;
    device.subscribe(8).await;
    for number in 1..=3 {
        assert_eq!(device.push().await.sequence, Sequence(number));
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn the_key_can_change_and_go_and_nothing_else_changes() {
    let (dir, bob) = stopped().await;
    let folder = dir.path().join("relay");
    let (first, second) = (with_key(dir.path()), key(dir.path(), "second.key"));
    let other = DataDir::from(&folder).with_store_key(second.clone());
    let before = check(first.clone()).unwrap();

    rekey(first.clone(), Some(&second)).unwrap();
    assert!(matches!(refused(check(first.clone())), StoreError::WrongKey { .. }));
    assert_eq!(check(other.clone()).unwrap(), before);
    rekey(other, None).unwrap();
    assert_eq!(check(&folder).unwrap(), before);
    rekey(&folder, Some(&key(dir.path(), "store.key"))).unwrap();
    assert_eq!(check(first.clone()).unwrap(), before);
    assert!(!shows(dir.path(), &bob));
    let mut left: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["blobs", "relay.db", "relay.key", "relay.lock"], "nothing unfinished");

    let relay = Relay::start(Config::loopback(first.clone())).await.unwrap();
    assert!(matches!(rekey(first, None), Err(StartError::InUse { .. })));
    let mut device = bob.connect(&relay).await;
    device.subscribe(8).await;
    deliver(&relay, &bob, 3).await;
    for number in 1..=3 {
        assert_eq!(device.push().await.sequence, Sequence(number), "numbers go on where they were");
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn a_store_that_somebody_reads_is_not_replaced_under_them() {
    let (dir, bob) = stopped().await;
    rekey(with_key(dir.path()), None).unwrap();
    let folder = dir.path().join("relay");
    let reader = rusqlite::Connection::open(folder.join("relay.db")).unwrap();
    // As a relay had it, and as everyone who opened it since.
    reader.pragma_update(None, "journal_mode", "WAL").unwrap();
    reader.query_row("SELECT count(*) FROM envelope", (), |row| row.get::<_, i64>(0)).unwrap();
    let new = key(dir.path(), "store.key");
    let refused = rekey(&folder, Some(&new)).unwrap_err().to_string();
    assert!(refused.contains("another program has it open"), "{refused}");
    assert!(shows(dir.path(), &bob) && !folder.join("relay.db.unfinished").exists());
    drop(reader);
    rekey(&folder, Some(&new)).unwrap();
    assert!(!shows(dir.path(), &bob));
}

#[tokio::test]
async fn one_flipped_bit_anywhere_in_an_envelope_is_found() {
    let (dir, _) = stopped().await;
    let path = dir.path().join("relay/relay.db");
    let mut bytes = fs::read(&path).unwrap();
    // The last page is one that an envelope of 9,000 bytes goes on to.
    let place = bytes.len() - 2_000;
    bytes[place] ^= 1;
    fs::write(&path, bytes).unwrap();
    let found = check(with_key(dir.path())).unwrap();
    assert_ne!(found.damage, []);
}

#[test]
fn the_program_makes_a_key_once_takes_it_by_flag_or_variable_and_says_what_is_wrong_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    let file = dir.path().join("store.key");
    let run = |arguments: &[&str], key: &Path| {
        let output = program(&data).arg("--store-key").arg(key).args(arguments).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), text.replace(&dir.path().display().to_string(), "DIR"))
    };
    let mut texts = vec![run(&["serve"], &file)];
    assert_eq!(run(&["init"], &file).0, Some(0));
    assert_eq!(run(&["init"], &file).0, Some(0), "what is there stays");
    assert_eq!(run(&["status"], &file).0, Some(0));
    let mut serving = program(&data);
    serving.env("AIRLOCK_RELAY_STORE_KEY", &file).args(["serve", "--listen", "127.0.0.1:0"]);
    let (child, _stdout, _address) = started(serving);
    assert_eq!(stop(child, rustix::process::Signal::TERM), Some(0));

    texts.push(run(&["status"], &dir.path().join("missing.key")));
    texts.push(run(&["status"], &data.join("relay.key")));
    texts.push(run(&["rekey", "--new-store-key", &dir.path().join("new.key").to_string_lossy()], &file));
    texts.push(run(&["status"], &file));
    texts.push(run(&["rekey", "--plain"], &dir.path().join("new.key")));
    texts.push(run(&["rekey"], &dir.path().join("new.key")));
    let texts: Vec<String> = texts.iter().map(|(code, text)| format!("{code:?} {text}")).collect();
    insta::assert_snapshot!(texts.join("\n"));
}
