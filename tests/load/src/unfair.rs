//! `airlock-load unfair`: pairs with little to say, first alone, then beside one who floods and one who reads slowly.

use std::{fmt, time::Duration};

use serde::Serialize;
use tokio::time::sleep;

use crate::{
    args::Unfair,
    error::LoadError,
    folder,
    latency::{Quantiles, median},
    ledger::Counts,
    letter::BODY_BYTES_MIN,
    machine::{Moment, Span},
    receiver::Reading,
    record::{Outcome, Window},
    relay_process::RelayUnderLoad,
    report::{self, Verdict},
    run::{Joined, Plan},
    sender::Pace,
};

/// How long the slow reader takes for one envelope: its mailbox fills within seconds.
const SLOWLY: Duration = Duration::from_millis(50);

/// Time for the flood to rise before the pairs begin, and for how long it outlasts them.
const AROUND: Duration = Duration::from_secs(1);

const WARM_UP: Duration = Duration::from_secs(1);

#[derive(Debug, Serialize)]
struct Report {
    load: String,
    disk: Option<String>,
    /// Delivery times of the pairs, alone.
    quiet: Vec<Quantiles>,
    /// The same beside the flood.
    beside: Vec<Quantiles>,
    quiet_p99: f64,
    beside_p99: f64,
    /// How many times longer.
    ratio: f64,
    /// Of the flooding sender, in the last round.
    flood: Counts,
    flood_messages_per_second: f64,
    span: Span,
}

/// Measures, prints, and says whether all was kept.
pub(crate) async fn measure(asked: &Unfair) -> Result<Verdict, LoadError> {
    let relay = RelayUnderLoad::ready(&asked.target, 2 * asked.pairs + 3)?;
    let disk = relay.folder().map(folder::disk).transpose()?;
    let (pairs, flood) = (pairs(asked), flood(asked));
    let (mut quiet, mut beside) = (Vec::new(), Vec::new());
    let mut verdict = Verdict::Sound;
    let mut flooded = None;
    let before = Moment::now(relay.pid());
    for _ in 0..asked.rounds {
        let alone = Joined::join(&relay.place, &pairs).await?.run(&pairs).await?;
        let (with, flood) = {
            let flooding = Joined::join(&relay.place, &flood).await?;
            let joined = Joined::join(&relay.place, &pairs).await?;
            let flooding = flooding.begin(&flood)?;
            sleep(AROUND).await;
            let (with, flood) = tokio::join!(joined.run(&pairs), flooding.finish());
            (with?, flood?)
        };
        for outcome in [&alone, &with, &flood] {
            verdict = verdict.and(Verdict::of(&outcome.counts));
        }
        quiet.push(alone.delivered);
        beside.push(with.delivered);
        flooded = Some(flood);
    }
    let span = before.until_now(relay.pid());
    let p99 = |figures: &[Quantiles]| median(figures.iter().map(|quantiles| quantiles.p99).collect());
    let (quiet_p99, beside_p99) = (p99(&quiet), p99(&beside));
    let report = Report {
        load: format!(
            "{} pairs, {} messages/s each, {} s in {} rounds; the flood has {} under way, every second one to a \
             reader who takes {} ms for each",
            asked.pairs,
            asked.rate,
            asked.seconds,
            asked.rounds,
            asked.in_flight,
            SLOWLY.as_millis()
        ),
        disk,
        quiet,
        beside,
        quiet_p99,
        beside_p99,
        ratio: beside_p99 / quiet_p99,
        flood: flooded.as_ref().map(|flood: &Outcome| flood.counts).unwrap_or_default(),
        flood_messages_per_second: flooded.map(|flood| flood.messages_per_second).unwrap_or_default(),
        span,
    };
    report::print(&report, asked.target.local.json);
    Ok(verdict)
}

fn pairs(asked: &Unfair) -> Plan {
    Plan {
        receivers: vec![Reading::AtOnce; asked.pairs as usize],
        senders: (0..asked.pairs).map(|pair| vec![pair]).collect(),
        connections: asked.pairs as usize,
        size: BODY_BYTES_MIN,
        pace: Pace::Every(Duration::from_secs(1) / asked.rate),
        window: Window { warm_up: WARM_UP, measured: Duration::from_secs(asked.seconds.into()) },
    }
}

/// One sender who never rests, to one who reads slowly and one who reads at once.
fn flood(asked: &Unfair) -> Plan {
    Plan {
        receivers: vec![Reading::Slowly(SLOWLY), Reading::AtOnce],
        senders: vec![vec![0, 1]],
        connections: 1,
        size: BODY_BYTES_MIN,
        pace: Pace::InFlight(asked.in_flight as usize),
        window: Window {
            warm_up: AROUND,
            measured: WARM_UP + Duration::from_secs(asked.seconds.into()) + AROUND,
        },
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "load       {}", self.load)?;
        if let Some(disk) = &self.disk {
            writeln!(f, "disk       {disk}")?;
        }
        for (quiet, beside) in self.quiet.iter().zip(&self.beside) {
            writeln!(f, "alone      {quiet}")?;
            writeln!(f, "beside     {beside}")?;
        }
        writeln!(
            f,
            "p99        {:.2} ms alone, {:.2} ms beside the flood: {:.1} times (medians)",
            self.quiet_p99, self.beside_p99, self.ratio
        )?;
        let each = self.flood_messages_per_second;
        writeln!(f, "flood      {each:.0} messages/s delivered; {}", report::counts(&self.flood))?;
        write!(f, "machine    {}", report::machine(&self.span))
    }
}
