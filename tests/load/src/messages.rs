//! `airlock-load messages`: from end to end, at a rate or as fast as answers come.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{
    args::{Messages, Times},
    error::LoadError,
    folder,
    machine::{Moment, Span, resident_bytes},
    receiver::Reading,
    record::{Outcome, Window},
    relay_process::RelayUnderLoad,
    report::{self, Verdict},
    run::{Joined, Plan},
    sender::Pace,
};

#[derive(Debug, Serialize)]
struct Report {
    load: String,
    disk: Option<String>,
    outcome: Outcome,
    /// The whole run with its warm-up and its end.
    span: Span,
    /// Processor time of the relay per message delivered, in microseconds.
    relay_cpu_micros: Option<f64>,
    relay_resident_bytes: Option<u64>,
}

/// Measures, prints, and says whether all was kept.
pub(crate) async fn measure(asked: &Messages) -> Result<Verdict, LoadError> {
    let relay = RelayUnderLoad::ready(&asked.target, asked.receivers + asked.connections)?;
    let disk = relay.folder().map(folder::disk).transpose()?;
    let plan = Plan {
        receivers: vec![Reading::AtOnce; asked.receivers as usize],
        senders: Plan::everyone_to_everyone(asked.senders as usize, asked.receivers as usize),
        connections: asked.connections.min(asked.senders) as usize,
        size: asked.size,
        pace: pace(asked),
        window: window(&asked.times),
    };
    let joined = Joined::join(&relay.place, &plan).await?;
    let before = Moment::now(relay.pid());
    let outcome = joined.run(&plan).await?;
    let span = before.until_now(relay.pid());
    let report = Report {
        load: load(asked, &plan),
        disk,
        relay_cpu_micros: report::micros_each(span.server_cpu_seconds, outcome.counts.delivered),
        relay_resident_bytes: relay.pid().and_then(resident_bytes),
        outcome,
        span,
    };
    report::print(&report, asked.target.local.json);
    Ok(Verdict::of(&report.outcome.counts))
}

fn pace(asked: &Messages) -> Pace {
    match asked.rate {
        Some(rate) => Pace::Every(Duration::from_secs(1) * asked.senders / rate),
        None => Pace::InFlight(asked.in_flight as usize),
    }
}

pub(crate) fn window(times: &Times) -> Window {
    Window {
        warm_up: Duration::from_secs(times.warm_up.into()),
        measured: Duration::from_secs(times.seconds.into()),
    }
}

fn load(asked: &Messages, plan: &Plan) -> String {
    let pace = match asked.rate {
        Some(rate) => format!("{rate} messages/s whatever is answered"),
        None => format!("{} under way per sender", asked.in_flight),
    };
    format!(
        "{} senders on {} connections to {} receivers, {} B, {pace}, {} s after {} s of warm-up",
        asked.senders,
        plan.connections,
        asked.receivers,
        asked.size,
        asked.times.seconds,
        asked.times.warm_up
    )
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { load, disk, outcome, span, relay_cpu_micros, relay_resident_bytes } = self;
        writeln!(f, "load       {load}")?;
        if let Some(disk) = disk {
            writeln!(f, "disk       {disk}")?;
        }
        writeln!(f, "messages/s {:.0}", outcome.messages_per_second)?;
        writeln!(f, "accepted   {}", outcome.accepted)?;
        writeln!(f, "delivered  {}", outcome.delivered)?;
        writeln!(f, "counts     {}", report::counts(&outcome.counts))?;
        if let (Some(micros), Some(bytes)) = (relay_cpu_micros, relay_resident_bytes) {
            writeln!(f, "relay      {micros:.1} µs of processor per message, {} MiB resident", bytes >> 20)?;
        }
        write!(f, "machine    {}", report::machine(span))
    }
}
