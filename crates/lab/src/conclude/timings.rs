//! What differs from run to run: times, and the bytes of datagrams.

use super::words::{Rows, grouped, plain};
use crate::{
    record::Run,
    report::{Panel, TimedPanel, Timings},
};

pub(super) fn of(scenario: &str, runs: &[Run]) -> Timings {
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
    rows.add("envelopes that came and went unseen", row(&|run| grouped(run.envelopes_missed)));
    let searched = |run: &Run| run.searched.values().map(|searched| searched.bytes).sum();
    rows.add("bytes that were searched", row(&|run| grouped(searched(run))));
    let says = "Times are this machine's. The bytes include the handshakes of clients that connect again for each \
                message, so a real chat sends far less."
        .into();
    let (id, title) = ("cost".into(), "What it cost".into());
    let panel = Panel { id, title, says, grid: Some(rows.grid()), plot: None, sources: Vec::new() };
    Timings { panels: vec![TimedPanel { scenario: scenario.into(), panel }], ..Timings::default() }
}
