//! Counters with labels, and histograms, on atomics alone. Those of the library take a lock to count.

use std::{
    fmt,
    marker::PhantomData,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};

use super::labels::{Kind, Label, Outcome, Refused};

/// The labels of a family of series.
pub(crate) trait Labels {
    /// All of them, and whether a series is shown before anything was counted in it.
    fn all() -> Vec<(Vec<(&'static str, &'static str)>, bool)>;

    /// The place of one of them among all.
    fn place(&self) -> usize;
}

impl Labels for Refused {
    fn all() -> Vec<(Vec<(&'static str, &'static str)>, bool)> {
        Self::ALL.iter().map(|(_, word)| (vec![(Self::NAME, *word)], true)).collect()
    }

    fn place(&self) -> usize {
        self.number()
    }
}

impl Labels for (Kind, Outcome) {
    /// Few requests can end in more than a few ways, so only those that did are shown.
    fn all() -> Vec<(Vec<(&'static str, &'static str)>, bool)> {
        let of = |kind: &'static str| {
            Outcome::ALL.iter().map(move |(outcome, word)| {
                (vec![(Kind::NAME, kind), (Outcome::NAME, *word)], *outcome == Outcome::Ok)
            })
        };
        Kind::ALL.iter().flat_map(|(_, word)| of(word)).collect()
    }

    fn place(&self) -> usize {
        self.0.number() * Outcome::ALL.len() + self.1.number()
    }
}

/// Counters that differ in their labels, all of them there from the start.
#[derive(Debug)]
pub(crate) struct Counts<L> {
    series: Vec<Series>,
    of: PhantomData<fn(L)>,
}

#[derive(Debug)]
struct Series {
    labels: Vec<(&'static str, &'static str)>,
    shown_at_zero: bool,
    count: AtomicU64,
}

impl<L: Labels> Default for Counts<L> {
    fn default() -> Self {
        let series = L::all().into_iter().map(|(labels, shown_at_zero)| Series {
            labels,
            shown_at_zero,
            count: AtomicU64::new(0),
        });
        Self { series: series.collect(), of: PhantomData }
    }
}

impl<L: Labels> Counts<L> {
    pub(crate) fn count(&self, labels: L) {
        if let Some(series) = self.series.get(labels.place()) {
            series.count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<L> EncodeMetric for Counts<L> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for Series { labels, shown_at_zero, count } in &self.series {
            let count = count.load(Ordering::Relaxed);
            if count > 0 || *shown_at_zero {
                encoder.encode_family(labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
            }
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

/// How often something was how large. It counts in whole units, so that its sum is an atomic number too.
#[derive(Debug)]
pub(crate) struct Histogram {
    /// The largest value of each bucket; above the last there is one more.
    bounds: &'static [u64],
    buckets: Vec<AtomicU64>,
    sum: AtomicU64,
    /// Units that are shown as 1.
    units: f64,
}

impl Histogram {
    /// Of numbers of things.
    pub(super) fn of_numbers(bounds: &'static [u64]) -> Self {
        Self::new(bounds, 1.0)
    }

    /// Of times, counted in microseconds and shown in seconds.
    pub(super) fn of_times(bounds: &'static [u64]) -> Self {
        Self::new(bounds, 1e6)
    }

    fn new(bounds: &'static [u64], units: f64) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, buckets, sum: AtomicU64::new(0), units }
    }

    pub(crate) fn number(&self, number: usize) {
        self.observe(number as u64);
    }

    pub(crate) fn time(&self, time: Duration) {
        self.observe(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    fn observe(&self, value: u64) {
        if let Some(bucket) = self.buckets.get(self.bounds.partition_point(|bound| *bound < value)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Each bucket's bound as it is shown, and how many are in it.
    fn shown(&self) -> Vec<(f64, u64)> {
        let bounds = self.bounds.iter().map(|bound| *bound as f64 / self.units).chain([f64::INFINITY]);
        bounds.zip(self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed))).collect()
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let buckets = self.shown();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = self.sum.load(Ordering::Relaxed) as f64 / self.units;
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_at_a_bound_is_in_its_bucket_and_one_above_all_is_in_the_last() {
        let sizes = Histogram::of_numbers(&[1, 4]);
        for number in [0, 1, 2, 4, 5, 900] {
            sizes.number(number);
        }
        assert_eq!(sizes.shown(), [(1.0, 2), (4.0, 2), (f64::INFINITY, 2)]);
        let times = Histogram::of_times(&[500, 1_000]);
        times.time(Duration::from_micros(501));
        assert_eq!(times.shown(), [(0.000_5, 0), (0.001, 1), (f64::INFINITY, 0)]);
    }

    #[test]
    fn each_combination_of_labels_has_a_counter_of_its_own() {
        let requests = Counts::<(Kind, Outcome)>::default();
        for (kind, _) in Kind::ALL {
            for (outcome, _) in Outcome::ALL {
                requests.count((*kind, *outcome));
            }
        }
        assert!(requests.series.iter().all(|series| series.count.load(Ordering::Relaxed) == 1));
        let labels = &requests.series[(Kind::Deliver, Outcome::Busy).place()].labels;
        assert_eq!(labels[..], [("kind", "deliver"), ("outcome", "busy")]);
    }
}
