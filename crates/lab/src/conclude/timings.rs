//! What differs from run to run: times, and the bytes of datagrams.

use std::fmt;

use airlock_protocol::gate::Mode;

use super::words::{Rows, counted, faint, plain};
use crate::{
    measure::{Pair, ToldApart, Trace, tell_apart},
    record::{Rounds, Run},
    report::{Case, Claim, Evidence, Panel, Standing, TimedPanel, Timings, grouped},
    setting::Setting,
};

pub(super) fn of(scenario: &str, runs: &[Run], rounds: &Rounds) -> Timings {
    if runs.is_empty() {
        return Timings::default();
    }
    let columns = runs.iter().map(|run| run.setting.to_string()).collect();
    let mut rows = Rows::new("measured", columns);
    let row = |cell: &dyn Fn(&Run) -> String| runs.iter().map(|run| plain(cell(run))).collect();
    let latency = |run: &Run| format!("{:.1} ms", run.compose_us_median() as f64 / 1000.0);
    rows.add("key press to outbox, median of Alice's messages", row(&latency));
    rows.add("work of the hook, WebAssembly fuel", row(&|run| grouped(run.fuel())));
    let memory = |run: &Run| match run.audit {
        Some(audit) if audit.memory_bytes > 0 => plain(grouped(audit.memory_bytes)),
        _ => faint("–"),
    };
    rows.add("memory of the hook, at most, bytes", runs.iter().map(memory).collect());
    rows.add("bytes on the wire, all parties", row(&|run| grouped(run.wire.bytes())));
    rows.add("datagrams", row(&|run| grouped(run.wire.datagrams())));
    rows.add("bytes that the tap no longer had", row(&|run| grouped(run.wire.dropped.bytes)));
    rows.add("envelopes that the lab no longer has", row(&|run| grouped(run.envelopes_missed)));
    rows.add("requests that the lab no longer has", row(&|run| grouped(run.requests_missed)));
    let searched = |run: &Run| run.searched.values().map(|searched| searched.bytes).sum();
    rows.add("bytes that were searched", row(&|run| grouped(searched(run))));
    let says =
        "Times are this machine's. The bytes include the handshakes of clients that connect again for each \
                message, so a real chat sends far less."
            .into();
    let (id, title) = ("cost".into(), "What it cost".into());
    let case = Case::new(
        "What a message waits for the check stands in the first row: it can be weighed like any other cost.",
        "It is paid for every message that is checked, and few of them are what is looked for.",
    );
    let panel = Panel { id, title, says, grid: Some(rows.grid()), plot: None, sources: Vec::new(), case };
    let panels = vec![TimedPanel { scenario: scenario.into(), panel }];
    Timings { panels, claims: told_apart(scenario, runs, rounds), ..Timings::default() }
}

/// Whether somebody on the path, who knows when Alice sends, tells a setting from off by sizes, counts and times; and, as
/// a control, whether they tell off from off.
fn told_apart(scenario: &str, runs: &[Run], rounds: &Rounds) -> Vec<Claim> {
    let plain = |run: &&Run| run.setting.is_end_to_end() && run.setting.hostile().is_none();
    let played = |setting: Setting| -> Vec<&Run> {
        runs.iter().chain(&rounds.again).filter(|run| run.setting == setting).collect()
    };
    let Some(off) = runs.iter().filter(plain).find(|run| run.setting.mode() == Mode::Off) else {
        return Vec::new();
    };
    let off = played(off.setting);
    let others = runs.iter().filter(plain).filter(|run| run.setting.mode() != Mode::Off);
    let others = others.map(|run| (Compared::With(run.setting), played(run.setting)));
    let control = (Compared::Control, rounds.control.iter().collect());
    others.chain([control]).filter_map(|(what, on)| against_off(scenario, what, &off, &on)).collect()
}

/// What somebody on the path tries to tell from off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compared {
    With(Setting),
    /// Off, played once more: whoever tells it from off learnt what is of no meaning.
    Control,
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::With(setting) => setting.fmt(f),
            Self::Control => f.write_str("off once more"),
        }
    }
}

/// What was heard on the wire of each message of Alice's.
fn traces(run: &Run) -> Vec<Trace> {
    let sent = run.alices().filter(|message| message.was_sent());
    let heard = sent.map(|message| &message.on_the_wire);
    heard.map(|heard| Trace { sizes: heard.sizes.clone(), gaps: heard.gaps.clone() }).collect()
}

fn against_off(scenario: &str, what: Compared, off: &[&Run], on: &[&Run]) -> Option<Claim> {
    let pairs = on.iter().zip(off).map(|(on, off)| Pair { on: traces(on), off: traces(off) });
    let pairs: Vec<Pair> = pairs.collect();
    let ToldApart { area, interval: (low, high) } = tell_apart(&pairs)?;
    let figure = format!("{area:.2} ({low:.2} to {high:.2})");
    let tells = if low > 0.5 { "tells" } else { "does not tell" };
    let control = if what == Compared::Control { " (the control)" } else { "" };
    let text = format!("On the wire, a simple distinguisher {tells} {what} from off: AUC {figure}{control}.");
    let method = format!(
        "A logistic regression on number, sizes and gaps of the datagrams to the relay, from Alice's key press until \
         the wire is silent again, which learns from half of the {} and judges the others. The area is the mean over these, and the interval Student's over them, \
         95 %, since the messages of one run are not independent. Another distinguisher may do better.",
        counted(pairs.len(), "round")
    );
    let messages: usize = pairs.iter().map(|pair| pair.on.len() + pair.off.len()).sum();
    Some(Claim {
        id: format!("{scenario}.told-apart-{}", what.to_string().replace([':', '=', ' '], "-")),
        text,
        standing: Standing::Seen,
        evidence: vec![Evidence::Measured {
            what: format!("AUC of {what} against off"),
            figure,
            of: messages as u64,
        }],
        method,
    })
}
