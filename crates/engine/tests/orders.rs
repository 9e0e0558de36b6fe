//! Orders, locks and lists over time: what holds, what ends by itself, and what never goes back.

#![allow(missing_docs, reason = "tests are read by their names")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use airlock_engine::{
    Consent, EnableError, Engine, GateStatus, Home, Lock, Locked, OrderRefused, Passphrase, Sources, Unlock,
};
use airlock_hooks::{
    Package, SignedOrder, View,
    list::{Day, ListSource, demo_key},
    order::{Binds, Demand, DemandedHook, DemandedList},
};
use airlock_protocol::{AccountKey, Mode};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// A device whose clock the test sets.
struct Device {
    engine: Engine,
    clock: Arc<AtomicU64>,
    folder: tempfile::TempDir,
}

fn ms(day: &str) -> u64 {
    day.parse::<Day>().unwrap().start_ms()
}

impl Device {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicU64::new(ms("2026-11-22")));
        let home = Home::new(folder.path());
        let engine = Engine::create_with(home, &Unlock::KeyFile, "alice", sources(&clock)).unwrap();
        Self { engine, clock, folder }
    }

    fn today(&self, day: &str) {
        self.clock.store(ms(day), Ordering::Relaxed);
    }

    /// Closed and opened again, as by another run of the program.
    fn restarted(self) -> Self {
        let Self { engine, clock, folder } = self;
        drop(engine);
        let home = Home::new(folder.path());
        let engine = Engine::open_with(home, &Unlock::KeyFile, sources(&clock)).unwrap();
        Self { engine, clock, folder }
    }

    async fn install(&self, order: &SignedOrder) -> Result<GateStatus, OrderRefused> {
        self.engine.install_order(order, Package::reference_word_list(), Consent::WIDER).await
    }
}

fn sources(clock: &Arc<AtomicU64>) -> Sources {
    let clock = Arc::clone(clock);
    Sources {
        rng: Box::new(ChaCha20Rng::from_seed([7; 32])),
        clock: Box::new(move || clock.load(Ordering::Relaxed)),
    }
}

fn order(version: u64, mode: Mode, expires: &str) -> SignedOrder {
    let authority = AccountKey::from_bytes(&[1; 32]);
    let manifest = Package::reference_word_list().manifest;
    let list = manifest.list.as_ref().unwrap();
    let demand = Demand {
        id: "bread".into(),
        version,
        authority: authority.id(),
        reason: "Toast.".into(),
        issued: "2026-11-20".parse().unwrap(),
        expires: expires.parse().unwrap(),
        hook: DemandedHook::of(&manifest),
        list: Some(DemandedList { id: list.id.clone(), key: list.key, version_min: 1 }),
        mode,
        views: vec![View::Text],
        binds: Binds::Everyone,
    };
    SignedOrder::sign(demand, &authority).unwrap()
}

fn hook(gate: &GateStatus) -> (Mode, Lock) {
    gate.hooks.first().map_or((Mode::Off, Lock::User), |hook| (hook.mode, hook.lock))
}

#[tokio::test]
async fn an_order_ends_by_itself_and_what_was_before_returns() {
    let device = Device::new();
    device.engine.enable_hook(Package::reference_word_list(), Mode::Advise, None).await.unwrap();
    device.install(&order(1, Mode::Enforce, "2026-12-01")).await.unwrap();
    let device = device.restarted();
    device.today("2026-12-01");
    assert_eq!(hook(&device.engine.gate()), (Mode::Enforce, Lock::Order), "its last day");
    assert!(device.engine.gate().to_string().contains("by order bread until 2026-12-01"));
    device.today("2026-12-02");
    assert_eq!(hook(&device.engine.gate()), (Mode::Advise, Lock::User));
    assert!(!device.engine.gate().to_string().contains("order"));
    device.engine.disable_hook(None).unwrap();
}

#[tokio::test]
async fn a_hook_that_an_order_brought_goes_when_the_order_ends_while_the_program_is_closed() {
    let device = Device::new();
    device.install(&order(1, Mode::Enforce, "2026-12-01")).await.unwrap();
    device.today("2026-12-02");
    let device = device.restarted();
    assert_eq!(device.engine.gate().to_string(), "gate off");
    let again = device.install(&order(1, Mode::Enforce, "2026-12-01")).await;
    assert!(matches!(again, Err(OrderRefused::Order(_))), "{again:?}");
}

#[tokio::test]
async fn while_an_order_holds_a_hook_nothing_but_a_later_edition_changes_it() {
    let device = Device::new();
    device.install(&order(2, Mode::Enforce, "2026-12-01")).await.unwrap();
    let held = |result: Result<GateStatus, EnableError>| {
        assert!(matches!(result, Err(EnableError::Locked(Locked::Order { .. }))), "{result:?}");
    };
    let engine = &device.engine;
    held(engine.disable_hook(None));
    held(engine.set_mode(None, Mode::Advise).await);
    held(engine.grant_views("word-list", &[], Consent::WIDER).await);
    held(engine.lock_hook("word-list", &Passphrase::new("garden gate".into())));
    let earlier = device.install(&order(1, Mode::Advise, "2026-12-09")).await;
    assert!(matches!(earlier, Err(OrderRefused::Order(_))), "{earlier:?}");
    assert_eq!(hook(&engine.gate()), (Mode::Enforce, Lock::Order));

    device.install(&order(3, Mode::Shadow, "2026-12-09")).await.unwrap();
    assert_eq!(hook(&engine.gate()), (Mode::Shadow, Lock::Order));
    device.today("2026-12-10");
    assert_eq!(engine.gate().to_string(), "gate off", "what was before the first edition");
}

#[tokio::test]
async fn an_order_needs_the_guardian_of_a_locked_hook_and_gives_the_lock_back() {
    let device = Device::new();
    let engine = &device.engine;
    engine.enable_hook(Package::reference_word_list(), Mode::Advise, None).await.unwrap();
    let passphrase = Passphrase::new("garden gate".into());
    engine.lock_hook("word-list", &passphrase).unwrap();
    let order = order(1, Mode::Enforce, "2026-12-01");
    let alone = device.install(&order).await;
    assert!(matches!(alone, Err(OrderRefused::Enable(EnableError::Locked(Locked::Guardian { .. })))));
    let consent = Consent { wider: true, guardian: Some(&passphrase) };
    engine.install_order(&order, Package::reference_word_list(), consent).await.unwrap();
    device.today("2026-12-02");
    assert_eq!(hook(&engine.gate()), (Mode::Advise, Lock::Guardian));
}

#[tokio::test]
async fn an_order_that_nobody_agreed_to_changes_nothing() {
    let device = Device::new();
    let order = order(1, Mode::Enforce, "2026-12-01");
    let silent =
        device.engine.install_order(&order, Package::reference_word_list(), Consent::default()).await;
    assert!(matches!(silent, Err(OrderRefused::NotAccepted)));
    assert_eq!(device.engine.gate().to_string(), "gate off");
}

/// The reference hook with another edition of its list.
fn edition(version: u64) -> Package {
    let source = include_str!("../../hooks/reference/word-list/list.toml");
    let source = source.replacen("version = 1", &format!("version = {version}"), 1);
    let list = ListSource::parse(&source).unwrap().sign(&demo_key()).unwrap();
    Package::reference_word_list().with_list(list.to_json().unwrap().as_bytes()).unwrap()
}

#[tokio::test]
async fn a_list_never_goes_back_not_even_through_another_run_or_a_removed_hook() {
    let device = Device::new();
    device.engine.enable_hook(edition(3), Mode::Enforce, None).await.unwrap();
    device.engine.disable_hook(None).unwrap();
    fs::remove_dir_all(device.folder.path().join("hooks")).unwrap();
    let device = device.restarted();
    for version in [1, 2] {
        let older = device.engine.enable_hook(edition(version), Mode::Enforce, None).await;
        assert!(matches!(older, Err(EnableError::Rollback(_))), "{older:?}");
    }
    device.engine.enable_hook(edition(3), Mode::Enforce, None).await.unwrap();
}

/// Somebody who can write to the home puts an older list there, rightly signed.
#[tokio::test]
async fn a_list_that_was_exchanged_on_disk_is_refused_by_name() {
    let device = Device::new();
    device.engine.enable_hook(edition(3), Mode::Enforce, None).await.unwrap();
    edition(2).write_dir(&device.folder.path().join("hooks/word-list")).unwrap();
    let device = device.restarted();
    let problem = device.engine.gate().hooks[0].problem.clone().unwrap();
    assert!(problem.contains("stand-ins v3") && problem.contains("stand-ins v2"), "{problem}");
    let mode = device.engine.set_mode(None, Mode::Advise).await;
    assert!(matches!(mode, Err(EnableError::ListChanged { .. })), "{mode:?}");
    // Giving it the agreed edition again is no change.
    device.engine.update_hook(edition(3), Consent::default()).await.unwrap();
    assert_eq!(device.engine.gate().hooks[0].problem, None);
}
