//! From the sender's key press to the recipient's screen, over loopback and a durable relay: compose, gate, seal,
//! store, deliver, accept on disk, push, open, store, tell.

#![allow(clippy::expect_used, reason = "a benchmark that can't be set up fails by panicking")]

use std::{net::Ipv4Addr, path::Path};

use airlock_engine::{Direction, Engine, Event, Home, Start, Unlock};
use airlock_hooks::Package;
use airlock_protocol::Mode;
use airlock_relay::{Config, Limits, Registration, Relay};
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

/// 256 bytes, none of them on the list.
const TEXT: &str = "The quick brown fox jumps over the lazy dog, and goes home by way of the baker, who has kept a loaf \
for it. Nobody knows why the fox eats bread, least of all the dog, who was asleep, and the baker does not ask, \
for a customer is a customer, whatever it says.. ...";

async fn engine(folder: &Path, relay: &Relay, name: &str) -> Engine {
    let engine = Engine::create(Home::new(folder.join(name)), &Unlock::KeyFile, name).expect("a new home");
    engine.register(relay.address(), None).await.expect("the relay is open");
    engine.start(Start::DeliverAndReceive).await;
    engine
}

fn latency(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let (_relay, alice, bob) = runtime.block_on(async {
        let config = Config {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            data_dir: folder.path().join("relay").into(),
            registration: Registration::Open,
            // Each message has a connection of its own, and here they come faster than a relay lets anybody connect.
            limits: Limits {
                prefix_handshakes: 1_000_000,
                prefix_handshakes_per_second: 1_000_000,
                ..Limits::default()
            },
            ..Config::default()
        };
        let relay = Relay::start(config).await.expect("a relay");
        let (alice, bob) =
            (engine(folder.path(), &relay, "alice").await, engine(folder.path(), &relay, "bob").await);
        let mut events = bob.events();
        alice.add(&bob.link().expect("registered"), None).await.expect("bob is there");
        while bob.contact("alice").is_err() {
            let _ = events.recv().await;
        }
        (relay, alice, bob)
    });
    let to = bob.me().expect("a vault").account;
    let mut group = criterion.benchmark_group("send_to_displayed_256B");
    group.sample_size(30);
    for mode in [Mode::Off, Mode::Enforce] {
        runtime.block_on(async {
            if mode == Mode::Off {
                alice.disable_hook(None).expect("off");
            } else {
                alice
                    .enable_hook(Package::reference_word_list(), mode, None)
                    .await
                    .expect("the reference hook");
            }
        });
        group.bench_function(format!("gate {mode}"), |bencher| {
            bencher.to_async(&runtime).iter(async || {
                let mut events = bob.events();
                alice.compose(to, TEXT).await.expect("composed");
                while !matches!(events.recv().await, Ok(Event::Received { .. })) {}
            });
        });
    }
    group.finish();
    let shown = bob.messages(alice.me().expect("a vault").account, 1).expect("a vault");
    assert!(shown.iter().all(|message| message.direction == Direction::In && message.text == TEXT));
}

criterion_group!(benches, latency);
criterion_main!(benches);
