//! Bars: standing beside one another for histograms, lying below one another where their names need room.

use super::{
    Picture, WIDTH, draw_marks, look, mark_labels,
    place::{LINE, widest, width, wrap},
    scale::{Ends, Scale},
    short,
};
use crate::report::{Axis, Mark, Series, number::figure};

/// Height of the area with standing bars.
const AREA_HIGH: f64 = 230.0;

/// Widest that names to the left of lying bars may be.
const NAMES_WIDE: f64 = 170.0;

/// Thickness of a lying bar.
const BAR_HIGH: f64 = 15.0;

/// At most so many bars stand with their number on them.
const NUMBERED_MAX: usize = 24;

pub(super) fn draw(
    picture: &mut Picture,
    x: &Axis,
    y: &Axis,
    names: &[String],
    series: &[Series],
    marks: &[Mark],
) {
    let ends = series.iter().filter_map(|series| series.band.as_ref()).flat_map(|band| &band.ends);
    let values = series
        .iter()
        .flat_map(|series| &series.points)
        .map(|(_, value)| *value)
        .chain(ends.flat_map(|(low, high)| [*low, *high]));
    // Bars without a common floor would lie about their proportions.
    let length = Scale::new(y, values, Ends::Ticks);
    if marks.is_empty() && !fit_below(names) {
        lying(picture, x, y, names, series, length);
    } else {
        standing(picture, x, y, names, series, marks, length);
    }
}

/// Whether names can stand below their bars: numbers may be left out between others, words may not.
fn fit_below(names: &[String]) -> bool {
    let numbers = names.iter().all(|name| {
        name.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '−' | '-' | '≤' | '<' | '≥' | '>'))
    });
    let room = (WIDTH - 60.0) / names.len().max(1) as f64;
    let widest = names.iter().map(|name| width(name)).fold(0.0, f64::max);
    widest + 8.0 <= room || (numbers && widest < 60.0)
}

/// The numbers of a series by the place that they belong to.
fn values(series: &Series) -> impl Iterator<Item = (usize, f64, Option<(f64, f64)>)> {
    series.points.iter().enumerate().filter(|(_, (place, _))| *place >= 0.0).map(
        |(number, (place, value))| {
            let band = series.band.as_ref().and_then(|band| band.ends.get(number)).copied();
            (place.round() as usize, *value, band)
        },
    )
}

fn standing(
    picture: &mut Picture,
    x: &Axis,
    y: &Axis,
    names: &[String],
    series: &[Series],
    marks: &[Mark],
    length: Scale,
) {
    let (left, right) = (length.ticks_wide() + 10.0, WIDTH - 4.0);
    let places = names.len().max(1) as f64;
    let room = (right - left) / places;
    // The middle of bar 0 stands half a bar from the left.
    let axis = Axis { label: String::new(), logarithmic: false, range: Some((-0.5, places - 0.5)) };
    let across = Scale::new(&axis, std::iter::empty(), Ends::Tight).between(left, right);

    let mut end = picture.axis_label_above(&y.label, 2.0) + 2.0;
    if series.len() > 1 {
        end = picture.legend(series, end, swatch) + 2.0;
    }
    let count = series.len().max(1) as f64;
    let numbers = series.iter().flat_map(|series| &series.points).map(|(_, value)| width(&figure(*value)));
    let numbered = names.len() * series.len() <= NUMBERED_MAX
        && numbers.fold(0.0, f64::max) <= room * if series.len() > 1 { 0.84 } else { 1.0 } / count;
    let top = end + mark_labels(marks, &across).0 + if numbered { LINE } else { 12.0 };
    let bottom = top + AREA_HIGH;
    let length = length.between(bottom, top);
    picture.ticks_at_left(&length.ticks(), left, right);

    let wide = room * 0.84 / count;
    for (number, series) in series.iter().enumerate() {
        for (place, value, band) in values(series).filter(|(place, ..)| *place < names.len()) {
            let from = across.place(place as f64) - room * 0.42 + wide * number as f64;
            let gap = if wide > 4.0 { 1.0 } else { 0.0 };
            let (floor, tip) = (length.floor(), length.place(value));
            bar(picture, number, (from + gap / 2.0, floor.min(tip)), (wide - gap, (floor - tip).abs()));
            let middle = from + wide / 2.0;
            let mut edge = tip.min(floor);
            if let Some((low, high)) = band {
                whisker(picture, (middle, length.place(low)), (middle, length.place(high)));
                edge = edge.min(length.place(high));
            }
            if numbered {
                picture.text("value middle", middle, edge - LINE / 2.0, figure(value));
            }
        }
    }
    let floor = length.floor();
    picture.line("axis", (left, floor), (right, floor));
    draw_marks(picture, marks, &across, end, bottom);

    let widest = names.iter().map(|name| width(name)).fold(0.0, f64::max);
    let every = ((widest + 8.0) / room).ceil().max(1.0) as usize;
    for (place, name) in names.iter().enumerate().step_by(every) {
        let half = width(name) / 2.0;
        let at = across.place(place as f64).min(WIDTH - half).max(half);
        picture.text("tick middle", at, bottom + LINE / 2.0 + 2.0, name.clone());
    }
    picture.height =
        picture.axis_label_below(&x.label, f64::midpoint(left, right), bottom + 4.0 + LINE) + 4.0;
}

fn lying(picture: &mut Picture, x: &Axis, y: &Axis, names: &[String], series: &[Series], length: Scale) {
    let wrapped: Vec<Vec<String>> = names.iter().map(|name| wrap(name, NAMES_WIDE)).collect();
    let left = wrapped.iter().map(|lines| widest(lines)).fold(0.0, f64::max) + 10.0;
    let numbers = series.iter().flat_map(|series| &series.points).map(|(_, value)| width(&figure(*value)));
    let right = WIDTH - numbers.fold(0.0, f64::max) - 10.0;
    let length = length.between(left, right);

    let mut end = picture.axis_label_above(&x.label, 2.0) + 2.0;
    if series.len() > 1 {
        end = picture.legend(series, end, swatch) + 2.0;
    }
    let top = end + 4.0;
    let heights: Vec<f64> = wrapped
        .iter()
        .map(|lines| (series.len() as f64 * BAR_HIGH).max(lines.len() as f64 * LINE) + 8.0)
        .collect();
    let bottom = top + heights.iter().sum::<f64>();
    let ticks = length.ticks();
    for tick in &ticks {
        picture.line("rule", (tick.at, top), (tick.at, bottom));
    }
    let mut start = top;
    for (place, (lines, high)) in wrapped.iter().zip(&heights).enumerate() {
        let middle = start + high / 2.0;
        let first = middle - LINE * (lines.len() as f64 - 1.0) / 2.0;
        for (row, line) in lines.iter().enumerate() {
            picture.text("tick end", left - 6.0, first + LINE * row as f64, line.clone());
        }
        let bars_top = middle - BAR_HIGH * series.len() as f64 / 2.0;
        for (number, series) in series.iter().enumerate() {
            let Some((_, value, band)) = values(series).find(|(at, ..)| *at == place) else { continue };
            let bar_top = bars_top + BAR_HIGH * number as f64;
            let (floor, tip) = (length.floor(), length.place(value));
            bar(picture, number, (floor.min(tip), bar_top + 1.0), ((tip - floor).abs(), BAR_HIGH - 2.0));
            let mut edge = tip.max(floor);
            let bar_middle = bar_top + BAR_HIGH / 2.0;
            if let Some((low, high)) = band {
                whisker(picture, (length.place(low), bar_middle), (length.place(high), bar_middle));
                edge = edge.max(length.place(high));
            }
            picture.text("value", edge + 5.0, bar_middle, figure(value));
        }
        start += high;
    }
    picture.line("axis", (length.floor(), top), (length.floor(), bottom));
    picture.ticks_below(&ticks, bottom);
    picture.height =
        picture.axis_label_below(&y.label, f64::midpoint(left, right), bottom + 6.0 + LINE) + 4.0;
}

/// A bar with the hatching of its series: colour alone would tell nothing on paper, or to some eyes.
fn bar(picture: &mut Picture, number: usize, (left, top): (f64, f64), (wide, high): (f64, f64)) {
    picture.rectangle(format!("bar {}", look(number)), left, top, wide, high);
    let distance = 5.0;
    let slope = match number % super::LOOKS {
        1 | 4 => 1.0,
        2 | 5 => -1.0,
        _ => return,
    };
    // Lines at 45°, each cut where it leaves the bar: `along` is where one meets the upper edge.
    let mut d = String::new();
    let mut along = distance;
    while along < wide + high {
        let (x0, y0) = (along.min(wide), (along - wide).max(0.0));
        let (x1, y1) = ((along - high).max(0.0), along.min(high));
        let (x0, x1) = if slope > 0.0 { (x0, x1) } else { (wide - x0, wide - x1) };
        d.push_str(&format!(
            "M{} {}L{} {}",
            short(left + x0),
            short(top + y0),
            short(left + x1),
            short(top + y1)
        ));
        along += distance;
    }
    if !d.is_empty() {
        picture.path(format!("hatch {}", look(number)), d);
    }
}

fn swatch(picture: &mut Picture, number: usize, x: f64, y: f64) {
    bar(picture, number, (x, y - 6.0), (14.0, 12.0));
}

fn whisker(picture: &mut Picture, from: (f64, f64), to: (f64, f64)) {
    picture.line("whisker", from, to);
    let across = if from.0 == to.0 { (3.0, 0.0) } else { (0.0, 3.0) };
    for end in [from, to] {
        picture.line("whisker", (end.0 - across.0, end.1 - across.1), (end.0 + across.0, end.1 + across.1));
    }
}
