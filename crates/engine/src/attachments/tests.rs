//! Files between two engines over a real relay on loopback.

use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    time::Duration,
};

use airlock_hooks::Package;
use airlock_protocol::{Mode, gate::Choice};
use airlock_relay::{Config, Registration, Relay};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::*;
use crate::{Composed, Delivery, Event, FileState, Home, Start, Unlock, vault::attachments::kept_blobs};

/// Far longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Large enough that its ways take many steps, so that something can happen in the middle.
const LARGE: usize = 8 * 1024 * 1024;

struct World {
    folder: TempDir,
    relay: Relay,
    alice: Engine,
    bob: Engine,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let relay = Relay::start(config(folder.path(), 0)).await.unwrap();
        let mut people = Vec::new();
        for name in ["alice", "bob"] {
            let engine = Engine::create(home(&folder, name), &Unlock::KeyFile, name).unwrap();
            engine.register(relay.address(), None).await.unwrap();
            engine.start(Start::DeliverAndReceive).await;
            people.push(engine);
        }
        let (bob, alice) = (people.pop().unwrap(), people.pop().unwrap());
        bob.add(&alice.link().unwrap(), None).await.unwrap();
        until(&alice, || alice.contact("bob").is_ok()).await;
        Self { folder, relay, alice, bob }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn bobs(&self) -> AccountId {
        self.bob.me().unwrap().account
    }

    /// Alice sends a file; the message as Bob got it.
    async fn sent(&self, path: &Path, caption: Option<&str>) -> Message {
        let id = queued(self.alice.compose_file(self.bobs(), path, caption).await.unwrap());
        until(&self.bob, || self.bob.message(id).unwrap().is_some()).await;
        self.bob.message(id).unwrap().unwrap()
    }

    /// A folder of Bob's to save into.
    fn saved_in(&self) -> PathBuf {
        let folder = self.folder.path().join("saved");
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn kept(&self, name: &str) -> usize {
        fs::read_dir(home(&self.folder, name).path().join("blobs")).map_or(0, Iterator::count)
    }
}

fn home(folder: &TempDir, name: &str) -> Home {
    Home::new(folder.path().join(name))
}

fn config(folder: &Path, port: u16) -> Config {
    Config {
        listen: (Ipv4Addr::LOCALHOST, port).into(),
        data_dir: folder.join("relay").into(),
        registration: Registration::Open,
        ..Config::default()
    }
}

/// A relay on the port of one that has ended. Another test's socket may have been given that port meanwhile.
async fn start_again(config: &Config) -> Relay {
    let free = async {
        loop {
            if let Ok(relay) = Relay::start(config.clone()).await {
                return relay;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), free).await.expect("the port is free again")
}

fn random(bytes: usize) -> Vec<u8> {
    let mut random = vec![0; bytes];
    ChaCha20Rng::from_seed([5; 32]).fill_bytes(&mut random);
    random
}

fn queued(composed: Composed) -> MessageId {
    match composed {
        Composed::Queued { id, .. } => id,
        other => panic!("not queued: {other:?}"),
    }
}

async fn until(engine: &Engine, done: impl Fn() -> bool) {
    let mut events = engine.events();
    let wait = async {
        while !done() {
            let _ = events.recv().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("nothing happened in time");
}

/// The next step of a transfer for which `wanted` holds.
async fn step(
    events: &mut tokio::sync::broadcast::Receiver<Event>,
    wanted: impl Fn(Transfer) -> bool,
) -> Transfer {
    let wait = async {
        loop {
            if let Ok(Event::Transfer { transfer, .. }) = events.recv().await
                && wanted(transfer)
            {
                return transfer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("the file does not move")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_arrives_as_it_was_with_its_name_and_caption() {
    let world = World::start().await;
    let bytes = [b"\xff\xd8\xff\xe0\0\x10JFIF\0".as_slice(), &random(300_000)].concat();
    let path = world.file("picnic on Sunday.jpg", &bytes);
    let message = world.sent(&path, Some("cafe\u{301}?")).await;
    let file = message.file.clone().unwrap();
    assert_eq!(message.text, "café?");
    assert_eq!(file.attachment.name, "picnic on Sunday.jpg");
    assert_eq!((file.attachment.size, &*file.attachment.media_type), (bytes.len() as u64, "image/jpeg"));
    assert_eq!(file.state, FileState::Offered);

    let saved = world.bob.save(message.id, SaveTo::Folder(world.saved_in())).await.unwrap();
    assert_eq!(saved.path, world.saved_in().join("picnic on Sunday.jpg"));
    assert_eq!(fs::read(&saved.path).unwrap(), bytes);
    assert_eq!(saved.digest, <[u8; 32]>::from(Sha256::digest(&bytes)));
    let state = || world.bob.message(message.id).unwrap().unwrap().file.unwrap().state;
    assert_eq!(state(), FileState::Fetched);

    // The relay has deleted its copy, and the one at home serves.
    // A sender who was told that it is sent keeps no copy.
    until(&world.alice, || world.kept("alice") == 0).await;
    let to = world.saved_in();
    world.relay.shutdown().await;
    let again = world.bob.save(message.id, SaveTo::Folder(to.clone())).await.unwrap();
    assert_eq!(again.path, to.join("picnic on Sunday (2).jpg"));
    assert_eq!(fs::read(&again.path).unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_and_one_of_exactly_a_chunk_arrive() {
    let world = World::start().await;
    for size in [0, 1, 65_535, 65_536, 65_537] {
        let path = world.file(&format!("{size}.bin"), &random(size));
        let message = world.sent(&path, None).await;
        let saved = world.bob.save(message.id, SaveTo::Folder(world.saved_in())).await.unwrap();
        assert_eq!(fs::read(&saved.path).unwrap(), random(size));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_cut_off_goes_on_where_it_stopped() {
    let World { folder, relay, alice, bob } = World::start().await;
    let path = folder.path().join("large.bin");
    fs::write(&path, random(LARGE)).unwrap();
    let bobs = bob.me().unwrap().account;
    let mut events = alice.events();
    let id = queued(alice.compose_file(bobs, &path, None).await.unwrap());
    step(&mut events, |transfer| transfer.done > transfer.total / 4).await;
    // As hard as a kill: the tasks are dropped where they stand.
    alice.inner.tasks.lock().await.running.abort_all();
    drop(events);
    alice.shutdown().await;
    drop(alice);

    let alice = Engine::open(home(&folder, "alice"), &Unlock::KeyFile).unwrap();
    assert_eq!(alice.message(id).unwrap().unwrap().delivery, Delivery::Queued);
    // The user's file is not needed any more.
    fs::remove_file(&path).unwrap();
    let mut events = alice.events();
    alice.start(Start::DeliverOnly).await;
    let first = step(&mut events, |_| true).await;
    assert!(first.done > 0, "it begins anew");
    until(&bob, || bob.message(id).unwrap().is_some()).await;
    let saved = bob.save(id, SaveTo::File(folder.path().join("large.out"))).await.unwrap();
    assert_eq!(fs::read(saved.path).unwrap(), random(LARGE));
    relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_was_cut_off_goes_on_where_it_stopped() {
    let world = World::start().await;
    let path = world.file("large.bin", &random(LARGE));
    let message = world.sent(&path, None).await;
    let mut events = world.bob.events();
    let bob = world.bob.clone();
    let (id, to) = (message.id, world.saved_in());
    let saving = tokio::spawn(async move { bob.save(id, SaveTo::Folder(to)).await });
    let reached = step(&mut events, |transfer| transfer.done > transfer.total / 4).await;
    saving.abort();
    let _ = saving.await;
    assert_eq!(
        fs::read_dir(world.saved_in()).unwrap().count(),
        0,
        "no part of a file appears under its name"
    );

    let mut events = world.bob.events();
    let saved = world.bob.save(message.id, SaveTo::Folder(world.saved_in())).await.unwrap();
    let first = step(&mut events, |_| true).await;
    assert!(first.done >= reached.done / 2 && first.done > 0, "{first:?} after {reached:?}");
    assert_eq!(fs::read(saved.path).unwrap(), random(LARGE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_part_at_home_is_thrown_away_and_fetched_anew() {
    let world = World::start().await;
    let kept = world.bob.inner.home.kept();
    for bytes in [random(100_000), random(2_000_000)] {
        let message = world.sent(&world.file("poster.bin", &random(400_000)), None).await;
        let stored = attachments::get(world.bob.state().unwrap().vault.read(), &message.file_key());
        fs::create_dir_all(kept.folder()).unwrap();
        fs::write(kept.path(&stored.unwrap().unwrap().blob.0), bytes).unwrap();
        let saved = world.bob.save(message.id, SaveTo::Folder(world.saved_in())).await.unwrap();
        assert_eq!(fs::read(saved.path).unwrap(), random(400_000));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_relay_no_longer_has_is_said_and_remembered() {
    let world = World::start().await;
    let message = world.sent(&world.file("poster.bin", &random(1_000)), None).await;
    let key = message.file_key();
    let other = attachments::get(world.bob.state().unwrap().vault.read(), &key).unwrap().unwrap();
    let (client, _) = crate::relay_client::RelayClient::connect(&world.relay.address()).await.unwrap();
    let device = world.bob.state().unwrap().us.device().id();
    world.bob.authenticate(&client, device).await.unwrap();
    client.tell(airlock_wire::Request::ReleaseBlob { blob: other.blob }).await.unwrap();
    for _ in 0..2 {
        let error = world.bob.save(message.id, SaveTo::Folder(world.saved_in())).await.unwrap_err();
        assert!(matches!(error, SaveError::Gone), "{error}");
    }
    assert_eq!(world.bob.message(message.id).unwrap().unwrap().file.unwrap().state, FileState::Gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_there_is_overwritten_and_no_link_is_followed() {
    let world = World::start().await;
    let message = world.sent(&world.file("poster.txt", b"bread\n"), None).await;
    let folder = world.saved_in();
    let precious = world.file("precious", b"precious");
    std::os::unix::fs::symlink(&precious, folder.join("poster.txt")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.join("poster (2).txt")).unwrap();
    let saved = world.bob.save(message.id, SaveTo::Folder(folder.clone())).await.unwrap();
    assert_eq!(saved.path, folder.join("poster (3).txt"));
    let error = world.bob.save(message.id, SaveTo::File(precious.clone())).await.unwrap_err();
    assert!(matches!(error, SaveError::Exists(_)), "{error}");
    let error = world.bob.save(message.id, SaveTo::File(folder.join("no/such/folder"))).await.unwrap_err();
    assert!(matches!(error, SaveError::Target { .. }), "{error}");
    assert_eq!(fs::read(precious).unwrap(), b"precious");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_name_becomes_a_harmless_file_in_the_chosen_folder() {
    let world = World::start().await;
    let path = world.file("plain.txt", b"bread\n");
    let folder = world.saved_in();
    // What the protocol lets through, as a client that cleans nothing would send it.
    for (number, (name, safe)) in [
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("a\u{202e}gpj.exe", "a_gpj.exe"),
        ("C:evil", "C_evil"),
        ("nul.txt", "_nul.txt"),
    ]
    .into_iter()
    .enumerate()
    {
        let sent =
            world.alice.compose_source(world.bobs(), Source::Path(path.clone()), name.into(), None).await;
        let id = queued(sent.unwrap());
        until(&world.bob, || world.bob.message(id).unwrap().is_some()).await;
        let saved = world.bob.save(id, SaveTo::Folder(folder.clone())).await.unwrap();
        assert_eq!(saved.path, folder.join(safe));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), number + 1);
    }
    // And what it does not let through never leaves.
    for name in ["../evil", "a/b", "\u{1b}[2J", ""] {
        let sent =
            world.alice.compose_source(world.bobs(), Source::Path(path.clone()), name.into(), None).await;
        assert!(matches!(sent, Err(ComposeError::Draft(_))), "{name:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_after_the_gate_saw_it_is_not_sent() {
    let world = World::start().await;
    world.alice.enable_hook(Package::reference_word_list(), Mode::Advise, None).await.unwrap();
    let path = world.file("poster.txt", b"the first bread\n");
    let caption = Some("shall I bring the picnic poster on Sunday?");
    for changed in [b"another bread!!!\n".as_slice(), b"short\n", b"the first bread\nand more\n"] {
        fs::write(&path, b"the first bread\n").unwrap();
        let composed = world.alice.compose_file(world.bobs(), &path, caption).await.unwrap();
        let Composed::Ask(pending) = composed else { panic!("not asked: {composed:?}") };
        assert_eq!(pending.attachment().unwrap().name, "poster.txt");
        fs::write(&path, changed).unwrap();
        let error = world.alice.decide(*pending, Choice::SendAsWritten).await.unwrap_err();
        assert!(matches!(error, ComposeError::File(FileError::Changed)), "{error}");
        assert_eq!(world.kept("alice"), 0, "nothing of it stays");
    }
    assert!(world.alice.messages(world.bobs(), 10).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caption_goes_through_the_gate_as_a_text_does() {
    let world = World::start().await;
    world.alice.enable_hook(Package::reference_word_list(), Mode::Enforce, None).await.unwrap();
    let path = world.file("poster.txt", b"bread\n");
    let caption = "shall I bring the picnic poster on Sunday?";
    let stopped = world.alice.compose_file(world.bobs(), &path, Some(caption)).await.unwrap();
    assert!(matches!(&stopped, Composed::Stopped { draft, .. } if draft == caption), "{stopped:?}");
    assert_eq!(world.kept("alice"), 0, "nothing was encrypted");
    world.sent(&path, Some("toast?")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_relay_refuses_fails_with_its_reason_and_can_be_sent_again() {
    let World { folder, relay, alice, bob } = World::start().await;
    let port = relay.local_addr().port();
    relay.shutdown().await;
    let mut strict = config(folder.path(), port);
    strict.limits.blob_bytes = 100_000;
    let relay = start_again(&strict).await;
    let path = folder.path().join("poster.bin");
    fs::write(&path, random(200_000)).unwrap();
    let id = queued(alice.compose_file(bob.me().unwrap().account, &path, Some("hi")).await.unwrap());
    let delivery = || alice.message(id).unwrap().unwrap().delivery;
    until(&alice, || matches!(delivery(), Delivery::Failed(_))).await;
    assert!(matches!(delivery(), Delivery::Failed(why) if why.contains("limit")), "{:?}", delivery());
    assert_eq!(alice.outbox_len().unwrap(), 0, "its message does not go either");
    relay.shutdown().await;

    fs::remove_file(&path).unwrap();
    let relay = start_again(&config(folder.path(), port)).await;
    let again = queued(alice.retry(id).await.unwrap());
    assert!(alice.message(id).unwrap().is_none() && again != id);
    until(&bob, || bob.message(again).unwrap().is_some()).await;
    let saved = bob.save(again, SaveTo::File(folder.path().join("out.bin"))).await.unwrap();
    assert_eq!(fs::read(saved.path).unwrap(), random(200_000));
    relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_does_not_wait_for_a_file_before_it() {
    let World { folder, relay, alice, bob } = World::start().await;
    let port = relay.local_addr().port();
    relay.shutdown().await;
    // No room for files at all, for now.
    let mut full = config(folder.path(), port);
    full.limits.account_blob_bytes = 1;
    let relay = start_again(&full).await;
    let path = folder.path().join("poster.bin");
    fs::write(&path, random(1_000)).unwrap();
    let bobs = bob.me().unwrap().account;
    let file = queued(alice.compose_file(bobs, &path, None).await.unwrap());
    let text = queued(alice.compose(bobs, "a text").await.unwrap());
    until(&bob, || bob.message(text).unwrap().is_some()).await;
    assert!(bob.message(file).unwrap().is_none(), "no message announces a file that is not there");
    assert_eq!(alice.message(file).unwrap().unwrap().delivery, Delivery::Queued);
    assert_eq!(kept_blobs(alice.state().unwrap().vault.read()).unwrap().len(), 1);
    relay.shutdown().await;
}
