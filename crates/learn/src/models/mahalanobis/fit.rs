//! Mean and covariance of the training rows.

use gauntlet_core::Train;
use gauntlet_features::Matrix;
use ndarray::{Array2, Axis};

use super::Spec;
use crate::models::convert::records;
use crate::models::gaussians::Gaussians;
use crate::models::{Checked, Kind};
use crate::{LearnError, Samples};

/// The fitted centre and covariance.
#[derive(Debug, Clone, PartialEq)]
pub struct Mahalanobis {
    pub(super) centre: Gaussians,
}

pub(super) fn fit(
    params: &Checked<Spec>,
    train: &Train<Samples>,
) -> Result<Mahalanobis, LearnError> {
    let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
    let records = records(Spec::NAME, &train.x)?;
    let mean = records.mean_axis(Axis(0)).ok_or(LearnError::Empty)?;
    let centred = records - &mean;
    let rows = (train.rows() as f64 - 1.0).max(1.0);
    let mut covariance: Array2<f64> = centred.t().dot(&centred) / rows;
    covariance.diag_mut().mapv_inplace(|v| v * (1.0 + params.regularisation));
    let mut centre = Gaussians::new();
    centre.push_full(1.0, mean.to_vec(), &covariance).map_err(|_| {
        failed("a feature is constant or depends on the others: leave it out".to_owned())
    })?;
    Ok(Mahalanobis { centre })
}

impl Mahalanobis {
    /// The distance of each row.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        x.map_rows(|row| self.centre.squared_distances(row).sum::<f64>().sqrt())
    }
}
