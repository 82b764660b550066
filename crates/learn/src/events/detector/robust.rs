//! The largest robust z of all features.
//!
//! Each feature is centred on its median and scaled by the larger of two robust deviations: that of the middle (the
//! median absolute deviation) and that of the tail (the 99.5 % quantile of the absolute deviation, as a normal variable
//! has it). The second keeps features with heavy tails, such as those that follow the load, from crying wolf.

use gauntlet_bundle::graph::{self, Graph, Vector};
use gauntlet_features::Matrix;

/// Median absolute deviation of a standard normal variable.
const MIDDLE: f64 = 0.674_49;
/// Quantile of its absolute deviation at 99.5 %.
const TAIL: f64 = 2.807_03;
/// z beyond which nothing more is said: a sensor that was all but constant while fitting.
const MOST: f32 = 1e6;

/// Centre and scale of each feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RobustZ {
    centre: Vec<f32>,
    /// One over the robust deviation.
    scale: Vec<f32>,
}

impl RobustZ {
    /// Fits on some lines; each column varies among them.
    pub(super) fn fit(x: &Matrix, columns: &[usize], lines: &[usize]) -> Self {
        let (mut centre, mut scale) = (Vec::new(), Vec::new());
        for &column in columns {
            let there = lines.iter().map(|&line| f64::from(x.columns[column][line]));
            let mut values: Vec<f64> = there.filter(|v| !v.is_nan()).collect();
            values.sort_by(f64::total_cmp);
            let middle = gauntlet_core::quantile(&values, 0.5);
            let mut away: Vec<f64> = values.iter().map(|v| (v - middle).abs()).collect();
            away.sort_by(f64::total_cmp);
            let of = |q: f64, normal: f64| gauntlet_core::quantile(&away, q) / normal;
            let deviation = of(0.5, MIDDLE).max(of(0.995, TAIL)).max(of(1.0, 1.0) / 100.0);
            centre.push(middle as f32);
            scale.push((1.0 / deviation) as f32);
        }
        Self { centre, scale }
    }

    /// The largest z of each row; a missing feature says nothing.
    pub(super) fn scores(&self, rows: &Matrix) -> Vec<f32> {
        let mut scores = vec![0.0_f32; rows.rows()];
        for (column, (centre, scale)) in
            rows.columns.iter().zip(self.centre.iter().zip(&self.scale))
        {
            for (score, value) in scores.iter_mut().zip(column) {
                let z = ((value - centre) * scale).abs();
                if !z.is_nan() {
                    *score = score.max(z.min(MOST));
                }
            }
        }
        scores
    }

    /// The z of each feature in the first row.
    pub(super) fn each(&self, rows: &Matrix) -> Vec<f32> {
        let columns = rows.columns.iter().zip(self.centre.iter().zip(&self.scale));
        let z = columns.map(|(column, (centre, scale))| ((column[0] - centre) * scale).abs());
        z.map(|z| if z.is_nan() { 0.0 } else { z }).collect()
    }

    pub(super) fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Vector<f32> {
        let centred = graph.sub(x, self.centre.as_slice());
        let z = graph.mul(centred, self.scale.as_slice());
        let z = graph.abs(z);
        let missing = graph.is_nan(z);
        let z = graph.select(missing, 0.0, z);
        let z = graph.min(z, MOST);
        graph.largest(z)
    }
}
