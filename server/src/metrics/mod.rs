//! What the relay counts about itself, for its operator.
//!
//! Counting is an addition to an atomic number, and takes no lock. Nothing here has an id, an address or anything else
//! of one user: the labels are fixed words ([`labels`]), all of them known when the relay is built.

mod figures;
mod labels;
mod series;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicU64},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, prometheus_text},
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use self::{
    figures::Figures,
    series::{Counts, Histogram},
};
pub(crate) use self::{
    figures::StoreFigures,
    labels::{Kind, Outcome, Refused},
};
use crate::store::Store;

/// Of what is there now.
pub(crate) type Level = Gauge<u64, AtomicU64>;

/// Bounds of commit sizes: up to [`crate::limits::BATCH_OPERATIONS_MAX`].
const OPERATIONS: &[u64] = &[0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/// Bounds of times in microseconds: from a commit without a sync to a disk that hardly works any more.
const MICROSECONDS: &[u64] =
    &[100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000];

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Connections that are open, with their handshakes done.
    pub(crate) connections: Level,
    pub(crate) connections_accepted: Counter,
    pub(crate) connections_refused: Counts<Refused>,
    /// Clients that were asked to show that they get packets at their address.
    pub(crate) retries: Counter,
    /// Those under way. Who gets in depends on it too.
    pub(crate) handshakes: Level,
    pub(crate) requests: Counts<(Kind, Outcome)>,
    pub(crate) envelopes_accepted: Counter,
    pub(crate) envelopes_repeated: Counter,
    pub(crate) envelopes_pushed: Counter,
    pub(crate) envelopes_acknowledged: Counter,
    pub(crate) envelopes_expired: Counter,
    pub(crate) envelopes_removed: Counter,
    /// Connections that get envelopes.
    pub(crate) subscriptions: Level,
    /// Envelopes that were pushed and not acknowledged yet, on all of them.
    pub(crate) pushes_under_way: Level,
    pub(crate) commit_operations: Histogram,
    pub(crate) commit_seconds: Histogram,
    pub(crate) checkpoint_seconds: Histogram,
    pub(crate) blob_bytes_received: Counter,
    pub(crate) blob_bytes_sent: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            connections: Level::default(),
            connections_accepted: Counter::default(),
            connections_refused: Counts::default(),
            retries: Counter::default(),
            handshakes: Level::default(),
            requests: Counts::default(),
            envelopes_accepted: Counter::default(),
            envelopes_repeated: Counter::default(),
            envelopes_pushed: Counter::default(),
            envelopes_acknowledged: Counter::default(),
            envelopes_expired: Counter::default(),
            envelopes_removed: Counter::default(),
            subscriptions: Level::default(),
            pushes_under_way: Level::default(),
            commit_operations: Histogram::of_numbers(OPERATIONS),
            commit_seconds: Histogram::of_times(MICROSECONDS),
            checkpoint_seconds: Histogram::of_times(MICROSECONDS),
            blob_bytes_received: Counter::default(),
            blob_bytes_sent: Counter::default(),
        }
    }
}

impl Metrics {
    /// All of it in the text format of Prometheus, with what the store holds once it is open. Looks at files, and so may
    /// block.
    pub(crate) fn text(self: &Arc<Self>, store: Option<&Store>) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self.clone()));
        registry.register_collector(Box::new(Figures::now(store)));
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry)?;
        Ok(text)
    }
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let metrics: &[(&str, &str, &dyn EncodeMetric)] = &[
            ("airlock_relay_connections", "Connections that are open", &self.connections),
            (
                "airlock_relay_connections_accepted",
                "Connections that got a place after their handshake",
                &self.connections_accepted,
            ),
            ("airlock_relay_connections_refused", "Connections that got no place", &self.connections_refused),
            ("airlock_relay_retries", "Clients asked to show that they get packets", &self.retries),
            ("airlock_relay_handshakes", "Handshakes under way", &self.handshakes),
            ("airlock_relay_requests", "Requests that were answered", &self.requests),
            ("airlock_relay_envelopes_accepted", "Envelopes stored", &self.envelopes_accepted),
            (
                "airlock_relay_envelopes_repeated",
                "Envelopes sent again although they were stored",
                &self.envelopes_repeated,
            ),
            ("airlock_relay_envelopes_pushed", "Envelopes pushed, each time", &self.envelopes_pushed),
            (
                "airlock_relay_envelopes_acknowledged",
                "Envelopes that their devices acknowledged",
                &self.envelopes_acknowledged,
            ),
            ("airlock_relay_envelopes_expired", "Envelopes deleted for their age", &self.envelopes_expired),
            (
                "airlock_relay_envelopes_removed",
                "Envelopes deleted with their devices",
                &self.envelopes_removed,
            ),
            ("airlock_relay_subscriptions", "Connections that get envelopes", &self.subscriptions),
            (
                "airlock_relay_pushes_under_way",
                "Envelopes pushed and not acknowledged yet",
                &self.pushes_under_way,
            ),
            ("airlock_relay_commit_operations", "Changes in one commit", &self.commit_operations),
            (
                "airlock_relay_commit_seconds",
                "Time from the start of a commit until it is on disk",
                &self.commit_seconds,
            ),
            ("airlock_relay_checkpoint_seconds", "Time of one checkpoint", &self.checkpoint_seconds),
            ("airlock_relay_blob_received_bytes", "Bytes of attachments received", &self.blob_bytes_received),
            ("airlock_relay_blob_sent_bytes", "Bytes of attachments sent", &self.blob_bytes_sent),
        ];
        for (name, help, metric) in metrics {
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        Ok(())
    }
}

/// Counts one more as long as it lives.
#[derive(Debug)]
pub(crate) struct OneOf(Level);

impl OneOf {
    pub(crate) fn begin(level: &Level) -> Self {
        level.inc();
        Self(level.clone())
    }
}

impl Drop for OneOf {
    fn drop(&mut self) {
        self.0.dec();
    }
}
