//! A trained model as it lies in memory, and the score that it gives a text. Integers only: the same score on every
//! machine.
//!
//! A model is [`HEADER_BYTES`] bytes and then one weight for each bucket, a signed byte:
//!
//! | bytes | what |
//! |---|---|
//! | 0–3 | `ALC1` |
//! | 4 | binary logarithm of the number of buckets, 8 to 16 |
//! | 5–7 | 0 |
//! | 8–11 | bias in thousandths, signed, little-endian |
//! | 12–15 | what one unit of weight is worth in thousandths, over the square root of the number of features |

use super::features;

/// A model.
pub struct Model<'a> {
    /// Log-odds of an empty text, in thousandths.
    bias: i32,
    /// Log-odds of one unit of weight in a text of one feature, in thousandths.
    scale: u32,
    /// As many as there are buckets: a power of two.
    weights: &'a [u8],
}

impl<'a> Model<'a> {
    /// Reads a model. None when it is none.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (header, weights) = bytes.split_first_chunk::<HEADER_BYTES>()?;
        let [b'A', b'L', b'C', b'1', log2, 0, 0, 0, b0, b1, b2, b3, s0, s1, s2, s3] = *header else {
            return None;
        };
        let fits = BUCKETS_LOG2.contains(&log2) && weights.len() == 1 << log2;
        let (bias, scale) = (i32::from_le_bytes([b0, b1, b2, b3]), u32::from_le_bytes([s0, s1, s2, s3]));
        fits.then_some(Self { bias, scale, weights })
    }

    /// How probable the model finds it that a text is of the kind it was trained for, in thousandths.
    pub fn score(&self, text: &str) -> u32 {
        probability(self.log_odds(text))
    }

    /// In thousandths.
    fn log_odds(&self, text: &str) -> i64 {
        let buckets = self.weights.len() as u32;
        let mut seen = [0_u64; SEEN_WORDS];
        let (mut sum, mut count) = (0_i64, 0_u32);
        features::each(text, buckets, |bucket| {
            // A feature counts once, however often it comes.
            let (word, bit) = (&mut seen[bucket as usize / 64 % SEEN_WORDS], 1_u64 << (bucket % 64));
            if *word & bit == 0 {
                *word |= bit;
                sum += i64::from(self.weights[bucket as usize].cast_signed());
                count += 1;
            }
        });
        // Sixteen times the square root, rounded down.
        let root = i64::from((count << 8).isqrt().max(1));
        i64::from(self.bias) + sum * i64::from(self.scale) * 16 / root
    }
}

/// The logistic function, in thousandths on both sides, by straight lines between the steps of [`LOGISTIC`].
fn probability(log_odds: i64) -> u32 {
    let size = log_odds.unsigned_abs();
    let step = (size / STEP) as usize;
    let upper = match (LOGISTIC.get(step), LOGISTIC.get(step + 1)) {
        (Some(here), Some(next)) => here + (next - here) * (size % STEP) as u32 / STEP as u32,
        _ => 1_000,
    };
    if log_odds < 0 { 1_000 - upper } else { upper }
}

/// Bytes before the weights.
pub const HEADER_BYTES: usize = 16;

/// Sizes that a model may have. 2¹⁶ buckets are 64 KiB, which are copied for each message.
const BUCKETS_LOG2: core::ops::RangeInclusive<u8> = 8..=16;

/// Words of 64 bits, one bit for each bucket of the largest model.
const SEEN_WORDS: usize = (1 << 16) / 64;

/// Log-odds between two steps of [`LOGISTIC`], in thousandths.
const STEP: u64 = 250;

/// 1,000 ÷ (1 + e⁻ˣ) for x = 0, ¼, ½ … 8, rounded.
pub const LOGISTIC: [u32; 33] = [
    500, 562, 622, 679, 731, 777, 818, 852, 881, 905, 924, 940, 953, 963, 971, 977, 982, 986, 989, 991, 993,
    995, 996, 997, 998, 998, 998, 999, 999, 999, 999, 1000, 1000,
];
