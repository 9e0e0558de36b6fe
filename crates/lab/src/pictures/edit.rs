//! What people do to pictures before they send them on, and what somebody does who does not want to be found.

use airlock_hooks::views::Picture;

use super::{
    from_rgb, jpeg,
    paint::{Numbers, direction},
};

/// One way to change a picture.
pub(crate) struct Edit {
    pub(crate) name: &'static str,
    /// Whether a known picture should be found after it. What PDQ is not built for is measured, but not counted
    /// against the hook.
    pub(crate) is_ordinary: bool,
    pub(crate) apply: fn(&Picture, &mut Numbers) -> Picture,
}

/// All of them.
pub(crate) const EDITS: [Edit; 24] = [
    ordinary("none", |picture, _| picture.clone()),
    ordinary("grey", |picture, _| each(picture, |[r, g, b]| [0.299 * r + 0.587 * g + 0.114 * b; 3])),
    ordinary("brighter by a tenth", |picture, _| each(picture, |pixel| pixel.map(|part| part * 1.1))),
    ordinary("more contrast", |picture, _| {
        each(picture, |pixel| pixel.map(|part| (part - 128.0) * 1.2 + 128.0))
    }),
    ordinary("noise", noise),
    ordinary("blurred", |picture, _| blurred(picture)),
    ordinary("half the size", |picture, _| resized(picture, 0.5)),
    ordinary("a quarter of the size", |picture, _| resized(picture, 0.25)),
    ordinary("twice the size", |picture, _| resized(picture, 2.0)),
    ordinary("JPEG at quality 80", |picture, _| jpeg::quantised(picture, 80)),
    ordinary("JPEG at quality 20", |picture, _| jpeg::quantised(picture, 20)),
    ordinary("mirrored", |picture, _| moved(picture, |x, y| (1.0 - x, y))),
    ordinary("turned by a quarter", |picture, _| turned_by_a_quarter(picture)),
    hard("cropped by 2 % a side", |picture, _| cropped(picture, 0.02)),
    hard("cropped by 5 % a side", |picture, _| cropped(picture, 0.05)),
    hard("border of 2 % a side", |picture, _| bordered(picture, 0.02)),
    hard("turned by 1 degree", |picture, _| turned(picture, [0.999_847_695, 0.017_452_406])),
    hard("turned by 5 degrees", |picture, _| turned(picture, [0.996_194_698, 0.087_155_743])),
    hard("bar over a tenth", |picture, _| barred(picture)),
    hard("inverted", |picture, _| each(picture, |pixel| pixel.map(|part| 255.0 - part))),
    // Below: for the lab alone. The place of an edit seeds its chance, so new ones come last.
    hard("JPEG at quality 5", |picture, _| jpeg::quantised(picture, 5)),
    hard("sharpened", |picture, _| sharpened(picture)),
    hard("watermark", |picture, _| watermarked(picture)),
    hard("turned by 2 degrees", |picture, _| turned(picture, [0.999_390_827, 0.034_899_497])),
];

const fn ordinary(name: &'static str, apply: fn(&Picture, &mut Numbers) -> Picture) -> Edit {
    Edit { name, is_ordinary: true, apply }
}

const fn hard(name: &'static str, apply: fn(&Picture, &mut Numbers) -> Picture) -> Edit {
    Edit { name, is_ordinary: false, apply }
}

/// Changes every pixel by itself.
fn each(picture: &Picture, mut change: impl FnMut([f64; 3]) -> [f64; 3]) -> Picture {
    let pixels = picture.rgb().as_chunks::<3>().0;
    let rgb = pixels.iter().flat_map(|pixel| change(pixel.map(f64::from)).map(rounded)).collect();
    from_rgb(picture.width(), picture.height(), rgb)
}

pub(super) fn rounded(part: f64) -> u8 {
    (part.clamp(0.0, 255.0) + 0.5) as u8
}

pub(crate) fn noise(picture: &Picture, numbers: &mut Numbers) -> Picture {
    each(picture, |pixel| pixel.map(|part| part + numbers.between(-20.0, 20.0)))
}

/// The colour between pixels, from 0 to 1 on both axes; beyond the edge, the edge's.
fn between(picture: &Picture, x: f64, y: f64) -> [f64; 3] {
    let (width, height) = (picture.width(), picture.height());
    let place = |at: f64, side: usize| {
        let at = (at * side as f64 - 0.5).clamp(0.0, (side - 1) as f64);
        (at as usize, (at as usize + 1).min(side - 1), at - at.floor())
    };
    let ((left, right, u), (upper, lower, v)) = (place(x, width), place(y, height));
    let pixels = picture.rgb().as_chunks::<3>().0;
    let at = |x: usize, y: usize| pixels[y * width + x].map(f64::from);
    let [a, b, c, d] = [at(left, upper), at(right, upper), at(left, lower), at(right, lower)];
    std::array::from_fn(|part| {
        (a[part] * (1.0 - u) + b[part] * u) * (1.0 - v) + (c[part] * (1.0 - u) + d[part] * u) * v
    })
}

/// A picture of another size: each pixel gets the colour at the place that `from` names, or none.
fn painted(width: usize, height: usize, mut colour: impl FnMut(f64, f64) -> [f64; 3]) -> Picture {
    let mut rgb = Vec::with_capacity(width * height * 3);
    for row in 0..height {
        for column in 0..width {
            let (x, y) = ((column as f64 + 0.5) / width as f64, (row as f64 + 0.5) / height as f64);
            rgb.extend(colour(x, y).map(rounded));
        }
    }
    from_rgb(width, height, rgb)
}

fn moved(picture: &Picture, from: impl Fn(f64, f64) -> (f64, f64)) -> Picture {
    painted(picture.width(), picture.height(), |x, y| {
        let (x, y) = from(x, y);
        between(picture, x, y)
    })
}

/// Smaller by the mean of four samples a pixel, larger by what lies between pixels.
fn resized(picture: &Picture, times: f64) -> Picture {
    let side = |side: usize| ((side as f64 * times) as usize).max(1);
    let (width, height) = (side(picture.width()), side(picture.height()));
    let (dx, dy) = (0.25 / width as f64, 0.25 / height as f64);
    painted(width, height, |x, y| {
        let samples = [(-dx, -dy), (dx, -dy), (-dx, dy), (dx, dy)];
        samples.iter().fold([0.0; 3], |sum, (right, down)| {
            let sample = between(picture, x + right, y + down);
            std::array::from_fn(|part| sum[part] + sample[part] / 4.0)
        })
    })
}

fn blurred(picture: &Picture) -> Picture {
    let (dx, dy) = (1.0 / picture.width() as f64, 1.0 / picture.height() as f64);
    painted(picture.width(), picture.height(), |x, y| {
        let mut sum = [0.0; 3];
        for (right, down) in (0..9).map(|place| (f64::from(place % 3 - 1), f64::from(place / 3 - 1))) {
            let sample = between(picture, x + right * dx, y + down * dy);
            sum.iter_mut().zip(sample).for_each(|(sum, part)| *sum += part / 9.0);
        }
        sum
    })
}

/// Each pixel as far from its neighbours' mean again as it is.
fn sharpened(picture: &Picture) -> Picture {
    let blurred = blurred(picture);
    let pixels = picture.rgb().iter().zip(blurred.rgb());
    let rgb = pixels.map(|(sharp, blurred)| rounded(2.0 * f64::from(*sharp) - f64::from(*blurred))).collect();
    from_rgb(picture.width(), picture.height(), rgb)
}

/// Half transparent white stripes from corner to corner.
fn watermarked(picture: &Picture) -> Picture {
    painted(picture.width(), picture.height(), |x, y| {
        let pixel = between(picture, x, y);
        let along = (x + y) * 5.0;
        if along - along.floor() < 0.15 { pixel.map(|part| (part + 255.0) / 2.0) } else { pixel }
    })
}

fn cropped(picture: &Picture, share: f64) -> Picture {
    let keep = 1.0 - 2.0 * share;
    let side = |side: usize| (side as f64 * keep) as usize;
    painted(side(picture.width()), side(picture.height()), |x, y| {
        between(picture, share + x * keep, share + y * keep)
    })
}

fn bordered(picture: &Picture, share: f64) -> Picture {
    let keep = 1.0 - 2.0 * share;
    painted(picture.width(), picture.height(), |x, y| {
        let (x, y) = ((x - share) / keep, (y - share) / keep);
        if (0.0..1.0).contains(&x) && (0.0..1.0).contains(&y) { between(picture, x, y) } else { [0.0; 3] }
    })
}

fn turned(picture: &Picture, [cosine, sine]: [f64; 2]) -> Picture {
    let (width, height) = (picture.width() as f64, picture.height() as f64);
    moved(picture, |x, y| {
        let (x, y) = ((x - 0.5) * width, (y - 0.5) * height);
        ((x * cosine - y * sine) / width + 0.5, (x * sine + y * cosine) / height + 0.5)
    })
}

fn turned_by_a_quarter(picture: &Picture) -> Picture {
    painted(picture.height(), picture.width(), |x, y| between(picture, y, 1.0 - x))
}

fn barred(picture: &Picture) -> Picture {
    painted(picture.width(), picture.height(), |x, y| {
        if (0.45..0.55).contains(&y) { [255.0; 3] } else { between(picture, x, y) }
    })
}

/// What happens to pictures on the way to a messenger: another light, another size, JPEG, a slight turn.
pub(crate) fn worn(picture: &Picture, numbers: &mut Numbers) -> Picture {
    let light = numbers.between(0.8, 1.2);
    let tint = numbers.colour(0.95, 1.05);
    let mut worn = each(picture, |pixel| std::array::from_fn(|part| pixel[part] * light * tint[part]));
    if numbers.below(2) == 0 {
        let [_, sine] = direction(numbers);
        let sine = sine * 0.15;
        worn = turned(&worn, [(1.0 - sine * sine).sqrt(), sine]);
    }
    if numbers.below(2) == 0 {
        worn = noise(&worn, numbers);
    }
    let quality = 30 + numbers.below(65) as u32;
    jpeg::quantised(&worn, quality)
}
