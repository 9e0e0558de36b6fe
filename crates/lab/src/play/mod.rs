//! Plays a scenario under one setting, in a world of its own.

mod attempt;
mod conversation;
mod events;
mod gate;
mod hostile_relay;

use std::path::Path;

use airlock_engine::{AuditEntry, LogHead, Replay};

pub(crate) use self::conversation::by_party;
use self::{conversation::Play, gate::GateSet};
use crate::{
    error::{Doing, WorldError},
    person::Person,
    record::{Audit, ReportSeen, Run, Taken},
    scenario::Conversation,
    server_scan,
    setting::{Hostile, Setting},
    tap::{TapTotals, Traffic},
    world::{World, WorldClock, WorldOptions},
};

/// The first day of every world that a scenario is played in: a day on which the reference lists are valid.
const FIRST_DAY: &str = "2026-11-22";

/// A step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Relay, tap and clients are started.
    World,
    /// A message is said, counted from 1.
    Message(usize),
    /// The markers are looked for.
    Search,
}

/// Steps of a conversation under one setting.
pub(crate) fn steps(conversation: &Conversation) -> usize {
    conversation.messages.len() + 2
}

/// One conversation under one setting in a new world in `folder`.
pub(crate) async fn play(
    conversation: &Conversation,
    setting: Setting,
    seed: u64,
    folder: &Path,
    mut step: impl FnMut(Step),
) -> Result<Run, WorldError> {
    if !setting.is_end_to_end() {
        return server_scan::play(conversation, folder, step).await;
    }
    step(Step::World);
    let swapped = setting.hostile() == Some(Hostile::RelaySwapsKeys);
    let options = WorldOptions {
        clock: WorldClock::From(first_day_ms()?),
        others: if conversation.has_carol() { vec![Person::Carol] } else { Vec::new() },
        seed: Some(seed),
        alice_lock: conversation.lock,
        introduced: !swapped,
        ..WorldOptions::default()
    };
    let mut world = World::start(folder, options).await?;
    let mut gate = if swapped {
        let happened = vec![hostile_relay::swap_keys(&world).await?];
        GateSet { package: conversation.package.clone(), in_gate: Vec::new(), happened }
    } else {
        gate::set(&world, conversation, setting, folder).await?
    };
    if setting.hostile() == Some(Hostile::ModifiedClient) {
        let (modified, what) = gate::take_hook_out(world).await?;
        world = modified;
        gate.in_gate.clear();
        gate.happened.push(what);
    }
    // What the relay stores for the two of them stays there to be looked at, until the end.
    world.go_offline(Person::Authority).await;
    let before = world.tap().totals();
    let mut play = Play::new(&world, conversation, setting, folder, gate)?;
    for (place, message) in conversation.messages.iter().enumerate() {
        step(Step::Message(place + 1));
        play.events_before(place).await?;
        if swapped {
            play.cannot_say();
        } else {
            play.say(message).await?;
        }
    }
    play.settle_hostile_relay().await?;
    play.events_before(conversation.messages.len()).await?;
    play.authority_fetches().await?;
    let wire = since(before, world.tap().totals());

    step(Step::Search);
    let run = conclude(play, wire).await?;
    world.shutdown().await;
    Ok(run)
}

async fn conclude(play: Play<'_>, wire: TapTotals) -> Result<Run, WorldError> {
    let Play { world, conversation, setting, said, envelopes, mut happened, taken, noted, .. } = play;
    let observations = world.observations()?;
    let audit = audit(world, &noted).await?;
    let markers: Vec<_> = conversation.messages.iter().map(|message| &message.marker).collect();
    for (place, taken) in taken {
        if let Some(happened) = happened.get_mut(place) {
            happened.taken = Some(Taken { findings: taken.search(&markers) });
        }
    }
    let findings = observations.search(&markers);
    let messages = conversation.messages.iter().zip(said).zip(findings);
    let messages = messages.map(|((scripted, said), findings)| {
        said.into_run(scripted, by_party(&observations, findings, scripted))
    });
    let made = world.alice().reports_made().doing("Alice", "list her reports")?;
    let reports = world.authority().reports_received().doing("Authority", "read its reports")?;
    Ok(Run {
        setting,
        gate: Some(world.alice().gate().to_string()),
        messages: messages.collect(),
        searched: observations.searched(),
        wire,
        envelopes,
        envelopes_missed: world.missed_envelopes(),
        requests_missed: world.missed_requests(),
        deliveries: world.deliveries(),
        reports: reports.into_iter().map(|report| ReportSeen { evidence: report.evidence }).collect(),
        held: made.iter().filter(|made| made.bytes == 0).count(),
        happened,
        audit: Some(audit),
    })
}

/// What Alice's log proves, asked for by someone who does not believe it.
async fn audit(world: &World, noted: &[LogHead]) -> Result<Audit, WorldError> {
    let alice = world.alice();
    let verified =
        alice.verify_log(None).is_ok() && noted.iter().all(|head| alice.verify_log(Some(*head)).is_ok());
    let log = alice.audit_log().doing("Alice", "read her audit log")?;
    let decided = log.iter().filter(|record| matches!(record.entry, AuditEntry::Decided(_)));
    let decisions: Vec<u64> = decided.map(|record| record.number).collect();
    let replayed = alice.replay(None).await.doing("Alice", "replay her audit log")?;
    let opens = |number: &&u64| alice.opening(**number).is_ok_and(|opening| opening.check().is_ok());
    Ok(Audit {
        verified,
        noted: noted.len(),
        decisions: decisions.len(),
        same: replayed.iter().filter(|one| one.replay == Replay::Same).count(),
        opened: decisions.iter().filter(opens).count(),
        memory_bytes: replayed.iter().map(|one| one.memory_bytes).max().unwrap_or_default(),
    })
}

fn since(before: TapTotals, after: TapTotals) -> TapTotals {
    let less = |after: Traffic, before: Traffic| Traffic {
        datagrams: after.datagrams - before.datagrams,
        bytes: after.bytes - before.bytes,
    };
    TapTotals {
        to_relay: less(after.to_relay, before.to_relay),
        from_relay: less(after.from_relay, before.from_relay),
        // A search covers the whole record, so what is missing from any part of it counts.
        dropped: after.dropped,
    }
}

pub(crate) fn first_day_ms() -> Result<u64, WorldError> {
    let day: Result<airlock_hooks::list::Day, _> = FIRST_DAY.parse();
    day.map(|day| day.start_ms())
        .map_err(|error| WorldError::Made { what: "the first day", why: error.to_string() })
}
