//! The model of `text-classifier`: logistic regression on hashed features, trained to tell unwanted mails from wanted
//! ones. The guest's own code makes the features.

use std::path::Path;

use crate::{
    guest::{ChoreError, write},
    mails,
    scoring::{features, model::HEADER_BYTES},
};
use airlock_hooks::Digest;

/// Trains on one part of the mails and writes `model.bin`. What it is worth is measured on the other part.
pub(super) fn train(dir: &Path) -> Result<(), ChoreError> {
    let samples: Vec<Sample> = mails::all()?
        .iter()
        .filter(|mail| part(&mail.text) == Part::Training)
        .map(|mail| Sample::new(&mail.text, mail.is_spam))
        .collect();
    let unwanted = samples.iter().filter(|sample| sample.is_unwanted).count();
    println!("{}: training on {} mails, {unwanted} of them unwanted", mails::name(), samples.len());
    let model = Regression::fit(&samples).quantised();
    println!("{} bytes, SHA-256 {}", model.len(), Digest::of(&model));
    write(&dir.join("model.bin"), &model)
}

/// What a mail is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Training,
    Measuring,
}

/// By the text's own digest, so that neither chance nor the order of files has a say: one mail in five is kept back.
pub(crate) fn part(text: &str) -> Part {
    if Digest::of(text.as_bytes()).0[0].is_multiple_of(5) { Part::Measuring } else { Part::Training }
}

/// A mail as numbers: the features of its first [`MESSAGE_BYTES`], each once.
struct Sample {
    features: Vec<u32>,
    /// What each feature counts: they are one unit of length together, however long the text is.
    value: f64,
    is_unwanted: bool,
}

impl Sample {
    fn new(text: &str, is_unwanted: bool) -> Self {
        let mut features = Vec::new();
        let message = &text[..text.floor_char_boundary(MESSAGE_BYTES)];
        features::each(message, BUCKETS, |feature| features.push(feature));
        features.sort_unstable();
        features.dedup();
        let value = 1.0 / (features.len().max(1) as f64).sqrt();
        Self { features, value, is_unwanted }
    }
}

/// Weights in the making.
struct Regression {
    bias: f64,
    weights: Vec<f64>,
}

impl Regression {
    /// Stochastic gradient descent with AdaGrad's step lengths and a little weight decay. The order of the samples is
    /// a fixed permutation, so the same data makes the same model.
    fn fit(samples: &[Sample]) -> Self {
        let mut model = Self { bias: 0.0, weights: vec![0.0; BUCKETS as usize] };
        let mut squares = vec![1e-8; BUCKETS as usize];
        let stride = stride(samples.len());
        for _ in 0..EPOCHS {
            for step in 0..samples.len() {
                let sample = &samples[step * stride % samples.len()];
                let error = model.probability(sample) - f64::from(u8::from(sample.is_unwanted));
                model.bias -= BIAS_RATE * error;
                for feature in &sample.features {
                    let (weight, square) =
                        (&mut model.weights[*feature as usize], &mut squares[*feature as usize]);
                    let gradient = error * sample.value + DECAY * *weight;
                    *square += gradient * gradient;
                    *weight -= RATE * gradient / square.sqrt();
                }
            }
        }
        model
    }

    fn probability(&self, sample: &Sample) -> f64 {
        let sum: f64 = sample.features.iter().map(|feature| self.weights[*feature as usize]).sum();
        1.0 / (1.0 + (-(self.bias + sum * sample.value)).exp())
    }

    /// The model as the guest reads it: weights as signed bytes of one common unit.
    fn quantised(&self) -> Vec<u8> {
        let largest = self.weights.iter().fold(0.0_f64, |largest, weight| largest.max(weight.abs()));
        // In whole thousandths, as the guest multiplies.
        let scale = (largest * 1_000.0 / 127.0).ceil().max(1.0);
        let bias = (self.bias * 1_000.0).round() as i32;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.weights.len());
        bytes.extend_from_slice(b"ALC1");
        bytes.extend_from_slice(&[BUCKETS.trailing_zeros() as u8, 0, 0, 0]);
        bytes.extend_from_slice(&bias.to_le_bytes());
        bytes.extend_from_slice(&(scale as u32).to_le_bytes());
        bytes.extend(self.weights.iter().map(|weight| (weight * 1_000.0 / scale).round() as i8 as u8));
        bytes
    }
}

/// About the golden section of `count`, and without a common divisor: stepping by it visits every sample once, far
/// from the one before.
fn stride(count: usize) -> usize {
    let divisor = |mut one: usize, mut other: usize| {
        while other != 0 {
            (one, other) = (other, one % other);
        }
        one
    };
    let start = (count as f64 * 0.618) as usize;
    (start.max(1)..).find(|stride| divisor(*stride, count.max(1)) == 1).unwrap_or(1)
}

/// Bytes of a mail that count as a message: its subject and how it begins.
pub(crate) const MESSAGE_BYTES: usize = 1_000;

/// Weights of the model. More made it no better, and each is a byte that is copied for each message.
const BUCKETS: u32 = 1 << 15;

/// Passes over the data.
const EPOCHS: usize = 20;

/// Step lengths of the weights and of the bias.
const RATE: f64 = 0.3;
const BIAS_RATE: f64 = 0.02;

/// Pulls weights towards 0 that the data says little about.
const DECAY: f64 = 1e-5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::model::Model;

    #[test]
    fn what_is_trained_tells_the_two_kinds_apart_and_the_guest_reads_it() {
        let wanted = ["let us meet at the lighthouse", "the tea is warm", "bring toast to the picnic"];
        let unwanted = ["free kazoo, act now!", "win a free kazoo today!", "act now and win $$$"];
        let sample = |text: &&str, is_unwanted| Sample::new(text, is_unwanted);
        let samples: Vec<Sample> = wanted
            .iter()
            .map(|text| sample(text, false))
            .chain(unwanted.iter().map(|text| sample(text, true)))
            .collect();
        let bytes = Regression::fit(&samples).quantised();
        let model = Model::read(&bytes).unwrap();
        for text in wanted {
            assert!(model.score(text) < 300, "{text}: {}", model.score(text));
        }
        for text in unwanted {
            assert!(model.score(text) > 700, "{text}: {}", model.score(text));
        }
    }

    #[test]
    fn every_sample_is_visited_once() {
        for count in [1, 2, 6, 100, 4_837] {
            let stride = stride(count);
            let mut seen: Vec<usize> = (0..count).map(|step| step * stride % count).collect();
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..count), "{count}");
        }
    }
}
