//! The audit log of a chain, from decision to replay: what is recorded, what is kept, what is refused.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::{fs, path::Path};

use airlock_engine::{
    AuditEntry, AuditError, AuditRecord, Composed, DecisionEntry, EnableError, Engine, Form, Home, LogHead,
    Opening, Replay, Start, Unlock,
};
use airlock_hooks::{Digest, Package};
use airlock_protocol::{
    Content, Mode,
    gate::{Choice, Effect},
};
use airlock_relay::{Config, Registration, Relay};
use airlock_wire::AccountId;

struct World {
    relay: Relay,
    folder: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            listen: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
            data_dir: folder.path().join("relay").into(),
            registration: Registration::Open,
            ..Config::default()
        };
        Self { relay: Relay::start(config).await.unwrap(), folder }
    }

    /// Alice, and the account of Bob, to whom she may write.
    async fn alice(&self) -> (Engine, AccountId) {
        let [alice, bob] = ["alice", "bob"].map(|name| {
            Engine::create(Home::new(self.folder.path().join(name)), &Unlock::KeyFile, name).unwrap()
        });
        for engine in [&alice, &bob] {
            engine.register(self.relay.address(), None).await.unwrap();
        }
        let link = bob.link().unwrap();
        alice.add(&link, None).await.unwrap();
        alice.start(Start::DeliverOnly).await;
        (alice, link.account)
    }

    fn hook_file(&self, hook: &str, file: &str) -> std::path::PathBuf {
        self.folder.path().join("alice/hooks").join(hook).join(file)
    }
}

/// The reference hook under another name, so that two of them can stand in a row.
fn twin(id: &str) -> Package {
    let folder = tempfile::tempdir().unwrap();
    Package::reference_word_list().write_dir(folder.path()).unwrap();
    let manifest = fs::read_to_string(folder.path().join("hook.toml")).unwrap();
    let renamed = manifest.replacen("id = \"word-list\"", &format!("id = \"{id}\""), 1);
    assert_ne!(manifest, renamed);
    fs::write(folder.path().join("hook.toml"), renamed).unwrap();
    Package::read_dir(folder.path()).unwrap()
}

fn decisions(log: &[AuditRecord]) -> Vec<(u64, &DecisionEntry)> {
    log.iter()
        .filter_map(|record| match &record.entry {
            AuditEntry::Decided(decision) => Some((record.number, &**decision)),
            _ => None,
        })
        .collect()
}

fn is_same(replay: &Replay) -> bool {
    *replay == Replay::Same
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_a_chain_is_recorded_and_shown_and_can_be_moved() {
    let world = World::start().await;
    let (alice, bob) = world.alice().await;
    alice.enable_hook(twin("second"), Mode::Shadow, None).await.unwrap();
    let gate = alice.enable_hook(Package::reference_word_list(), Mode::Enforce, None).await.unwrap();
    assert!(gate.to_string().starts_with("gate 2 hooks · 1 shadow · second"), "{gate}");
    let gate = alice.move_hook("word-list", 1).unwrap();
    assert!(gate.to_string().starts_with("gate 2 hooks · 1 enforce · word-list"), "{gate}");
    assert_eq!(gate.mode(), Mode::Enforce);

    let composed = alice.compose(bob, "it is a surprise party").await.unwrap();
    let Composed::Stopped { hook, .. } = composed else { panic!("{composed:?}") };
    assert_eq!(hook.id, "word-list");
    let log = alice.audit_log().unwrap();
    let steps: Vec<_> = decisions(&log)
        .iter()
        .map(|(_, decision)| {
            (decision.step, decision.hook.id.clone(), decision.verdict.clone(), decision.effect)
        })
        .collect();
    let step = |step, id: &str, effect| (step, id.to_owned(), "block".to_owned(), effect);
    assert_eq!(steps, [step(1, "word-list", Effect::Block), step(2, "second", Effect::Pass)]);

    let gate = alice.disable_hook(Some("word-list")).unwrap();
    assert!(gate.to_string().starts_with("gate shadow · second"), "{gate}");
    assert!(
        matches!(alice.set_mode(None, Mode::Advise).await, Err(EnableError::WhichHook(ids)) if ids.len() == 2)
    );
    assert!(matches!(alice.set_mode(Some("third"), Mode::Advise).await, Err(EnableError::NotEnabled(_))));
    assert_eq!(alice.disable_hook(None).unwrap().to_string(), "gate off");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_to_whom_in_which_form_and_who_chose_is_in_the_log() {
    let world = World::start().await;
    let (alice, bob) = world.alice().await;
    alice.enable_hook(Package::reference_word_list(), Mode::Advise, None).await.unwrap();
    let Composed::Ask(pending) = alice.compose(bob, "burnt toast").await.unwrap() else {
        panic!("nobody was asked")
    };
    alice.decide(*pending, Choice::SendAsWritten).await.unwrap();
    let Composed::Ask(pending) = alice.compose(bob, "burnt toast again").await.unwrap() else {
        panic!("not asked")
    };
    let Composed::Kept { draft } = alice.hold(&pending).unwrap() else { panic!("it went") };
    assert_eq!(draft, "burnt toast again");
    let log = alice.audit_log().unwrap();
    let told: Vec<&str> = log
        .iter()
        .map(|record| match &record.entry {
            AuditEntry::Set { chain, .. } if chain.len() == 1 => "set",
            AuditEntry::Decided(_) => "decided",
            AuditEntry::Chose { choice: Choice::SendAsWritten, .. } => "chose",
            AuditEntry::Sent { to, form: Form::AsWritten, bytes, .. } if *to == bob && *bytes > 0 => "sent",
            AuditEntry::NotAsked { .. } => "not asked",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, ["set", "decided", "chose", "sent", "decided", "not asked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_replay_with_the_same_answer_and_fuel_also_those_about_drafts_that_were_stopped() {
    let world = World::start().await;
    let (alice, bob) = world.alice().await;
    alice.enable_hook(Package::reference_word_list(), Mode::Enforce, None).await.unwrap();
    alice.enable_hook(twin("second"), Mode::Shadow, None).await.unwrap();
    for text in ["hello", "burnt toast", "it is a surprise party", "the picnic poster is up"] {
        let _ = alice.compose(bob, text).await.unwrap();
    }
    let replayed = alice.replay(None).await.unwrap();
    assert_eq!(replayed.len(), 8);
    assert!(replayed.iter().all(|one| is_same(&one.replay) && one.fuel > 0), "{replayed:?}");
    let one = alice.replay(Some(&[replayed[2].number])).await.unwrap();
    assert_eq!(one, [replayed[2].clone()]);
    assert!(
        matches!(alice.replay(Some(&[1])).await, Err(AuditError::NoDecision(1))),
        "entry 1 sets the gate"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_forgotten_can_not_be_replayed_or_opened_and_its_commitment_stays() {
    let world = World::start().await;
    let (alice, bob) = world.alice().await;
    alice.enable_hook(Package::reference_word_list(), Mode::Enforce, None).await.unwrap();
    let _ = alice.compose(bob, "it is a surprise party").await.unwrap();
    let before = alice.audit_log().unwrap();
    let (number, decision) = decisions(&before)[0];
    let opened = Opening::parse(&serde_json::to_vec(&alice.opening(number).unwrap()).unwrap()).unwrap();
    let opened = opened.check().unwrap();
    assert_eq!(opened.content, Content::Text("it is a surprise party".into()));
    assert_eq!(opened.hash, before.iter().find(|record| record.number == number).unwrap().hash);

    assert!(matches!(alice.forget(&[number, 1]), Err(AuditError::NoDecision(1))));
    assert_eq!(alice.forget(&[number]).unwrap(), 1);
    assert_eq!(alice.forget(&[number]).unwrap(), 0, "there is nothing left to forget");
    assert_eq!(alice.replay(None).await.unwrap()[0].replay, Replay::Forgotten);
    assert!(matches!(alice.opening(number), Err(AuditError::NoDecision(_))));
    let after = alice.audit_log().unwrap();
    assert_eq!(decisions(&after)[0].1.commitment, decision.commitment);
    assert!(matches!(after.last().unwrap().entry, AuditEntry::Forgot { decision, .. } if decision == number));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wrote_down_where_the_log_ended_learns_that_it_was_made_anew() {
    let world = World::start().await;
    let (alice, bob) = world.alice().await;
    alice.enable_hook(Package::reference_word_list(), Mode::Shadow, None).await.unwrap();
    let noted = alice.verify_log(None).unwrap();
    let _ = alice.compose(bob, "hello").await.unwrap();
    let now = alice.verify_log(Some(noted)).unwrap();
    assert!(now.number > noted.number && now.hash != noted.hash);
    let other = LogHead { hash: [9; 32], ..noted };
    assert!(matches!(alice.verify_log(Some(other)), Err(AuditError::OtherHead { .. })));
    let later = LogHead { number: now.number + 1, ..now };
    assert!(matches!(alice.verify_log(Some(later)), Err(AuditError::CutOff { .. })));
}

/// One bit, somewhere in a file.
fn flip(path: &Path, place: usize) {
    let mut bytes = fs::read(path).unwrap();
    let place = place % bytes.len();
    bytes[place] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_anywhere_in_component_manifest_or_list_is_refused_by_name() {
    let world = World::start().await;
    let (alice, bob) = world.alice().await;
    alice.enable_hook(Package::reference_word_list(), Mode::Shadow, None).await.unwrap();
    let _ = alice.compose(bob, "burnt toast").await.unwrap();
    for (file, named) in [
        ("hook.wasm", ["component", "hook.wasm"]),
        ("hook.toml", ["manifest", "hook.toml"]),
        ("list.json", ["list", "list.json"]),
    ] {
        let path = world.hook_file("word-list", file);
        let honest = fs::read(&path).unwrap();
        // Prime steps, so that all parts of the file have their turn.
        for place in (0..honest.len()).step_by(honest.len() / 23 + 1) {
            flip(&path, place);
            let replayed = alice.replay(None).await.unwrap();
            let Replay::Refused(why) = &replayed[0].replay else { panic!("{file} at {place}: {replayed:?}") };
            assert!(named.iter().any(|name| why.contains(name)), "{file} at {place}: {why}");
            fs::write(&path, &honest).unwrap();
        }
        assert!(is_same(&alice.replay(None).await.unwrap()[0].replay), "{file} is as it was");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_edition_decided_replays_from_the_one_that_was_kept_and_from_no_other() {
    let world = World::start().await;
    let (alice, bob) = world.alice().await;
    alice.enable_hook(Package::reference_word_list(), Mode::Shadow, None).await.unwrap();
    let _ = alice.compose(bob, "burnt toast").await.unwrap();
    let mut manifest = fs::read_to_string(world.hook_file("word-list", "hook.toml")).unwrap();
    manifest.push_str("\n# a newer edition\n");
    let component = fs::read(world.hook_file("word-list", "hook.wasm")).unwrap();
    let list = fs::read(world.hook_file("word-list", "list.json")).unwrap();
    let newer = Package::new(manifest.as_bytes(), component, Some(&list)).unwrap();
    assert_ne!(newer.manifest.digest(), Package::reference_word_list().manifest.digest());
    assert_eq!(newer.manifest.component, Digest::of(&newer.component));
    alice.enable_hook(newer, Mode::Shadow, None).await.unwrap();
    let _ = alice.compose(bob, "burnt toast").await.unwrap();
    let replayed = alice.replay(None).await.unwrap();
    assert_eq!(replayed.len(), 2);
    assert!(replayed.iter().all(|one| is_same(&one.replay)), "{replayed:?}");

    let kept = world.folder.path().join("alice/kept");
    for edition in fs::read_dir(&kept).unwrap() {
        flip(&edition.unwrap().path().join("hook.wasm"), 1_000);
    }
    let replayed = alice.replay(None).await.unwrap();
    let Replay::Refused(why) = &replayed[0].replay else { panic!("{replayed:?}") };
    assert!(why.contains("component"), "{why}");
    fs::remove_dir_all(&kept).unwrap();
    let replayed = alice.replay(None).await.unwrap();
    assert_eq!(replayed[0].replay, Replay::NotKept, "which contradicts nothing");
    assert!(!replayed[0].replay.contradicts());
    assert!(is_same(&replayed[1].replay), "what is installed decided this one");
}
