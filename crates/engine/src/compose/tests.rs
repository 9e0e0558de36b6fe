//! Off is absence, as far as the bytes that are sent tell.

use std::time::Duration;

use airlock_hooks::Package;
use airlock_protocol::Mode;
use airlock_relay::{Config, Registration, Relay};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::{
    engine::{Engine, Sources, Start},
    home::Home,
    unlock::Unlock,
    vault::outbox,
};

fn seeded(folder: &std::path::Path, name: &str, seed: u8) -> Engine {
    let rng = Box::new(ChaCha20Rng::from_seed([seed; 32]));
    let sources = Sources { rng, clock: Box::new(|| 1_800_000_000_000) };
    Engine::create_with(Home::new(folder.join(name)), &Unlock::KeyFile, name, sources).unwrap()
}

/// The sealed bytes of one message, from the same seeds and the same clock.
async fn sealed(prepare: impl AsyncFn(&Engine)) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        listen: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
        data_dir: folder.path().join("relay"),
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
    alice.compose(link.account, "the same words").await.unwrap();
    let state = alice.state().unwrap();
    let waiting = outbox::next(state.vault.read(), &link.relay, 0, 9).unwrap();
    assert_eq!(waiting.len(), 1);
    waiting.into_iter().map(|outgoing| outgoing.envelope.sealed).next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_was_on_and_is_off_sends_the_same_bytes_as_one_that_never_was() {
    let never = sealed(async |_| {}).await;
    let off_again = sealed(async |alice: &Engine| {
        alice.enable_hook(Package::reference_word_list(), Mode::Enforce, None).await.unwrap();
        alice.disable_hook(None).unwrap();
    })
    .await;
    assert!(never == off_again, "a hook that is off leaves a trace in what is sent");
    let other_words = sealed(async |alice: &Engine| {
        alice.message_id().unwrap();
    })
    .await;
    assert!(never != other_words, "the comparison above can't fail");
}
