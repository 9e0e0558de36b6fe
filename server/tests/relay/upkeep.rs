//! What an operator does with the store: looks whether it is whole, copies it while the relay runs, makes it smaller.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use airlock_relay::{BackupError, Config, Damage, Relay, StartError, backup, check, compact};
use airlock_wire::*;
use rusqlite::Connection;

use crate::{
    blob_client::{BlobStream, blob, break_off, content, download, get, put, upload},
    client::{Client, Person, TOKEN, relay},
    command::program,
    prekeys,
};

/// A relay that holds some of everything, stopped.
async fn stopped() -> tempfile::TempDir {
    let (relay, dir) = relay().await;
    fill(&relay).await;
    relay.shutdown().await;
    dir
}

async fn fill(relay: &Relay) {
    let bob = Person::new(1);
    let mut device = bob.join(relay).await;
    device.ask(Request::PublishPrekeys(prekeys::upload(1..=5))).await.unwrap();
    let mut sender = Client::connect(relay).await;
    for number in 1..=3u32 {
        sender.ask(bob.delivery(number, [number as u8; 9_000])).await.unwrap();
    }
    assert_eq!(upload(&sender, &bob, 7, &content(100_000)).await, Ok(BlobAnswer::Stored));
}

fn blob_file(data: &Path) -> PathBuf {
    fs::read_dir(data.join("blobs")).unwrap().next().unwrap().unwrap().path()
}

fn damage(data: &Path) -> Vec<Damage> {
    check(data).unwrap().damage
}

fn store(data: &Path) -> Connection {
    Connection::open(data.join("relay.db")).unwrap()
}

#[tokio::test]
async fn a_whole_relay_is_told_to_be_whole_while_it_runs_and_after() {
    let (relay, dir) = relay().await;
    fill(&relay).await;
    let running = check(dir.path()).unwrap();
    assert_eq!((running.accounts, running.prekeys, running.envelopes, running.blobs), (1, 12, 3, 1));
    assert_eq!(running.damage, []);
    relay.shutdown().await;
    assert_eq!(check(dir.path()).unwrap(), running);
    let output = program(dir.path()).arg("check").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"Whole: 1 accounts, 12 prekeys, 3 envelopes, 1 attachments\n");
}

#[tokio::test]
async fn each_kind_of_damage_is_told_and_fails() {
    let dir = stopped().await;
    let data = dir.path();
    let file = blob_file(data);
    let whole = fs::read(&file).unwrap();
    let mut changed = whole.clone();
    changed[50_000] ^= 1;
    fs::write(&file, &changed).unwrap();
    assert_eq!(damage(data), [Damage::FilesChanged(1)]);
    fs::write(&file, &whole[..99_999]).unwrap();
    assert_eq!(damage(data), [Damage::FilesLost(1)]);
    fs::remove_file(&file).unwrap();
    assert_eq!(damage(data), [Damage::FilesLost(1)]);
    fs::write(&file, &whole).unwrap();
    assert_eq!(damage(data), []);

    for (change, table) in [
        ("UPDATE account SET devices = zeroblob(length(devices))", "account"),
        ("UPDATE one_time_kem SET prekey = x'00'", "one_time_kem"),
        ("UPDATE device SET account = zeroblob(32)", "device"),
        ("UPDATE envelope SET sequence = 1", "envelope"),
    ] {
        let copy = tempfile::tempdir().unwrap();
        fs::copy(data.join("relay.db"), copy.path().join("relay.db")).unwrap();
        fs::create_dir(copy.path().join("blobs")).unwrap();
        fs::copy(&file, copy.path().join("blobs").join(file.file_name().unwrap())).unwrap();
        assert_eq!(damage(copy.path()), []);
        assert!(store(copy.path()).execute(change, ()).unwrap() > 0);
        let found = damage(copy.path());
        assert!(matches!(found[..], [Damage::Rows { table: at, .. }] if at == table), "{change}: {found:?}");
    }

    // A page in the middle of the store is overwritten.
    let path = data.join("relay.db");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let found = damage(data);
    assert!(matches!(found[..], [Damage::Database(_), ..]), "{found:?}");
    let output = program(data).arg("check").output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(output.stdout.starts_with(b"relay.db: "), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stderr).contains("restore it from a backup"));
}

#[tokio::test]
async fn a_relay_started_on_a_backup_delivers_what_waited_when_it_was_made() {
    let (relay, dir) = relay().await;
    fill(&relay).await;
    let to = dir.path().join("copy");
    let made = backup(dir.path(), &to).unwrap();
    assert_eq!((made.envelopes, made.blobs, made.blob_bytes), (3, 1, 100_000));
    let bob = Person::new(1);
    let mut sender = Client::connect(&relay).await;
    sender.ask(bob.delivery(9, "after the backup")).await.unwrap();
    let address = relay.address();
    relay.shutdown().await;

    for name in ["relay.key", "relay.db"] {
        let mode = fs::metadata(to.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let copy = Relay::start(Config::loopback(&to)).await.unwrap();
    assert_eq!(copy.address().fingerprint, address.fingerprint, "users know it by its key");
    let mut device = bob.connect(&copy).await;
    device.subscribe(8).await;
    for number in 1..=3u8 {
        let push = device.push().await;
        assert_eq!((push.sequence, push.sealed), (Sequence(number.into()), vec![number; 9_000]));
    }
    assert_eq!(download(&device, &get(7)).await, Ok(content(100_000)));
    // Sent again by a client that got no answer before the backup.
    let mut sender = Client::connect(&copy).await;
    assert_eq!(sender.ask(bob.delivery(3, [3; 9_000])).await, Ok(Answer::Accepted));
    assert_eq!(copy.status().await.unwrap().envelopes, 3, "the retry is known");
    // One-time prekeys are not in it, so a sender gets the last resort.
    let fetched = sender.ask(Request::FetchBundles { account: bob.account_id(), token: TOKEN }).await;
    let Ok(Answer::Bundles { bundles, .. }) = fetched else { panic!("{fetched:?}") };
    assert_eq!((bundles.len(), bundles[0].one_time.is_none()), (1, true));
    copy.shutdown().await;
    assert_eq!(damage(&to), []);
}

#[tokio::test]
async fn a_backup_is_whole_or_not_there() {
    let dir = stopped().await;
    let to = dir.path().join("copy");
    let file = blob_file(dir.path());
    let mut bytes = fs::read(&file).unwrap();
    bytes[0] ^= 1;
    fs::write(&file, &bytes).unwrap();
    assert!(matches!(backup(dir.path(), &to), Err(BackupError::Damaged)));
    fs::remove_file(&file).unwrap();
    assert!(matches!(backup(dir.path(), &to), Err(BackupError::Damaged)));
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("copy")), "{left:?}");

    bytes[0] ^= 1;
    fs::write(&file, &bytes).unwrap();
    backup(dir.path(), &to).unwrap();
    assert!(matches!(backup(dir.path(), &to), Err(BackupError::InTheWay { .. })));
    let nothing = tempfile::tempdir().unwrap();
    let none = backup(nothing.path(), &to.with_extension("other"));
    assert!(matches!(none, Err(BackupError::Relay(StartError::NoRelay { .. }))));
}

#[tokio::test]
async fn a_backup_names_the_file_that_it_cannot_read() {
    let dir = stopped().await;
    let data = dir.path();
    let to = data.join("copy");
    // A folder in the place of a file can't be read.
    let unreadable = |file: &Path| {
        let aside = data.join("aside");
        fs::rename(file, &aside).unwrap();
        fs::create_dir(file).unwrap();
        let refused = program(data).arg("backup").arg(&to).output().unwrap();
        fs::remove_dir(file).unwrap();
        fs::rename(&aside, file).unwrap();
        let text = String::from_utf8(refused.stderr).unwrap();
        assert!(text.contains("can't read") && text.contains(&*file.to_string_lossy()), "{text}");
        refused.status.code()
    };
    assert_eq!(unreadable(&data.join("relay.key")), Some(1));
    fs::write(data.join("relay.toml"), "").unwrap();
    assert_eq!(unreadable(&data.join("relay.toml")), Some(1));
    assert_eq!(unreadable(&blob_file(data)), Some(5));

    let path = data.join("relay.db");
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[4_096..].fill(0xA5);
    fs::write(&path, &damaged).unwrap();
    let refused = backup(data, &to);
    assert!(matches!(refused, Err(BackupError::Relay(StartError::Store(_)))), "{refused:?}");
    fs::write(&path, &whole).unwrap();
    backup(data, &to).unwrap();
}

#[tokio::test]
async fn only_attachments_that_are_stored_are_copied_and_others_begin_anew_on_the_copy() {
    let (relay, dir) = relay().await;
    fill(&relay).await;
    let bob = Person::new(1);
    let sender = Client::connect(&relay).await;
    let coming = content(200_000);
    break_off(&sender, &bob, blob(8, &coming), &coming[..150_000]).await;
    relay.shutdown().await;
    assert_eq!(fs::read_dir(dir.path().join("blobs")).unwrap().count(), 2);
    // A slash at the end means the folder as well.
    let to = dir.path().join("copy/");
    let made = backup(dir.path(), &to).unwrap();
    assert_eq!((made.blobs, made.blob_bytes), (1, 100_000));
    assert_eq!(fs::read_dir(dir.path().join("copy").join("blobs")).unwrap().count(), 1);
    assert!(!dir.path().join("copy.unfinished").exists());
    assert!(matches!(backup(dir.path(), &to), Err(BackupError::InTheWay { .. })));

    let copy = Relay::start(Config::loopback(&to)).await.unwrap();
    let client = Client::connect(&copy).await;
    let mut again = BlobStream::begin(&client.connection, &put(&bob, blob(8, &coming))).await;
    assert_eq!(again.reply().await, Ok(BlobAnswer::Ready { offset: 0 }));
    again.send(&coming).await;
    assert_eq!(again.reply().await, Ok(BlobAnswer::Stored));
    assert_eq!(download(&client, &get(8)).await, Ok(coming));
}

#[tokio::test]
async fn compacting_gives_space_back_and_keeps_what_is_there() {
    let (relay, dir) = relay().await;
    fill(&relay).await;
    assert!(matches!(compact(dir.path()), Err(StartError::InUse { .. })));
    let bob = Person::new(1);
    let mut sender = Client::connect(&relay).await;
    for number in 10..50 {
        sender.ask(bob.delivery(number, [0; 30_000])).await.unwrap();
    }
    let mut device = bob.connect(&relay).await;
    device.subscribe(64).await;
    let mut fetched = Vec::new();
    for _ in 0..43 {
        fetched.push(device.push().await.sequence);
    }
    device.acknowledge(&fetched[3..]).await;
    relay.shutdown().await;
    let done = compact(dir.path()).unwrap();
    assert!(done.before > 1_200_000 && done.after < 300_000, "{done:?}");
    let found = check(dir.path()).unwrap();
    assert_eq!((found.envelopes, found.damage), (3, vec![]));
}
