//! Rows of a regression around their means.
//!
//! linfa's and smartcore's solvers set the intercept to the mean target, which is right only where every
//! feature has mean 0. So they get centred rows, and the intercept is put together here.

use gauntlet_features::Matrix;

use super::Linear;
use super::linear::LinearLink;
use crate::{LearnError, Samples};

/// Features and targets less their means.
pub(super) struct Centred {
    /// The features, in double precision, column by column.
    pub(super) columns: Vec<Vec<f64>>,
    /// The targets.
    pub(super) values: Vec<f64>,
    means: Vec<f64>,
    mean: f64,
}

impl Centred {
    pub(super) fn new(train: &Samples) -> Result<Self, LearnError> {
        let values = train.target.values()?;
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let means: Vec<f64> = column_means(&train.x);
        let columns = train.x.columns.iter().zip(&means);
        Ok(Self {
            columns: columns
                .map(|(column, mean)| column.iter().map(|v| f64::from(*v) - mean).collect())
                .collect(),
            values: values.iter().map(|v| v - mean).collect(),
            means,
            mean,
        })
    }

    /// Whether all targets are the same: no weight can do better than none.
    pub(super) fn is_constant(&self) -> bool {
        self.values.iter().all(|v| *v == 0.0)
    }

    /// The features row by row.
    pub(super) fn row_major(&self) -> Vec<f64> {
        let rows = self.values.len();
        (0..rows).flat_map(|row| self.columns.iter().map(move |column| column[row])).collect()
    }

    /// The model of these weights on features that are not centred.
    pub(super) fn model(&self, weights: Vec<f64>) -> Linear {
        let shift: f64 = weights.iter().zip(&self.means).map(|(w, mean)| w * mean).sum();
        Linear::single(weights, self.mean - shift, LinearLink::Identity)
    }
}

/// The mean of each feature.
pub(super) fn column_means(x: &Matrix) -> Vec<f64> {
    let mean =
        |column: &Vec<f32>| column.iter().map(|v| f64::from(*v)).sum::<f64>() / column.len() as f64;
    x.columns.iter().map(mean).collect()
}
