//! From numbers to places on a picture, and the ticks of an axis.

use super::place::width;
use crate::report::{
    Axis,
    number::{decimal, grouped, power_of_ten},
};

/// Numbers beyond this are drawn at the edge: their differences would no longer be numbers.
const SIZE_MAX: f64 = 1e300;

/// One axis on the picture.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    start: f64,
    end: f64,
}

/// A tick of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    /// Where on the picture.
    pub(super) at: f64,
    /// What it says.
    pub(super) text: String,
}

/// Where an axis may begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// At the first and last number.
    Tight,
    /// At ticks; at zero, unless a number is below it.
    Ticks,
}

impl Scale {
    /// An axis that holds all `values`.
    pub(super) fn new(axis: &Axis, values: impl Iterator<Item = f64>, ends: Ends) -> Self {
        let usable = |value: &f64| value.is_finite() && (!axis.logarithmic || *value > 0.0);
        let bounded = |value: f64| {
            let value = value.clamp(-SIZE_MAX, SIZE_MAX);
            if axis.logarithmic { value.max(1.0 / SIZE_MAX) } else { value }
        };
        let asked = axis.range.filter(|(low, high)| usable(low) && usable(high) && low < high);
        let (mut low, mut high) = values
            .filter(usable)
            .map(bounded)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            (low, high) = if axis.logarithmic { (1.0, 10.0) } else { (0.0, 1.0) };
        }
        if let Some((from, to)) = asked {
            (low, high) = (bounded(from), bounded(to));
        } else if axis.logarithmic {
            if ends == Ends::Ticks || low == high {
                (low, high) = (10f64.powf(low.log10().floor()), 10f64.powf(high.log10().ceil()));
            }
            if low == high {
                high = low * 10.0;
            }
        } else {
            if ends == Ends::Ticks {
                (low, high) = (low.min(0.0), high.max(0.0));
            }
            if low == high {
                (low, high) = (low - 0.5, high + 0.5);
                if ends == Ends::Ticks && low > -1.0 {
                    (low, high) = (0.0, 1.0);
                }
            }
            if ends == Ends::Ticks {
                let step = step(low, high, TICKS);
                (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
            }
        }
        Self { low, high, logarithmic: axis.logarithmic, start: 0.0, end: 1.0 }
    }

    /// The same axis between two places on the picture.
    pub(super) fn between(mut self, start: f64, end: f64) -> Self {
        (self.start, self.end) = (start, end);
        self
    }

    /// Where a number stands. One that is beyond the axis stands at its end.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            let value = value.clamp(self.low, self.high);
            (value.log10() - self.low.log10()) / (self.high.log10() - self.low.log10())
        } else {
            let value = value.clamp(self.low, self.high);
            (value - self.low) / (self.high - self.low)
        };
        let share = if share.is_finite() { share } else { 0.0 };
        self.start + share * (self.end - self.start)
    }

    /// Where bars begin.
    pub(super) fn floor(&self) -> f64 {
        self.place(if self.logarithmic { self.low } else { 0.0 })
    }

    /// Its ticks, about as many as can be read.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        if self.logarithmic { self.decades() } else { self.steps() }
    }

    /// How wide the widest of their words are.
    pub(super) fn ticks_wide(&self) -> f64 {
        self.ticks().iter().map(|tick| width(&tick.text)).fold(0.0, f64::max)
    }

    fn steps(&self) -> Vec<Tick> {
        let step = step(self.low, self.high, TICKS);
        let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
        let first = (self.low / step - 1e-9).ceil();
        (0..=TICKS * 3)
            .map(|number| (first + number as f64) * step)
            .take_while(|value| *value <= self.high + step * 1e-9)
            .map(|value| Tick { at: self.place(value), text: number(value, decimals) })
            .collect()
    }

    fn decades(&self) -> Vec<Tick> {
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let every = ((last - first) / 7 + 1).max(1);
        let within: &[f64] = if last - first <= 1 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        (first..=last)
            .step_by(every as usize)
            .flat_map(|exponent| within.iter().map(move |digit| (exponent, *digit)))
            .map(|(exponent, digit)| (exponent, digit * 10f64.powi(exponent)))
            .filter(|(_, value)| *value >= self.low * (1.0 - 1e-9) && *value <= self.high * (1.0 + 1e-9))
            .map(|(exponent, value)| Tick { at: self.place(value), text: power(exponent, value) })
            .collect()
    }
}

/// About so many ticks on an axis.
const TICKS: usize = 5;

/// The step of a linear axis: 1, 2 or 5 times a power of ten.
fn step(low: f64, high: f64, about: usize) -> f64 {
    let raw = (high - low) / about as f64;
    if !(raw.is_finite() && raw > f64::MIN_POSITIVE * 1e10) {
        return 1.0;
    }
    let power = 10f64.powf(raw.log10().floor());
    let digit = raw / power;
    power
        * match digit {
            _ if digit <= 1.0 => 1.0,
            _ if digit <= 2.0 => 2.0,
            _ if digit <= 5.0 => 5.0,
            _ => 10.0,
        }
}

fn number(value: f64, decimals: usize) -> String {
    if value.abs() >= 1e7 {
        let exponent = value.abs().log10().floor() as i32;
        let mantissa = decimal(value / 10f64.powi(exponent), 2);
        return format!("{mantissa}×{}", power_of_ten(exponent));
    }
    decimal(value, decimals)
}

fn power(exponent: i32, value: f64) -> String {
    match exponent {
        0..=5 => grouped(value.round() as u64),
        -4..0 => decimal(value, (-exponent) as usize),
        _ => {
            let digit = (value / 10f64.powi(exponent)).round() as u64;
            if digit == 1 { power_of_ten(exponent) } else { format!("{digit}×{}", power_of_ten(exponent)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(logarithmic: bool, range: Option<(f64, f64)>) -> Axis {
        Axis { label: "x".into(), logarithmic, range }
    }

    fn ticks(axis: &Axis, values: &[f64]) -> Vec<String> {
        let scale = Scale::new(axis, values.iter().copied(), Ends::Ticks).between(0.0, 100.0);
        let ticks = scale.ticks();
        assert!(ticks.iter().all(|tick| (-1e-6..=100.000_001).contains(&tick.at)), "{ticks:?}");
        ticks.into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_begin_at_zero() {
        assert_eq!(ticks(&axis(false, None), &[3.0, 97.0]), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(ticks(&axis(false, None), &[0.02, 0.093]), ["0", "0.02", "0.04", "0.06", "0.08", "0.1"]);
        assert_eq!(ticks(&axis(false, None), &[-4.0, 4.0]), ["−4", "−2", "0", "2", "4"]);
        assert_eq!(ticks(&axis(false, Some((0.4, 0.6))), &[7.0]), ["0.4", "0.45", "0.5", "0.55", "0.6"]);
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten_and_few() {
        let wide = ticks(&axis(true, None), &[1e-6, 0.3]);
        assert_eq!(wide, ["10⁻⁶", "10⁻⁵", "0.0001", "0.001", "0.01", "0.1", "1"]);
        assert_eq!(ticks(&axis(true, None), &[1.5, 9.0]), ["1", "2", "5", "10"]);
        assert!(ticks(&axis(true, None), &[1e-30, 1e30]).len() < 12);
    }

    #[test]
    fn numbers_that_cannot_be_drawn_do_no_harm() {
        for logarithmic in [false, true] {
            let axis = axis(logarithmic, Some((5.0, 5.0)));
            for values in [
                &[][..],
                &[f64::NAN],
                &[f64::MAX, f64::MIN],
                &[5e-324, 1e-323],
                &[0.0],
                &[-1.0, -1.0],
                &[7.0],
            ] {
                let scale = Scale::new(&axis, values.iter().copied(), Ends::Ticks).between(10.0, 20.0);
                assert!(scale.ticks().len() < 20, "{values:?}");
                for value in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e9] {
                    assert!((9.999..=20.001).contains(&scale.place(value)), "{value} of {values:?}");
                }
            }
        }
    }
}
