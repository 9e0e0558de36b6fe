//! Off is absence, as far as the bytes that leave tell.
//!
//! `.ci/run off` runs these once more in a build without the host of hooks: the digest below holds in both.

use std::{fs, time::Duration};

use airlock_relay::{Config, Registration, Relay};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

use super::Composed;
use crate::{
    engine::{Engine, Sources, Start},
    home::Home,
    unlock::Unlock,
    vault::outbox,
};

/// SHA-256 of what leaves in `left`. Whoever changes the protocol on purpose, or what draws random numbers, changes it.
const SENT: &str = "5dffc4d32fa4a2f474503572d6399453535a528b836bd831c5be038e505fbb35";

fn seeded(folder: &std::path::Path, name: &str, seed: u8) -> Engine {
    let rng = Box::new(ChaCha20Rng::from_seed([seed; 32]));
    let sources = Sources { rng, clock: Box::new(|| 1_800_000_000_000) };
    Engine::create_with(Home::new(folder.join(name)), &Unlock::KeyFile, name, sources).unwrap()
}

/// What would leave, from the same seeds and the same clock: texts of several sizes and a file, as they stand in the
/// outbox and in the folder of ciphertext. The introduction before them names a relay that is another each time, so
/// it is delivered first and not among them.
async fn left(prepare: impl AsyncFn(&Engine)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        listen: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
        data_dir: folder.path().join("relay").into(),
        registration: Registration::Open,
        ..Config::default()
    };
    let relay = Relay::start(config).await.unwrap();
    let (alice, bob) = (seeded(folder.path(), "alice", 1), seeded(folder.path(), "bob", 2));
    for engine in [&alice, &bob] {
        engine.register(relay.address(), None).await.unwrap();
    }
    let link = bob.link().unwrap();
    alice.add(&link, None).await.unwrap();
    alice.start(Start::DeliverOnly).await;
    tokio::time::timeout(Duration::from_secs(30), async {
        let mut events = alice.events();
        while alice.outbox_len().unwrap() > 0 {
            let _ = events.recv().await;
        }
    })
    .await
    .unwrap();
    alice.shutdown().await;
    prepare(&alice).await;
    let texts = ["the same words", "Grüße, 你好, 🍞", "a picnic poster", &"toast ".repeat(1_000)];
    let file = folder.path().join("bread.txt");
    fs::write(&file, "bread ".repeat(50_000)).unwrap();
    let mut composed = Vec::new();
    for text in texts {
        composed.push(alice.compose(link.account, text).await.unwrap());
    }
    composed.push(alice.compose_file(link.account, &file, Some("bread")).await.unwrap());
    assert!(composed.iter().all(|composed| matches!(composed, Composed::Queued { .. })));

    let state = alice.state().unwrap();
    // A message waits for its file, and no relay would be told of it yet.
    state.vault.read().execute("UPDATE attachment SET state = 'uploaded'", []).unwrap();
    let waiting = outbox::next(state.vault.read(), &link.relay, 0, 99).unwrap();
    assert_eq!(waiting.len(), composed.len());
    let mut hash = Sha256::new();
    for outgoing in waiting {
        hash.update(outgoing.submit.0);
        hash.update(outgoing.envelope.device.0);
        hash.update((outgoing.envelope.sealed.len() as u64).to_le_bytes());
        hash.update(outgoing.envelope.sealed);
    }
    let blobs: Vec<_> = fs::read_dir(folder.path().join("alice/blobs")).unwrap().collect();
    assert_eq!(blobs.len(), 1);
    for blob in blobs {
        hash.update(fs::read(blob.unwrap().path()).unwrap());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes on the wire are these in a QUIC connection, whose keys nobody can seed.
#[tokio::test(flavor = "multi_thread")]
async fn with_hooks_off_the_bytes_that_leave_are_those_of_a_build_without_their_host() {
    let host = if cfg!(feature = "hooks") { "with" } else { "without" };
    assert_eq!(left(async |_| {}).await, SENT, "in a build {host} the host of hooks");
    let other_numbers = left(async |alice: &Engine| {
        alice.message_id().unwrap();
    })
    .await;
    assert_ne!(other_numbers, SENT, "the comparison above can't fail");
}

#[cfg(feature = "hooks")]
#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_was_on_and_is_off_sends_the_same_bytes_as_one_that_never_was() {
    let off_again = left(async |alice: &Engine| {
        let package = airlock_hooks::Package::reference_word_list();
        alice.enable_hook(package, airlock_protocol::Mode::Enforce, None).await.unwrap();
        alice.disable_hook(None).unwrap();
    })
    .await;
    assert_eq!(off_again, SENT, "a hook that is off leaves a trace in what is sent");
}

#[cfg(not(feature = "hooks"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_build_without_the_host_of_hooks_enables_none() {
    let folder = tempfile::tempdir().unwrap();
    let alice = seeded(folder.path(), "alice", 1);
    let package = airlock_hooks::Package::reference_word_list();
    let refused = alice.enable_hook(package, airlock_protocol::Mode::Shadow, None).await;
    assert!(refused.is_err(), "{refused:?}");
}
