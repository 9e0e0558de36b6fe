//! Logistic regression: the same rows in the same order make the same weights.

/// Weights for features that were made comparable.
pub(super) struct Logistic {
    means: Vec<f64>,
    deviations: Vec<f64>,
    weights: Vec<f64>,
    bias: f64,
}

impl Logistic {
    /// Fits by gradient descent from zero over all rows at once. All rows are as long as the first.
    pub(super) fn fit(rows: &[(Vec<f64>, bool)]) -> Self {
        let width = rows.first().map_or(0, |(row, _)| row.len());
        let n = rows.len().max(1) as f64;
        let mean = |of: &dyn Fn(f64) -> f64, index: usize| {
            rows.iter().map(|(row, _)| of(row[index])).sum::<f64>() / n
        };
        let means: Vec<f64> = (0..width).map(|index| mean(&|value| value, index)).collect();
        let deviations: Vec<f64> = (0..width)
            .map(|index| mean(&|value| (value - means[index]) * (value - means[index]), index).sqrt())
            // A feature that never varies says nothing; what it is divided by does not matter.
            .map(|deviation| if deviation > 1e-9 { deviation } else { 1.0 })
            .collect();
        let mut model = Self { means, deviations, weights: vec![0.0; width], bias: 0.0 };
        let scaled: Vec<(Vec<f64>, f64)> =
            rows.iter().map(|(row, is_one)| (model.scaled(row), f64::from(u8::from(*is_one)))).collect();
        for _ in 0..STEPS {
            let mut slopes: Vec<f64> = model.weights.iter().map(|weight| DECAY * weight).collect();
            let mut bias_slope = 0.0;
            for (row, right) in &scaled {
                let error = (1.0 / (1.0 + libm::exp(-model.sum(row))) - right) / n;
                slopes.iter_mut().zip(row).for_each(|(slope, value)| *slope += error * value);
                bias_slope += error;
            }
            model.weights.iter_mut().zip(&slopes).for_each(|(weight, slope)| *weight -= RATE * slope);
            model.bias -= RATE * bias_slope;
        }
        model
    }

    /// Log-odds that a row is one of those that were marked.
    pub(super) fn score(&self, row: &[f64]) -> f64 {
        self.sum(&self.scaled(row))
    }

    fn scaled(&self, row: &[f64]) -> Vec<f64> {
        let columns = self.means.iter().zip(&self.deviations);
        row.iter().zip(columns).map(|(value, (mean, deviation))| (value - mean) / deviation).collect()
    }

    fn sum(&self, row: &[f64]) -> f64 {
        row.iter().zip(&self.weights).fold(self.bias, |sum, (value, weight)| sum + value * weight)
    }
}

const STEPS: usize = 200;
const RATE: f64 = 0.3;
/// Pulls weights towards zero, so that few rows can't make one feature decide.
const DECAY: f64 = 0.01;
