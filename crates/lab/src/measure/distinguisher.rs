//! Whether somebody who sees only how much travels and when can tell two settings apart.

use super::{
    interval::{mean_and_deviation, students_interval},
    logistic::Logistic,
    roc::auc,
};

/// What an observer saw of one message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trace {
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

/// The messages of two runs that were played one after the other, with the setting that is to be recognised and
/// without.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pair {
    pub(crate) on: Vec<Trace>,
    pub(crate) off: Vec<Trace>,
}

/// How well the settings of pairs were told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ToldApart {
    /// The area under the ROC curve, as a mean over the pairs that were judged.
    pub(crate) area: f64,
    /// Student's 95 % interval over these pairs: the messages of one run share much that is chance, so that many of
    /// them make nothing surer.
    pub(crate) interval: (f64, f64),
}

/// Fewest rounds, each a pair, that say something: of four that are judged, an interval may leave something out.
pub(crate) const ROUNDS_MIN: u8 = 8;

/// Fewest messages of each run, of which an area says something.
const MESSAGES_MIN: usize = 8;

/// Learns from half of the pairs and judges the others. None for too few pairs or messages.
pub(crate) fn tell_apart(pairs: &[Pair]) -> Option<ToldApart> {
    let enough = |pair: &Pair| pair.on.len().min(pair.off.len()) >= MESSAGES_MIN;
    if pairs.len() < usize::from(ROUNDS_MIN) || !pairs.iter().all(enough) {
        return None;
    }
    // Two by two, as every other one is played backwards.
    let half = |wanted: usize| {
        pairs.iter().enumerate().filter(move |(number, _)| number / 2 % 2 == wanted).map(|(_, pair)| pair)
    };
    let model = Logistic::fit(&half(0).flat_map(Pair::rows).collect::<Vec<_>>());
    let scores = |traces: &[Trace]| -> Vec<f64> {
        traces.iter().map(|trace| model.score(&trace.features())).collect()
    };
    let area = |pair: &Pair| auc(&scores(&pair.on), &scores(&pair.off)).map(|auc| auc.area);
    let areas = half(1).map(area).collect::<Option<Vec<f64>>>()?;
    let (area, (low, high)) = students_interval(&areas)?;
    Some(ToldApart { area, interval: (low.max(0.0), high.min(1.0)) })
}

impl Pair {
    fn rows(&self) -> impl Iterator<Item = (Vec<f64>, bool)> {
        let labelled = [(&self.on, true), (&self.off, false)];
        labelled.into_iter().flat_map(|(traces, on)| traces.iter().map(move |trace| (trace.features(), on)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::paint::Numbers;

    /// Pairs whose messages are larger by `on` under the setting, and by a number of its own in each run.
    fn pairs(count: usize, on: f64, own: f64, seed: u64) -> Vec<Pair> {
        let mut numbers = Numbers(seed);
        let mut run = |on: f64| {
            let more = on + numbers.between(0.0, own);
            let mut trace = || Trace {
                sizes: (0..10).map(|_| numbers.between(100.0, 200.0) + more).collect(),
                gaps: (0..9).map(|_| numbers.share()).collect(),
            };
            (0..16).map(|_| trace()).collect()
        };
        (0..count).map(|_| Pair { on: run(on), off: run(0.0) }).collect()
    }

    #[test]
    fn settings_that_differ_in_size_are_told_apart() {
        let told = tell_apart(&pairs(8, 500.0, 0.0, 3)).unwrap();
        assert_eq!(told, ToldApart { area: 1.0, interval: (1.0, 1.0) });
    }

    #[test]
    fn settings_that_differ_in_nothing_are_guessed() {
        let (low, high) = tell_apart(&pairs(12, 0.0, 0.0, 3)).unwrap().interval;
        assert!(low < 0.5 && 0.5 < high, "{low} {high}");
    }

    /// Each run's messages are alike in something that means nothing: an interval over messages, of which there are
    /// many, would leave 0.5 out nearly always.
    #[test]
    fn what_is_of_one_run_alone_is_seldom_taken_for_a_setting() {
        let missed = |seed: &u64| {
            let (low, high) = tell_apart(&pairs(12, 0.0, 400.0, *seed)).unwrap().interval;
            !(low..=high).contains(&0.5)
        };
        let missed = (0..40).filter(missed).count();
        assert!(missed <= 5, "{missed} of 40");
    }

    #[test]
    fn identical_messages_are_guessed_exactly() {
        let same = || vec![Trace { sizes: vec![512.0; 3], gaps: Vec::new() }; MESSAGES_MIN];
        let pairs = vec![Pair { on: same(), off: same() }; usize::from(ROUNDS_MIN)];
        assert_eq!(tell_apart(&pairs), Some(ToldApart { area: 0.5, interval: (0.5, 0.5) }));
    }

    #[test]
    fn too_few_pairs_or_messages_give_no_answer() {
        let enough = pairs(usize::from(ROUNDS_MIN), 500.0, 0.0, 3);
        assert!(tell_apart(&enough).is_some());
        assert_eq!(tell_apart(&enough[1..]), None);
        let mut short = enough.clone();
        short[0].off.truncate(MESSAGES_MIN - 1);
        assert_eq!(tell_apart(&short), None);
    }
}
