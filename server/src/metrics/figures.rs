//! What is not counted but looked at when somebody asks: how full the store is, and what the process uses.

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::gauge::ConstGauge,
};

use crate::store::Store;

/// How full the store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoreFigures {
    /// Envelopes in all mailboxes, with those on their way to disk.
    pub(crate) envelopes: u64,
    pub(crate) envelope_bytes: u64,
    /// Attachments that are stored or announced.
    pub(crate) blobs: u64,
    /// What they count for against the limits.
    pub(crate) blob_bytes: u64,
    /// Changes that wait for the writer.
    pub(crate) queued_operations: u64,
    /// Bytes of the database and its log on disk.
    pub(crate) disk_bytes: u64,
}

/// All that is looked at.
#[derive(Debug)]
pub(super) struct Figures {
    store: Option<StoreFigures>,
    resident_bytes: Option<u64>,
    files_open: Option<u64>,
}

impl Figures {
    pub(super) fn now(store: Option<&Store>) -> Self {
        Self { store: store.map(Store::figures), resident_bytes: resident_bytes(), files_open: files_open() }
    }
}

/// As Linux tells it; on other systems it is left out.
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

/// The same.
fn files_open() -> Option<u64> {
    // One of them reads the folder.
    Some((fs::read_dir("/proc/self/fd").ok()?.count() as u64).saturating_sub(1))
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut gauges = Vec::new();
        if let Some(store) = self.store {
            gauges.extend([
                ("airlock_relay_envelopes_waiting", "Envelopes in all mailboxes", store.envelopes),
                ("airlock_relay_envelopes_waiting_bytes", "Size of those envelopes", store.envelope_bytes),
                ("airlock_relay_blobs", "Attachments stored or announced", store.blobs),
                ("airlock_relay_blob_bytes", "What attachments count for in the limits", store.blob_bytes),
                (
                    "airlock_relay_operations_queued",
                    "Changes that wait for the store",
                    store.queued_operations,
                ),
                ("airlock_relay_store_bytes", "Size of the store on disk with its log", store.disk_bytes),
            ]);
        }
        let resident =
            self.resident_bytes.map(|bytes| ("process_resident_memory_bytes", "Memory in use", bytes));
        let files = self.files_open.map(|count| ("process_open_fds", "Open files and sockets", count));
        gauges.extend(resident.into_iter().chain(files));
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}
