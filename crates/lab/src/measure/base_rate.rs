//! `base-rate`: what errors mean when what is looked for is rare.

use serde::Deserialize;

use super::{
    BaseRate, MeasureError, Measured,
    interval::Share,
    shown::{axis, line, percent, percent_axis, plain, source, strong},
};
use crate::report::{Axis, Case, Claim, Evidence, Grid, Panel, Plot, Source, Standing, decimal, grouped};

/// Of what is flagged, how much is what was looked for (Bayes). None when nothing is flagged.
fn precision(prevalence: f64, recall: f64, false_positive_rate: f64) -> Option<f64> {
    let (right, wrong) = (prevalence * recall, (1.0 - prevalence) * false_positive_rate);
    (right + wrong > 0.0).then(|| right / (right + wrong))
}

/// Of all messages, how many are judged rightly.
fn accuracy(prevalence: f64, recall: f64, false_positive_rate: f64) -> f64 {
    prevalence * recall + (1.0 - prevalence) * (1.0 - false_positive_rate)
}

/// The probability that at least one of so many innocent messages is flagged, if errors are independent.
fn flagged_once(false_positive_rate: f64, messages: f64) -> f64 {
    -libm::expm1(messages * libm::log1p(-false_positive_rate))
}

/// As it is shown: nothing is flagged where there is none.
fn shown(precision: Option<f64>) -> String {
    precision.map_or_else(|| "–".into(), percent)
}

const NAME: &str = "base-rate";

impl BaseRate {
    pub(super) fn check(&self) -> Result<(), MeasureError> {
        let Self { messages_a_day, messages_a_person, one_in, recall, false_positive_rates } = self;
        let is_share = |share: &f64| (0.0..1.0).contains(share);
        let refuse = |what: &str| Err(MeasureError::Parameter { measure: NAME, what: what.into() });
        if ![messages_a_day, messages_a_person, one_in]
            .into_iter()
            .all(|number| (1.0..=1e15).contains(number))
        {
            return refuse("`messages-a-day`, `messages-a-person` and `one-in` are numbers from 1 to 1e15");
        }
        if false_positive_rates.is_empty() || !false_positive_rates.iter().all(is_share) {
            return refuse("`false-positive-rates` are numbers from 0 to below 1, at least one");
        }
        if !(0.0..=1.0).contains(recall) {
            return refuse("`recall` is a number from 0 to 1");
        }
        Ok(())
    }
}

pub(super) fn measure(numbers: &BaseRate) -> Result<Measured, MeasureError> {
    let BaseRate { messages_a_day, messages_a_person, one_in, recall, false_positive_rates } = numbers;
    let prevalence = 1.0 / one_in;
    let people = messages_a_day / messages_a_person;
    let rows = false_positive_rates.iter().map(|rate| {
        let wrong = messages_a_day * (1.0 - prevalence) * rate;
        let right = messages_a_day * prevalence * recall;
        let figures = vec![
            plain(percent(accuracy(prevalence, *recall, *rate))),
            strong(shown(precision(prevalence, *recall, *rate))),
            plain(decimal(right + wrong, 0)),
            plain(decimal(wrong, 0)),
            strong(decimal(people * flagged_once(*rate, *messages_a_person), 0)),
        ];
        (percent(*rate), figures)
    });
    let columns = ["accuracy", "precision", "flags a day", "of them wrong", "people wrongly flagged a day"];
    let grid = Grid {
        corner: "false-positive rate".into(),
        columns: columns.map(String::from).into(),
        rows: rows.collect(),
    };
    // The second of those that are there by themselves is neither the best nor the worst.
    let middle =
        false_positive_rates.get(1).or_else(|| false_positive_rates.first()).copied().unwrap_or_default();
    let of_middle = precision(prevalence, *recall, middle);
    let says = format!(
        "At a false-positive rate of {}, and one message in {} that is looked for, {}.",
        percent(middle),
        decimal(*one_in, 0),
        of_middle.map_or_else(
            || "nothing is flagged".into(),
            |precision| format!("{} of the flags are right", percent(precision))
        )
    );
    let series = false_positive_rates.iter().map(|rate| {
        // From one in ten million to one in two.
        let points = (0..=67).filter_map(|step| {
            let prevalence = libm::pow(10.0, -7.0 + f64::from(step) / 10.0);
            precision(prevalence, *recall, *rate).map(|precision| (prevalence, precision * 100.0))
        });
        line(format!("false-positive rate {}", percent(*rate)), points.collect())
    });
    let calculator = Panel {
        id: NAME.into(),
        title: format!("What errors mean in {} messages a day", decimal(*messages_a_day, 0)),
        says: says.clone(),
        grid: Some(grid),
        plot: Some(Plot::Lines {
            x: Axis { label: "share of what is looked for".into(), logarithmic: true, range: None },
            y: percent_axis("flags that are right, %"),
            series: series.collect(),
            marks: Vec::new(),
        }),
        sources: Vec::new(),
        case: Case::new(
            "A first filter need not be precise if people look before anything follows: each further look raises \
             the precision.",
            "Where what is looked for is rare, a small error rate makes most flags wrong, and each of them is a \
             private message that a stranger reads.",
        ),
    };
    let claim = Claim {
        id: NAME.into(),
        text: says,
        standing: Standing::Seen,
        evidence: vec![Evidence::Calculated {
            what: "precision".into(),
            figure: shown(of_middle),
            from: format!(
                "a recall of {}, a false-positive rate of {} and one message in {} that is looked for, all assumed",
                percent(*recall),
                percent(middle),
                decimal(*one_in, 0)
            ),
        }],
        method: "Bayes' rule on the numbers of the scenario: nothing of it is measured, and nobody knows the true \
                 share. People are counted as if errors fell on all alike; if they cluster, fewer people are hit, \
                 more often."
            .into(),
    };
    let words = three_words(prevalence, *recall, middle);
    Ok(Measured { panels: vec![calculator, words, published()?], claims: vec![claim] })
}

/// The same numbers called by three names.
fn three_words(prevalence: f64, recall: f64, rate: f64) -> Panel {
    let row = |word: &str, question: &str, answer: Option<f64>| {
        (word.to_owned(), vec![plain(question), strong(shown(answer))])
    };
    Panel {
        id: "three-words".into(),
        title: "Accuracy, precision and false-positive rate are three things".into(),
        says: "Cover the last column and guess: all four are of the same check.".into(),
        grid: Some(Grid {
            corner: "word".into(),
            columns: ["it answers", "here"].map(String::from).into(),
            rows: vec![
                row(
                    "accuracy",
                    "how many of all messages are judged rightly?",
                    Some(accuracy(prevalence, recall, rate)),
                ),
                row(
                    "precision",
                    "how many of the flagged messages are what was looked for?",
                    precision(prevalence, recall, rate),
                ),
                row("false-positive rate", "how many of the innocent messages are flagged?", Some(rate)),
                row("recall", "how many of those that are looked for are flagged?", Some(recall)),
            ],
        }),
        plot: None,
        sources: Vec::new(),
        case: Case::new(
            "Said together, all four are honest, and where what is looked for is common a check can do well by each.",
            "One alone misleads: a check that never flags anything has an accuracy of many nines.",
        ),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    series: Vec<PublishedSeries>,
    figure: Vec<Source>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishedSeries {
    name: String,
    caveat: String,
    citation: String,
    years: Vec<Year>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    year: u16,
    received: u64,
    forwarded: u64,
}

impl Year {
    fn share(&self) -> Share {
        Share { part: self.forwarded, of: self.received }
    }

    /// The share as it is shown.
    fn percent(&self) -> String {
        format!("{:.1} %", self.share().value() * 100.0)
    }
}

impl PublishedSeries {
    /// The years with the least and the largest share.
    fn range(&self) -> Option<String> {
        let share = |one: &&Year, other: &&Year| one.share().value().total_cmp(&other.share().value());
        let (least, most) = (self.years.iter().min_by(share)?, self.years.iter().max_by(share)?);
        Some(format!(
            "{}: between {} ({}) and {} ({}) of the reports received were forwarded.",
            self.name,
            least.percent(),
            least.year,
            most.percent(),
            most.year
        ))
    }
}

fn read_published() -> Result<Published, MeasureError> {
    toml::from_str(include_str!("published.toml"))
        .map_err(|why| MeasureError::Failed { measure: NAME, what: why.to_string() })
}

fn published() -> Result<Panel, MeasureError> {
    let Published { series, figure } = read_published()?;
    let rows = series.iter().flat_map(|PublishedSeries { name, years, .. }| {
        years.iter().map(move |year| {
            let figures =
                vec![plain(grouped(year.received)), plain(grouped(year.forwarded)), strong(year.percent())];
            (format!("{name} {}", year.year), figures)
        })
    });
    // All that were received were counted, so there is no interval.
    let lines = series.iter().map(|PublishedSeries { name, years, .. }| {
        line(name, years.iter().map(|year| (f64::from(year.year), year.share().value() * 100.0)).collect())
    });
    let ranges: Vec<String> = series.iter().filter_map(PublishedSeries::range).collect();
    let of_series =
        series.iter().map(|series| source(&format!("{}: {}", series.name, series.caveat), &series.citation));
    let sources: Vec<Source> = of_series.chain(figure).collect();
    Ok(Panel {
        id: "published-series".into(),
        title: "Reports that authorities received, and those that they forwarded".into(),
        says: format!("{} That says something of the whole chain, not of one algorithm.", ranges.join(" ")),
        grid: Some(Grid {
            corner: "year".into(),
            columns: ["received", "forwarded", "share (calculated)"].map(String::from).into(),
            rows: rows.collect(),
        }),
        plot: Some(Plot::Lines {
            x: axis("year"),
            y: percent_axis("forwarded, % (calculated)"),
            series: lines.collect(),
            marks: Vec::new(),
        }),
        sources,
        case: Case::new(
            "A report that is not forwarded need not be an error of the check: what is punishable differs \
             from place to place.",
            "Where the share is low, most of what was received was not passed on, and had been read all the same.",
        ),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The screening problem of every textbook: 1 in 1,000, recall 99 %, false alarms 5 %.
    #[test]
    fn precision_is_bayes_rule() {
        assert!((precision(0.001, 0.99, 0.05).unwrap() - 0.019_434).abs() < 1e-6);
        assert_eq!(precision(0.5, 1.0, 0.0), Some(1.0));
        assert_eq!(precision(0.0, 1.0, 0.0), None);
    }

    #[test]
    fn a_rare_error_hits_somebody_who_writes_much() {
        assert!((flagged_once(0.5, 2.0) - 0.75).abs() < 1e-12);
        assert!((flagged_once(1e-6, 40.0) - 4e-5).abs() < 1e-8);
    }

    #[test]
    fn the_published_shares_are_those_that_were_published() {
        let Published { series, .. } = read_published().unwrap();
        let kept: Vec<String> = series[0]
            .years
            .iter()
            .map(|year| format!("{:.1}", 100.0 - year.share().value() * 100.0))
            .collect();
        assert_eq!(kept, ["92.1", "93.3", "91.4", "85.2", "80.5"]);
    }

    /// The Irish police verified that at least 471 of 4,192 were innocent: that share was wrong, and not right.
    #[test]
    fn what_was_verified_to_be_innocent_does_not_stand_among_what_was_forwarded() {
        let panel = published().unwrap();
        let rows = panel.grid.unwrap().rows;
        assert!(rows.iter().all(|(label, _)| label.starts_with("Swiss federal police")), "{rows:?}");
        let irish = panel.sources.iter().find(|source| source.figure.contains("Ireland")).unwrap();
        assert!(irish.figure.contains("at least 471 (11.2 %) were not"), "{irish:?}");
    }

    #[test]
    fn numbers_that_mean_nothing_are_refused() {
        let refused = |numbers: BaseRate| numbers.check().unwrap_err().to_string();
        insta::assert_snapshot!(refused(BaseRate { one_in: 0.0, ..BaseRate::default() }), @"base-rate: `messages-a-day`, `messages-a-person` and `one-in` are numbers from 1 to 1e15");
        insta::assert_snapshot!(refused(BaseRate { recall: 2.0, ..BaseRate::default() }), @"base-rate: `recall` is a number from 0 to 1");
        for rates in [Vec::new(), vec![f64::NAN], vec![1.0]] {
            assert!(BaseRate { false_positive_rates: rates, ..BaseRate::default() }.check().is_err());
        }
        assert!(BaseRate { one_in: f64::INFINITY, ..BaseRate::default() }.check().is_err());
    }

    #[test]
    fn a_check_that_flags_nothing_has_no_precision() {
        let nothing = BaseRate { recall: 0.0, false_positive_rates: vec![0.0], ..BaseRate::default() };
        let Measured { panels, claims } = measure(&nothing).unwrap();
        assert!(claims[0].text.ends_with("nothing is flagged."), "{}", claims[0].text);
        assert_eq!(panels[0].grid.as_ref().unwrap().rows[0].1[1].text, "–");
    }

    #[test]
    fn the_published_years_are_compared_by_their_shares() {
        assert_eq!(
            published().unwrap().says,
            "Swiss federal police: between 6.7 % (2018) and 19.5 % (2021) of the reports received were forwarded. \
             That says something of the whole chain, not of one algorithm."
        );
    }

    proptest! {
        #[test]
        fn rarer_things_make_flags_worth_less(
            rare in 1e-9_f64..0.1, recall in 0.01_f64..1.0, rate in 1e-9_f64..0.5,
        ) {
            let worth = |prevalence| precision(prevalence, recall, rate).unwrap();
            prop_assert!(worth(rare) < worth(rare * 2.0));
        }
    }
}
