//! Draws a [`Plot`] as SVG, to stand in the report's page. A pure function: the same numbers give the same bytes.
//!
//! It has no colours: classes say what a shape is, and the page's style how that looks, by day, by night and on
//! paper. Series differ by dash, marker and hatching as well as by colour, and are named where they are drawn.

mod bars;
mod lines;
mod place;
mod scale;

use std::fmt;

use askama::{Template, filters::HtmlSafe};

use self::{
    place::{FONT, LINE, width, wrap},
    scale::{Scale, Tick},
};
use super::{Mark, Plot, Series, number::figure};

/// A drawn plot. Only [`svg()`] makes one, from a template that escapes every word in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Svg(String);

impl fmt::Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is drawn was escaped when it was drawn.
impl HtmlSafe for Svg {}

/// Draws a plot. `id` begins the ids in it, so that several can stand on one page.
///
/// # Errors
/// Never in practice: writing to a string does not fail.
pub(super) fn svg(plot: &Plot, id: &str, title: &str) -> Result<Svg, fmt::Error> {
    let mut picture = Picture {
        id: id.to_owned(),
        title: title.to_owned(),
        description: description(plot),
        width: WIDTH,
        height: 0.0,
        paths: Vec::new(),
        texts: Vec::new(),
    };
    match plot {
        Plot::Lines { x, y, series, marks } => lines::draw(&mut picture, x, y, series, marks),
        Plot::Bars { x, y, names, series, marks } => bars::draw(&mut picture, x, y, names, series, marks),
    }
    picture.height = picture.height.ceil();
    picture.render().map(Svg).map_err(|_| fmt::Error)
}

/// Width of every picture. The page shows it wider or narrower: at the width of a phone its words can still be read.
const WIDTH: f64 = 480.0;

/// Looks that tell series apart before they come again.
const LOOKS: usize = 6;

#[derive(Debug, Template)]
#[template(path = "plot.svg")]
struct Picture {
    id: String,
    title: String,
    description: String,
    width: f64,
    height: f64,
    paths: Vec<Path>,
    texts: Vec<Text>,
}

#[derive(Debug)]
struct Path {
    class: String,
    d: String,
}

#[derive(Debug)]
struct Text {
    class: &'static str,
    x: String,
    y: String,
    text: String,
}

impl Picture {
    fn path(&mut self, class: impl Into<String>, d: String) {
        self.paths.push(Path { class: class.into(), d });
    }

    fn line(&mut self, class: impl Into<String>, from: (f64, f64), to: (f64, f64)) {
        self.path(class, format!("M{} {}L{} {}", short(from.0), short(from.1), short(to.0), short(to.1)));
    }

    fn rectangle(&mut self, class: impl Into<String>, left: f64, top: f64, wide: f64, high: f64) {
        let (left, top) = (short(left), short(top));
        self.path(class, format!("M{left} {top}h{}v{}h{}z", short(wide), short(high), short(-wide)));
    }

    /// Writes one line of text; `y` is its middle.
    fn text(&mut self, class: &'static str, x: f64, y: f64, text: impl Into<String>) {
        // From the middle of the small letters and digits to the line that they stand on.
        let baseline = y + FONT * 0.35;
        self.texts.push(Text { class, x: short(x), y: short(baseline), text: text.into() });
    }

    /// The label of an axis above it, at the left; gives where it ends.
    fn axis_label_above(&mut self, label: &str, top: f64) -> f64 {
        let lines = wrap(label, WIDTH - 8.0);
        for (number, line) in lines.iter().enumerate() {
            self.text("label", 2.0, top + LINE * (number as f64 + 0.5), line.clone());
        }
        top + LINE * lines.len() as f64
    }

    /// The label of an axis below it, under its middle; gives where it ends.
    fn axis_label_below(&mut self, label: &str, middle: f64, top: f64) -> f64 {
        let lines = wrap(label, WIDTH - 8.0);
        for (number, line) in lines.iter().enumerate() {
            let half = width(line) / 2.0;
            let middle = middle.clamp(half.min(WIDTH / 2.0), (WIDTH - half).max(WIDTH / 2.0));
            self.text("label middle", middle, top + LINE * (number as f64 + 0.5), line.clone());
        }
        top + LINE * lines.len() as f64
    }

    /// Ticks to the left of an area that goes from `left` to `right`, with a thin line across it.
    fn ticks_at_left(&mut self, ticks: &[Tick], left: f64, right: f64) {
        for tick in ticks {
            self.line("rule", (left, tick.at), (right, tick.at));
            self.text("tick end", left - 6.0, tick.at, tick.text.clone());
        }
    }

    /// Ticks below an area whose lower edge is `bottom`. Those whose words would touch the last ones are left out.
    fn ticks_below(&mut self, ticks: &[Tick], bottom: f64) {
        let mut edge = f64::NEG_INFINITY;
        for tick in ticks {
            self.line("axis", (tick.at, bottom), (tick.at, bottom + 4.0));
            let half = width(&tick.text) / 2.0;
            if tick.at - half < edge {
                continue;
            }
            edge = tick.at + half + 6.0;
            let at = tick.at.min(WIDTH - half);
            self.text("tick middle", at, bottom + 4.0 + LINE / 2.0, tick.text.clone());
        }
    }

    /// The names of several series in rows, each with what `swatch` draws for it; gives where they end.
    fn legend(&mut self, series: &[Series], top: f64, swatch: impl Fn(&mut Self, usize, f64, f64)) -> f64 {
        let (mut x, mut y) = (2.0, top + LINE / 2.0);
        for (number, series) in series.iter().enumerate() {
            let lines = wrap(&series.name, WIDTH - SWATCH - 8.0);
            let wide = SWATCH + place::widest(&lines);
            if x > 2.0 && x + wide > WIDTH {
                (x, y) = (2.0, y + LINE);
            }
            swatch(self, number, x, y);
            for (row, line) in lines.iter().enumerate() {
                y += if row > 0 { LINE } else { 0.0 };
                self.text("label", x + SWATCH, y, line.clone());
            }
            x += wide + 16.0;
        }
        y + LINE / 2.0
    }
}

/// Room for what shows a series' look, beside its name.
const SWATCH: f64 = 20.0;

/// A place on the picture, no finer than it can be seen.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".into() } else { text.to_owned() }
}

/// The class of a series' shapes.
fn look(number: usize) -> String {
    format!("s{}", number % LOOKS + 1)
}

/// The labels of marks above an area: how high they are together, and the lines of each with its first row.
fn mark_labels(marks: &[Mark], scale: &Scale) -> (f64, Vec<(Vec<String>, f64, usize)>) {
    let labels: Vec<(Vec<String>, f64)> = marks
        .iter()
        .map(|mark| {
            let lines = wrap(&mark.label, WIDTH / 2.0);
            let half = place::widest(&lines) / 2.0 + 3.0;
            (lines, scale.place(mark.x).clamp(half, (WIDTH - half).max(half)))
        })
        .collect();
    let extents: Vec<(f64, f64, usize)> = labels
        .iter()
        .map(|(lines, middle)| {
            let half = place::widest(lines) / 2.0 + 3.0;
            (middle - half, middle + half, lines.len())
        })
        .collect();
    let rows = place::rows(&extents);
    let high = rows.iter().zip(&extents).map(|(row, (_, _, lines))| row + lines).max().unwrap_or(0);
    let placed = labels.into_iter().zip(rows).map(|((lines, middle), row)| (lines, middle, row)).collect();
    (high as f64 * LINE, placed)
}

/// Draws marks: their labels from `top` on, and a line from each down to `bottom`.
fn draw_marks(picture: &mut Picture, marks: &[Mark], scale: &Scale, top: f64, bottom: f64) {
    let (_, labels) = mark_labels(marks, scale);
    for (mark, (lines, _, row)) in marks.iter().zip(&labels) {
        let under = top + LINE * (row + lines.len()) as f64;
        picture.line("mark", (scale.place(mark.x), under), (scale.place(mark.x), bottom));
    }
    // After all lines, so that none crosses a word.
    for (lines, middle, row) in labels {
        for (number, line) in lines.into_iter().enumerate() {
            picture.text("mark-label middle", middle, top + LINE * ((row + number) as f64 + 0.5), line);
        }
    }
}

/// What the plot holds, for those who hear it.
fn description(plot: &Plot) -> String {
    let kind = match plot {
        Plot::Lines { .. } => "Lines",
        Plot::Bars { .. } => "Bars",
    };
    let [x, y] = plot.axes();
    let mut text = format!("{kind}. To the right: {}. Upwards: {}.", x.label, y.label);
    for series in plot.series() {
        let mut lowest = f64::INFINITY;
        let mut highest = f64::NEG_INFINITY;
        for (_, value) in &series.points {
            (lowest, highest) = (lowest.min(*value), highest.max(*value));
        }
        if lowest <= highest {
            text.push_str(&format!(" {}: from {} to {}.", series.name, figure(lowest), figure(highest)));
        }
    }
    for mark in plot.marks() {
        text.push_str(&format!(" Marked at {}: {}.", figure(mark.x), mark.label));
    }
    text.push_str(" All numbers are in the table below the plot.");
    text
}
