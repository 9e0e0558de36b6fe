//! Whether somebody who sees only how much travels and when can tell two settings apart.

use super::{
    interval::mean_and_deviation,
    logistic::Logistic,
    roc::{Auc, auc},
};
use crate::pictures::paint::Numbers;

/// What an observer saw of one message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trace {
    /// Whether it was sent under the setting that is to be recognised.
    pub(crate) on: bool,
    /// Bytes of each datagram or envelope, in order.
    pub(crate) sizes: Vec<f64>,
    /// Time between each and the one before, in any unit; empty when time is left out.
    pub(crate) gaps: Vec<f64>,
}

impl Trace {
    /// How many; and of sizes and gaps the sum, mean, deviation, least and most.
    fn features(&self) -> Vec<f64> {
        let mut features = vec![self.sizes.len() as f64];
        for values in [&self.sizes, &self.gaps] {
            let (mean, deviation) = mean_and_deviation(values);
            let least = values.iter().copied().reduce(f64::min).unwrap_or_default();
            let most = values.iter().copied().reduce(f64::max).unwrap_or_default();
            features.extend([values.iter().sum(), mean, deviation, least, most]);
        }
        features
    }
}

/// Fewest messages of each setting in each half. Of fewer that are judged, an interval says next to nothing, and chance
/// alone gives areas near 0 and 1.
const MESSAGES_MIN: usize = 8;

/// Messages that are learnt from, and others that are judged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Halves {
    pub(crate) training: Vec<Trace>,
    pub(crate) judged: Vec<Trace>,
}

impl Halves {
    /// Half of the messages of each setting, drawn from the seed, and the other half.
    pub(crate) fn drawn(traces: &[Trace], seed: u64) -> Self {
        let mut numbers = Numbers(seed);
        let mut halves = Self::default();
        for on in [true, false] {
            let mut half: Vec<Trace> = traces.iter().filter(|trace| trace.on == on).cloned().collect();
            // Fisher and Yates.
            for last in (1..half.len()).rev() {
                half.swap(last, numbers.below(last + 1));
            }
            halves.judged.extend(half.split_off(half.len() / 2));
            halves.training.extend(half);
        }
        halves
    }
}

/// Learns from the one half and judges the other. None when either has fewer than eight messages of either setting.
pub(crate) fn distinguish(halves: &Halves) -> Option<Auc> {
    let of = |half: &[Trace], on: bool| -> Vec<Vec<f64>> {
        half.iter().filter(|trace| trace.on == on).map(Trace::features).collect()
    };
    let ([on, off], [judged_on, judged_off]) =
        ([true, false].map(|on| of(&halves.training, on)), [true, false].map(|on| of(&halves.judged, on)));
    if [&on, &off, &judged_on, &judged_off].into_iter().any(|rows| rows.len() < MESSAGES_MIN) {
        return None;
    }
    let rows = on.into_iter().map(|row| (row, true)).chain(off.into_iter().map(|row| (row, false)));
    let model = Logistic::fit(&rows.collect::<Vec<_>>());
    let scores = |rows: &[Vec<f64>]| -> Vec<f64> { rows.iter().map(|row| model.score(row)).collect() };
    auc(&scores(&judged_on), &scores(&judged_off))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(count: usize, larger: f64) -> Vec<Trace> {
        let mut numbers = Numbers(1);
        (0..count)
            .map(|message| {
                let on = message % 2 == 0;
                let sizes =
                    (0..10).map(|_| numbers.between(100.0, 200.0) + if on { larger } else { 0.0 }).collect();
                Trace { on, sizes, gaps: (0..9).map(|_| numbers.share()).collect() }
            })
            .collect()
    }

    #[test]
    fn settings_that_differ_in_size_are_told_apart() {
        assert_eq!(distinguish(&Halves::drawn(&traces(40, 500.0), 3)).unwrap().area, 1.0);
    }

    #[test]
    fn settings_that_differ_in_nothing_are_guessed() {
        let (low, high) = distinguish(&Halves::drawn(&traces(200, 0.0), 3)).unwrap().interval.unwrap();
        assert!(low < 0.5 && 0.5 < high, "{low} {high}");
    }

    #[test]
    fn identical_messages_are_guessed_exactly() {
        let same = |on| Trace { on, sizes: vec![512.0; 3], gaps: Vec::new() };
        let traces: Vec<Trace> = (0..40).map(|message| same(message % 2 == 0)).collect();
        assert_eq!(distinguish(&Halves::drawn(&traces, 3)).unwrap(), Auc { area: 0.5, interval: None });
    }

    #[test]
    fn too_few_messages_give_no_answer() {
        assert_eq!(distinguish(&Halves::drawn(&traces(4 * MESSAGES_MIN - 1, 500.0), 3)), None);
    }
}
