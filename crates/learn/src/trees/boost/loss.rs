//! Losses: derivatives, base scores, and what a leaf holds.

use rayon::prelude::*;

use super::maths::{exp, logistic};
use super::quantile::weighted_quantile;

/// What boosting minimises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loss {
    /// Log loss of two classes; targets are 0 and 1, the output is the log-odds of class 1.
    Logistic,
    /// Log loss of several classes; targets are class numbers, the outputs are logits.
    Softmax {
        /// Number of classes.
        classes: usize,
    },
    /// Half the squared error.
    Squared,
    /// The absolute error; leaves hold medians (Friedman 2001).
    Absolute,
    /// The pinball loss; leaves hold quantiles.
    Quantile {
        /// The quantile, between 0 and 1.
        alpha: f64,
    },
}

/// What rows ought to be: numbers, or class numbers, and a weight each.
#[derive(Debug, Clone, Copy)]
pub struct BoostTarget<'a> {
    /// Target per row.
    pub y: &'a [f64],
    /// Weight per row, at least 0; none means 1 each.
    pub weights: Option<&'a [f32]>,
}

impl BoostTarget<'_> {
    pub(super) fn weight(&self, row: usize) -> f32 {
        self.weights.map_or(1.0, |weights| weights[row])
    }
}

/// First and second derivative of the loss at one row.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Derivative {
    pub(super) gradient: f32,
    pub(super) hessian: f32,
}

/// Rows per unit of parallel work; fixed, so that nothing depends on the number of threads.
pub(super) const CHUNK: usize = 8192;

impl Loss {
    /// Outputs per row.
    #[must_use]
    pub fn outputs(self) -> usize {
        if let Self::Softmax { classes } = self { classes } else { 1 }
    }

    /// The constant outputs with the smallest loss, half a row added per class so that they are finite.
    pub(super) fn base(self, target: BoostTarget<'_>) -> Vec<f64> {
        let weight = |row| f64::from(target.weight(row));
        let rows = target.y.len();
        let total: f64 = (0..rows).map(weight).sum();
        let of_class = |class: f64| -> f64 {
            (0..rows).filter(|&row| target.y[row] == class).map(weight).sum()
        };
        match self {
            Self::Logistic => {
                let positives = of_class(1.0);
                vec![((positives + 0.5) / (total - positives + 0.5)).ln()]
            }
            Self::Softmax { classes } => {
                let shares = total + 0.5 * classes as f64;
                (0..classes).map(|class| ((of_class(class as f64) + 0.5) / shares).ln()).collect()
            }
            Self::Squared => {
                let sum: f64 = (0..rows).map(|row| weight(row) * target.y[row]).sum();
                vec![if total > 0.0 { sum / total } else { 0.0 }]
            }
            Self::Absolute | Self::Quantile { .. } => {
                let pairs = (0..rows).map(|row| (target.y[row], weight(row))).collect();
                vec![self.leaf_quantile().map_or(0.0, |alpha| weighted_quantile(pairs, alpha))]
            }
        }
    }

    /// The quantile of residuals that a leaf holds, for losses whose Newton step would be meaningless.
    pub(super) fn leaf_quantile(self) -> Option<f64> {
        match self {
            Self::Absolute => Some(0.5),
            Self::Quantile { alpha } => Some(alpha),
            _ => None,
        }
    }

    /// Derivatives of all rows and outputs, `[row * outputs + output]`, at the margins laid out alike.
    pub(super) fn derive(self, target: BoostTarget<'_>, margin: &[f64], into: &mut [Derivative]) {
        let outputs = self.outputs();
        into.par_chunks_mut(CHUNK * outputs)
            .zip(margin.par_chunks(CHUNK * outputs))
            .zip(target.y.par_chunks(CHUNK))
            .for_each(|((into, margin), y)| self.derive_chunk(y, margin, into));
        if let Some(weights) = target.weights {
            let rows = into.par_chunks_mut(CHUNK * outputs).zip(weights.par_chunks(CHUNK));
            rows.for_each(|(into, weights)| {
                for (row, &weight) in into.chunks_mut(outputs).zip(weights) {
                    for derivative in row {
                        derivative.gradient *= weight;
                        derivative.hessian *= weight;
                    }
                }
            });
        }
    }

    fn derive_chunk(self, y: &[f64], margin: &[f64], into: &mut [Derivative]) {
        let rows = into.iter_mut().zip(margin).zip(y);
        match self {
            Self::Logistic => rows.for_each(|((into, &margin), &y)| {
                let p = logistic(margin as f32);
                *into = Derivative { gradient: p - y as f32, hessian: p * (1.0 - p) };
            }),
            Self::Softmax { classes } => {
                let factor = classes as f32 / (classes as f32 - 1.0).max(1.0);
                let each = into.chunks_mut(classes).zip(margin.chunks(classes)).zip(y);
                for ((into, margin), &y) in each {
                    let top = margin.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let mut sum = 0.0;
                    for (into, &margin) in into.iter_mut().zip(margin) {
                        into.gradient = exp((margin - top) as f32);
                        sum += into.gradient;
                    }
                    for (class, into) in into.iter_mut().enumerate() {
                        let p = into.gradient / sum;
                        let hit = f32::from(u8::from(class == y as usize));
                        *into = Derivative { gradient: p - hit, hessian: factor * p * (1.0 - p) };
                    }
                }
            }
            Self::Squared => rows.for_each(|((into, &margin), &y)| {
                *into = Derivative { gradient: (margin - y) as f32, hessian: 1.0 };
            }),
            Self::Absolute | Self::Quantile { .. } => {
                let alpha = self.leaf_quantile().unwrap_or(0.5) as f32;
                rows.for_each(|((into, &margin), &y)| {
                    let gradient = if y > margin { -alpha } else { 1.0 - alpha };
                    *into = Derivative { gradient, hessian: 1.0 };
                });
            }
        }
    }

    /// The weighted mean loss.
    #[must_use]
    pub fn mean(self, target: BoostTarget<'_>, margin: &[f64]) -> f64 {
        let outputs = self.outputs();
        let (mut sum, mut total) = (0.0, 0.0);
        for (row, (margin, &y)) in margin.chunks(outputs).zip(target.y).enumerate() {
            let weight = f64::from(target.weight(row));
            sum += weight * self.at(margin, y);
            total += weight;
        }
        if total > 0.0 { sum / total } else { 0.0 }
    }

    fn at(self, margin: &[f64], y: f64) -> f64 {
        match self {
            Self::Logistic => {
                let signed = if y > 0.5 { -margin[0] } else { margin[0] };
                signed.max(0.0) + (-signed.abs()).exp().ln_1p()
            }
            Self::Softmax { .. } => {
                let top = margin.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = margin.iter().map(|m| (m - top).exp()).sum();
                top + sum.ln() - margin[y as usize]
            }
            Self::Squared => 0.5 * (margin[0] - y).powi(2),
            Self::Absolute => (y - margin[0]).abs(),
            Self::Quantile { alpha } => {
                let rest = y - margin[0];
                if rest > 0.0 { alpha * rest } else { (alpha - 1.0) * rest }
            }
        }
    }
}
