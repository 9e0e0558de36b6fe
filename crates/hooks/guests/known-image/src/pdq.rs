//! The picture hash PDQ, from the 64 by 64 values of luminance that the host makes.
//!
//! After "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (2019): a cosine transform
//! keeps the 16 by 16 lowest frequencies but the constant one, and each bit of the hash says whether its frequency
//! is stronger than the median. Sums are made in the order of the published implementation, so that the bits are
//! the same.

use core::array;

/// Values in a row and in a column of the luminance.
pub const SIDE: usize = 64;
/// Frequencies that the hash keeps, along each side.
const KEPT: usize = 16;
/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// 256 bits. The last frequency is the first bit of the first byte, as hashes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash(pub [u8; HASH_BYTES]);

/// What PDQ says of a picture.
pub struct Hashed {
    /// As it is, turned by 90, 180 and 270 degrees, and each of these mirrored.
    pub hashes: [Hash; 8],
    /// From 0 (one flat colour, whose hash means nothing) to 100.
    pub quality: u32,
}

impl Hash {
    /// In how many bits two hashes differ, 0 to 256. Unrelated pictures differ in 128, more or less.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// From 64 digits of hexadecimal.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_hex(text).map(Self)
    }
}

/// 32 bytes from 64 digits.
pub(crate) fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = (digit(*high)? << 4 | digit(*low)?) as u8;
    }
    Some(bytes)
}

/// Hashes `luma`, 64 rows of 64 values. None when it has another size.
#[must_use]
pub fn hash(luma: &[f32]) -> Option<Hashed> {
    let (rows, []) = luma.as_chunks::<SIDE>() else { return None };
    let rows: &[[f32; SIDE]; SIDE] = rows.try_into().ok()?;
    let frequencies = transform(rows);
    Some(Hashed { hashes: TURNS.map(|turn| bits(&turned(&frequencies, turn))), quality: quality(rows) })
}

/// The lowest frequencies, the first row and column of the full transform left out.
fn transform(luma: &[[f32; SIDE]; SIDE]) -> [[f32; KEPT]; KEPT] {
    let mut half = [[0.0_f32; SIDE]; KEPT];
    for (sums, weights) in half.iter_mut().zip(&TRANSFORM) {
        for (weight, row) in weights.iter().zip(luma) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
    }
    half.map(|row| {
        let mut sums = [0.0_f32; KEPT];
        for (column, value) in row.iter().enumerate() {
            for (sum, weights) in sums.iter_mut().zip(&TRANSFORM) {
                *sum += value * weights[column];
            }
        }
        sums
    })
}

/// Whether each frequency is above the median: of 256, the 128th from below.
fn bits(frequencies: &[[f32; KEPT]; KEPT]) -> Hash {
    let mut sorted = [0.0; KEPT * KEPT];
    sorted.copy_from_slice(frequencies.as_flattened());
    let (_, median, _) = sorted.select_nth_unstable_by(KEPT * KEPT / 2 - 1, f32::total_cmp);
    let mut hash = [0; HASH_BYTES];
    for (index, value) in frequencies.as_flattened().iter().enumerate() {
        if *value > *median {
            hash[HASH_BYTES - 1 - index / 8] |= 1 << (index % 8);
        }
    }
    Hash(hash)
}

/// How a turned or mirrored picture's frequencies come from those of the picture.
#[derive(Clone, Copy)]
struct Turn {
    /// Rows become columns.
    swap: bool,
    /// Whether the frequency in a row and column of the picture changes its sign, by whether row and column are
    /// odd.
    negate: fn(bool, bool) -> bool,
}

/// In the order of the published implementation: as it is, turned by 90, 180 and 270 degrees, mirrored top to
/// bottom, left to right, and along both diagonals.
const TURNS: [Turn; 8] = [
    Turn { swap: false, negate: |_, _| false },
    Turn { swap: true, negate: |_, odd_column| !odd_column },
    Turn { swap: false, negate: |odd_row, odd_column| odd_row != odd_column },
    Turn { swap: true, negate: |odd_row, _| !odd_row },
    Turn { swap: false, negate: |odd_row, _| !odd_row },
    Turn { swap: false, negate: |_, odd_column| !odd_column },
    Turn { swap: true, negate: |_, _| false },
    Turn { swap: true, negate: |odd_row, odd_column| odd_row != odd_column },
];

fn turned(frequencies: &[[f32; KEPT]; KEPT], turn: Turn) -> [[f32; KEPT]; KEPT] {
    let value = |row: usize, column: usize| {
        let value = frequencies[row][column];
        if (turn.negate)(row % 2 == 1, column % 2 == 1) { -value } else { value }
    };
    array::from_fn(|row| {
        array::from_fn(|column| if turn.swap { value(column, row) } else { value(row, column) })
    })
}

/// How much there is to see: the steps of at least a hundredth of the range between neighbours, summed.
fn quality(luma: &[[f32; SIDE]; SIDE]) -> u32 {
    let step = |a: f32, b: f32| (((a - b) * 100.0) / 255.0) as i32;
    let down = luma.windows(2).flat_map(|pair| pair[0].iter().zip(&pair[1]));
    let across = luma.iter().flat_map(|row| row.iter().zip(&row[1..]));
    let steps: u32 = down.chain(across).map(|(a, b)| step(*a, *b).unsigned_abs()).sum();
    // The published scale.
    (steps / 90).min(100)
}

/// The transform's weights: row `i`, column `j` is √(2/64) · cos(π/128 · (i + 1) · (2j + 1)).
static TRANSFORM: [[f32; SIDE]; KEPT] = transform_matrix();

const fn transform_matrix() -> [[f32; SIDE]; KEPT] {
    let mut matrix = [[0.0; SIDE]; KEPT];
    let mut row = 0;
    while row < KEPT {
        let mut column = 0;
        while column < SIDE {
            // A cosine has one quarter that is its own; the others are that one mirrored.
            let angle = (row + 1) * (2 * column + 1) % 256;
            let angle = if angle > 128 { 256 - angle } else { angle };
            matrix[row][column] = if angle > 64 { -QUARTER[128 - angle] } else { QUARTER[angle] };
            column += 1;
        }
        row += 1;
    }
    matrix
}

/// √(2/64) · cos(π/128 · m) for m from 0 to 64, rounded to single precision.
#[rustfmt::skip]
const QUARTER: [f32; 65] = [
    0.17677669, 0.17672345, 0.17656375, 0.17629771, 0.17592546, 0.17544726,
    0.17486335, 0.17417413, 0.17337997, 0.17248139, 0.17147891, 0.17037314,
    0.16916475, 0.16785446, 0.16644305, 0.16493139, 0.16332036, 0.16161098,
    0.15980424, 0.15790124, 0.15590313, 0.1538111, 0.15162642, 0.14935042,
    0.14698444, 0.14452994, 0.14198837, 0.13936128, 0.13665023, 0.13385688,
    0.13098289, 0.12803, 0.125, 0.121894695, 0.11871597, 0.11546574,
    0.112145945, 0.108758606, 0.10530575, 0.10178947, 0.09821187, 0.09457511,
    0.090881385, 0.08713291, 0.08333196, 0.079480805, 0.075581774, 0.07163722,
    0.06764951, 0.06362105, 0.059554275, 0.05545162, 0.051315565, 0.0471486,
    0.042953234, 0.038731992, 0.034487423, 0.030222077, 0.025938528, 0.021639355,
    0.017327147, 0.0130045, 0.008674021, 0.004338317, 0.0,
];
