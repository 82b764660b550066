//! Mean and covariance of the training rows.

use gauntlet_core::Train;
use gauntlet_features::Matrix;
use ndarray::{Array2, Axis};

use super::Spec;
use super::spec::Shrinkage;
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
    let mut covariance = match params.shrinkage {
        Shrinkage::None => centred.t().dot(&centred) / (train.rows() as f64 - 1.0).max(1.0),
        Shrinkage::LedoitWolf => ledoit_wolf(&centred),
    };
    covariance.diag_mut().mapv_inplace(|v| v * (1.0 + params.regularisation));
    let mut centre = Gaussians::new();
    centre.push_full(1.0, mean.to_vec(), &covariance).map_err(|_| {
        failed(
            "a feature is constant or depends on the others: leave it out, set `shrinkage = \"ledoit_wolf\"` \
             or a `projection`"
                .to_owned(),
        )
    })?;
    Ok(Mahalanobis { centre })
}

/// The covariance of centred rows, drawn towards the mean variance times the identity.
fn ledoit_wolf(centred: &Array2<f64>) -> Array2<f64> {
    let (n, features) = (centred.nrows() as f64, centred.ncols() as f64);
    let mut covariance = centred.t().dot(centred) / n;
    let variance = covariance.diag().sum() / features;
    let squares = covariance.iter().map(|v| v * v).sum::<f64>();
    let from_identity = squares - features * variance * variance;
    let fourth = centred.rows().into_iter().map(|row| row.dot(&row).powi(2)).sum::<f64>() / n;
    let error = (fourth - squares) / n;
    let share = if from_identity > 0.0 { (error / from_identity).clamp(0.0, 1.0) } else { 0.0 };
    covariance *= 1.0 - share;
    covariance.diag_mut().mapv_inplace(|v| v + share * variance);
    covariance
}

impl Mahalanobis {
    /// The distance of each row.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        x.map_rows(|row| self.centre.squared_distances(row).sum::<f64>().sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;
    use crate::testing::{rows, train_for};
    use gauntlet_core::Seed;
    use rand::RngExt;

    #[test]
    fn shrinkage_is_that_of_scikit_learn() {
        // The inverse of sklearn.covariance.ledoit_wolf gives the origin this distance.
        let columns =
            [[1.0, 2.0, 3.0, 4.0, 6.0], [2.0, 1.0, 5.0, 3.0, 4.0], [0.0, 1.0, 0.0, 2.0, 1.0]];
        let spec = Spec { regularisation: 0.0, shrinkage: Shrinkage::LedoitWolf };
        let train = train_for(columns.map(Vec::from).to_vec(), Target::None(5));
        let model = fit(&Checked::new(spec), &train).unwrap();
        let distance = model.scores(&rows(vec![vec![0.0]; 3]))[0];
        assert!((distance - 2.624_527_176_192_476_7).abs() < 1e-9, "{distance}");
    }

    #[test]
    fn with_shrinkage_sixty_rows_of_three_hundred_features_have_a_distance() {
        let mut rng = Seed(1).rng();
        let shared: Vec<f32> = (0..60).map(|_| rng.random()).collect();
        let mut column = |_| shared.iter().map(|s| s + 0.01 * rng.random::<f32>()).collect();
        let columns: Vec<Vec<f32>> = (0..300).map(&mut column).collect();
        let train = train_for(columns, Target::None(60));
        let singular = Spec { regularisation: 0.0, ..Spec::default() };
        let error = fit(&Checked::new(singular), &train).err().unwrap().to_string();
        assert!(error.contains("ledoit_wolf"), "{error}");
        let spec = Spec { shrinkage: Shrinkage::LedoitWolf, ..Spec::default() };
        let model = fit(&Checked::new(spec), &train).unwrap();
        let usual = model.scores(&train.x).into_iter().fold(0.0, f64::max);
        let mut odd = train.x.clone();
        odd.columns[7].iter_mut().for_each(|v| *v += 2.0);
        assert!(model.scores(&odd).iter().all(|d| *d > usual));
    }
}
