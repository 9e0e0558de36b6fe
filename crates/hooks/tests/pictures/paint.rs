//! Paints pictures by number: the same seed gives the same pixels on every machine, since nothing but additions,
//! multiplications, divisions and square roots of doubles is used, which all machines round alike.
//!
//! The tests, the benchmark and the measurements draw from it, so that none of them needs a data set of anybody's
//! pictures.

/// A generator of numbers (SplitMix64).
pub struct Numbers(pub u64);

impl Numbers {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// At least 0 and below 1.
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// At least `from` and below `to`.
    pub fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.share()
    }

    /// Below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.share() * bound as f64) as usize
    }

    /// A colour with each part at least `from` and below `to`.
    pub fn colour(&mut self, from: f64, to: f64) -> [f64; 3] {
        std::array::from_fn(|_| self.between(from, to))
    }
}

/// Colours are from 0 to 255, places from 0 to 1 from the upper left corner.
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pixels: Vec<[f64; 3]>,
}

/// What can be painted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Ellipse,
    Rectangle,
    /// A rectangle with round corners, as a slice of bread has.
    Slice,
}

/// Where a shape is: its middle, half its width and height, and its direction.
#[derive(Clone, Copy)]
pub struct Place {
    pub x: f64,
    pub y: f64,
    pub rx: f64,
    pub ry: f64,
    /// Cosine and sine of its angle.
    pub turn: [f64; 2],
}

impl Canvas {
    /// All of one colour.
    pub fn new(width: usize, height: usize, colour: [f64; 3]) -> Self {
        Self { width, height, pixels: vec![colour; width * height] }
    }

    /// Changes every pixel: gets its place and its colour.
    pub fn each(&mut self, mut change: impl FnMut(f64, f64, &mut [f64; 3])) {
        let (width, height) = (self.width as f64, self.height as f64);
        for (row, line) in self.pixels.chunks_exact_mut(self.width).enumerate() {
            let y = (row as f64 + 0.5) / height;
            for (column, pixel) in line.iter_mut().enumerate() {
                change((column as f64 + 0.5) / width, y, pixel);
            }
        }
    }

    /// From one colour to another along a direction.
    pub fn gradient(&mut self, from: [f64; 3], to: [f64; 3], turn: [f64; 2]) {
        self.each(|x, y, pixel| {
            let along = (0.5 + (x - 0.5) * turn[0] + (y - 0.5) * turn[1]).clamp(0.0, 1.0);
            *pixel = mix(from, to, along);
        });
    }

    /// Paints a shape whose colour may depend on how far from its middle (0) towards its edge (1) a pixel is.
    pub fn shape(&mut self, shape: Shape, at: Place, colour: impl Fn(f64) -> [f64; 3]) {
        // Nothing of it is farther from its middle than its corners.
        let reach = (at.rx * at.rx + at.ry * at.ry).sqrt();
        let span = |middle: f64, side: usize| {
            let end = |place: f64| (place * side as f64).clamp(0.0, side as f64);
            end(middle - reach).floor() as usize..end(middle + reach).ceil() as usize
        };
        for row in span(at.y, self.height) {
            let dy = (row as f64 + 0.5) / self.height as f64 - at.y;
            for column in span(at.x, self.width) {
                let dx = (column as f64 + 0.5) / self.width as f64 - at.x;
                let u = (dx * at.turn[0] + dy * at.turn[1]) / at.rx;
                let v = (dy * at.turn[0] - dx * at.turn[1]) / at.ry;
                let (u, v) = (u * u, v * v);
                let out = match shape {
                    Shape::Ellipse => u + v,
                    Shape::Rectangle => u.max(v),
                    Shape::Slice => (u * u + v * v).sqrt(),
                };
                if out < 1.0 {
                    self.pixels[row * self.width + column] = colour(out.sqrt());
                }
            }
        }
    }

    /// Adds a cloudy grain: `cells` random values a side, smoothed between them, up to `strength` up or down.
    pub fn grain(&mut self, numbers: &mut Numbers, cells: usize, strength: f64) {
        let side = cells + 1;
        let values: Vec<f64> = (0..side * side).map(|_| numbers.between(-strength, strength)).collect();
        self.each(|x, y, pixel| {
            let (x, y) = (x * cells as f64, y * cells as f64);
            let (column, row) = (x as usize, y as usize);
            let (u, v) = (x - column as f64, y - row as f64);
            let at = |column: usize, row: usize| values[row.min(cells) * side + column.min(cells)];
            let upper = at(column, row) * (1.0 - u) + at(column + 1, row) * u;
            let lower = at(column, row + 1) * (1.0 - u) + at(column + 1, row + 1) * u;
            let value = upper * (1.0 - v) + lower * v;
            pixel.iter_mut().for_each(|part| *part += value);
        });
    }

    /// Goes a part of the way to grey: 0 changes nothing, 1 leaves nothing.
    pub fn fade(&mut self, part: f64) {
        self.each(|_, _, pixel| *pixel = mix(*pixel, [128.0; 3], part));
    }

    /// As bytes of red, green and blue, by rows.
    pub fn rgb(&self) -> Vec<u8> {
        self.pixels.iter().flatten().map(|part| (part.clamp(0.0, 255.0) + 0.5) as u8).collect()
    }
}

/// A part of the way from one colour to another.
pub fn mix(from: [f64; 3], to: [f64; 3], part: f64) -> [f64; 3] {
    std::array::from_fn(|index| from[index] + (to[index] - from[index]) * part)
}

/// Any direction.
pub fn direction(numbers: &mut Numbers) -> [f64; 2] {
    let (x, y) = (numbers.between(-1.0, 1.0), numbers.between(-1.0, 1.0));
    let length = (x * x + y * y).sqrt();
    if length < 0.01 { [1.0, 0.0] } else { [x / length, y / length] }
}

/// A picture of nothing in particular: a sky, some shapes in it, and grain, coarse and fine.
pub fn scene(seed: u64, width: usize, height: usize) -> Canvas {
    let mut numbers = Numbers(seed);
    let mut canvas = Canvas::new(width, height, [0.0; 3]);
    let (from, to) = (numbers.colour(0.0, 255.0), numbers.colour(0.0, 255.0));
    let turn = direction(&mut numbers);
    canvas.gradient(from, to, turn);
    for _ in 0..4 + numbers.below(14) {
        let shape = [Shape::Ellipse, Shape::Rectangle, Shape::Slice][numbers.below(3)];
        let size = numbers.between(0.03, 0.3);
        let at = Place {
            x: numbers.between(0.0, 1.0),
            y: numbers.between(0.0, 1.0),
            rx: size,
            ry: size * numbers.between(0.3, 2.0),
            turn: direction(&mut numbers),
        };
        let (middle, edge) = (numbers.colour(0.0, 255.0), numbers.colour(0.0, 255.0));
        canvas.shape(shape, at, |out| mix(middle, edge, out));
    }
    let strength = numbers.between(10.0, 60.0);
    canvas.grain(&mut numbers, 5, strength);
    let strength = numbers.between(2.0, 40.0);
    canvas.grain(&mut numbers, 40, strength);
    canvas
}

/// A scene that is more or less faded, by its seed, so that there are pictures of every quality.
pub fn faded_scene(seed: u64, width: usize, height: usize) -> Canvas {
    let mut canvas = scene(seed, width, height);
    canvas.fade((seed % 8) as f64 / 8.0);
    canvas
}
