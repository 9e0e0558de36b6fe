//! `sensitive-image`: fits the head of its network to painted toast. The layers below stay as they are.
//!
//! The head is a logistic regression on the network's features, fitted by gradient descent from zero over all
//! samples at once: no chance is in it, so the same sources make the same model.

use std::path::Path;

use crate::{
    guest::{ChoreError, read, write},
    network::Network,
    pictures::toast::{Motif, painted},
};
use airlock_hooks::views::rgb;

/// Replaces the head in `model.bin`.
pub(super) fn train(dir: &Path) -> Result<(), ChoreError> {
    let path = dir.join("model.bin");
    let mut model = read(&path)?;
    let wrong = |why: &str| ChoreError::Data { path: path.clone(), why: why.into() };
    let network = Network::parse(&model).map_err(|_| wrong("it is not a network"))?;
    let mut samples = Vec::new();
    for sample in 0..SAMPLES {
        let motif = Motif::of(sample);
        let features =
            network.features(&rgb(&painted(sample, motif))).ok_or_else(|| wrong("another size"))?;
        samples.push((features, motif == Motif::BurntToast));
    }
    let (weights, bias) = fitted(&samples);
    let head: Vec<u8> =
        weights.iter().chain([&bias]).flat_map(|value| (*value as f32).to_le_bytes()).collect();
    let from = model.len() - head.len();
    model[from..].copy_from_slice(&head);
    let network = Network::parse(&model).map_err(|_| wrong("it is no longer a network"))?;
    let right = samples.iter().filter(|(features, is_burnt)| (network.judged(features) >= 500) == *is_burnt);
    println!("sensitive-image: {} of {SAMPLES} training samples on the right side", right.count());
    write(&path, &model)
}

/// Weights and bias for features as they are: those of the fit, whose features have mean 0 and deviation 1, undone.
fn fitted(samples: &[(Vec<f32>, bool)]) -> (Vec<f64>, f64) {
    let count = samples.first().map_or(0, |(features, _)| features.len());
    let n = samples.len() as f64;
    let column = |index: usize| samples.iter().map(move |(features, _)| f64::from(features[index]));
    let means: Vec<f64> = (0..count).map(|index| column(index).sum::<f64>() / n).collect();
    let deviations: Vec<f64> = (0..count)
        .map(|index| {
            (column(index).map(|value| (value - means[index]).powi(2)).sum::<f64>() / n).sqrt().max(1e-6)
        })
        .collect();
    let rows: Vec<(Vec<f64>, f64)> = samples
        .iter()
        .map(|(features, is_burnt)| {
            let scaled = features.iter().zip(means.iter().zip(&deviations));
            let row =
                scaled.map(|(value, (mean, deviation))| (f64::from(*value) - mean) / deviation).collect();
            (row, f64::from(*is_burnt))
        })
        .collect();
    let (mut weights, mut bias) = (vec![0.0; count], 0.0);
    for _ in 0..STEPS {
        let mut slope: Vec<f64> = weights.iter().map(|weight| DECAY * weight).collect();
        let mut bias_slope = 0.0;
        for (row, right) in &rows {
            let sum: f64 = row.iter().zip(&weights).fold(bias, |sum, (value, weight)| sum + value * weight);
            let error = (1.0 / (1.0 + libm::exp(-sum)) - right) / n;
            slope.iter_mut().zip(row).for_each(|(slope, value)| *slope += error * value);
            bias_slope += error;
        }
        weights.iter_mut().zip(&slope).for_each(|(weight, slope)| *weight -= RATE * slope);
        bias -= RATE * bias_slope;
    }
    for ((weight, mean), deviation) in weights.iter_mut().zip(&means).zip(&deviations) {
        *weight /= deviation;
        bias -= *weight * mean;
    }
    (weights, bias)
}

/// Painted pictures, with the seeds from 0 on.
const SAMPLES: u64 = 1_600;
/// Steps of the descent.
const STEPS: usize = 600;
/// Length of a step.
const RATE: f64 = 0.3;
/// Pull of the weights towards zero, so that no single feature decides.
const DECAY: f64 = 1e-3;
