//! `base-rate`: what errors mean when what is looked for is rare.

use serde::Deserialize;

use super::{
    BaseRate, MeasureError, Measured,
    interval::Share,
    shown::{axis, line, percent, percent_axis, plain, shares, source, strong, thousands},
};
use crate::report::{Axis, Claim, Evidence, Grid, Panel, Plot, Source, Standing};

/// Of what is flagged, how much is what was looked for (Bayes). None when nothing is flagged.
#[must_use]
pub fn precision(prevalence: f64, recall: f64, false_positive_rate: f64) -> Option<f64> {
    let (right, wrong) = (prevalence * recall, (1.0 - prevalence) * false_positive_rate);
    (right + wrong > 0.0).then(|| right / (right + wrong))
}

/// Of all messages, how many are judged rightly.
#[must_use]
pub fn accuracy(prevalence: f64, recall: f64, false_positive_rate: f64) -> f64 {
    prevalence * recall + (1.0 - prevalence) * (1.0 - false_positive_rate)
}

/// The probability that at least one of so many innocent messages is flagged, if errors are independent.
#[must_use]
pub fn flagged_once(false_positive_rate: f64, messages: f64) -> f64 {
    -libm::expm1(messages * libm::log1p(-false_positive_rate))
}

pub(super) fn measure(numbers: &BaseRate) -> Result<Measured, MeasureError> {
    let BaseRate { messages_a_day, messages_a_person, one_in, recall, false_positive_rates } = numbers;
    let is_share = |share: &f64| (0.0..1.0).contains(share);
    let refuse = |what: &str| Err(MeasureError::Parameter { measure: "base-rate", what: what.into() });
    if !(*messages_a_day >= 1.0 && *messages_a_person >= 1.0 && *one_in >= 1.0 && messages_a_day.is_finite())
    {
        return refuse("`messages-a-day`, `messages-a-person` and `one-in` are numbers from 1 on");
    }
    if false_positive_rates.is_empty() || !false_positive_rates.iter().all(is_share) {
        return refuse("`false-positive-rates` are numbers from 0 to below 1, at least one");
    }
    if !(0.0..=1.0).contains(recall) {
        return refuse("`recall` is a number from 0 to 1");
    }
    let prevalence = 1.0 / one_in;
    let people = messages_a_day / messages_a_person;
    let rows = false_positive_rates.iter().map(|rate| {
        let wrong = messages_a_day * (1.0 - prevalence) * rate;
        let right = messages_a_day * prevalence * recall;
        let precision = precision(prevalence, *recall, *rate).unwrap_or_default();
        let figures = vec![
            plain(percent(accuracy(prevalence, *recall, *rate))),
            strong(percent(precision)),
            plain(thousands(right + wrong)),
            plain(thousands(wrong)),
            strong(thousands(people * flagged_once(*rate, *messages_a_person))),
        ];
        (percent(*rate), figures)
    });
    let columns = ["accuracy", "precision", "flags a day", "of them wrong", "people wrongly flagged a day"];
    let grid = Grid {
        corner: "false-positive rate".into(),
        columns: columns.map(String::from).into(),
        rows: rows.collect(),
    };
    let Some(middle) = false_positive_rates.get(1).or_else(|| false_positive_rates.first()) else {
        return refuse("`false-positive-rates` are numbers from 0 to below 1, at least one");
    };
    let of_middle = precision(prevalence, *recall, *middle).unwrap_or_default();
    let says = format!(
        "At a false-positive rate of {}, and one message in {} that is looked for, {} of the flags are right.",
        percent(*middle),
        thousands(*one_in),
        percent(of_middle)
    );
    let series = false_positive_rates.iter().map(|rate| {
        // From one in ten million to one in two.
        let points = (0..=67).map(|step| {
            let prevalence = libm::pow(10.0, -7.0 + f64::from(step) / 10.0);
            (prevalence, precision(prevalence, *recall, *rate).unwrap_or_default() * 100.0)
        });
        line(format!("false-positive rate {}", percent(*rate)), points.collect())
    });
    let calculator = Panel {
        id: "base-rate".into(),
        title: format!("What errors mean in {} messages a day", thousands(*messages_a_day)),
        says: says.clone(),
        grid: Some(grid),
        plot: Some(Plot::Lines {
            x: Axis { label: "share of what is looked for".into(), logarithmic: true, range: None },
            y: percent_axis("flags that are right, %"),
            series: series.collect(),
            marks: Vec::new(),
        }),
        sources: Vec::new(),
    };
    let claim = Claim {
        id: "base-rate".into(),
        text: says,
        standing: Standing::Seen,
        evidence: vec![Evidence::Measured {
            what: format!("precision at recall {} (calculated)", percent(*recall)),
            figure: percent(of_middle),
            of: *messages_a_day as u64,
        }],
        method: "Bayes' rule on the numbers of the scenario: nothing of it is measured, and nobody knows the true \
                 share. People are counted as if errors fell on all alike; if they cluster, fewer people are hit, \
                 more often."
            .into(),
    };
    let words = three_words(prevalence, *recall, *middle);
    Ok(Measured { panels: vec![calculator, words, published()?], claims: vec![claim] })
}

/// The same numbers called by three names.
fn three_words(prevalence: f64, recall: f64, rate: f64) -> Panel {
    let row = |word: &str, question: &str, answer: f64| {
        (word.to_owned(), vec![plain(question), strong(percent(answer))])
    };
    let precision = precision(prevalence, recall, rate).unwrap_or_default();
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
                    accuracy(prevalence, recall, rate),
                ),
                row("precision", "how many of the flagged messages are what was looked for?", precision),
                row("false-positive rate", "how many of the innocent messages are flagged?", rate),
                row("recall", "how many of those that are looked for are flagged?", recall),
            ],
        }),
        plot: None,
        sources: vec![source(
            "“90 %” and “99.9 % accurate” were both said in public of such checks, with these words confused",
            "the public debate",
        )],
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    series: Vec<PublishedSeries>,
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
}

fn read_published() -> Result<Published, MeasureError> {
    toml::from_str(include_str!("published.toml"))
        .map_err(|why| MeasureError::Failed { measure: "base-rate", what: why.to_string() })
}

fn published() -> Result<Panel, MeasureError> {
    let Published { series } = read_published()?;
    let rows = series.iter().flat_map(|PublishedSeries { name, years, .. }| {
        years.iter().map(move |year| {
            let figures = vec![
                plain(thousands(year.received as f64)),
                plain(thousands(year.forwarded as f64)),
                strong(format!("{:.1} %", year.share().value() * 100.0)),
            ];
            (format!("{name} {}", year.year), figures)
        })
    });
    let lines = series.iter().filter(|series| series.years.len() > 1).map(
        |PublishedSeries { name, years, .. }| {
            let points: Vec<(f64, Share)> =
                years.iter().map(|year| (f64::from(year.year), year.share())).collect();
            shares(name, &points)
        },
    );
    let sources: Vec<Source> = series
        .iter()
        .map(|series| source(&format!("{}: {}", series.name, series.caveat), &series.citation))
        .collect();
    Ok(Panel {
        id: "published-series".into(),
        title: "Reports that the police received, and what was of use".into(),
        says: "From year to year a larger share was forwarded; it says something of the whole chain, not of one \
               algorithm."
            .into(),
        grid: Some(Grid {
            corner: "year".into(),
            columns: ["received", "forwarded or verified", "share"].map(String::from).into(),
            rows: rows.collect(),
        }),
        plot: Some(Plot::Lines {
            x: axis("year"),
            y: percent_axis("forwarded, %"),
            series: lines.collect(),
            marks: Vec::new(),
        }),
        sources,
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
        let Published { series } = read_published().unwrap();
        let kept: Vec<String> = series[0]
            .years
            .iter()
            .map(|year| format!("{:.1}", 100.0 - year.share().value() * 100.0))
            .collect();
        assert_eq!(kept, ["92.1", "93.3", "91.4", "85.2", "80.5"]);
    }

    #[test]
    fn numbers_that_mean_nothing_are_refused() {
        let refused = |numbers: BaseRate| measure(&numbers).unwrap_err().to_string();
        insta::assert_snapshot!(refused(BaseRate { one_in: 0.0, ..BaseRate::default() }), @"base-rate: `messages-a-day`, `messages-a-person` and `one-in` are numbers from 1 on");
        insta::assert_snapshot!(refused(BaseRate { recall: 2.0, ..BaseRate::default() }), @"base-rate: `recall` is a number from 0 to 1");
        assert!(measure(&BaseRate { false_positive_rates: Vec::new(), ..BaseRate::default() }).is_err());
        assert!(measure(&BaseRate { false_positive_rates: vec![f64::NAN], ..BaseRate::default() }).is_err());
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
