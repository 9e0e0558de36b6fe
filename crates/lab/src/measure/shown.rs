//! Panels from numbers.

use super::interval::Share;
use crate::report::{Axis, Band, Figure, Series, Source, Tone, decimal, figure, grouped};

pub(super) fn plain(text: impl Into<String>) -> Figure {
    Figure { text: text.into(), tone: Tone::Plain }
}

pub(super) fn strong(text: impl Into<String>) -> Figure {
    Figure { text: text.into(), tone: Tone::Strong }
}

/// With as many digits as tell it from none and from all: 0.999 is not 100 %.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", in_percent(share))
}

/// The ends of a share's interval, in percent.
pub(super) fn interval(share: Share) -> String {
    let (low, high) = share.wilson();
    format!("{} to {} %", in_percent(low), in_percent(high))
}

fn in_percent(share: f64) -> String {
    let percent = share * 100.0;
    let from_end = percent.min(100.0 - percent);
    if from_end <= 0.0 {
        return decimal(percent, 0);
    }
    if from_end < SMALLEST {
        return if percent < 50.0 { figure(percent) } else { "more than 99.9999".into() };
    }
    let decimals = match from_end {
        10.0.. => 0,
        1.0.. => 1,
        // Two digits that say something.
        _ => (1.0 - from_end.log10().floor()) as usize,
    };
    decimal(percent, decimals)
}

/// Percentages that are smaller, or nearer to all, are not written out. A little below 0.0001, which is shown.
const SMALLEST: f64 = 0.99e-4;

/// The part, and of how many.
pub(super) fn of(Share { part, of }: Share) -> String {
    format!("{} of {}", grouped(part), grouped(of))
}

/// The cells of a share: in percent, its interval, and how many cases it is of.
pub(super) fn share_cells(share: Share) -> Vec<Figure> {
    vec![strong(percent(share.value())), plain(interval(share)), plain(grouped(share.of))]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_not_none_or_all_never_reads_as_if_it_were() {
        let shown = [
            0.0,
            1e-8,
            1e-6,
            9e-5,
            9e-4,
            0.001,
            0.05,
            0.123,
            0.5,
            0.952,
            0.999,
            0.999_998_999,
            0.999_999_99,
            1.0,
        ]
        .map(percent);
        assert_eq!(
            shown,
            [
                "0 %",
                "10⁻⁶ %",
                "0.0001 %",
                "0.009 %",
                "0.09 %",
                "0.1 %",
                "5 %",
                "12 %",
                "50 %",
                "95.2 %",
                "99.9 %",
                "99.9999 %",
                "more than 99.9999 %",
                "100 %"
            ]
        );
    }
}
