//! Panels from numbers.

use super::interval::Share;
use crate::report::{Axis, Band, Figure, Series, Source, Tone};

pub(super) fn plain(text: impl Into<String>) -> Figure {
    Figure { text: text.into(), tone: Tone::Plain }
}

pub(super) fn strong(text: impl Into<String>) -> Figure {
    Figure { text: text.into(), tone: Tone::Strong }
}

pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent >= 10.0 {
        format!("{percent:.0} %")
    } else if percent >= 0.1 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.1e} %")
    }
}

/// The ends of a share's interval, in percent.
pub(super) fn interval(share: Share) -> String {
    let (low, high) = share.wilson();
    format!("{:.1} to {:.1} %", low * 100.0, high * 100.0)
}

/// A number with a comma between thousands.
pub(super) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(super) fn axis(label: &str) -> Axis {
    Axis { label: label.into(), logarithmic: false, range: None }
}

pub(super) fn percent_axis(label: &str) -> Axis {
    Axis { label: label.into(), logarithmic: false, range: Some((0.0, 100.0)) }
}

pub(super) fn line(name: impl Into<String>, points: Vec<(f64, f64)>) -> Series {
    Series { name: name.into(), points, band: None }
}

/// Shares in percent, each with Wilson's interval, at places on the x axis.
pub(super) fn shares(name: impl Into<String>, shares: &[(f64, Share)]) -> Series {
    let points = shares.iter().map(|(x, share)| (*x, share.value() * 100.0)).collect();
    let ends = shares.iter().map(|(_, share)| share.wilson()).map(|(low, high)| (low * 100.0, high * 100.0));
    let band = Band { label: "95 % Wilson interval".into(), ends: ends.collect() };
    Series { name: name.into(), points, band: Some(band) }
}

pub(super) fn source(figure: &str, citation: &str) -> Source {
    Source { figure: figure.into(), citation: citation.into() }
}
