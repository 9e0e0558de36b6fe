//! `airlock-load idle`: thousands of devices that are connected and get nothing.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use quinn::Endpoint;
use serde::Serialize;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    args::Idle,
    client::{Client, Place},
    device::DeviceKeys,
    error::LoadError,
    latency::Quantiles,
    ledger::Counts,
    machine::{Moment, Span, open_files_max, resident_bytes},
    receiver::{PUSH_WINDOW, Reading},
    record::Window,
    relay_process::RelayUnderLoad,
    report::{self, Verdict},
    run::{Joined, Plan},
    sender::Pace,
};

/// Between the messages whose way is timed: few enough that none waits for another.
const PROBE_EVERY: Duration = Duration::from_millis(10);

const PROBE_WARM_UP: Duration = Duration::from_millis(500);

#[derive(Debug, Serialize)]
struct Report {
    connections: u32,
    sockets: u32,
    connect_seconds: f64,
    /// Still open after all that follows.
    still_connected: usize,
    resident_bytes_before: Option<u64>,
    resident_bytes_with: Option<u64>,
    resident_bytes_per_connection: Option<f64>,
    /// The time in which nobody asked anything.
    idle: Span,
    delivered_before: Quantiles,
    delivered_with: Quantiles,
    counts_before: Counts,
    counts_with: Counts,
    /// The whole measurement.
    span: Span,
}

/// Measures, prints, and says whether all was kept.
pub(crate) async fn measure(asked: &Idle) -> Result<Verdict, LoadError> {
    let relay = RelayUnderLoad::ready(&asked.target, asked.connections)?;
    if let Some(limit) = open_files_max().filter(|limit| *limit < 256 + 2 * u64::from(asked.sockets)) {
        eprintln!("airlock-load: only {limit} open files are allowed here; raise it with `ulimit -n`");
    }
    let probe = probe(asked.messages);
    let start = Moment::now(relay.pid());
    let before = Joined::join(&relay.place, &probe).await?.run(&probe).await?;

    let resident = || relay.pid().and_then(resident_bytes);
    let resident_bytes_before = resident();
    let began = Instant::now();
    let crowd = Crowd::gather(&relay.place, asked).await?;
    let connect_seconds = began.elapsed().as_secs_f64();

    let quiet = Moment::now(relay.pid());
    sleep(Duration::from_secs(asked.seconds.into())).await;
    let idle = quiet.until_now(relay.pid());
    let resident_bytes_with = resident();

    let with = Joined::join(&relay.place, &probe).await?.run(&probe).await?;
    let report = Report {
        connections: asked.connections,
        sockets: asked.sockets,
        connect_seconds,
        still_connected: crowd.connected(),
        resident_bytes_before,
        resident_bytes_with,
        resident_bytes_per_connection: resident_bytes_before
            .zip(resident_bytes_with)
            .map(|(before, with)| with.saturating_sub(before) as f64 / f64::from(asked.connections)),
        idle,
        delivered_before: before.delivered,
        delivered_with: with.delivered,
        counts_before: before.counts,
        counts_with: with.counts,
        span: start.until_now(relay.pid()),
    };
    report::print(&report, asked.target.local.json);
    Ok(Verdict::of(&before.counts).and(Verdict::of(&with.counts)))
}

/// One pair with little to say.
fn probe(messages: u32) -> Plan {
    Plan {
        receivers: vec![Reading::AtOnce],
        senders: vec![vec![0]],
        connections: 1,
        size: crate::letter::BODY_BYTES_MIN,
        pace: Pace::Every(PROBE_EVERY),
        window: Window { warm_up: PROBE_WARM_UP, measured: PROBE_EVERY * messages },
    }
}

/// Devices that have joined and wait.
struct Crowd {
    clients: Vec<Client>,
    // The connections live on them.
    _endpoints: Vec<Endpoint>,
}

impl Crowd {
    async fn gather(place: &Place, asked: &Idle) -> Result<Self, LoadError> {
        let endpoints = (0..asked.sockets).map(|_| place.endpoint()).collect::<Result<Vec<_>, _>>()?;
        let next = Arc::new(AtomicU32::new(0));
        let mut joining = JoinSet::new();
        for endpoint in endpoints.iter().cycle().take(asked.at_once.max(asked.sockets) as usize) {
            let (next, endpoint, place, count) =
                (next.clone(), endpoint.clone(), place.clone(), asked.connections);
            joining.spawn(async move {
                let mut joined = Vec::new();
                while next.fetch_add(1, Ordering::Relaxed) < count {
                    let (client, _) = DeviceKeys::new()?.join(&endpoint, &place, PUSH_WINDOW).await?;
                    joined.push(client);
                }
                Ok::<_, LoadError>(joined)
            });
        }
        let mut clients = Vec::new();
        while let Some(joined) = joining.join_next().await {
            clients.extend(joined??);
        }
        Ok(Self { clients, _endpoints: endpoints })
    }

    fn connected(&self) -> usize {
        self.clients.iter().filter(|client| client.connection.close_reason().is_none()).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, sockets, connect_seconds, still_connected, idle, .. } = self;
        let rate = f64::from(*connections) / connect_seconds;
        writeln!(
            f,
            "connected  {connections} devices from {sockets} sockets in {connect_seconds:.1} s ({rate:.0} per \
             second: handshake, proof, registration, subscription); {still_connected} still connected at the end"
        )?;
        if let (Some(with), Some(each)) = (self.resident_bytes_with, self.resident_bytes_per_connection) {
            writeln!(
                f,
                "memory     {:.1} KiB per connection; the relay has {} MiB",
                each / 1024.0,
                with >> 20
            )?;
        }
        if let Some(seconds) = idle.server_cpu_seconds {
            let share = 100.0 * seconds / idle.seconds;
            writeln!(
                f,
                "idle       the relay uses {share:.1} % of one processor over {:.0} s",
                idle.seconds
            )?;
        }
        writeln!(f, "before     {} ({} messages)", self.delivered_before, self.delivered_before.count)?;
        writeln!(f, "with       {} ({} messages)", self.delivered_with, self.delivered_with.count)?;
        writeln!(f, "counts     {}", report::counts(&self.counts_with))?;
        write!(f, "machine    {}", report::machine(&self.span))
    }
}
