//! `report-threshold`: what a number of matches before a report protects innocent people from.

use super::{
    MeasureError, Measured, ReportThreshold,
    interval::Share,
    pairs::{EACH, look_alike_distances, small_meme, within_threshold},
    shown::{axis, line, percent, plain, source, strong},
};
use crate::report::{Axis, Case, Claim, Evidence, Grid, Panel, Plot, Standing, decimal, grouped};

/// The probability of at least `t` matches among `n` pictures that match with probability `p` each, independently.
fn binomial_tail(n: u32, p: f64, t: u32) -> f64 {
    if t == 0 {
        return 1.0;
    }
    if p <= 0.0 || t > n {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let nf = f64::from(n);
    let exactly = |k: f64| libm::exp(ln_choose(nf, k) + k * libm::log(p) + (nf - k) * libm::log1p(-p));
    tail(n, t, nf * p, exactly, |k| (nf - k) / (k + 1.0) * p / (1.0 - p))
}

/// The same when people differ: each has a share of their own, drawn from a beta distribution with mean `p` and
/// intraclass correlation `rho`.
fn beta_binomial_tail(n: u32, p: f64, rho: f64, t: u32) -> f64 {
    if rho <= 0.0 || p <= 0.0 || p >= 1.0 || t == 0 || t > n {
        return binomial_tail(n, p, t);
    }
    let spread = (1.0 - rho) / rho;
    let (a, b) = (p * spread, (1.0 - p) * spread);
    let nf = f64::from(n);
    let exactly = |k: f64| libm::exp(ln_choose(nf, k) + ln_beta(k + a, nf - k + b) - ln_beta(a, b));
    tail(n, t, nf * p, exactly, |k| (nf - k) / (k + 1.0) * (k + a) / (nf - k - 1.0 + b))
}

/// Sums probabilities from `t` to `n`. `exactly` is one of them, and `ratio` what that of `k + 1` is to that of `k`.
///
/// Below the mean, the ones that are missing are summed and taken from 1: the first of those from `t` on can be too
/// small for a number there, and all that follow are got from it.
fn tail(n: u32, t: u32, mean: f64, exactly: impl Fn(f64) -> f64, ratio: impl Fn(f64) -> f64) -> f64 {
    let below = f64::from(t) <= mean;
    let mut term = exactly(f64::from(if below { t - 1 } else { t }));
    let mut sum = term;
    if below {
        for k in (0..t - 1).rev() {
            term /= ratio(f64::from(k));
            sum += term;
        }
        return (1.0 - sum).max(0.0);
    }
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
const SHARED: [u32; 3] = [5, 30, MOST_SHARED];
const MOST_SHARED: u32 = 60;

/// Memes whose look-alikes are counted.
const TEMPLATES: u32 = 6;

const NAME: &str = "report-threshold";

impl ReportThreshold {
    pub(super) fn check(&self) -> Result<(), MeasureError> {
        let Self { thresholds, pictures_sent, false_positive_rate: rate, correlation } = self;
        let refuse = |what: &str| Err(MeasureError::Parameter { measure: NAME, what: what.into() });
        if thresholds.is_empty() || thresholds.contains(&0) {
            return refuse("`thresholds` are whole numbers from 1 on, at least one");
        }
        if !(0.0..1.0).contains(rate) || !(0.0..1.0).contains(correlation) {
            return refuse("`false-positive-rate` and `correlation` are numbers from 0 to below 1");
        }
        if !(1..=1_000_000).contains(pictures_sent) {
            return refuse("`pictures-sent` is a whole number from 1 to 1,000,000");
        }
        Ok(())
    }
}

pub(super) fn measure(parameters: &ReportThreshold, seed: u64, progress: &mut dyn FnMut(&str)) -> Measured {
    let ReportThreshold { thresholds, pictures_sent, false_positive_rate: rate, correlation } = parameters;
    progress("painting look-alikes");
    // How much of it its template fills differs from meme to meme, so a mean over memes would say too little of some
    // and too much of others.
    let memes: Vec<Share> = look_alike_distances(seed, TEMPLATES, EACH, small_meme)
        .iter()
        .map(|distances| within_threshold(distances))
        .collect();
    let structural = |shared: u32, t: u32| {
        let of_each = memes.iter().map(|meme| binomial_tail(shared, meme.value(), t));
        of_each.sum::<f64>() / f64::from(TEMPLATES)
    };
    let independent = |t: u32| binomial_tail(*pictures_sent, *rate, t);
    let clustered = |t: u32| beta_binomial_tail(*pictures_sent, *rate, *correlation, t);
    let mut rows: Vec<(String, Vec<f64>)> = vec![
        ("independent errors (binomial)".into(), thresholds.iter().map(|t| independent(*t)).collect()),
        (
            format!("errors that cluster by person (beta-binomial, correlation {correlation})"),
            thresholds.iter().map(|t| clustered(*t)).collect(),
        ),
    ];
    rows.extend(SHARED.into_iter().map(|shared| {
        let of = thresholds.iter().map(|t| structural(shared, *t)).collect();
        (format!("one meme's template is listed, and they share {shared} of it"), of)
    }));
    let highest = thresholds.iter().max().copied().unwrap_or(1);
    let says = format!(
        "A threshold of {highest} leaves an innocent person a chance of {} to be reported when errors are independent, \
         {} when they cluster by person, at a rate and a correlation that are assumed, and {} when a meme of which \
         they share {MOST_SHARED} variants is listed, as the lab drew them.",
        chance(independent(highest)),
        chance(clustered(highest)),
        chance(structural(MOST_SHARED, highest))
    );
    let pairs: u64 = memes.iter().map(|meme| meme.of).sum();
    let sent = decimal(f64::from(*pictures_sent), 0);
    let evidence = [
        ("independent", independent(highest), format!("{sent} pictures at a rate of {rate}, assumed")),
        (
            "clustered",
            clustered(highest),
            format!("{sent} pictures at a rate of {rate} and a correlation of {correlation}, assumed"),
        ),
        (
            "structural",
            structural(MOST_SHARED, highest),
            format!(
                "{MOST_SHARED} shared variants, assumed, and the shares of look-alikes measured on {} pairs",
                grouped(pairs)
            ),
        ),
    ];
    let shares: Vec<String> = memes.iter().map(|meme| percent(meme.value())).collect();
    let claim = Claim {
        id: NAME.into(),
        text: says.clone(),
        standing: Standing::Seen,
        evidence: evidence
            .into_iter()
            .map(|(what, chance_of, from)| Evidence::Calculated {
                what: format!("chance of {highest} matches, {what} errors"),
                figure: chance(chance_of),
                from,
            })
            .collect(),
        method: format!(
            "{sent} pictures at a false-positive rate of {rate}; that rate and the correlation of {correlation} are \
             assumed, not measured. The shares of look-alikes are measured, on {} pairs of each of {TEMPLATES} \
             generated memes: {}. The chance is calculated for each meme, with each sharing as one draw, and the mean \
             over the memes is shown.",
            pairs / u64::from(TEMPLATES),
            shares.join(", ")
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
        id: NAME.into(),
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
        sources: vec![source(
            "a threshold of 30 to begin with",
            "Apple, Security Threat Model Review, August 2021",
        )],
        case: Case::new(
            "If errors are independent, a threshold of some matches makes a report about somebody innocent \
             all but impossible.",
            "Errors are not independent: whoever shares variants of one listed template may well reach the \
             threshold, so most are protected and some are not.",
        ),
    };
    Measured { panels: vec![panel], claims: vec![claim] }
}

/// In percent when it is likely, else as one in so many.
fn chance(probability: f64) -> String {
    if probability >= 0.995 {
        "more than 99 %".into()
    } else if probability >= 0.01 {
        format!("{:.0} %", probability * 100.0)
    } else if probability < 1e-30 {
        "less than 1 in 10^30".into()
    } else if probability > 1e-6 {
        format!("1 in {}", decimal(1.0 / probability, 0))
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

    /// Of so many single draws, one added after the other.
    fn counted(n: u32, p: f64, t: u32) -> f64 {
        let mut exactly = vec![0.0; n as usize + 1];
        exactly[0] = 1.0;
        for _ in 0..n {
            for k in (0..exactly.len()).rev() {
                exactly[k] = exactly[k] * (1.0 - p) + if k > 0 { exactly[k - 1] * p } else { 0.0 };
            }
        }
        exactly.iter().skip(t as usize).sum()
    }

    #[test]
    fn far_below_the_mean_a_match_is_all_but_certain() {
        assert!((binomial_tail(1_000_000, 0.5, 1) - 1.0).abs() < 1e-12);
        assert!((binomial_tail(10_000, 0.9, 30) - 1.0).abs() < 1e-12);
        assert!((beta_binomial_tail(10_000, 0.9, 1e-4, 30) - 1.0).abs() < 1e-9);
        // Ten are expected; 1 − e^−10 by Poisson's limit.
        assert!((binomial_tail(1_000_000, 1e-5, 1) - (1.0 - libm::exp(-10.0))).abs() < 1e-8);
        // A beta with a = b = 1 once more: 9 of 11.
        assert!((beta_binomial_tail(10, 0.5, 1.0 / 3.0, 2) - 9.0 / 11.0).abs() < 1e-9);
    }

    #[test]
    fn chances_are_told_so_that_they_can_be_read() {
        assert_eq!(
            [1.0, 0.997, 0.5, 0.004, 2e-12, 0.0].map(chance),
            ["more than 99 %", "more than 99 %", "50 %", "1 in 250", "1 in 10^12", "less than 1 in 10^30"]
        );
    }

    proptest! {
        #[test]
        fn a_higher_threshold_reports_nobody_more(n in 1_u32..300, p in 0.001_f64..0.9, rho in 0.001_f64..0.9, t in 1_u32..30) {
            prop_assert!(binomial_tail(n, p, t + 1) <= binomial_tail(n, p, t) + 1e-9);
            prop_assert!(beta_binomial_tail(n, p, rho, t + 1) <= beta_binomial_tail(n, p, rho, t) + 1e-9);
        }

        #[test]
        fn the_tail_is_that_of_single_draws(n in 1_u32..60, p in 0.01_f64..0.99, t in 0_u32..60) {
            prop_assert!((binomial_tail(n, p, t) - counted(n, p, t)).abs() < 1e-9);
        }

        #[test]
        fn no_correlation_is_the_binomial(n in 1_u32..100, p in 0.01_f64..0.5, t in 1_u32..20) {
            let (with, without) = (beta_binomial_tail(n, p, 1e-7, t), binomial_tail(n, p, t));
            prop_assert!((with - without).abs() < 1e-3, "{} {}", with, without);
        }
    }
}
