//! What JPEG takes from a picture: its frequencies, rounded as a quality asks for. There is no file: rounding is the
//! only step of JPEG that loses anything but the halving of colours.

use airlock_hooks::views::Picture;

use super::{edit::rounded, from_rgb};

/// The picture after being saved and opened at a quality from 1 to 100, with colours at half the resolution.
pub(super) fn quantised(picture: &Picture, quality: u32) -> Picture {
    let (width, height) = (picture.width(), picture.height());
    let pixels = picture.rgb().as_chunks::<3>().0;
    let plane = |weights: [f64; 3], offset: f64| {
        let value = |pixel: &[u8; 3]| {
            pixel.iter().zip(weights).map(|(part, weight)| f64::from(*part) * weight).sum::<f64>()
        };
        Plane { width, height, values: pixels.iter().map(|pixel| value(pixel) + offset).collect() }
    };
    // JFIF's colours, about zero.
    let luma = plane([0.299, 0.587, 0.114], -128.0).quantised(&LUMA, quality);
    let blue = plane([-0.168_736, -0.331_264, 0.5], 0.0).halved().quantised(&CHROMA, quality);
    let red = plane([0.5, -0.418_688, -0.081_312], 0.0).halved().quantised(&CHROMA, quality);
    let rgb =
        (0..height).flat_map(|row| (0..width).map(move |column| (row, column))).flat_map(|(row, column)| {
            let y = luma.at(row, column) + 128.0;
            let (b, r) = (blue.at(row / 2, column / 2), red.at(row / 2, column / 2));
            [y + 1.402 * r, y - 0.344_136 * b - 0.714_136 * r, y + 1.772 * b].map(rounded)
        });
    from_rgb(width, height, rgb.collect())
}

struct Plane {
    width: usize,
    height: usize,
    values: Vec<f64>,
}

impl Plane {
    /// Beyond the edge, the edge's value.
    fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row.min(self.height - 1) * self.width + column.min(self.width - 1)]
    }

    fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let places = (0..height).flat_map(|row| (0..width).map(move |column| (2 * row, 2 * column)));
        let mean = |(row, column): (usize, usize)| {
            let pair = |row| self.at(row, column) + self.at(row, column + 1);
            (pair(row) + pair(row + 1)) / 4.0
        };
        Self { width, height, values: places.map(mean).collect() }
    }

    fn quantised(&self, table: &[u16; 64], quality: u32) -> Self {
        // The scale that the Independent JPEG Group's library made the usual one.
        let percent =
            f64::from(if quality < 50 { 5_000 / quality.max(1) } else { 200 - 2 * quality.min(100) });
        let steps = table.map(|step| ((f64::from(step) * percent + 50.0) / 100.0).floor().clamp(1.0, 255.0));
        let cosines = cosines();
        let mut out = Self { width: self.width, height: self.height, values: vec![0.0; self.values.len()] };
        for row in (0..self.height).step_by(BLOCK) {
            for column in (0..self.width).step_by(BLOCK) {
                let mut block: [f64; 64] =
                    std::array::from_fn(|place| self.at(row + place / BLOCK, column + place % BLOCK));
                block = twice(&block, |line, index| (0..BLOCK).map(|at| line(at) * cosines[index][at]).sum());
                block
                    .iter_mut()
                    .zip(&steps)
                    .for_each(|(value, step)| *value = (*value / step).round() * step);
                block = twice(&block, |line, index| (0..BLOCK).map(|at| line(at) * cosines[at][index]).sum());
                for (place, value) in block.iter().enumerate() {
                    let (row, column) = (row + place / BLOCK, column + place % BLOCK);
                    if row < self.height && column < self.width {
                        out.values[row * self.width + column] = *value;
                    }
                }
            }
        }
        out
    }
}

/// Transforms the rows of a block and then its columns.
fn twice(block: &[f64; 64], sum: impl Fn(&dyn Fn(usize) -> f64, usize) -> f64) -> [f64; 64] {
    let rows: [f64; 64] =
        std::array::from_fn(|place| sum(&|at| block[place / BLOCK * BLOCK + at], place % BLOCK));
    std::array::from_fn(|place| sum(&|at| rows[at * BLOCK + place % BLOCK], place / BLOCK))
}

/// The transform's weights: frequency, place.
fn cosines() -> [[f64; BLOCK]; BLOCK] {
    std::array::from_fn(|frequency| {
        let scale = if frequency == 0 { 0.125_f64.sqrt() } else { 0.5 };
        std::array::from_fn(|place| {
            scale * ((2 * place + 1) as f64 * frequency as f64 * std::f64::consts::PI / 16.0).cos()
        })
    })
}

const BLOCK: usize = 8;

/// The example tables of ITU-T T.81, annex K, which most encoders use.
#[rustfmt::skip]
const LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
];
#[rustfmt::skip]
const CHROMA: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
];
