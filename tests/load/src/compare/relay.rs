//! The relay's turn.

use super::{Load, Turn};
use crate::{
    args::Target,
    error::LoadError,
    machine::Moment,
    receiver::Reading,
    relay_process::RelayUnderLoad,
    report,
    run::{Joined, Plan},
    sender::Pace,
};

pub(super) async fn turn(target: &Target, load: &Load) -> Result<Turn, LoadError> {
    let relay = RelayUnderLoad::ready(target, load.senders + load.receivers)?;
    let plan = Plan {
        receivers: vec![Reading::AtOnce; load.receivers as usize],
        senders: Plan::everyone_to_everyone(load.senders as usize, load.receivers as usize),
        connections: load.senders as usize,
        size: load.size,
        pace: Pace::InFlight(load.in_flight),
        window: load.window,
    };
    let joined = Joined::join(&relay.place, &plan).await?;
    let before = Moment::now(relay.pid());
    let outcome = joined.run(&plan).await?;
    let span = before.until_now(relay.pid());
    Ok(Turn::of(outcome, report::micros_each(span.server_cpu_seconds, outcome.counts.delivered)))
}
