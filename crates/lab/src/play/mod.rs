//! Plays a scenario under one setting, in a world of its own.

mod attempt;
mod conversation;
mod events;
mod gate;
mod hostile_relay;

use std::path::Path;

use airlock_engine::AuditEntry;

use self::conversation::Play;
pub(crate) use self::conversation::by_party;
use crate::{
    error::{Doing, WorldError},
    observer::Observations,
    person::Person,
    record::{Audit, HookShown, ReportSeen, Run},
    scenario::Conversation,
    server_scan,
    setting::{Hostile, Setting},
    tap::{TapTotals, Traffic},
    world::{World, WorldClock, WorldOptions, until},
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
    let mut happened = Vec::new();
    if swapped {
        happened.push(hostile_relay::swap_keys(&world).await?);
    } else {
        happened.extend(gate::set(&world, conversation, setting, folder).await?);
        if setting.hostile() == Some(Hostile::ModifiedClient) {
            let (modified, what) = gate::take_hook_out(world).await?;
            world = modified;
            happened.push(what);
        }
    }
    // What the relay stores for the two of them stays there to be looked at, until the end.
    world.go_offline(Person::Authority).await;
    let before = world.tap().totals();
    let mut play = Play::new(&world, conversation, setting, folder, happened)?;
    for place in 0..conversation.messages.len() {
        step(Step::Message(place + 1));
        play.events_before(place).await?;
        if swapped {
            play.cannot_say();
        } else {
            play.say(place).await?;
        }
    }
    play.settle_hostile_relay().await?;
    play.events_before(conversation.messages.len()).await?;
    let reports = deliver_reports(&world).await?;
    let wire = since(before, world.tap().totals());

    step(Step::Search);
    let observations = world.observations()?;
    let run = conclude(&world, play, setting, &observations, reports, wire).await?;
    world.shutdown().await;
    Ok(run)
}

async fn conclude(
    world: &World,
    play: Play<'_>,
    setting: Setting,
    observations: &Observations,
    reports: Vec<ReportSeen>,
    wire: TapTotals,
) -> Result<Run, WorldError> {
    let audit = audit(world).await?;
    let Play { conversation, said, envelopes, mut happened, taken, .. } = play;
    let markers: Vec<_> = conversation.messages.iter().map(|message| &message.marker).collect();
    for (place, taken) in taken {
        if let Some(happened) = happened.get_mut(place) {
            happened.taken = Some(taken.searched(&markers));
        }
    }
    let findings = observations.search(&markers);
    let mut messages = Vec::with_capacity(said.len());
    for ((scripted, said), findings) in conversation.messages.iter().zip(said).zip(findings) {
        messages.push(said.into_run(world, scripted, by_party(findings, scripted))?);
    }
    let gate = world.alice().gate();
    let made = world.alice().reports_made().doing("Alice", "list her reports")?;
    Ok(Run {
        setting,
        gate: gate.to_string(),
        hook: gate.hooks.first().map(|hook| HookShown::from(&hook.hook)),
        messages,
        searched: observations.searched(),
        wire,
        envelopes,
        envelopes_missed: world.missed_envelopes(),
        reports,
        held: made.iter().filter(|made| made.bytes == 0).count(),
        happened,
        audit: Some(audit),
        logs_searched: world.logs_are_seen(),
    })
}

/// Brings the authority online, and waits until it has every report that Alice's gate made and let go.
async fn deliver_reports(world: &World) -> Result<Vec<ReportSeen>, WorldError> {
    let made = world.alice().reports_made().doing("Alice", "list her reports")?;
    let expected = made.iter().filter(|made| made.bytes > 0).count();
    world.outbox_empty(Person::Alice).await?;
    world.go_online(Person::Authority).await;
    let received = || world.authority().reports_received().doing("Authority", "read its reports");
    until("the reports to reach the authority", || Ok(received()?.len() >= expected)).await?;
    Ok(received()?
        .iter()
        .map(|report| ReportSeen {
            hook: HookShown::from(&report.hook),
            code: report.code,
            evidence_bytes: report.evidence.len() as u64,
            evidence: String::from_utf8_lossy(&report.evidence).into_owned(),
        })
        .collect())
}

/// What Alice's log proves, asked for by someone who does not believe it.
async fn audit(world: &World) -> Result<Audit, WorldError> {
    let alice = world.alice();
    let verified = alice.verify_log(None).is_ok();
    let log = alice.audit_log().doing("Alice", "read her audit log")?;
    let decided = log.iter().filter(|record| matches!(record.entry, AuditEntry::Decided(_)));
    let decisions: Vec<u64> = decided.map(|record| record.number).collect();
    let replayed = alice.replay(None).await.doing("Alice", "replay her audit log")?;
    let opens = |number: &&u64| alice.opening(**number).is_ok_and(|opening| opening.check().is_ok());
    Ok(Audit {
        verified,
        decisions: decisions.len(),
        same: replayed.iter().filter(|one| one.replay == airlock_engine::Replay::Same).count(),
        contradicted: replayed.iter().filter(|one| one.replay.contradicts()).count(),
        opened: decisions.iter().filter(opens).count(),
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
