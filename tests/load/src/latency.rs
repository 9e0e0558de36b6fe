//! How long things took: a histogram, and the five figures of it that are printed.

use std::{fmt, time::Duration};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::error::LoadError;

/// Longest time that is told apart, in microseconds: ten minutes.
const MICROS_MAX: u64 = 600_000_000;

/// Durations, to a microsecond and to three digits.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> Result<Self, LoadError> {
        Histogram::new_with_bounds(1, MICROS_MAX, 3).map(Self).map_err(LoadError::Histogram)
    }

    pub(crate) fn record(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_micros()).unwrap_or(MICROS_MAX).max(1));
    }

    pub(crate) fn quantiles(&self) -> Quantiles {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1_000.0;
        Quantiles {
            count: self.0.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p99_9: at(0.999),
            max: self.0.max() as f64 / 1_000.0,
        }
    }
}

/// A distribution of durations in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Quantiles {
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
    pub(crate) max: f64,
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50, p90, p99, p99_9, max, .. } = self;
        write!(f, "p50 {p50:.2}  p90 {p90:.2}  p99 {p99:.2}  p99.9 {p99_9:.2}  max {max:.2} ms")
    }
}

/// The middle one of an odd number of figures, the mean of the two in the middle of an even one.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let half = figures.len() / 2;
    match (figures.get(half), half.checked_sub(1).and_then(|below| figures.get(below))) {
        (Some(upper), Some(lower)) if figures.len().is_multiple_of(2) => f64::midpoint(*lower, *upper),
        (Some(middle), _) => *middle,
        (None, _) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_what_was_recorded() {
        let mut latencies = Latencies::new().unwrap();
        (1..=1_000).for_each(|millis| latencies.record(Duration::from_millis(millis)));
        let quantiles = latencies.quantiles();
        let near = |got: f64, wanted: f64| (got - wanted).abs() <= wanted / 500.0;
        assert!(near(quantiles.p50, 500.0) && near(quantiles.p99, 990.0), "{quantiles}");
        assert!(near(quantiles.max, 1_000.0) && quantiles.count == 1_000, "{quantiles}");
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), 3.0);
        assert!(median(vec![]).is_nan());
    }
}
