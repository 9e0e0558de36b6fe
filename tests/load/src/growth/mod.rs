//! `airlock-load growth`: the same load on a relay with more and more in its store.

mod plot;

use std::{fmt, fs, path::Path, time::Instant};

use airlock_relay::{StoredCrowd, fill_store};
use serde::Serialize;

use crate::{
    args::Growth,
    error::LoadError,
    folder::{self, Folder},
    latency::{Quantiles, median},
    ledger::Counts,
    letter::BODY_BYTES_MIN,
    machine::{Moment, Span, resident_bytes},
    messages::window,
    receiver::Reading,
    record::Outcome,
    relay_process::RelayUnderLoad,
    report::{self, Verdict},
    run::{Joined, Plan},
    sender::Pace,
};

/// What one size came to: medians of the rounds, where there are several.
#[derive(Debug, Serialize)]
struct Step {
    mailboxes: u32,
    envelopes: u64,
    store_bytes: u64,
    /// From the start of the program to the first word of its address.
    start_seconds: f64,
    resident_bytes: Option<u64>,
    /// Handshake, proof, registration and subscription of one device.
    join_millis: f64,
    messages_per_second: f64,
    delivered_p50: f64,
    delivered_p99: f64,
    relay_cpu_micros: Option<f64>,
    /// As `start_seconds`, after a kill -9 in the middle of a load.
    restart_seconds: f64,
    rounds: Vec<Round>,
}

#[derive(Debug, Serialize)]
struct Round {
    messages_per_second: f64,
    delivered: Quantiles,
    relay_cpu_micros: Option<f64>,
    join_millis: f64,
    counts: Counts,
}

#[derive(Debug, Serialize)]
struct Report {
    load: String,
    disk: String,
    steps: Vec<Step>,
    span: Span,
}

/// Measures, prints, draws, and says whether the relay kept all.
pub(crate) async fn measure(asked: &Growth) -> Result<Verdict, LoadError> {
    let before = Moment::now(None);
    let disk = folder::disk(Folder::new(asked.local.dir.as_deref(), "probe")?.path())?;
    let mut steps = Vec::new();
    for mailboxes in &asked.mailboxes {
        eprintln!("{mailboxes} mailboxes with {} envelopes each", asked.envelopes_each);
        steps.push(step(asked, *mailboxes).await?);
    }
    let report = Report {
        load: format!(
            "{0} senders with {1} under way each to {0} receivers, {BODY_BYTES_MIN} B, {2} s after {3} s of warm-up, \
             {4} rounds",
            asked.senders, asked.in_flight, asked.times.seconds, asked.times.warm_up, asked.rounds
        ),
        disk,
        steps,
        span: before.until_now(None),
    };
    report::print(&report, asked.local.json);
    if let Some(file) = &asked.plot {
        let drawn = plot::draw(&report.steps);
        fs::write(file, drawn).map_err(LoadError::system(format!("write {}", file.display())))?;
    }
    let rounds = report.steps.iter().flat_map(|step| &step.rounds);
    Ok(rounds.map(|round| Verdict::of(&round.counts)).fold(Verdict::Sound, Verdict::and))
}

async fn step(asked: &Growth, mailboxes: u32) -> Result<Step, LoadError> {
    let folder = Folder::new(asked.local.dir.as_deref(), "growth")?;
    let crowd = StoredCrowd { mailboxes, envelopes_each: asked.envelopes_each, bytes: BODY_BYTES_MIN };
    let data_dir = folder.path().to_owned();
    tokio::task::spawn_blocking(move || fill_store(&data_dir, crowd)).await??;
    let store_bytes = size(folder.path())?;
    let plan = Plan {
        receivers: vec![Reading::AtOnce; asked.senders as usize],
        senders: Plan::everyone_to_everyone(asked.senders as usize, asked.senders as usize),
        connections: asked.senders as usize,
        size: BODY_BYTES_MIN,
        pace: Pace::InFlight(asked.in_flight as usize),
        window: window(&asked.times),
    };

    let began = Instant::now();
    let mut relay = RelayUnderLoad::ready_in(folder, asked.local.relay_bin.as_deref(), 2 * asked.senders)?;
    let start_seconds = began.elapsed().as_secs_f64();
    let resident_bytes = relay.pid().and_then(resident_bytes);
    let mut rounds = Vec::new();
    for _ in 0..asked.rounds {
        rounds.push(round(&relay, &plan).await?);
    }
    let interrupted = Joined::join(&relay.place, &plan).await?.begin(&plan)?;
    tokio::time::sleep(plan.window.warm_up).await;
    let began = Instant::now();
    relay.kill_and_restart()?;
    let restart_seconds = began.elapsed().as_secs_f64();
    drop(interrupted);

    let middle = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    Ok(Step {
        mailboxes,
        envelopes: u64::from(mailboxes) * u64::from(asked.envelopes_each),
        store_bytes,
        start_seconds,
        resident_bytes,
        join_millis: middle(|round| round.join_millis),
        messages_per_second: middle(|round| round.messages_per_second),
        delivered_p50: middle(|round| round.delivered.p50),
        delivered_p99: middle(|round| round.delivered.p99),
        relay_cpu_micros: rounds
            .iter()
            .map(|round| round.relay_cpu_micros)
            .collect::<Option<Vec<_>>>()
            .map(median),
        restart_seconds,
        rounds,
    })
}

async fn round(relay: &RelayUnderLoad, plan: &Plan) -> Result<Round, LoadError> {
    let began = Instant::now();
    let joined = Joined::join(&relay.place, plan).await?;
    let join_millis = began.elapsed().as_secs_f64() * 1e3 / plan.receivers.len() as f64;
    let before = Moment::now(relay.pid());
    let Outcome { counts, messages_per_second, delivered, .. } = joined.run(plan).await?;
    let span = before.until_now(relay.pid());
    let relay_cpu_micros = report::micros_each(span.server_cpu_seconds, counts.delivered);
    Ok(Round { messages_per_second, delivered, relay_cpu_micros, join_millis, counts })
}

/// Bytes of the files in a folder.
fn size(folder: &Path) -> Result<u64, LoadError> {
    let sizes = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.and_then(|entry| entry.metadata()).map(|file| file.len())).sum()
    });
    sizes.map_err(LoadError::system("look at the store"))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "load       {}", self.load)?;
        writeln!(f, "disk       {}", self.disk)?;
        writeln!(f, "machine    {}", report::machine(&self.span))?;
        writeln!(
            f,
            "medians; from send to arrival in ms; µs: the relay's processor time per message; s: until it is there, \
             started and after a kill -9"
        )?;
        writeln!(
            f,
            "{:>9}{:>11}{:>10}{:>9}{:>9}{:>16}{:>7}{:>8}{:>8}{:>9}",
            "mailboxes",
            "envelopes",
            "disk MB",
            "RAM MiB",
            "msg/s",
            "delivered 50/99",
            "µs",
            "join ms",
            "start s",
            "killed s"
        )?;
        for step in &self.steps {
            let resident =
                step.resident_bytes.map_or_else(|| "–".to_owned(), |bytes| (bytes >> 20).to_string());
            let cpu = step.relay_cpu_micros.map_or_else(|| "–".to_owned(), |micros| format!("{micros:.1}"));
            writeln!(
                f,
                "{:>9}{:>11}{:>10}{resident:>9}{:>9.0}{:>16}{cpu:>7}{:>8.1}{:>8.2}{:>9.2}",
                step.mailboxes,
                step.envelopes,
                step.store_bytes / 1_000_000,
                step.messages_per_second,
                format!("{:.1}/{:.1}", step.delivered_p50, step.delivered_p99),
                step.join_millis,
                step.start_seconds,
                step.restart_seconds
            )?;
            for round in step.rounds.iter().filter(|round| !round.counts.is_sound()) {
                writeln!(f, "  in one round: {}", report::counts(&round.counts))?;
            }
        }
        Ok(())
    }
}
