//! Shares and how sure they are.

/// A count of cases, and of those in which something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    /// In which it happened.
    pub(super) part: u64,
    /// All.
    pub(super) of: u64,
}

impl Share {
    /// Counts what is true.
    pub(super) fn count(cases: impl IntoIterator<Item = bool>) -> Self {
        cases.into_iter().fold(Self::default(), |Self { part, of }, case| Self {
            part: part + u64::from(case),
            of: of + 1,
        })
    }

    /// From 0 to 1; 0 of nothing.
    pub(super) fn value(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.part as f64 / self.of as f64 }
    }

    /// Wilson's 95 % interval (Wilson 1927): unlike the plain one it is right for shares near 0 and 1.
    pub(super) fn wilson(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, p) = (self.of as f64, self.value());
        let z2 = Z_95 * Z_95;
        let middle = p + z2 / (2.0 * n);
        let reach = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z2 / n;
        // Rounding could otherwise leave a share of 0 or 1 outside its own interval.
        (((middle - reach) / scale).clamp(0.0, p), ((middle + reach) / scale).clamp(p, 1.0))
    }
}

/// Mean and standard deviation (of the values themselves, not of a larger population).
pub(super) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n).sqrt())
}

/// Mean of a few measurements, and Student's 95 % interval of it. None for fewer than two or more than ten.
pub(super) fn students_interval(values: &[f64]) -> Option<(f64, (f64, f64))> {
    let quantile = values.len().checked_sub(2).and_then(|place| STUDENT_95.get(place))?;
    let (mean, deviation) = mean_and_deviation(values);
    // Of the values themselves; of what they are drawn from it is larger.
    let reach = quantile * deviation / ((values.len() - 1) as f64).sqrt();
    Some((mean, (mean - reach, mean + reach)))
}

/// Two-sided 95 % quantiles of Student's distribution with 1 to 9 degrees of freedom.
const STUDENT_95: [f64; 9] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/// Two-sided 95 % quantile of the normal distribution.
pub(super) const Z_95: f64 = 1.959_963_984_540_054;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The worked examples of Newcombe 1998, table I, method 3.
    #[test]
    fn the_interval_is_wilsons() {
        let rows = [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ];
        for (part, of, low, high) in rows {
            let got = Share { part, of }.wilson();
            assert!((got.0 - low).abs() < 5e-5 && (got.1 - high).abs() < 5e-5, "{part}/{of}: {got:?}");
        }
    }

    /// The sleep of ten people (Student 1908): 1.58 hours more, and 0.70 to 2.46 of them with 9 degrees of freedom.
    #[test]
    fn the_interval_of_a_mean_is_students() {
        let slept = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let (mean, (low, high)) = students_interval(&slept).unwrap();
        assert!((mean - 1.58).abs() < 1e-9 && (low - 0.7001).abs() < 1e-3 && (high - 2.4599).abs() < 1e-3);
        assert_eq!(students_interval(&slept[..1]), None);
        assert_eq!(students_interval(&[0.0; 11]), None);
    }

    proptest! {
        #[test]
        fn a_share_lies_in_its_interval_and_more_cases_make_it_narrower(part in 0_u64..500, rest in 1_u64..500) {
            let share = Share { part, of: part + rest };
            let (low, high) = share.wilson();
            prop_assert!(low <= share.value() && share.value() <= high && low >= 0.0 && high <= 1.0);
            let (surer_low, surer_high) = Share { part: part * 4, of: share.of * 4 }.wilson();
            prop_assert!(surer_high - surer_low < high - low);
        }
    }
}
