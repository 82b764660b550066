//! The rows that a tree sees, a function of the forest's seed and the tree's number alone.

use gauntlet_core::Seed;
use rand::RngExt;

use super::ForestParams;

/// How often each row was drawn for one tree, times its weight, as integers: sums of integers are exact.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    weights: Vec<u32>,
    scale: f64,
}

/// Sums of weights stay below this, so that they fit `u32` with rounding to spare.
const LARGEST_SUM: f64 = (1_u32 << 31) as f64;

impl Sample {
    /// Draws the rows of tree number `tree`.
    #[must_use]
    pub fn draw(
        rows: usize,
        weights: Option<&[f32]>,
        params: &ForestParams,
        seed: Seed,
        tree: usize,
    ) -> Self {
        let counts = if params.bootstrap {
            let mut counts = vec![0_u32; rows];
            let mut rng = seed.derive("rows", tree as u64).rng();
            let wanted = ((rows as f64 * params.sample_share).round() as usize).max(1);
            for _ in 0..if rows == 0 { 0 } else { wanted } {
                counts[rng.random_range(0..rows)] += 1;
            }
            counts
        } else {
            vec![1; rows]
        };
        let Some(weights) = weights else { return Self { weights: counts, scale: 1.0 } };
        let weighted = |(&count, &weight): (&u32, &f32)| f64::from(count) * f64::from(weight);
        let total: f64 = counts.iter().zip(weights).map(weighted).sum();
        // A power of two: whole weights stay exact.
        let scale = if total > 0.0 { (LARGEST_SUM / total).log2().floor().exp2() } else { 1.0 };
        let scaled = counts.iter().zip(weights).map(|pair| (weighted(pair) * scale).round() as u32);
        Self { weights: scaled.collect(), scale }
    }

    /// The weight of each row in the tree, in units of `1 / scale`.
    #[must_use]
    pub fn weights(&self) -> &[u32] {
        &self.weights
    }

    /// Units per weight of 1.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The rows that are in the tree.
    pub(super) fn rows(&self) -> Vec<u32> {
        (0_u32..)
            .zip(&self.weights)
            .filter(|(_, weight)| **weight > 0)
            .map(|(row, _)| row)
            .collect()
    }

    /// Whether a row is not in the tree.
    #[must_use]
    pub fn leaves_out(&self, row: usize) -> bool {
        self.weights[row] == 0
    }
}
