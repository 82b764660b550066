//! Fitting linfa's k-means.

use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;
use linfa::traits::Fit;
use linfa_clustering::KMeans as LinfaKMeans;
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::SeedableRng;

use super::Spec;
use crate::models::convert::unlabelled;
use crate::models::distinct::distinct_rows;
use crate::models::{Checked, Kind};
use crate::{LearnError, Samples};

/// Fitted centroids.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    pub(super) centroids: Vec<Vec<f64>>,
}

pub(super) fn fit(
    params: &Checked<Spec>,
    train: &Train<Samples>,
    seed: Seed,
) -> Result<KMeans, LearnError> {
    let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
    let distinct = distinct_rows(&train.x, params.clusters);
    if distinct < params.clusters {
        let wanted = params.clusters;
        return Err(failed(format!("{distinct} distinct rows are too few for {wanted} clusters")));
    }
    let rng = Xoshiro256Plus::seed_from_u64(seed.0);
    let fitted = LinfaKMeans::params_with_rng(params.clusters, rng)
        .n_runs(params.runs)
        .max_n_iterations(params.max_iterations as u64)
        .tolerance(params.tolerance)
        .fit(&unlabelled(Spec::NAME, &train.x)?)
        .map_err(|e| failed(e.to_string()))?;
    Ok(KMeans { centroids: fitted.centroids().outer_iter().map(|c| c.to_vec()).collect() })
}

impl KMeans {
    /// The distance of each row from its nearest centroid.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        x.map_rows(|row| {
            let squares = self.centroids.iter().map(|centroid| -> f64 {
                row.iter().zip(centroid).map(|(v, c)| (f64::from(*v) - c).powi(2)).sum()
            });
            squares.fold(f64::INFINITY, f64::min).sqrt()
        })
    }
}
