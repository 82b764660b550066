//! The fitted layers, and what they give back.

use gauntlet_features::Matrix;

/// Fitted layers, ReLU between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Autoencoder {
    pub(super) layers: Vec<Layer>,
}

/// A dense layer. Its numbers are those of single precision, in which it was trained.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    /// Input by input, one entry per unit.
    pub(super) weights: Vec<f64>,
    /// One entry per unit.
    pub(super) bias: Vec<f64>,
}

impl Autoencoder {
    /// The mean squared difference between each row and what comes back.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        x.map_rows(|row| {
            let input: Vec<f64> = row.iter().map(|v| f64::from(*v)).collect();
            let output = self.answer(&input);
            let squares = input.iter().zip(&output).map(|(a, b)| (a - b) * (a - b));
            squares.sum::<f64>() / input.len() as f64
        })
    }

    fn answer(&self, row: &[f64]) -> Vec<f64> {
        let mut values = row.to_vec();
        for (at, layer) in self.layers.iter().enumerate() {
            if at > 0 {
                values.iter_mut().for_each(|v| *v = v.max(0.0));
            }
            values = layer.apply(&values);
        }
        values
    }
}

impl Layer {
    fn apply(&self, input: &[f64]) -> Vec<f64> {
        let mut sums = self.bias.clone();
        for (value, weights) in input.iter().zip(self.weights.chunks_exact(self.bias.len())) {
            if *value != 0.0 {
                sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += value * w);
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rows;

    #[test]
    fn two_layers_by_hand() {
        // Hidden: x0 - x1 and x1 - x0 after ReLU; out: twice the first, and the second plus one.
        let network = Autoencoder {
            layers: vec![
                Layer { weights: vec![1.0, -1.0, -1.0, 1.0], bias: vec![0.0, 0.0] },
                Layer { weights: vec![2.0, 0.0, 0.0, 1.0], bias: vec![0.0, 1.0] },
            ],
        };
        // (3, 1) comes back as (4, 1); (1, 3) as (0, 3).
        let scores = network.scores(&rows(vec![vec![3.0, 1.0], vec![1.0, 3.0]]));
        assert_eq!(scores, [0.5, 0.5]);
    }
}
