//! A panel: one thing that a report shows, as a grid of words and numbers, as a plot, or both.

use serde::{Deserialize, Serialize};

/// One thing that a report shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Names it within its scenario: `readers`, `pdq-robustness`.
    pub id: String,
    /// For people.
    pub title: String,
    /// What it says, in one or two sentences that are filled in from its numbers.
    pub says: String,
    /// Rows and columns.
    pub grid: Option<Grid>,
    /// The same numbers, or some of them, drawn.
    pub plot: Option<Plot>,
    /// Figures to compare with.
    pub sources: Vec<Source>,
    /// The strongest honest case of either side for what it shows.
    pub case: Case,
}

/// Rows and columns of words and numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// What the first column holds.
    pub corner: String,
    /// The other columns: settings, edits, thresholds.
    pub columns: Vec<String>,
    /// Each with a label and as many figures as there are columns.
    pub rows: Vec<(String, Vec<Figure>)>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// As it is printed.
    pub text: String,
    /// How it is printed. Colour never says what words do not.
    pub tone: Tone,
}

/// How something is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// As text.
    Plain,
    /// What happened.
    Strong,
    /// What did not happen.
    Faint,
    /// A promise that is broken.
    Broken,
}

/// Numbers to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Plot {
    /// Points joined by lines: sweeps, ROC curves, base rates.
    Lines {
        /// To the right.
        x: Axis,
        /// Upwards.
        y: Axis,
        /// The lines.
        series: Vec<Series>,
        /// Places on the x axis to point out, such as the threshold of a manifest.
        marks: Vec<Mark>,
    },
    /// Bars side by side: histograms, and shares by kind.
    Bars {
        /// What each bar stands for; its length.
        x: Axis,
        /// Upwards.
        y: Axis,
        /// One name a place on the x axis.
        names: Vec<String>,
        /// Each with one number a name, in `y`; `x` counts the names from 0.
        series: Vec<Series>,
        /// Places on the x axis to point out.
        marks: Vec<Mark>,
    },
}

/// One axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// What, with its unit.
    pub label: String,
    /// Whether equal steps are equal factors.
    pub logarithmic: bool,
    /// The ends, if they should not follow the numbers.
    pub range: Option<(f64, f64)>,
}

/// One line, or the bars of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Named in the legend, and at the line.
    pub name: String,
    /// Each `(x, y)`, finite, x rising.
    pub points: Vec<(f64, f64)>,
    /// An interval of `y` for each point, or none at all.
    pub band: Option<Band>,
}

/// The interval of each point of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// What it is: `95 % Wilson interval`.
    pub label: String,
    /// `(low, high)` for each point.
    pub ends: Vec<(f64, f64)>,
}

/// A place on the x axis to point out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Where.
    pub x: f64,
    /// Why.
    pub label: String,
}

/// The strongest honest case of either side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// For the check.
    #[serde(rename = "for")]
    pub in_favour: String,
    /// Against it.
    pub against: String,
}

impl Case {
    pub(crate) fn new(in_favour: &str, against: &str) -> Self {
        Self { in_favour: in_favour.into(), against: against.into() }
    }
}

/// A figure of somebody else's, or of an earlier measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The figure, and what of.
    pub figure: String,
    /// Whose it is.
    pub citation: String,
}
