//! Points joined by lines, each line named at its end.

use super::{
    Picture, WIDTH, draw_marks, look, mark_labels,
    place::{LINE, spread, widest, wrap},
    scale::{Ends, Scale},
    short,
};
use crate::report::{Axis, Mark, Series};

/// Height of the area with the lines, unless their names need more.
const AREA_HIGH: f64 = 230.0;

/// Widest that the names at the right may be.
const NAMES_WIDE: f64 = 120.0;

/// From the end of a line to its name: a marker stands between.
const NAME_GAP: f64 = 24.0;

/// More points than this have a marker at some only.
const MARKERS_MAX: usize = 20;

pub(super) fn draw(picture: &mut Picture, x: &Axis, y: &Axis, series: &[Series], marks: &[Mark]) {
    let xs = series.iter().flat_map(|series| &series.points).map(|(x, _)| *x);
    let ys = series.iter().flat_map(|series| {
        let band = series.band.iter().flat_map(|band| &band.ends).flat_map(|(low, high)| [*low, *high]);
        series.points.iter().map(|(_, y)| *y).chain(band)
    });
    let across = Scale::new(x, xs.chain(marks.iter().map(|mark| mark.x)), Ends::Tight);
    let up = Scale::new(y, ys, Ends::Ticks);

    let names: Vec<Vec<String>> = series.iter().map(|series| wrap(&series.name, NAMES_WIDE)).collect();
    let heights: Vec<f64> = names.iter().map(|lines| lines.len() as f64 * LINE + 2.0).collect();
    let names_wide = names.iter().map(|lines| widest(lines)).fold(0.0, f64::max);
    let left = up.ticks_wide() + 10.0;
    let right = (WIDTH - NAME_GAP - names_wide - 2.0).max(left + 80.0);
    let across = across.between(left, right);

    let label_end = picture.axis_label_above(&y.label, 2.0) + 4.0;
    let top = label_end + mark_labels(marks, &across).0 + 10.0;
    let bottom = top + AREA_HIGH.max(heights.iter().sum());
    let up = up.between(bottom, top);

    picture.ticks_at_left(&up.ticks(), left, right);
    for (number, series) in series.iter().enumerate() {
        band(picture, series, number, &across, &up);
    }
    picture.line("axis", (left, bottom), (right, bottom));
    picture.ticks_below(&across.ticks(), bottom);
    draw_marks(picture, marks, &across, label_end, bottom);
    for (number, series) in series.iter().enumerate() {
        line(picture, series, number, &across, &up);
    }
    draw_names(picture, series, &names, &heights, (right, top, bottom), &|series: &Series| {
        series.points.last().map(|(x, y)| (across.place(*x), up.place(*y)))
    });
    let under = bottom + 6.0 + LINE;
    picture.height = picture.axis_label_below(&x.label, f64::midpoint(left, right), under) + 4.0;
}

/// The names at the right, beside the ends of their lines as far as they do not push one another away.
fn draw_names(
    picture: &mut Picture,
    series: &[Series],
    names: &[Vec<String>],
    heights: &[f64],
    (right, top, bottom): (f64, f64, f64),
    end: &dyn Fn(&Series) -> Option<(f64, f64)>,
) {
    let ends: Vec<Option<(f64, f64)>> = series.iter().map(end).collect();
    let wanted: Vec<(f64, f64)> = ends
        .iter()
        .zip(heights)
        .map(|(end, height)| (end.map_or(f64::midpoint(top, bottom), |(_, y)| y), *height))
        .collect();
    let middles = spread(&wanted, top - LINE / 2.0, bottom + LINE / 2.0);
    for (number, ((end, middle), lines)) in ends.iter().zip(middles).zip(names).enumerate() {
        let marker_at = right + NAME_GAP - 9.0;
        if let Some(end) = end {
            picture.line("leader", *end, (marker_at - 5.0, middle));
        }
        marker(picture, number, (marker_at, middle));
        let first = middle - LINE * (lines.len() as f64 - 1.0) / 2.0;
        for (row, name) in lines.iter().enumerate() {
            picture.text("name", right + NAME_GAP, first + LINE * row as f64, name.clone());
        }
    }
}

fn band(picture: &mut Picture, series: &Series, number: usize, across: &Scale, up: &Scale) {
    let Some(band) = &series.band else { return };
    let places: Vec<(f64, f64, f64)> = series
        .points
        .iter()
        .zip(&band.ends)
        .map(|((x, _), (low, high))| (across.place(*x), up.place(*low), up.place(*high)))
        .collect();
    let there = places.iter().map(|(x, low, _)| (x, low));
    let back = places.iter().rev().map(|(x, _, high)| (x, high));
    let corners: Vec<String> =
        there.chain(back).map(|(x, y)| format!("{} {}", short(*x), short(*y))).collect();
    if !corners.is_empty() {
        picture.path(format!("band {}", look(number)), format!("M{}z", corners.join("L")));
    }
}

fn line(picture: &mut Picture, series: &Series, number: usize, across: &Scale, up: &Scale) {
    let places: Vec<(f64, f64)> =
        series.points.iter().map(|(x, y)| (across.place(*x), up.place(*y))).collect();
    let corners: Vec<String> = places.iter().map(|(x, y)| format!("{} {}", short(*x), short(*y))).collect();
    if corners.len() > 1 {
        picture.path(format!("line {}", look(number)), format!("M{}", corners.join("L")));
    }
    let every = places.len().div_ceil(MARKERS_MAX).max(1);
    // Lines that lie on one another show their markers in turn.
    for place in places.iter().skip(if every > 1 { number % every } else { 0 }).step_by(every) {
        marker(picture, number, *place);
    }
}

/// A small shape, another for each look.
pub(super) fn marker(picture: &mut Picture, number: usize, (x, y): (f64, f64)) {
    let at = |dx: f64, dy: f64| format!("{} {}", short(x + dx), short(y + dy));
    let d = match number % super::LOOKS {
        0 => format!("M{}a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", at(-4.0, 0.0)),
        1 => format!("M{}h7v7h-7z", at(-3.5, -3.5)),
        2 => format!("M{}L{}L{}z", at(0.0, -4.6), at(4.4, 3.4), at(-4.4, 3.4)),
        3 => format!("M{}L{}L{}L{}z", at(0.0, -5.0), at(5.0, 0.0), at(0.0, 5.0), at(-5.0, 0.0)),
        4 => format!("M{}L{}M{}L{}", at(-4.0, -4.0), at(4.0, 4.0), at(-4.0, 4.0), at(4.0, -4.0)),
        _ => format!("M{}L{}L{}z", at(0.0, 4.6), at(4.4, -3.4), at(-4.4, -3.4)),
    };
    let class = if number % super::LOOKS == 4 { "cross" } else { "marker" };
    picture.path(format!("{class} {}", look(number)), d);
}
