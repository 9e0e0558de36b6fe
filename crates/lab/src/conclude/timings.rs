//! What differs from run to run: times, and the bytes of datagrams.

use airlock_protocol::gate::Mode;

use super::words::{Rows, plain};
use crate::{
    measure::{Trace, distinguish},
    record::Run,
    report::{Claim, Evidence, Panel, Standing, TimedPanel, Timings, grouped},
};

pub(super) fn of(scenario: &str, runs: &[Run], seed: u64) -> Timings {
    if runs.is_empty() {
        return Timings::default();
    }
    let columns = runs.iter().map(|run| run.setting.to_string()).collect();
    let mut rows = Rows::new("measured", columns);
    let row = |cell: &dyn Fn(&Run) -> String| runs.iter().map(|run| plain(cell(run))).collect();
    let latency = |run: &Run| format!("{:.1} ms", run.compose_us_median() as f64 / 1000.0);
    rows.add("key press to outbox, median of Alice's messages", row(&latency));
    rows.add("work of the hook, WebAssembly fuel", row(&|run| grouped(run.fuel())));
    rows.add("bytes on the wire, all parties", row(&|run| grouped(run.wire.bytes())));
    rows.add("datagrams", row(&|run| grouped(run.wire.datagrams())));
    rows.add("bytes that the tap no longer had", row(&|run| grouped(run.wire.dropped.bytes)));
    rows.add("envelopes that the lab no longer has", row(&|run| grouped(run.envelopes_missed)));
    let searched = |run: &Run| run.searched.values().map(|searched| searched.bytes).sum();
    rows.add("bytes that were searched", row(&|run| grouped(searched(run))));
    let says =
        "Times are this machine's. The bytes include the handshakes of clients that connect again for each \
                message, so a real chat sends far less."
            .into();
    let (id, title) = ("cost".into(), "What it cost".into());
    let panel = Panel { id, title, says, grid: Some(rows.grid()), plot: None, sources: Vec::new() };
    let panels = vec![TimedPanel { scenario: scenario.into(), panel }];
    Timings { panels, claims: told_apart(scenario, runs, seed), ..Timings::default() }
}

/// Whether somebody on the path, who knows when Alice sends, tells a setting from off by sizes, counts and times.
fn told_apart(scenario: &str, runs: &[Run], seed: u64) -> Vec<Claim> {
    let plain = |run: &&Run| run.setting.is_end_to_end() && run.setting.hostile().is_none();
    let Some(off) = runs.iter().filter(plain).find(|run| run.setting.mode() == Mode::Off) else {
        return Vec::new();
    };
    let others = runs.iter().filter(plain).filter(|run| run.setting.mode() != Mode::Off);
    others.filter_map(|on| against_off(scenario, off, on, seed)).collect()
}

fn against_off(scenario: &str, off: &Run, on: &Run, seed: u64) -> Option<Claim> {
    let traces = |run: &Run, on: bool| -> Vec<Trace> {
        let sent = run.alices().filter(|message| message.was_sent());
        sent.map(|message| {
            let (sizes, gaps) = (message.on_the_wire.sizes.clone(), message.on_the_wire.gaps.clone());
            Trace { on, sizes, gaps }
        })
        .collect()
    };
    let all = [traces(off, false), traces(on, true)].concat();
    let auc = distinguish(&all, seed)?;
    // Without an interval all messages of a setting look alike, and either all are told apart or none.
    let (figure, told) = match auc.interval {
        Some((low, high)) => (format!("{:.2} ({low:.2} to {high:.2})", auc.area), low > 0.5),
        None => (format!("{:.2}", auc.area), auc.area > 0.5),
    };
    let tells = if told { "tells" } else { "does not tell" };
    let text = format!("On the wire, a simple distinguisher {tells} {} from off: AUC {figure}.", on.setting);
    let method = "A logistic regression on number, sizes and gaps of the datagrams of each message of Alice's, trained \
                  on half of the messages of one run under each setting, judges the other half; the interval is \
                  DeLong's, 95 %. Messages of one run are not independent, and another distinguisher may do better.";
    Some(Claim {
        id: format!("{scenario}.told-apart-{}", on.setting.to_string().replace([':', '='], "-")),
        text,
        standing: Standing::Seen,
        evidence: vec![Evidence::Measured {
            what: format!("AUC of {} against off", on.setting),
            figure,
            of: all.len() as u64,
        }],
        method: method.into(),
    })
}
