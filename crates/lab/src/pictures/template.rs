//! Innocent pictures that share a template: one meme with other captions, one form with other answers.

use airlock_hooks::views::Picture;

use super::{
    paint::{Canvas, Numbers, Place, Shape, scene},
    picture,
};

/// How much of a meme its caption takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Captions {
    /// One line of small letters.
    Small,
    /// Two lines of letters twice as high.
    Large,
}

/// A scene with a caption: the template says which scene, the caption which words.
pub(crate) fn meme(template: u64, caption: u64, captions: Captions) -> Picture {
    let mut canvas = scene(template, 240, 180);
    let mut numbers = Numbers(caption);
    let (lines, half): (&[f64], f64) = match captions {
        Captions::Large => (&[0.09, 0.91], 0.04),
        Captions::Small => (&[0.95], 0.02),
    };
    for middle in lines {
        for (from, to) in words(&mut numbers, 0.06, 0.94) {
            letters(&mut canvas, &mut numbers, [from, to], [*middle, half]);
        }
    }
    picture(&canvas)
}

/// White letters with a black outline: two stems and a bar each.
fn letters(canvas: &mut Canvas, numbers: &mut Numbers, [from, to]: [f64; 2], [middle, half]: [f64; 2]) {
    let mut at = from;
    while at + half * 0.6 <= to {
        let bar_at = middle + numbers.between(-half, half) * 0.8;
        let strokes = [
            ([at, at + half * 0.15], [middle - half, middle + half]),
            ([at + half * 0.45, at + half * 0.6], [middle - half, middle + half]),
            ([at, at + half * 0.6], [bar_at - half * 0.1, bar_at + half * 0.1]),
        ];
        for (grow, colour) in [(0.005, [0.0; 3]), (0.0, [255.0; 3])] {
            for ([left, right], [top, bottom]) in strokes {
                bar(canvas, [left - grow, right + grow], [top - grow, bottom + grow], colour);
            }
        }
        at += half * 0.9;
    }
}

/// A page with a heading, a grey box and twelve fields: the template is the school's, the content is written by hand.
pub(crate) fn form(template: u64, content: u64) -> Picture {
    let mut canvas = Canvas::new(180, 240, [250.0; 3]);
    let (mut school, mut hand) = (Numbers(template), Numbers(content));
    let heading = school.colour(20.0, 180.0);
    bar(&mut canvas, [0.06, 0.94], [0.03, 0.11], heading);
    let shade = school.between(180.0, 230.0);
    let box_from = school.between(0.1, 0.6);
    bar(&mut canvas, [box_from, box_from + 0.3], [0.14, 0.22], [shade; 3]);
    for field in 0..12 {
        let y = 0.26 + 0.06 * f64::from(field);
        for (from, to) in words(&mut school, 0.06, 0.36) {
            bar(&mut canvas, [from, to], [y, y + 0.018], [60.0; 3]);
        }
        bar(&mut canvas, [0.42, 0.94], [y + 0.024, y + 0.028], [120.0; 3]);
        let end = hand.between(0.5, 0.94);
        for (from, to) in words(&mut hand, 0.43, end) {
            let low = hand.between(0.0, 0.012);
            bar(&mut canvas, [from, to], [y - 0.006 + low, y + 0.02], [30.0, 40.0, 140.0]);
        }
    }
    picture(&canvas)
}

/// Where words begin and end on a line.
fn words(numbers: &mut Numbers, from: f64, to: f64) -> Vec<(f64, f64)> {
    let mut line = Vec::new();
    let mut at = from + numbers.between(0.0, (to - from) * 0.2);
    while at < to {
        let end = (at + numbers.between(0.03, 0.16)).min(to);
        line.push((at, end));
        at = end + 0.02;
    }
    line
}

fn bar(canvas: &mut Canvas, [left, right]: [f64; 2], [top, bottom]: [f64; 2], colour: [f64; 3]) {
    let at = Place {
        x: (left + right) / 2.0,
        y: (top + bottom) / 2.0,
        rx: (right - left) / 2.0,
        ry: (bottom - top) / 2.0,
        turn: [1.0, 0.0],
    };
    canvas.shape(Shape::Rectangle, at, |_| colour);
}
