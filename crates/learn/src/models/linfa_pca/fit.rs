//! Fitting linfa's components, and the control limits of both statistics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gauntlet_core::Train;
use gauntlet_features::Matrix;
use linfa::traits::Fit;
use linfa_reduction::Pca as LinfaPca;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::Spec;
use super::spec::Statistic;
use crate::models::convert::unlabelled;
use crate::models::{Checked, Kind};
use crate::{LearnError, Samples};

/// Level of the control limits.
const LEVEL: f64 = 0.99;

/// Components with a smaller share of all variance are rounding errors.
const NEGLIGIBLE: f64 = 1e-10;

/// The fitted plane and limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    pub(super) mean: Vec<f64>,
    /// Feature by feature, one entry per component.
    pub(super) components: Vec<f64>,
    /// One over the variance of each component.
    pub(super) precision: Vec<f64>,
    pub(super) statistic: Statistic,
    pub(super) t2_limit: f64,
    /// Nothing if the components keep all variance.
    pub(super) spe_limit: Option<f64>,
}

pub(super) fn fit(params: &Checked<Spec>, train: &Train<Samples>) -> Result<Pca, LearnError> {
    let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
    let (rows, features) = (train.rows(), train.x.width());
    if rows < 2 {
        return Err(failed("it takes two rows to vary".to_owned()));
    }
    let dataset = unlabelled(Spec::NAME, &train.x)?;
    // linfa's iteration panics where it loses its way on nearly dependent features.
    let decompose = || LinfaPca::params(features).fit(&dataset);
    let fitted = catch_unwind(AssertUnwindSafe(decompose))
        .map_err(|_| {
            failed("linfa's decomposition does not converge on these features".to_owned())
        })?
        .map_err(|e| failed(e.to_string()))?;
    let mut order: Vec<usize> = (0..fitted.singular_values().len()).collect();
    let variances: Vec<f64> =
        fitted.singular_values().iter().map(|s| s * s / (rows as f64 - 1.0)).collect();
    order.sort_by(|&a, &b| variances[b].total_cmp(&variances[a]));
    let total: f64 = variances.iter().sum();
    let real: Vec<usize> =
        order.iter().copied().filter(|&i| variances[i] > NEGLIGIBLE * total.max(1e-6)).collect();
    if real.is_empty() {
        return Err(failed("every feature is constant: there is no plane".to_owned()));
    }
    let mut kept = Vec::new();
    let mut sum = 0.0;
    for &component in &real {
        kept.push(component);
        sum += variances[component];
        if sum >= params.variance * total * (1.0 - 1e-12) {
            break;
        }
    }
    let left: Vec<f64> = real[kept.len()..].iter().map(|&i| variances[i]).collect();
    if params.statistic == Statistic::Spe && left.is_empty() {
        let reason =
            "the components keep all variance, so nothing lies off their plane: lower `variance`";
        return Err(failed(reason.to_owned()));
    }
    let matrix = fitted.components();
    let components = (0..features)
        .flat_map(|feature| kept.iter().map(move |&component| matrix[(component, feature)]))
        .collect();
    Ok(Pca {
        mean: fitted.mean().to_vec(),
        components,
        precision: kept.iter().map(|&i| 1.0 / variances[i]).collect(),
        statistic: params.statistic,
        t2_limit: chi_squared(kept.len() as f64).map_err(failed)?,
        spe_limit: box_limit(&left).map_err(failed)?,
    })
}

/// The limit of a sum of squares with these variances, as a scaled chi-squared variable with the same
/// mean and variance (Box 1954).
fn box_limit(variances: &[f64]) -> Result<Option<f64>, String> {
    if variances.is_empty() {
        return Ok(None);
    }
    let first: f64 = variances.iter().sum();
    let second: f64 = variances.iter().map(|v| v * v).sum();
    chi_squared(first * first / second).map(|limit| Some(second / first * limit))
}

fn chi_squared(degrees: f64) -> Result<f64, String> {
    ChiSquared::new(degrees).map(|d| d.inverse_cdf(LEVEL)).map_err(|e| e.to_string())
}

impl Pca {
    /// T2 and SPE of a row.
    pub(super) fn statistics(&self, row: &[f32]) -> (f64, f64) {
        let width = self.precision.len();
        let mut scores = vec![0.0; width];
        let centred: Vec<f64> =
            row.iter().zip(&self.mean).map(|(v, mean)| f64::from(*v) - mean).collect();
        for (value, weights) in centred.iter().zip(self.components.chunks(width)) {
            scores.iter_mut().zip(weights).for_each(|(score, w)| *score += value * w);
        }
        let t2 = scores.iter().zip(&self.precision).map(|(s, p)| s * s * p).sum();
        let residuals =
            centred.iter().zip(self.components.chunks(width)).map(|(value, weights)| {
                let projected: f64 = scores.iter().zip(weights).map(|(s, w)| s * w).sum();
                (value - projected).powi(2)
            });
        (t2, residuals.sum())
    }

    /// The score of each row.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        x.map_rows(|row| {
            let (t2, spe) = self.statistics(row);
            match (self.statistic, self.spe_limit) {
                (Statistic::T2, _) => t2,
                (Statistic::Spe, _) => spe,
                (Statistic::Combined, Some(limit)) => t2 / self.t2_limit + spe / limit,
                (Statistic::Combined, None) => t2 / self.t2_limit,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;
    use crate::testing::train_for;
    use gauntlet_core::Seed;
    use rand::RngExt;

    /// Two features along a line, the third independent and small.
    fn plane(n: usize) -> Train<Samples> {
        let mut rng = Seed(5).rng();
        let mut draw = || (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0;
        let mut columns = vec![Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..n {
            let (along, small) = (draw(), 0.1 * draw());
            columns[0].push(along);
            columns[1].push(along + 0.05 * draw());
            columns[2].push(small);
        }
        train_for(columns, Target::None(n))
    }

    fn model(statistic: Statistic) -> Pca {
        let spec = Spec { variance: 0.9, statistic };
        fit(&Checked::new(spec), &plane(2000)).unwrap()
    }

    #[test]
    fn one_percent_of_normal_rows_exceed_either_limit() {
        let (rows, model) = (plane(2000), model(Statistic::T2));
        assert_eq!(model.precision.len(), 1);
        let mut beyond = (0, 0);
        rows.x.map_rows(|row| {
            let (t2, spe) = model.statistics(row);
            beyond.0 += u32::from(t2 > model.t2_limit);
            beyond.1 += u32::from(spe > model.spe_limit.unwrap());
        });
        assert!((5..40).contains(&beyond.0) && (5..40).contains(&beyond.1), "{beyond:?}");
    }

    #[test]
    fn t2_sees_a_row_far_along_the_plane_and_spe_one_off_it() {
        let model = model(Statistic::Combined);
        let (t2, spe) = model.statistics(&[8.0, 8.0, 0.0]);
        assert!(t2 > 5.0 * model.t2_limit && spe < model.spe_limit.unwrap());
        let (t2, spe) = model.statistics(&[1.0, -1.0, 0.0]);
        assert!(t2 < model.t2_limit && spe > 20.0 * model.spe_limit.unwrap());
    }

    #[test]
    fn with_all_variance_kept_the_squared_error_has_nothing_to_say() {
        let spec = Spec { variance: 1.0, statistic: Statistic::Spe };
        let error = fit(&Checked::new(spec), &plane(100)).unwrap_err().to_string();
        assert!(error.contains("lower `variance`"), "{error}");
    }
}
