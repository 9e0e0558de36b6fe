//! `report-threshold`: what a number of matches before a report protects innocent people from.

use super::{
    MeasureError, Measured, ReportThreshold,
    pairs::{EACH, look_alike_shares},
    shown::{axis, line, plain, source, strong},
};
use crate::report::{Axis, Claim, Evidence, Grid, Panel, Plot, Standing};

/// The probability of at least `t` matches among `n` pictures that match with probability `p` each, independently.
#[must_use]
pub fn binomial_tail(n: u32, p: f64, t: u32) -> f64 {
    if t == 0 {
        return 1.0;
    }
    if p <= 0.0 || t > n {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let (nf, tf) = (f64::from(n), f64::from(t));
    let first = libm::exp(ln_choose(nf, tf) + tf * libm::log(p) + (nf - tf) * libm::log1p(-p));
    tail(n, t, first, |k| (nf - k) / (k + 1.0) * p / (1.0 - p))
}

/// The same when people differ: each has a share of their own, drawn from a beta distribution with mean `p` and
/// intraclass correlation `rho`.
#[must_use]
pub fn beta_binomial_tail(n: u32, p: f64, rho: f64, t: u32) -> f64 {
    if rho <= 0.0 || p <= 0.0 || p >= 1.0 || t == 0 || t > n {
        return binomial_tail(n, p, t);
    }
    let spread = (1.0 - rho) / rho;
    let (a, b) = (p * spread, (1.0 - p) * spread);
    let (nf, tf) = (f64::from(n), f64::from(t));
    let first = libm::exp(ln_choose(nf, tf) + ln_beta(tf + a, nf - tf + b) - ln_beta(a, b));
    tail(n, t, first, |k| (nf - k) / (k + 1.0) * (k + a) / (nf - k - 1.0 + b))
}

/// Sums probabilities from `t` to `n`: the first, and what each is to the one before.
fn tail(n: u32, t: u32, first: f64, ratio: impl Fn(f64) -> f64) -> f64 {
    let (mut sum, mut term) = (first, first);
    for k in t..n {
        term *= ratio(f64::from(k));
        sum += term;
    }
    sum.min(1.0)
}

fn ln_choose(n: f64, k: f64) -> f64 {
    libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
}

fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// How often somebody shares pictures of one template, in the structural model.
const SHARED: [u32; 3] = [5, 30, 60];

pub(super) fn measure(
    parameters: &ReportThreshold,
    seed: u64,
    progress: &mut dyn FnMut(&str),
) -> Result<Measured, MeasureError> {
    let ReportThreshold { thresholds, pictures_sent, false_positive_rate: rate, correlation } = parameters;
    let refuse = |what: &str| Err(MeasureError::Parameter { measure: "report-threshold", what: what.into() });
    if thresholds.is_empty() || thresholds.contains(&0) {
        return refuse("`thresholds` are whole numbers from 1 on, at least one");
    }
    if !(0.0..1.0).contains(rate) || !(0.0..1.0).contains(correlation) {
        return refuse("`false-positive-rate` and `correlation` are numbers from 0 to below 1");
    }
    if !(1..=1_000_000).contains(pictures_sent) {
        return refuse("`pictures-sent` is a whole number from 1 to 1,000,000");
    }
    progress("painting look-alikes");
    let kinds = look_alike_shares(seed, 6, EACH);
    let Some(memes) = kinds.first() else { return refuse("there are no look-alikes") };
    let alike = memes.within.value();
    let mut rows: Vec<(String, Vec<f64>)> = vec![
        (
            "independent errors (binomial)".into(),
            thresholds.iter().map(|t| binomial_tail(*pictures_sent, *rate, *t)).collect(),
        ),
        (
            format!("errors that cluster by person (beta-binomial, correlation {correlation})"),
            thresholds.iter().map(|t| beta_binomial_tail(*pictures_sent, *rate, *correlation, *t)).collect(),
        ),
    ];
    rows.extend(SHARED.into_iter().map(|shared| {
        let of = thresholds.iter().map(|t| binomial_tail(shared, alike, *t)).collect();
        (format!("one meme's template is listed, and they share {shared} of it"), of)
    }));
    let Some(highest) = thresholds.iter().max() else { return refuse("`thresholds` is empty") };
    let (independent, clustered, structural) = (
        binomial_tail(*pictures_sent, *rate, *highest),
        beta_binomial_tail(*pictures_sent, *rate, *correlation, *highest),
        binomial_tail(60, alike, *highest),
    );
    let says = format!(
        "A threshold of {highest} leaves an innocent person a chance of {} to be reported when errors are independent, \
         {} when they cluster by person, and {} when one template that they share 60 times is listed.",
        chance(independent),
        chance(clustered),
        chance(structural)
    );
    let evidence = [
        ("independent", independent, u64::from(*pictures_sent)),
        ("clustered", clustered, u64::from(*pictures_sent)),
        ("structural", structural, memes.within.of),
    ];
    let claim = Claim {
        id: "report-threshold".into(),
        text: says.clone(),
        standing: Standing::Seen,
        evidence: evidence
            .into_iter()
            .map(|(what, chance_of, of)| Evidence::Measured {
                what: format!("chance of {highest} matches, {what} errors (calculated)"),
                figure: chance(chance_of),
                of,
            })
            .collect(),
        method: format!(
            "{pictures_sent} pictures at a false-positive rate of {rate}. The correlation is assumed, not measured. \
             The share of look-alikes, {:.0} %, is measured on {} pairs of generated memes, and each sharing is \
             counted as one draw.",
            alike * 100.0,
            memes.within.of
        ),
    };
    let series = rows.iter().filter_map(|(name, chances)| {
        let mut points: Vec<(f64, f64)> =
            thresholds.iter().map(|t| f64::from(*t)).zip(chances.iter().copied()).collect();
        points.retain(|(_, chance)| *chance > 1e-30);
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        (!points.is_empty()).then(|| line(name.clone(), points))
    });
    let plot = Plot::Lines {
        x: axis("matches before a report"),
        y: Axis {
            label: "chance that an innocent person is reported".into(),
            logarithmic: true,
            range: None,
        },
        series: series.collect(),
        marks: Vec::new(),
    };
    let panel = Panel {
        id: "report-threshold".into(),
        title: "What a threshold of matches protects".into(),
        says,
        grid: Some(Grid {
            corner: "errors".into(),
            columns: thresholds.iter().map(|t| format!("{t} matches")).collect(),
            rows: rows
                .iter()
                .map(|(name, chances)| {
                    let figure = |value: &f64| {
                        if *value > 0.01 { strong(chance(*value)) } else { plain(chance(*value)) }
                    };
                    (name.clone(), chances.iter().map(figure).collect())
                })
                .collect(),
        }),
        plot: Some(plot),
        sources: vec![source("a threshold of 30 matches", "Apple")],
    };
    Ok(Measured { panels: vec![panel], claims: vec![claim] })
}

/// In percent when it is likely, else as one in so many.
fn chance(probability: f64) -> String {
    if probability >= 0.01 {
        format!("{:.0} %", probability * 100.0)
    } else if probability < 1e-30 {
        "less than 1 in 10^30".into()
    } else if probability > 1e-6 {
        format!("1 in {}", super::shown::thousands(1.0 / probability))
    } else {
        format!("1 in 10^{:.0}", -libm::log10(probability))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tails_are_those_of_the_textbook() {
        // Three coins: at least two heads.
        assert!((binomial_tail(3, 0.5, 2) - 0.5).abs() < 1e-12);
        // 1 − 0.9^10.
        assert!((binomial_tail(10, 0.1, 1) - 0.651_321_559_9).abs() < 1e-9);
        // A beta with a = b = 1 makes every number of matches equally likely: 3 of 11.
        assert!((beta_binomial_tail(10, 0.5, 1.0 / 3.0, 8) - 3.0 / 11.0).abs() < 1e-9);
        assert_eq!(binomial_tail(3, 0.5, 4), 0.0);
        assert_eq!(binomial_tail(3, 0.5, 0), 1.0);
    }

    #[test]
    fn chances_are_told_so_that_they_can_be_read() {
        assert_eq!(
            [0.5, 0.004, 2e-12, 0.0].map(chance),
            ["50 %", "1 in 250", "1 in 10^12", "less than 1 in 10^30"]
        );
    }

    proptest! {
        #[test]
        fn a_higher_threshold_reports_nobody_more(n in 1_u32..300, p in 0.001_f64..0.9, rho in 0.001_f64..0.9, t in 1_u32..30) {
            prop_assert!(binomial_tail(n, p, t + 1) <= binomial_tail(n, p, t) + 1e-9);
            prop_assert!(beta_binomial_tail(n, p, rho, t + 1) <= beta_binomial_tail(n, p, rho, t) + 1e-9);
        }

        #[test]
        fn no_correlation_is_the_binomial(n in 1_u32..100, p in 0.01_f64..0.5, t in 1_u32..20) {
            let (with, without) = (beta_binomial_tail(n, p, 1e-7, t), binomial_tail(n, p, t));
            prop_assert!((with - without).abs() < 1e-3, "{} {}", with, without);
        }
    }
}
