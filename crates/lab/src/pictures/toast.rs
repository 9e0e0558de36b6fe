//! Burnt toast, and what might be taken for it: the harmless classes that stand in for what a model like
//! `sensitive-image` is built to find.

use airlock_hooks::views::Picture;

use super::{
    edit::worn,
    paint::{Canvas, Numbers, Place, Shape, direction, mix, scene},
    picture,
};

/// What is on a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Motif {
    /// What the model is to find.
    BurntToast,
    /// The same slice, as it should be.
    FreshToast,
    /// Other things on a plate.
    Fruit,
    /// Dark things that are no toast.
    Dark,
    /// Anything.
    Scene,
}

impl Motif {
    /// What a sample shows: half of them burnt toast, and the others in turn.
    pub(crate) fn of(sample: u64) -> Self {
        if sample.is_multiple_of(2) {
            return Self::BurntToast;
        }
        [Self::FreshToast, Self::Fruit, Self::Dark, Self::Scene][(sample / 2 % 4) as usize]
    }
}

/// Paints a motif and wears it a little, as pictures are when they are sent.
pub(crate) fn painted(seed: u64, motif: Motif) -> Picture {
    let mut numbers = Numbers(seed);
    let (width, height) = (200 + numbers.below(120), 180 + numbers.below(120));
    // Some kitchens are tidy.
    let mut canvas = if numbers.below(2) == 0 {
        scene(numbers.bits(), width, height)
    } else {
        let mut table = Canvas::new(width, height, [0.0; 3]);
        let (from, to, turn) =
            (numbers.colour(60.0, 230.0), numbers.colour(60.0, 230.0), direction(&mut numbers));
        table.gradient(from, to, turn);
        table.grain(&mut numbers, 12, 15.0);
        table
    };
    let middle = Place {
        x: numbers.between(0.35, 0.65),
        y: numbers.between(0.35, 0.65),
        rx: 0.0,
        ry: 0.0,
        turn: direction(&mut numbers),
    };
    match motif {
        Motif::BurntToast | Motif::FreshToast => {
            plate(&mut canvas, &mut numbers, middle);
            slice(&mut canvas, &mut numbers, middle, motif == Motif::BurntToast);
        }
        Motif::Fruit => {
            plate(&mut canvas, &mut numbers, middle);
            for _ in 0..2 + numbers.below(4) {
                let size = numbers.between(0.06, 0.14);
                let at = Place {
                    x: middle.x + numbers.between(-0.15, 0.15),
                    y: middle.y + numbers.between(-0.15, 0.15),
                    rx: size,
                    ry: size * numbers.between(0.8, 1.2),
                    turn: [1.0, 0.0],
                };
                let peel = numbers.colour(60.0, 250.0);
                canvas.shape(Shape::Ellipse, at, |out| mix(peel, peel.map(|part| part * 0.6), out * out));
            }
        }
        Motif::Dark => {
            for _ in 0..1 + numbers.below(3) {
                let size = numbers.between(0.12, 0.3);
                let at = Place {
                    x: middle.x + numbers.between(-0.2, 0.2),
                    y: middle.y + numbers.between(-0.2, 0.2),
                    rx: size,
                    ry: size * numbers.between(0.3, 2.0),
                    turn: direction(&mut numbers),
                };
                let shape = [Shape::Ellipse, Shape::Rectangle][numbers.below(2)];
                let colour = numbers.colour(5.0, 60.0);
                canvas.shape(shape, at, |out| mix(colour, colour.map(|part| part * 1.3), out));
            }
        }
        Motif::Scene => {}
    }
    canvas.grain(&mut numbers, 60, 6.0);
    worn(&picture(&canvas), &mut numbers)
}

fn plate(canvas: &mut Canvas, numbers: &mut Numbers, middle: Place) {
    if numbers.below(4) == 0 {
        return;
    }
    let size = numbers.between(0.34, 0.46);
    let glaze = numbers.colour(190.0, 255.0);
    let rim = Place { rx: size, ry: size * numbers.between(0.75, 1.1), ..middle };
    canvas.shape(Shape::Ellipse, rim, |out| if out > 0.78 { glaze } else { glaze.map(|part| part * 0.93) });
}

/// A slice with a crust, its crumb uneven, golden or black.
fn slice(canvas: &mut Canvas, numbers: &mut Numbers, middle: Place, is_burnt: bool) {
    let size = numbers.between(0.17, 0.3);
    let at = Place { rx: size, ry: size * numbers.between(0.8, 1.15), ..middle };
    let brown = numbers.between(0.8, 1.2);
    let crust = [120.0, 72.0, 32.0].map(|part| part * brown);
    let (heart, edge) = if is_burnt {
        let char = numbers.between(14.0, 55.0);
        ([char * 1.15, char, char * 0.85], [char * 0.6, char * 0.5, char * 0.45])
    } else {
        let gold = numbers.between(0.85, 1.15);
        ([226.0, 178.0, 104.0].map(|part| part * gold), [204.0, 148.0, 78.0].map(|part| part * gold))
    };
    canvas.shape(Shape::Slice, at, |out| if out > 0.93 { crust } else { mix(heart, edge, out) });
    // Pores and spots.
    for _ in 0..40 + numbers.below(60) {
        let spot = numbers.between(0.004, 0.022);
        let (right, down) = (numbers.between(-0.8, 0.8) * at.rx, numbers.between(-0.8, 0.8) * at.ry);
        let place = Place {
            x: at.x + right * at.turn[0] - down * at.turn[1],
            y: at.y + right * at.turn[1] + down * at.turn[0],
            rx: spot,
            ry: spot,
            turn: [1.0, 0.0],
        };
        let light = numbers.between(0.6, 1.3);
        let crumb = heart.map(|part| part * light + if is_burnt { 8.0 * (light - 0.6) } else { 0.0 });
        canvas.shape(Shape::Ellipse, place, |_| crumb);
    }
}
