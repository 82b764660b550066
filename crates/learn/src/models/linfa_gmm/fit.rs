//! Fitting linfa's mixture.

use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;
use linfa::traits::Fit;
use linfa_clustering::GaussianMixtureModel;
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::SeedableRng;

use super::Spec;
use crate::models::convert::unlabelled;
use crate::models::distinct::distinct_rows;
use crate::models::gaussians::Gaussians;
use crate::models::{Checked, Kind};
use crate::{LearnError, Samples};

/// A fitted mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct Gmm {
    pub(super) gaussians: Gaussians,
}

pub(super) fn fit(
    params: &Checked<Spec>,
    train: &Train<Samples>,
    seed: Seed,
) -> Result<Gmm, LearnError> {
    let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
    let distinct = distinct_rows(&train.x, params.components);
    if distinct < params.components {
        let wanted = params.components;
        return Err(failed(format!(
            "{distinct} distinct rows are too few for {wanted} components"
        )));
    }
    let rng = Xoshiro256Plus::seed_from_u64(seed.0);
    let fitted = GaussianMixtureModel::params_with_rng(params.components, rng)
        .reg_covariance(params.regularisation)
        .max_n_iterations(params.max_iterations as u64)
        .tolerance(params.tolerance)
        .fit(&unlabelled(Spec::NAME, &train.x)?)
        .map_err(|e| failed(e.to_string()))?;
    let mut gaussians = Gaussians::new();
    let parts = fitted.weights().iter().zip(fitted.means().outer_iter());
    for ((weight, mean), covariance) in parts.zip(fitted.covariances().outer_iter()) {
        gaussians
            .push_full(*weight, mean.to_vec(), &covariance.to_owned())
            .map_err(|reason| failed(format!("{reason}: raise `regularisation`")))?;
    }
    Ok(Gmm { gaussians })
}

impl Gmm {
    /// The negative logarithm of the density at each row.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        x.map_rows(|row| {
            let logs: Vec<f64> = self.gaussians.log_densities(row).collect();
            let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            -(largest + logs.iter().map(|l| (l - largest).exp()).sum::<f64>().ln())
        })
    }
}
