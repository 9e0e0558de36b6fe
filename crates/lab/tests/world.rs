//! A real world: what its observers find and do not find.
#![allow(missing_docs, reason = "a test binary has no public items to document")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::{fs, path::Path, time::Duration};

use airlock_engine::{Composed, Event};
use airlock_lab::{Party, Person, World, WorldOptions};
use tempfile::TempDir;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

async fn world() -> (TempDir, World) {
    let folder = tempfile::tempdir().unwrap();
    let world = World::start(folder.path(), WorldOptions::default()).await.unwrap();
    (folder, world)
}

/// Alice says something to Bob, who is online, and waits until he has it.
async fn say(world: &World, text: &str) {
    let mut events = world.bob().events();
    send(world, text).await;
    let received = async { while !matches!(events.recv().await.unwrap(), Event::Received { .. }) {} };
    timeout(PATIENCE, received).await.unwrap();
}

async fn send(world: &World, text: &str) {
    let composed = world.alice().compose(world.account(Person::Bob), text).await.unwrap();
    let Composed::Queued { id, .. } = composed else { panic!("the gate is off: {composed:?}") };
    timeout(PATIENCE, world.alice().settled(id)).await.unwrap().unwrap();
}

/// Who has a text, apart from the vault of whoever wrote it, which the lab opens with its key.
fn parties(world: &World, text: &str) -> Vec<Party> {
    let mut parties: Vec<Party> = world.search(text).unwrap().iter().map(|found| found.party).collect();
    parties.retain(|party| *party != Party::Vault);
    parties.sort_unstable();
    parties.dedup();
    parties
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alice_says_is_with_bob_and_nowhere_else() {
    let (_folder, world) = world().await;
    say(&world, "kites above the old mill at noon").await;
    assert_eq!(parties(&world, "kites above the old mill"), [Party::Recipient]);

    let check = world.check_carriers().unwrap();
    assert_eq!(check.findings, []);
    assert!(check.texts >= 1, "nothing was looked for");
    let searched = world.observations().unwrap().searched();
    for party in [Party::Wire, Party::Relay, Party::Disk] {
        let bytes = searched[&party].bytes;
        assert!(bytes > 10_000, "{party} has {bytes} bytes: too few for three accounts and a message");
    }
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_text_is_found_when_it_is_really_there() {
    let (folder, world) = world().await;
    let plant = |place: &str, bytes: &[u8]| fs::write(folder.path().join(place), bytes).unwrap();
    plant("relay/notes.txt", b"kites above the old mill");
    plant("alice/thumbnail", &[0; 3]);
    fs::create_dir(folder.path().join("alice/trash")).unwrap();
    plant(
        "alice/trash/draft",
        "kites above".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice(),
    );

    let found: Vec<String> = world.search("kites above").unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["relay: notes.txt at byte 0, as UTF-8", "sender's disk: trash/draft at byte 0, as UTF-16LE"]
    );
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_holds_what_bob_cannot_get_and_lets_go_of_what_he_has() {
    let (_folder, world) = world().await;
    world.set_bob_online(false).await;
    let before = held(&world, Person::Bob);
    send(&world, "lemonade in the cool box").await;
    let row = world.relay_view().unwrap().recent.pop().unwrap();
    assert_eq!((row.owner, row.held, row.first_bytes.len()), (Person::Bob, true, 16));
    assert!(row.bytes.is_power_of_two(), "{} bytes are no padding bucket", row.bytes);
    assert!(held(&world, Person::Bob) > before);
    assert_eq!(parties(&world, "lemonade in the cool box"), []);

    let mut events = world.bob().events();
    world.set_bob_online(true).await;
    let received = async { while !matches!(events.recv().await.unwrap(), Event::Received { .. }) {} };
    timeout(PATIENCE, received).await.unwrap();
    assert_eq!(parties(&world, "lemonade in the cool box"), [Party::Recipient]);
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_chance_would_find_is_not_looked_for() {
    let (_folder, world) = world().await;
    let error = world.search("mill").unwrap_err().to_string();
    assert_eq!(error, "it has 4 bytes, and a text to look for needs 6: a shorter one is found by chance");
    world.shutdown().await;
}

#[tokio::test]
async fn a_world_in_a_folder_that_cannot_be_made_says_what_does_not_start() {
    let error = World::start(Path::new("/dev/null/world"), WorldOptions::default()).await.unwrap_err();
    assert!(error.to_string().starts_with("the lab's relay does not start: "), "{error}");
}

fn held(world: &World, person: Person) -> usize {
    let view = world.relay_view().unwrap();
    view.mailboxes.iter().find(|mailbox| mailbox.owner == person).unwrap().held.len()
}
