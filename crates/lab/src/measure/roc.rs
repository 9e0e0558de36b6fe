//! How well a score tells two kinds apart.

use super::interval::Z_95;

/// The area under the ROC curve, with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Auc {
    /// The probability that a case of the one kind scores higher than one of the other; ties count half.
    pub(crate) area: f64,
    /// DeLong's 95 % interval (DeLong, DeLong and Clarke-Pearson 1988), within 0 and 1. None where the cases do not
    /// vary in how many of the others they beat: from such, nothing can be told of how far the area is off.
    pub(crate) interval: Option<(f64, f64)>,
}

/// Compares scores of what is looked for with scores of the rest. None when there are not two of each.
pub(super) fn auc(positives: &[f64], negatives: &[f64]) -> Option<Auc> {
    if positives.len() < 2 || negatives.len() < 2 {
        return None;
    }
    let win = |one: f64, other: f64| {
        if one > other {
            1.0
        } else if one == other {
            0.5
        } else {
            0.0
        }
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    // The share of the others that each case beats.
    let of_positives: Vec<f64> = positives
        .iter()
        .map(|one| negatives.iter().map(|other| win(*one, *other)).sum::<f64>() / negatives.len() as f64)
        .collect();
    let of_negatives: Vec<f64> = negatives
        .iter()
        .map(|other| positives.iter().map(|one| win(*one, *other)).sum::<f64>() / positives.len() as f64)
        .collect();
    let area = mean(&of_positives);
    let variance = |values: &[f64]| {
        let sum: f64 = values.iter().map(|value| (value - area) * (value - area)).sum();
        sum / (values.len() - 1) as f64 / values.len() as f64
    };
    let variance = variance(&of_positives) + variance(&of_negatives);
    let reach = Z_95 * variance.sqrt();
    let interval = (variance > 0.0).then(|| ((area - reach).max(0.0), (area + reach).min(1.0)));
    Some(Auc { area, interval })
}

/// The curve, from (0, 0) to (1, 1): share of the rest and share of what is looked for with at least each score.
pub(super) fn curve(positives: &[f64], negatives: &[f64]) -> Vec<(f64, f64)> {
    let mut scores: Vec<f64> = positives.iter().chain(negatives).copied().collect();
    scores.sort_by(|one, other| other.total_cmp(one));
    scores.dedup();
    let at_least = |values: &[f64], score: f64| {
        values.iter().filter(|value| **value >= score).count() as f64 / values.len().max(1) as f64
    };
    let mut points = vec![(0.0, 0.0)];
    points.extend(scores.into_iter().map(|score| (at_least(negatives, score), at_least(positives, score))));
    // Of a straight piece upwards only its ends.
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for point in points {
        if let [.., (before, _), (last, _)] = kept[..]
            && before == point.0
            && last == point.0
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order() {
        // 3 beats 1 and 2, 2 beats 1 and ties with 2: 3.5 of 4 pairs.
        assert_eq!(auc(&[3.0, 2.0], &[1.0, 2.0]).unwrap().area, 0.875);
        assert_eq!(auc(&[3.0, 4.0], &[1.0, 2.0]).unwrap(), Auc { area: 1.0, interval: None });
        assert_eq!(auc(&[1.0, 1.0], &[1.0, 1.0]).unwrap().area, 0.5);
        assert_eq!(auc(&[1.0], &[1.0, 2.0]), None);
    }

    /// By hand: positives 1, 3 beat 1/3 and 3/3 of 0, 2, 2.5, so the variances are (4/9 / 2) / 2 + (1/12) / 3.
    #[test]
    fn the_interval_is_delongs() {
        let Auc { area, interval } = auc(&[1.0, 3.0], &[0.0, 2.0, 2.5]).unwrap();
        let interval = interval.unwrap();
        let reach = Z_95 * (2.0_f64 / 9.0 / 2.0 + 1.0 / 12.0 / 3.0).sqrt();
        assert!((area - 2.0 / 3.0).abs() < 1e-12);
        assert!((interval.0 - (area - reach).max(0.0)).abs() < 1e-12, "{interval:?}");
        assert_eq!(interval.1, 1.0);
    }

    proptest! {
        #[test]
        fn the_area_is_the_one_under_the_curve(
            positives in prop::collection::vec(0_u8..20, 2..40),
            negatives in prop::collection::vec(0_u8..20, 2..40),
        ) {
            let (positives, negatives): (Vec<f64>, Vec<f64>) = (
                positives.into_iter().map(f64::from).collect(),
                negatives.into_iter().map(f64::from).collect(),
            );
            let curve = curve(&positives, &negatives);
            let under: f64 = curve.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum();
            prop_assert!((under - auc(&positives, &negatives).unwrap().area).abs() < 1e-9);
            prop_assert_eq!(curve.last(), Some(&(1.0, 1.0)));
            let back = auc(&negatives, &positives).unwrap().area;
            prop_assert!((under + back - 1.0).abs() < 1e-9);
        }
    }
}
