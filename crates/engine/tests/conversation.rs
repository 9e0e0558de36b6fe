//! Two engines and an authority over a real relay on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{net::Ipv4Addr, path::Path, time::Duration};

use airlock_engine::{
    AuditEntry, Composed, Connection, ContactLink, Delivery, Direction, Engine, Event, Home, ReportState,
    Start, Unlock,
};
use airlock_hooks::Package;
use airlock_protocol::{
    Mode,
    gate::{Choice, Effect, StopReason},
};
use airlock_relay::{Config, Limits, Registration, Relay};
use airlock_wire::AccountId;
use tempfile::TempDir;

/// Far longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

struct World {
    folder: TempDir,
    relay: Relay,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let relay = Relay::start(relay_config(folder.path(), 0)).await.unwrap();
        Self { folder, relay }
    }

    async fn engine(&self, name: &str) -> Engine {
        let home = Home::new(self.folder.path().join(name));
        let engine = Engine::create(home, &Unlock::KeyFile, name).unwrap();
        engine.register(self.relay.address(), None).await.unwrap();
        engine.start(Start::DeliverAndReceive).await;
        engine
    }

    /// Alice and Bob, who has added Alice by her link; both know each other.
    async fn couple(&self) -> (Engine, Engine) {
        let (alice, bob) = (self.engine("alice").await, self.engine("bob").await);
        bob.add(&alice.link().unwrap(), None).await.unwrap();
        until(&alice, || alice.contact("bob").is_ok()).await;
        (alice, bob)
    }
}

fn relay_config(folder: &Path, port: u16) -> Config {
    Config {
        listen: (Ipv4Addr::LOCALHOST, port).into(),
        data_dir: folder.join("relay").into(),
        registration: Registration::Open,
        ..Config::default()
    }
}

fn account(engine: &Engine) -> AccountId {
    engine.me().unwrap().account
}

/// Waits for an event after which `done` holds.
async fn until(engine: &Engine, done: impl Fn() -> bool) {
    let mut events = engine.events();
    let wait = async {
        while !done() {
            let _ = events.recv().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("nothing happened in time");
}

fn texts(engine: &Engine, with: AccountId, direction: Direction) -> Vec<String> {
    let messages = engine.messages(with, 10_000).unwrap().into_iter();
    messages.filter(|message| message.direction == direction).map(|message| message.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_both_ways_and_see_receipts() {
    let world = World::start().await;
    let (alice, bob) = world.couple().await;
    let Composed::Queued { id, .. } = bob.compose(account(&alice), "hello alice").await.unwrap() else {
        panic!("not queued")
    };
    until(&alice, || texts(&alice, account(&bob), Direction::In) == ["hello alice"]).await;
    alice.compose(account(&bob), "hello bob").await.unwrap();
    until(&bob, || texts(&bob, account(&alice), Direction::In) == ["hello bob"]).await;
    until(&bob, || bob.message(id).unwrap().unwrap().delivery == Delivery::Delivered).await;
    assert!(bob.contact("alice").unwrap().verified, "a link verifies");
    assert!(!alice.contact("bob").unwrap().verified, "an introduction does not");
    assert_eq!(alice.safety_number(account(&bob)).unwrap(), bob.safety_number(account(&alice)).unwrap());
    alice.shutdown().await;
    bob.shutdown().await;
    world.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_to_someone_offline_is_there_once_when_they_return() {
    let world = World::start().await;
    let (alice, bob) = world.couple().await;
    let bobs = account(&bob);
    bob.shutdown().await;
    drop(bob);
    for number in 0..20 {
        alice.compose(bobs, &format!("message {number}")).await.unwrap();
    }
    until(&alice, || alice.outbox_len().unwrap() == 0).await;
    let home = Home::new(world.folder.path().join("bob"));
    let bob = Engine::open(home, &Unlock::KeyFile).unwrap();
    bob.start(Start::DeliverAndReceive).await;
    let expected: Vec<String> = (0..20).map(|number| format!("message {number}")).collect();
    until(&bob, || texts(&bob, account(&alice), Direction::In).len() >= 20).await;
    assert_eq!(texts(&bob, account(&alice), Direction::In), expected);
    assert_eq!(bob.take_new().unwrap().len(), 20);
    assert_eq!(bob.take_new().unwrap().len(), 0, "each is taken once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_full_mailbox_says_so_and_goes_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let config = relay_config(folder.path(), 0);
    let limits = Limits { mailbox_messages: 3, ..config.limits.clone() };
    let relay = Relay::start(Config { limits, ..config }).await.unwrap();
    let world = World { folder, relay };
    let (alice, bob) = world.couple().await;
    let bobs = account(&bob);
    bob.shutdown().await;
    drop(bob);
    for number in 0..5 {
        alice.compose(bobs, &format!("message {number}")).await.unwrap();
    }
    until(&alice, || alice.delivery_problem().is_some_and(|why| why.contains("mailbox is full"))).await;
    let bob = Engine::open(Home::new(world.folder.path().join("bob")), &Unlock::KeyFile).unwrap();
    bob.start(Start::DeliverAndReceive).await;
    until(&bob, || texts(&bob, account(&alice), Direction::In).len() >= 5).await;
    until(&alice, || alice.outbox_len().unwrap() == 0).await;
    assert_eq!(alice.delivery_problem(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_stops_and_returns_loses_and_repeats_nothing() {
    let World { folder, relay } = World::start().await;
    let world = World { folder, relay };
    let (alice, bob) = world.couple().await;
    let port = world.relay.local_addr().port();
    let World { folder, relay } = world;
    alice.compose(account(&bob), "before").await.unwrap();
    until(&bob, || !texts(&bob, account(&alice), Direction::In).is_empty()).await;
    relay.shutdown().await;
    until(&bob, || bob.connection() != Connection::Online).await;
    let Composed::Queued { id, .. } = alice.compose(account(&bob), "while it was down").await.unwrap() else {
        panic!("not queued")
    };
    assert_eq!(alice.message(id).unwrap().unwrap().delivery, Delivery::Queued);
    let relay = Relay::start(relay_config(folder.path(), port)).await.unwrap();
    until(&bob, || texts(&bob, account(&alice), Direction::In) == ["before", "while it was down"]).await;
    relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_that_the_relay_pushes_again_is_told_of_and_not_shown_again() {
    let world = World::start().await;
    let (alice, bob) = world.couple().await;
    let port = world.relay.local_addr().port();
    let World { folder, relay } = world;
    bob.shutdown().await;
    alice.compose(account(&bob), "once").await.unwrap();
    until(&alice, || alice.outbox_len().unwrap() == 0).await;
    alice.shutdown().await;
    relay.shutdown().await;
    let (store, before) = (folder.path().join("relay/relay.db"), folder.path().join("before.db"));
    std::fs::copy(&store, &before).unwrap();
    let relay = Relay::start(relay_config(folder.path(), port)).await.unwrap();
    bob.start(Start::DeliverAndReceive).await;
    until(&bob, || texts(&bob, account(&alice), Direction::In) == ["once"]).await;
    bob.shutdown().await;
    relay.shutdown().await;
    // The relay forgets that Bob has it.
    std::fs::copy(&before, &store).unwrap();
    let relay = Relay::start(relay_config(folder.path(), port)).await.unwrap();
    let mut events = bob.events();
    bob.start(Start::DeliverAndReceive).await;
    let repeated = async { while events.recv().await.unwrap() != Event::Repeated {} };
    tokio::time::timeout(PATIENCE, repeated).await.expect("nobody was told of the repeat");
    assert_eq!(texts(&bob, account(&alice), Direction::In), ["once"]);
    relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_may_write_first_at_the_same_time() {
    let world = World::start().await;
    let (alice, bob) = (world.engine("alice").await, world.engine("bob").await);
    let (alices, bobs) = (alice.link().unwrap(), bob.link().unwrap());
    let (left, right) = tokio::join!(alice.add(&bobs, None), bob.add(&alices, None));
    left.unwrap();
    right.unwrap();
    for round in 0..5 {
        alice.compose(account(&bob), &format!("a{round}")).await.unwrap();
        bob.compose(account(&alice), &format!("b{round}")).await.unwrap();
        until(&alice, || texts(&alice, account(&bob), Direction::In).len() == round + 1).await;
        until(&bob, || texts(&bob, account(&alice), Direction::In).len() == round + 1).await;
    }
    assert_eq!(
        (renewals(&alice, account(&bob)), renewals(&bob, account(&alice))),
        (0, 0),
        "neither began anew"
    );
}

fn renewals(engine: &Engine, with: AccountId) -> usize {
    let messages = engine.messages(with, 10_000).unwrap().into_iter();
    messages.filter(|message| message.delivery == Delivery::Renewed).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_begins_anew_is_told_of_in_the_conversation() {
    let world = World::start().await;
    let home = |name: &str| world.folder.path().join(name);
    let alice = world.engine("alice").await;
    alice.shutdown().await;
    drop(alice);
    std::fs::create_dir(home("restored")).unwrap();
    for file in std::fs::read_dir(home("alice")).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), home("restored").join(file.file_name())).unwrap();
        }
    }
    let alice = Engine::open(Home::new(home("alice")), &Unlock::KeyFile).unwrap();
    alice.start(Start::DeliverAndReceive).await;
    let bob = world.engine("bob").await;
    let (alices, bobs) = (account(&alice), account(&bob));
    alice.add(&bob.link().unwrap(), None).await.unwrap();
    alice.compose(bobs, "before").await.unwrap();
    until(&bob, || texts(&bob, alices, Direction::In) == ["before"]).await;
    assert_eq!(renewals(&bob, alices), 0, "the first session is no news");
    alice.shutdown().await;
    drop(alice);

    let alice = Engine::open(Home::new(home("restored")), &Unlock::KeyFile).unwrap();
    alice.start(Start::DeliverAndReceive).await;
    alice.add(&bob.link().unwrap(), None).await.unwrap();
    alice.compose(bobs, "after").await.unwrap();
    until(&bob, || texts(&bob, alices, Direction::In) == ["before", "", "after"]).await;
    assert_eq!(renewals(&bob, alices), 1);
    let taken = bob.take_new().unwrap();
    assert!(taken.iter().any(|message| message.delivery == Delivery::Renewed), "{taken:?}");
}

/// A world in which Alice's gate can report to an authority.
async fn watched() -> (World, Engine, Engine, Engine) {
    let world = World::start().await;
    let (alice, bob) = world.couple().await;
    let authority = world.engine("authority").await;
    alice.add_authority(&authority.link().unwrap(), Some("authority")).await.unwrap();
    (world, alice, bob, authority)
}

const MARKED: &str = "shall I bring the picnic poster on Sunday?";

#[tokio::test(flavor = "multi_thread")]
async fn report_mode_sends_the_message_and_reports_it_to_the_authority_alone() {
    let (_world, alice, bob, authority) = watched().await;
    let package = Package::reference_word_list();
    alice.enable_hook(package, Mode::Report, Some(account(&authority))).await.unwrap();
    let Composed::Queued { reports, .. } = alice.compose(account(&bob), MARKED).await.unwrap() else {
        panic!("not sent")
    };
    let [report] = reports.as_slice() else { panic!("one report: {reports:?}") };
    until(&bob, || texts(&bob, account(&alice), Direction::In) == [MARKED]).await;
    until(&authority, || !authority.reports_received().unwrap().is_empty()).await;
    let received = &authority.reports_received().unwrap()[0];
    assert_eq!((received.from, &received.evidence), (account(&alice), &report.evidence));
    assert!(String::from_utf8_lossy(&report.evidence).contains("picnic poster"));
    until(&alice, || alice.reports_made().unwrap()[0].state == ReportState::Sent).await;
    assert!(authority.messages(account(&alice), 10).unwrap().is_empty(), "a report is not a message");
    let log = alice.audit_log().unwrap();
    let reported =
        log.iter().any(|record| matches!(record.entry, AuditEntry::Reported { bytes, .. } if bytes > 0));
    assert!(reported, "the log lists what left: {log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn enforce_stops_the_message_and_gives_the_draft_back() {
    let (_world, alice, bob, authority) = watched().await;
    alice.enable_hook(Package::reference_word_list(), Mode::Enforce, None).await.unwrap();
    let Composed::Stopped { draft, why, text, .. } = alice.compose(account(&bob), MARKED).await.unwrap()
    else {
        panic!("not stopped")
    };
    assert_eq!(draft, MARKED);
    assert!(matches!(why, StopReason::Blocked(_)) && !text.is_empty());
    alice.compose(account(&bob), "the weather is nice").await.unwrap();
    until(&bob, || texts(&bob, account(&alice), Direction::In) == ["the weather is nice"]).await;
    assert!(authority.reports_received().unwrap().is_empty() && alice.reports_made().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn advise_asks_and_the_sender_decides() {
    let (_world, alice, bob, _authority) = watched().await;
    alice.enable_hook(Package::reference_word_list(), Mode::Advise, None).await.unwrap();
    let Composed::Ask(pending) = alice.compose(account(&bob), MARKED).await.unwrap() else {
        panic!("not asked")
    };
    let Composed::Kept { draft } = alice.decide(*pending, Choice::Edit).await.unwrap() else {
        panic!("not kept")
    };
    assert_eq!(draft, MARKED);
    let Composed::Ask(pending) = alice.compose(account(&bob), MARKED).await.unwrap() else {
        panic!("not asked")
    };
    let sent = alice.decide(*pending, Choice::SendAsWritten).await.unwrap();
    assert!(matches!(sent, Composed::Queued { reports, .. } if reports.is_empty()));
    until(&bob, || texts(&bob, account(&alice), Direction::In) == [MARKED]).await;
    let log = alice.audit_log().unwrap();
    let choices = log.iter().filter(|record| matches!(record.entry, AuditEntry::Chose { .. })).count();
    assert_eq!(choices, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn shadow_decides_and_changes_nothing() {
    let (_world, alice, bob, _authority) = watched().await;
    alice.enable_hook(Package::reference_word_list(), Mode::Shadow, None).await.unwrap();
    let composed = alice.compose(account(&bob), MARKED).await.unwrap();
    assert!(matches!(composed, Composed::Queued { reports, .. } if reports.is_empty()));
    let decided = alice.audit_log().unwrap().into_iter().find_map(|record| match record.entry {
        AuditEntry::Decided(decision) => Some(decision),
        _ => None,
    });
    let decided = decided.expect("the log lists the decision");
    assert_eq!((decided.verdict.as_str(), decided.effect, decided.clamped), ("report", Effect::Pass, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_whose_files_changed_holds_messages_until_it_is_enabled_again() {
    let (world, alice, bob, _authority) = watched().await;
    alice.enable_hook(Package::reference_word_list(), Mode::Enforce, None).await.unwrap();
    let bobs = account(&bob);
    alice.shutdown().await;
    drop(alice);
    let home = Home::new(world.folder.path().join("alice"));
    let manifest = home.hooks().join("word-list/hook.toml");
    let changed = std::fs::read_to_string(&manifest).unwrap().replace("version = \"", "version = \"9");
    std::fs::write(&manifest, changed).unwrap();
    let alice = Engine::open(home, &Unlock::KeyFile).unwrap();
    assert!(
        alice.gate().hooks[0].problem.as_ref().is_some_and(|problem| problem.contains("changed")),
        "the status line says so"
    );
    let composed = alice.compose(bobs, "hello").await.unwrap();
    assert!(matches!(composed, Composed::Stopped { why: StopReason::Failed(_), .. }), "{composed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn off_loads_nothing_and_leaves_no_decision() {
    let (world, alice, bob, _authority) = watched().await;
    alice.compose(account(&bob), MARKED).await.unwrap();
    assert!(alice.audit_log().unwrap().is_empty());
    assert!(!world.folder.path().join("alice/cache").exists(), "no WebAssembly was compiled");
    assert_eq!(alice.gate().to_string(), "gate off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_the_wrong_relay_says_which_fingerprint_was_shown() {
    let world = World::start().await;
    let (alice, bob) = (world.engine("alice").await, world.engine("bob").await);
    let mut link: ContactLink = bob.link().unwrap();
    let right = link.relay.fingerprint.take().unwrap();
    link.relay.fingerprint = Some(airlock_wire::Fingerprint([7; 32]));
    let error = alice.add(&link, None).await.unwrap_err().to_string();
    assert!(error.contains("another relay") && error.contains(&right.to_string()), "{error}");
    assert!(alice.contacts().unwrap().is_empty());
}
