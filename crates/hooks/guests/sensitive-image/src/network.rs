//! A small convolutional network: reads it from the list's bytes, and computes what it makes of a picture.
//!
//! The network is in the list and not in the code, so that it is signed, shown and changed as data. It is a chain
//! of convolutions with eight-bit weights, computed in single precision in a fixed order, so that every machine
//! comes to the same score.
//!
//! # Format
//!
//! Integers and single-precision numbers are little-endian.
//!
//! - `airlock-cnn-1\n`, then the side of the square picture (two bytes) and the number of layers (two bytes);
//! - each layer: its kind (a byte: 0 full, 1 depthwise, 2 pointwise), kernel side and stride (a byte each), flags
//!   (a byte: 1 clamps the result to 0…6, 2 keeps the layer's input, 4 adds what was kept to the result), channels
//!   in and out (two bytes each), one factor and then one bias for each channel out (four bytes each), and the
//!   weights (a byte each, signed) by kernel row, kernel column, channel in, channel out;
//! - the head: how many features (two bytes), one weight for each and a bias (four bytes each). The features are
//!   the mean and the maximum of every channel of the last layer.

use alloc::{vec, vec::Vec};

/// A network that was read and found to fit together.
pub struct Network {
    side: usize,
    layers: Vec<Layer>,
    head: Head,
}

/// What the bytes of a list are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANetwork;

struct Layer {
    kind: Kind,
    kernel: usize,
    stride: usize,
    clamps: bool,
    keeps_input: bool,
    adds_kept: bool,
    channels_in: usize,
    channels_out: usize,
    /// For each output channel.
    bias: Vec<f32>,
    /// By kernel row, kernel column, channel in, channel out, each times its channel's factor.
    weights: Vec<f32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Full,
    Depthwise,
    Pointwise,
}

struct Head {
    weights: Vec<f32>,
    bias: f32,
}

/// Values of some channels for each place of a square, by rows.
struct Map {
    side: usize,
    channels: usize,
    values: Vec<f32>,
}

impl Network {
    /// Reads a network.
    ///
    /// # Errors
    /// When the bytes are not exactly one network whose layers fit together.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotANetwork> {
        let mut bytes = Bytes(bytes.strip_prefix(MAGIC).ok_or(NotANetwork)?);
        let side = bytes.number()?;
        let count = bytes.number()?;
        if !(1..=SIDE_MAX).contains(&side) || !(1..=LAYERS_MAX).contains(&count) {
            return Err(NotANetwork);
        }
        let mut channels = COLOURS;
        let mut kept = None;
        let mut now = side;
        let layers = (0..count)
            .map(|_| {
                let layer = Layer::parse(&mut bytes)?;
                if layer.keeps_input {
                    kept = Some((now, channels));
                }
                now = now.div_ceil(layer.stride);
                if layer.channels_in != channels {
                    return Err(NotANetwork);
                }
                channels = layer.channels_out;
                if layer.adds_kept && kept.take() != Some((now, channels)) {
                    return Err(NotANetwork);
                }
                Ok(layer)
            })
            .collect::<Result<_, _>>()?;
        if bytes.number()? != 2 * channels {
            return Err(NotANetwork);
        }
        let head = Head { weights: bytes.floats(2 * channels)?, bias: bytes.floats(1)?[0] };
        if bytes.0.is_empty() { Ok(Self { side, layers, head }) } else { Err(NotANetwork) }
    }

    /// How strongly the picture looks like what the network was trained to find, 0 to 1,000. `rgb` is a square of
    /// bytes of red, green and blue whose side is a multiple of the network's; none if it is not.
    #[must_use]
    pub fn score(&self, rgb: &[u8]) -> Option<u32> {
        self.features(rgb).map(|features| self.judged(&features))
    }

    /// The score of a picture's features.
    #[must_use]
    pub fn judged(&self, features: &[f32]) -> u32 {
        let Head { weights, bias } = &self.head;
        let sum = features.iter().zip(weights).fold(*bias, |sum, (value, weight)| sum + value * weight);
        (1000.0 / (1.0 + libm::expf(-sum)) + 0.5) as u32
    }

    /// What the head judges by: the mean of every channel, and then the maximum of every channel.
    #[must_use]
    pub fn features(&self, rgb: &[u8]) -> Option<Vec<f32>> {
        let mut map = self.shrunk(rgb)?;
        let mut kept = None;
        for layer in &self.layers {
            let mut next = layer.apply(&map);
            if layer.keeps_input {
                kept = Some(map);
            }
            if layer.adds_kept
                && let Some(kept) = kept.take()
            {
                next.values.iter_mut().zip(&kept.values).for_each(|(value, kept)| *value += kept);
            }
            map = next;
        }
        let places = (map.side * map.side) as f32;
        let mut means = vec![0.0; map.channels];
        let mut maxima = vec![f32::MIN; map.channels];
        for place in map.values.chunks_exact(map.channels) {
            for ((mean, maximum), value) in means.iter_mut().zip(&mut maxima).zip(place) {
                *mean += value;
                *maximum = maximum.max(*value);
            }
        }
        means.iter_mut().for_each(|mean| *mean /= places);
        means.append(&mut maxima);
        Some(means)
    }

    /// The picture at the network's size, each part from about -1 to 1: means of squares of pixels.
    fn shrunk(&self, rgb: &[u8]) -> Option<Map> {
        let (pixels, []) = rgb.as_chunks::<COLOURS>() else { return None };
        let from = pixels.len().isqrt();
        let times = from / self.side;
        if times == 0 || times * self.side != from || from * from != pixels.len() {
            return None;
        }
        let mut values = vec![0.0; self.side * self.side * COLOURS];
        for (place, sums) in values.as_chunks_mut::<COLOURS>().0.iter_mut().enumerate() {
            let (row, column) = (place / self.side * times, place % self.side * times);
            for line in pixels[row * from..][..times * from].chunks_exact(from) {
                for pixel in &line[column..column + times] {
                    sums.iter_mut().zip(pixel).for_each(|(sum, part)| *sum += f32::from(*part));
                }
            }
            // As the network's training did.
            sums.iter_mut().for_each(|sum| *sum = (*sum / (times * times) as f32 - 127.0) / 128.0);
        }
        Some(Map { side: self.side, channels: COLOURS, values })
    }
}

impl Layer {
    fn parse(bytes: &mut Bytes<'_>) -> Result<Self, NotANetwork> {
        let [kind, kernel, stride, flags] = bytes.array()?;
        let (channels_in, channels_out) = (bytes.number()?, bytes.number()?);
        let channels = 1..=CHANNELS_MAX;
        if !channels.contains(&channels_in) || !channels.contains(&channels_out) || flags > 7 {
            return Err(NotANetwork);
        }
        let (kernel, stride) = (usize::from(kernel), usize::from(stride));
        let (kind, inputs) = match kind {
            0 => (Kind::Full, channels_in),
            1 if channels_in == channels_out => (Kind::Depthwise, 1),
            2 if kernel == 1 && stride == 1 => (Kind::Pointwise, channels_in),
            _ => return Err(NotANetwork),
        };
        if !(1..=KERNEL_MAX).contains(&kernel) || !(1..=STRIDE_MAX).contains(&stride) {
            return Err(NotANetwork);
        }
        let factors = bytes.floats(channels_out)?;
        let bias = bytes.floats(channels_out)?;
        let rounded = bytes.take(kernel * kernel * inputs * channels_out)?;
        let weights = rounded.chunks_exact(channels_out).flat_map(|row| {
            row.iter().zip(&factors).map(|(weight, factor)| f32::from(*weight as i8) * factor)
        });
        Ok(Self {
            kind,
            kernel,
            stride,
            clamps: flags & 1 != 0,
            keeps_input: flags & 2 != 0,
            adds_kept: flags & 4 != 0,
            channels_in,
            channels_out,
            bias,
            weights: weights.collect(),
        })
    }

    // Four values at a time, with the same result: there is no sum whose order that would change.
    #[cfg_attr(target_family = "wasm", target_feature(enable = "simd128"))]
    fn apply(&self, map: &Map) -> Map {
        let side = map.side.div_ceil(self.stride);
        // Zeros all around, one more after than before if they are odd in number.
        let padding = ((side - 1) * self.stride + self.kernel).saturating_sub(map.side) / 2;
        let mut values = vec![0.0; side * side * self.channels_out];
        for (place, out) in values.chunks_exact_mut(self.channels_out).enumerate() {
            out.copy_from_slice(&self.bias);
            let (row, column) = (place / side * self.stride, place % side * self.stride);
            for down in 0..self.kernel {
                let Some(y) = (row + down).checked_sub(padding).filter(|y| *y < map.side) else { continue };
                for right in 0..self.kernel {
                    let Some(x) = (column + right).checked_sub(padding).filter(|x| *x < map.side) else {
                        continue;
                    };
                    let input = &map.values[(y * map.side + x) * map.channels..][..map.channels];
                    self.add(down * self.kernel + right, input, out);
                }
            }
            if self.clamps {
                out.iter_mut().for_each(|value| *value = value.clamp(0.0, 6.0));
            }
        }
        Map { side, channels: self.channels_out, values }
    }

    /// Adds one place of the input, weighted as at this place of the kernel.
    #[cfg_attr(target_family = "wasm", target_feature(enable = "simd128"))]
    fn add(&self, place: usize, input: &[f32], out: &mut [f32]) {
        if self.kind == Kind::Depthwise {
            let weights = &self.weights[place * self.channels_out..][..self.channels_out];
            for ((out, value), weight) in out.iter_mut().zip(input).zip(weights) {
                *out += value * weight;
            }
            return;
        }
        let per_place = self.channels_in * self.channels_out;
        let rows = self.weights[place * per_place..][..per_place].chunks_exact(self.channels_out);
        for (value, weights) in input.iter().zip(rows) {
            for (out, weight) in out.iter_mut().zip(weights) {
                *out += value * weight;
            }
        }
    }
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], NotANetwork> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(NotANetwork)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NotANetwork> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(NotANetwork)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn number(&mut self) -> Result<usize, NotANetwork> {
        self.array().map(|bytes| u16::from_le_bytes(bytes).into())
    }

    /// Numbers that are numbers: neither infinite nor undefined, so that no score is.
    fn floats(&mut self, count: usize) -> Result<Vec<f32>, NotANetwork> {
        let (numbers, _) = self.take(count * size_of::<f32>())?.as_chunks();
        let read = |bytes: &[u8; 4]| Some(f32::from_le_bytes(*bytes)).filter(|value| value.is_finite());
        numbers.iter().map(read).collect::<Option<_>>().ok_or(NotANetwork)
    }
}

/// How every network begins.
pub const MAGIC: &[u8] = b"airlock-cnn-1\n";

/// Red, green, blue.
const COLOURS: usize = 3;
/// Longest side of the picture in pixels: that of the view.
const SIDE_MAX: usize = 224;
/// Most layers. The deepest networks of this family have about a hundred.
const LAYERS_MAX: usize = 128;
/// Most channels of a layer, so that one layer's values stay within the hook's memory.
const CHANNELS_MAX: usize = 1_024;
/// Longest side of a kernel.
const KERNEL_MAX: usize = 7;
/// Longest stride.
const STRIDE_MAX: usize = 4;
