//! Measures: what a hook does to many pictures or texts, counted. Each is drawn from a seed and from nothing else, so
//! the same seed gives the same panels, byte for byte.

mod base_rate;
mod class_from_hash;
mod component;
#[cfg(test)]
#[allow(unreachable_pub, reason = "a file of the build script")]
mod count;
mod distinguisher;
mod hash;
mod interval;
mod logistic;
mod pairs;
mod report_threshold;
mod robustness;
mod roc;
mod scope_creep;
mod shown;
mod sweep;
mod text_false_positives;
mod trusted_code;

// The guest's own code: the hash of `known-image`.
#[path = "../../../hooks/guests/known-image/src/pdq.rs"]
#[allow(dead_code, unreachable_pub, reason = "the code of `known-image`, of which this uses the hash")]
pub(crate) mod pdq;

use serde::Deserialize;

pub(crate) use distinguisher::{Pair, ROUNDS_MIN, ToldApart, Trace, tell_apart};

use crate::report::{Claim, Panel};

/// One thing to measure. In a scenario file it is a `[[measure]]` with its `kind` and, where the defaults do not suit,
/// its parameters.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Measure {
    /// Which edits of a listed picture are still known.
    PdqRobustness(Pictures),
    /// How far apart unrelated pictures are.
    HammingHistogram(Pictures),
    /// Innocent pictures that share a template.
    LookAlikes(Pictures),
    /// What a wider threshold buys and costs.
    ThresholdSweep(Pictures),
    /// What errors mean at a base rate.
    BaseRate(BaseRate),
    /// What a threshold of matches before a report protects.
    ReportThreshold(ReportThreshold),
    /// How often the text hooks err where there is nothing to find.
    TextFalsePositives(TextFalsePositives),
    /// What one more list entry looks for.
    ScopeCreep(ScopeCreep),
    /// How much code has to be trusted.
    TrustedCode(TrustedCode),
    /// What a hash tells of its picture.
    ClassFromHash(Pictures),
}

/// How many pictures.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pictures {
    /// Generated pictures; without it, as many as the measure needs to say something in a few seconds.
    pub pictures: Option<u32>,
}

impl Pictures {
    fn count(&self, usual: u32) -> u32 {
        self.pictures.unwrap_or(usual)
    }

    /// `least` is for there to be anything to compare; the most is what a machine does in minutes.
    fn check(&self, measure: &'static str, least: u32) -> Result<(), MeasureError> {
        match self.pictures {
            Some(pictures) if !(least..=PICTURES_MAX).contains(&pictures) => {
                let what = format!("`pictures` is a whole number from {least} to {PICTURES_MAX}");
                Err(MeasureError::Parameter { measure, what })
            }
            _ => Ok(()),
        }
    }
}

/// Most pictures of one measure.
const PICTURES_MAX: u32 = 2_000;

/// The numbers that a base rate is about.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct BaseRate {
    /// Messages a day.
    pub messages_a_day: f64,
    /// Messages a day of one person.
    pub messages_a_person: f64,
    /// One message in how many is what is looked for.
    pub one_in: f64,
    /// Share of those that are flagged.
    pub recall: f64,
    /// Shares of the other messages that are flagged, one line of the plot each.
    pub false_positive_rates: Vec<f64>,
}

impl Default for BaseRate {
    fn default() -> Self {
        Self {
            messages_a_day: 1e9,
            messages_a_person: 40.0,
            one_in: 1e6,
            recall: 0.9,
            false_positive_rates: vec![1e-2, 1e-3, 1e-4, 1e-6],
        }
    }
}

/// How many matches before a report.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReportThreshold {
    /// The thresholds.
    pub thresholds: Vec<u32>,
    /// Pictures that an innocent person sends in the time that matches are added up.
    pub pictures_sent: u32,
    /// Share of innocent pictures that match.
    pub false_positive_rate: f64,
    /// How alike the errors of one person are: the intraclass correlation of the beta-binomial.
    pub correlation: f64,
}

impl Default for ReportThreshold {
    fn default() -> Self {
        Self {
            thresholds: vec![1, 5, 30],
            pictures_sent: 10_000,
            false_positive_rate: 1e-5,
            correlation: 0.01,
        }
    }
}

/// How many texts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct TextFalsePositives {
    /// Generated messages for the hooks without a data set.
    pub messages: u32,
}

impl Default for TextFalsePositives {
    fn default() -> Self {
        Self { messages: 2_000 }
    }
}

/// How many entries are added to a list.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScopeCreep {
    /// Entries of the list before.
    pub entries: u32,
    /// Entries that are added, each number a row.
    pub added: Vec<u32>,
}

impl Default for ScopeCreep {
    fn default() -> Self {
        Self { entries: 100, added: vec![1, 4] }
    }
}

/// No parameters.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct TrustedCode {}

/// What came of a measure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// What is shown.
    pub panels: Vec<Panel>,
    /// What is said. Ids are without the scenario: whoever puts them into a report writes `SCENARIO.` before each.
    pub claims: Vec<Claim>,
}

/// Why a measure gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// A parameter is outside what can be measured.
    #[error("{measure}: {what}")]
    Parameter {
        /// Which measure.
        measure: &'static str,
        /// What is wrong with it, and what to write instead.
        what: String,
    },
    /// A picture or a hook could not be worked with.
    #[error("{measure}: {what}")]
    Failed {
        /// Which measure.
        measure: &'static str,
        /// What went wrong.
        what: String,
    },
}

impl Measure {
    /// Whether its parameters are among those that can be measured.
    ///
    /// # Errors
    /// Which is not, and what to write instead.
    pub(crate) fn check(&self) -> Result<(), MeasureError> {
        match self {
            Self::PdqRobustness(pictures) => pictures.check("pdq-robustness", 2),
            Self::HammingHistogram(pictures) => pictures.check("hamming-histogram", 2),
            Self::LookAlikes(pictures) => pictures.check("look-alikes", 2),
            Self::ThresholdSweep(pictures) => pictures.check("threshold-sweep", 2),
            // Two of each kind to train on, and two to judge.
            Self::ClassFromHash(pictures) => pictures.check("class-from-hash", 20),
            Self::BaseRate(numbers) => numbers.check(),
            Self::ReportThreshold(parameters) => parameters.check(),
            Self::TextFalsePositives(parameters) => parameters.check(),
            Self::ScopeCreep(parameters) => parameters.check(),
            Self::TrustedCode(TrustedCode {}) => Ok(()),
        }
    }

    /// Measures. `progress` is told in a few words what is being done.
    ///
    /// # Errors
    /// When a parameter is outside what can be measured, or a hook can't be asked.
    pub fn run(&self, seed: u64, progress: &mut dyn FnMut(&str)) -> Result<Measured, MeasureError> {
        self.check()?;
        match self {
            Self::PdqRobustness(pictures) => Ok(robustness::measure(pictures, seed, progress)),
            Self::HammingHistogram(pictures) => Ok(pairs::histogram(pictures, seed, progress)),
            Self::LookAlikes(pictures) => Ok(pairs::look_alikes(pictures, seed, progress)),
            Self::ThresholdSweep(pictures) => Ok(sweep::measure(pictures, seed, progress)),
            Self::BaseRate(numbers) => base_rate::measure(numbers),
            Self::ReportThreshold(parameters) => Ok(report_threshold::measure(parameters, seed, progress)),
            Self::TextFalsePositives(parameters) => text_false_positives::measure(parameters, seed, progress),
            Self::ScopeCreep(parameters) => scope_creep::measure(parameters, seed, progress),
            Self::TrustedCode(TrustedCode {}) => Ok(trusted_code::measure()),
            Self::ClassFromHash(pictures) => Ok(class_from_hash::measure(pictures, seed, progress)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        measure: Vec<Measure>,
    }

    fn committed() -> Vec<Measure> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path| toml::from_str::<File>(&fs::read_to_string(path).unwrap()).unwrap().measure;
        paths.into_iter().flat_map(read).collect()
    }

    #[test]
    fn what_the_committed_scenarios_measure_is_said_with_its_evidence() {
        let mut said = Vec::new();
        for measure in committed() {
            let Measured { panels, claims } = measure.run(1, &mut |_| {}).unwrap();
            assert!(
                !panels.is_empty() && claims.iter().all(|claim| !claim.evidence.is_empty()),
                "{measure:?}"
            );
            for grid in panels.iter().filter_map(|panel| panel.grid.as_ref()) {
                assert!(grid.rows.iter().all(|(_, row)| row.len() == grid.columns.len()), "{measure:?}");
            }
            // What is counted from the sources changes with them.
            if !matches!(measure, Measure::TrustedCode(_)) {
                said.extend(claims.into_iter().map(|claim| claim.text));
            }
        }
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn the_same_seed_measures_the_same_and_another_something_else() {
        let measure = Measure::LookAlikes(Pictures { pictures: Some(24) });
        let of = |seed| measure.run(seed, &mut |_| {}).unwrap();
        assert_eq!(of(4), of(4));
        let histogram = Measure::HammingHistogram(Pictures { pictures: Some(10) });
        let of = |seed| histogram.run(seed, &mut |_| {}).unwrap();
        assert_ne!(of(4), of(5));
    }

    #[test]
    fn a_measure_that_nobody_knows_and_a_parameter_that_it_has_not_are_refused() {
        let refused = |text: &str| toml::from_str::<Measure>(text).is_err();
        assert!(refused("kind = \"pdq\""));
        assert!(refused("kind = \"look-alikes\"\nphotographs = 3"));
        assert!(!refused("kind = \"base-rate\"\none-in = 1000.0"));
    }

    #[test]
    fn a_parameter_that_cannot_be_measured_is_refused_with_what_to_write_instead() {
        let of = |pictures| Pictures { pictures: Some(pictures) };
        let refused = [
            Measure::PdqRobustness(of(0)),
            Measure::LookAlikes(of(9_999)),
            Measure::ClassFromHash(of(2)),
            Measure::ReportThreshold(ReportThreshold { thresholds: vec![0], ..ReportThreshold::default() }),
            Measure::TextFalsePositives(TextFalsePositives { messages: 0 }),
            Measure::ScopeCreep(ScopeCreep { added: Vec::new(), ..ScopeCreep::default() }),
        ]
        .map(|measure| measure.check().unwrap_err().to_string());
        insta::assert_snapshot!(refused.join("\n"), @"
        pdq-robustness: `pictures` is a whole number from 2 to 2000
        look-alikes: `pictures` is a whole number from 2 to 2000
        class-from-hash: `pictures` is a whole number from 20 to 2000
        report-threshold: `thresholds` are whole numbers from 1 on, at least one
        text-false-positives: `messages` is a whole number from 1 to 100,000
        scope-creep: `entries` and each of `added` are at most 1,000, and `added` has at least one number
        ");
        assert!(Measure::ThresholdSweep(Pictures::default()).check().is_ok());
    }
}
