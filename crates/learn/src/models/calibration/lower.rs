//! Both curves in plain operators.

use gauntlet_bundle::graph::{Graph, Vector};

use super::{Calibrator, Isotonic, Platt};

impl Calibrator {
    /// Writes the curve behind a score.
    pub fn lower(&self, graph: &mut Graph, score: Vector<f64>) -> Vector<f64> {
        match self {
            Self::Platt(Platt { slope, intercept }) => {
                let margin = graph.mul(score, *slope);
                let margin = graph.add(margin, *intercept);
                graph.sigmoid(margin)
            }
            Self::Isotonic(Isotonic { base, ramps }) if ramps.is_empty() => {
                let nothing = graph.mul(score, 0.0);
                graph.add(nothing, *base)
            }
            Self::Isotonic(Isotonic { base, ramps }) => {
                let numbers = |f: fn(&super::isotonic::Ramp) -> f64| -> Vec<f64> {
                    ramps.iter().map(f).collect()
                };
                // One column per ramp: how far the score has climbed it.
                let column = graph.column(score);
                let columns = graph.matmul(column, &vec![1.0; ramps.len()], ramps.len());
                let past = graph.sub(columns, numbers(|ramp| ramp.start).as_slice());
                let past = graph.max(past, 0.0);
                let past = graph.min(past, numbers(|ramp| ramp.width).as_slice());
                let slopes = numbers(|ramp| ramp.rise / ramp.width);
                let climbed = graph.gemm(past, &slopes, &[*base]);
                let probability = graph.pick(climbed, 0);
                let probability = graph.max(probability, 0.0);
                graph.min(probability, 1.0)
            }
        }
    }
}
