//! From the lab's observers to the rows of the middle pane. Nothing is added on the way.

use std::{sync::Arc, time::Duration};

use airlock_lab::{CarrierCheck, RelayView, ReportView, World, WorldError};
use tokio::sync::mpsc;

use super::{
    app::Event,
    model::{AuthorityRow, CarrierRow, EnvelopeRow, MailboxRow, RelayRow},
};

/// How often the observers are read: what happens is seen at once, and reading the store costs a millisecond.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Looks between two searches for plaintext, which read megabytes.
const LOOKS_PER_SEARCH: u64 = 10;

/// Sends what the observers have, for as long as somebody takes it.
pub(crate) async fn watch(world: Arc<World>, screen: mpsc::Sender<Event>) -> Result<(), WorldError> {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut searched_datagrams = None;
    for look in 0_u64.. {
        ticks.tick().await;
        let view = read(&world, |world| Ok((world.relay_view()?, world.authority_view()?))).await?;
        let Some((relay, reports)) = view else { return Ok(()) };
        let datagrams = relay.wire.datagrams();
        let mut events = vec![
            Event::Relay(relay_row(relay)),
            Event::Authority(reports.into_iter().map(authority_row).collect()),
        ];
        // What did not travel can't have been seen by a carrier.
        if look.is_multiple_of(LOOKS_PER_SEARCH) && searched_datagrams != Some(datagrams) {
            let Some(check) = read(&world, World::check_carriers).await? else { return Ok(()) };
            searched_datagrams = Some(datagrams);
            events.push(Event::Carriers(carrier_row(&check)));
        }
        for event in events {
            if screen.send(event).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Reads files and databases away from the threads that serve the network. None when the runtime is ending.
async fn read<T: Send + 'static>(
    world: &Arc<World>,
    look: impl FnOnce(&World) -> Result<T, WorldError> + Send + 'static,
) -> Result<Option<T>, WorldError> {
    let world = Arc::clone(world);
    match tokio::task::spawn_blocking(move || look(&world)).await {
        Ok(seen) => seen.map(Some),
        Err(_) => Ok(None),
    }
}

fn relay_row(view: RelayView) -> RelayRow {
    let mailbox = |mailbox: airlock_lab::MailboxView| MailboxRow {
        owner: mailbox.owner.to_string(),
        device: mailbox.device,
        held: mailbox.held.len(),
    };
    let envelope = |row: airlock_lab::EnvelopeRow| EnvelopeRow {
        owner: row.owner.to_string(),
        bytes: row.bytes,
        first_bytes: row.first_bytes,
        age_ms: row.age_ms,
        held: row.held,
    };
    RelayRow {
        datagrams: view.wire.datagrams(),
        wire_bytes: view.wire.bytes(),
        mailboxes: view.mailboxes.into_iter().map(mailbox).collect(),
        envelopes: view.recent.into_iter().map(envelope).collect(),
    }
}

fn authority_row(report: ReportView) -> AuthorityRow {
    AuthorityRow {
        from: report.from.map_or_else(|| "someone".to_owned(), |person| person.to_string()),
        hook: format!("{} {}", report.hook.id, report.hook.version),
        evidence: report.evidence,
        evidence_bytes: report.evidence_bytes,
        received_ms: report.received_ms,
    }
}

fn carrier_row(check: &CarrierCheck) -> CarrierRow {
    CarrierRow {
        texts: check.texts,
        bytes: check.bytes,
        unsearched_bytes: check.unsearched_bytes,
        findings: check.findings.iter().map(ToString::to_string).collect(),
    }
}
