//! Fitting the steps with linfa-preprocessing, and running them.

use std::borrow::Cow;

use gauntlet_features::Matrix;
use linfa::traits::Fit;
use linfa_preprocessing::linear_scaling::LinearScaler;
use linfa_preprocessing::whitening::Whitener;

use super::project::project;
use super::{FrontSpec, Impute, Scaling, Whitening};
use crate::LearnError;
use crate::models::convert::unlabelled;

/// How much larger the largest factor of a whitening may be than the smallest: beyond, features depend
/// on one another and rounding errors are all that is left of a direction.
const CONDITION: f64 = 1e7;

/// Fitted steps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Front {
    pub(super) steps: Vec<Step>,
}

/// One fitted step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// The value for each feature where it is missing.
    Fill(Vec<f32>),
    /// `(x - offset) * scale` per feature.
    Scale { offset: Vec<f64>, scale: Vec<f64> },
    /// `(x - mean) · matrix`, whose rows are features and whose columns are directions.
    Turn { mean: Vec<f64>, matrix: Vec<f64>, width: usize },
}

impl FrontSpec {
    /// Fits the steps on the features of training rows, one after the other. What the file does not say is `scaling`, or none.
    ///
    /// # Errors
    /// A feature without any value to impute from, missing values before scaling, features that are all
    /// constant before a projection, or features that are linearly dependent before whitening.
    pub fn fit(
        &self,
        kind: &'static str,
        x: &Matrix,
        scaling: Scaling,
    ) -> Result<Front, LearnError> {
        let mut front = Front::default();
        let mut seen = Cow::Borrowed(x);
        if self.impute == Some(Impute::Median) {
            front.push(Step::Fill(medians(x)?), &mut seen);
        }
        let scaling = self.scaling.unwrap_or(scaling);
        let whitening = self.whitening.unwrap_or_default();
        let turned = self.projection.is_some() || whitening != Whitening::None;
        if scaling != Scaling::None || turned {
            refuse_missing(kind, &seen)?;
        }
        let failed = |reason: String| LearnError::Fit { kind, reason };
        let method = match scaling {
            Scaling::None => None,
            Scaling::Standard => Some(LinearScaler::standard()),
            Scaling::MinMax => Some(LinearScaler::min_max()),
        };
        if let Some(method) = method {
            let fitted = method
                .fit(&unlabelled(kind, &seen)?)
                .map_err(|e| failed(format!("scaling: {e}")))?;
            let (offset, scale) = (fitted.offsets().to_vec(), fitted.scales().to_vec());
            front.push(Step::Scale { offset, scale }, &mut seen);
        }
        if let Some(projection) = self.projection {
            let step = project(kind, &seen, projection)?;
            front.push(step, &mut seen);
        }
        let method = match whitening {
            Whitening::None => return Ok(front),
            Whitening::Pca => Whitener::pca(),
            Whitening::Zca => Whitener::zca(),
            Whitening::Cholesky => Whitener::cholesky(),
        };
        let dependent = || {
            failed(
                "whitening: features are constant or linearly dependent, or there are fewer rows than \
                 features; leave some out or set `whitening = \"none\"`"
                    .to_owned(),
            )
        };
        if seen.rows() <= seen.width() {
            return Err(dependent());
        }
        let fitted = method.fit(&unlabelled(kind, &seen)?).map_err(|_| dependent())?;
        let matrix = fitted.transformation_matrix();
        let norms: Vec<f64> =
            matrix.rows().into_iter().map(|row| row.iter().map(|v| v * v).sum()).collect();
        let largest = norms.iter().copied().fold(0.0, f64::max);
        let smallest = norms.iter().copied().fold(f64::INFINITY, f64::min);
        let finite = norms.iter().all(|norm| norm.is_finite());
        if !finite || largest > CONDITION * CONDITION * smallest {
            return Err(dependent());
        }
        let step = Step::Turn {
            mean: fitted.mean().to_vec(),
            width: matrix.nrows(),
            matrix: matrix.t().iter().copied().collect(),
        };
        front.push(step, &mut seen);
        Ok(front)
    }
}

impl Front {
    /// Whether nothing is done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether features keep their values where they are not missing.
    #[must_use]
    pub fn keeps_values(&self) -> bool {
        self.steps.iter().all(|step| matches!(step, Step::Fill(_)))
    }

    /// The features after all steps.
    #[must_use]
    pub fn apply<'a>(&self, x: &'a Matrix) -> Cow<'a, Matrix> {
        self.steps.iter().fold(Cow::Borrowed(x), |x, step| Cow::Owned(step.apply(&x)))
    }

    fn push(&mut self, step: Step, seen: &mut Cow<'_, Matrix>) {
        *seen = Cow::Owned(step.apply(seen));
        self.steps.push(step);
    }
}

impl Step {
    fn apply(&self, x: &Matrix) -> Matrix {
        let map = |f: &dyn Fn(usize, f32) -> f32| {
            let columns = x.columns.iter().enumerate();
            columns.map(|(i, column)| column.iter().map(|&v| f(i, v)).collect()).collect()
        };
        let same = |columns, limits| Matrix { names: x.names.clone(), columns, limits };
        match self {
            Self::Fill(values) => {
                same(map(&|i, v| if v.is_nan() { values[i] } else { v }), x.limits.clone())
            }
            Self::Scale { offset, scale } => {
                let f = |i: usize, v: f32| ((f64::from(v) - offset[i]) * scale[i]) as f32;
                let limits = x.limits.iter().enumerate().map(|(i, l)| l.map(|v| f(i, v)));
                let limits = limits.collect();
                same(map(&f), limits)
            }
            Self::Turn { mean, matrix, width } => {
                let mut columns = vec![Vec::with_capacity(x.rows()); *width];
                for row in 0..x.rows() {
                    let mut sums = vec![0.0; *width];
                    for (feature, column) in x.columns.iter().enumerate() {
                        let centred = f64::from(column[row]) - mean[feature];
                        let weights = &matrix[feature * width..(feature + 1) * width];
                        sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += centred * w);
                    }
                    columns.iter_mut().zip(sums).for_each(|(column, v)| column.push(v as f32));
                }
                Matrix {
                    names: (0..*width).map(|i| format!("direction{i}")).collect(),
                    columns,
                    limits: vec![None; *width],
                }
            }
        }
    }
}

fn medians(x: &Matrix) -> Result<Vec<f32>, LearnError> {
    let columns = x.names.iter().zip(&x.columns);
    columns
        .map(|(name, column)| {
            let mut values: Vec<f32> = column.iter().copied().filter(|v| !v.is_nan()).collect();
            values.sort_by(f32::total_cmp);
            match values.len() {
                0 => Err(LearnError::NoValue { feature: name.clone() }),
                n if n % 2 == 1 => Ok(values[n / 2]),
                n => {
                    let (a, b) = (f64::from(values[n / 2 - 1]), f64::from(values[n / 2]));
                    Ok(((a + b) / 2.0) as f32)
                }
            }
        })
        .collect()
}

/// Refuses missing values for a kind or step that takes none.
pub(crate) fn refuse_missing(kind: &'static str, x: &Matrix) -> Result<(), LearnError> {
    let columns = x.names.iter().zip(&x.columns);
    match columns.into_iter().find(|(_, column)| column.iter().any(|v| v.is_nan())) {
        Some((feature, _)) => Err(LearnError::Missing { kind, feature: feature.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{noisy, rows};

    fn fit(spec: FrontSpec, columns: Vec<Vec<f32>>) -> Result<Matrix, LearnError> {
        let x = rows(columns);
        let front = spec.fit("test", &x, Scaling::None)?;
        Ok(front.apply(&x).into_owned())
    }

    #[test]
    fn standard_scaling_gives_mean_0_and_deviation_1_and_leaves_a_constant_at_0() {
        let spec = FrontSpec { scaling: Some(Scaling::Standard), ..FrontSpec::default() };
        let scaled = fit(spec, noisy(200, 1).0).unwrap();
        for column in &scaled.columns[..3] {
            let mean = column.iter().map(|v| f64::from(*v)).sum::<f64>() / 200.0;
            let variance = column.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / 200.0;
            assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-6, "{mean} {variance}");
        }
        assert!(scaled.columns[3].iter().all(|v| *v == 0.0));
    }

    #[test]
    fn min_max_scaling_reaches_from_0_to_1() {
        let spec = FrontSpec { scaling: Some(Scaling::MinMax), ..FrontSpec::default() };
        let scaled = fit(spec, vec![vec![-4.0, 0.0, 12.0]]).unwrap();
        assert_eq!(scaled.columns[0], [0.0, 0.25, 1.0]);
    }

    #[test]
    fn every_whitening_gives_the_identity_as_covariance() {
        let mut columns = noisy(400, 3).0;
        columns.truncate(3);
        columns[1] = columns[0].iter().zip(&columns[1]).map(|(a, b)| a + 0.3 * b).collect();
        for whitening in [Whitening::Pca, Whitening::Zca, Whitening::Cholesky] {
            let spec = FrontSpec { whitening: Some(whitening), ..FrontSpec::default() };
            let white = fit(spec, columns.clone()).unwrap();
            for (i, a) in white.columns.iter().enumerate() {
                for (j, b) in white.columns.iter().enumerate() {
                    let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
                    let covariance = products.sum::<f64>() / 399.0;
                    let expected = f64::from(u8::from(i == j));
                    assert!((covariance - expected).abs() < 1e-4, "{whitening:?} {i} {j}");
                }
            }
        }
    }

    #[test]
    fn constant_and_dependent_features_are_not_whitened() {
        let double: Vec<f32> = (0..50).map(|i| (i * i % 17) as f32).collect();
        for columns in
            [noisy(50, 3).0, vec![double.clone(), double.iter().map(|v| 2.0 * v).collect()]]
        {
            for whitening in [Whitening::Pca, Whitening::Zca, Whitening::Cholesky] {
                let spec = FrontSpec { whitening: Some(whitening), ..FrontSpec::default() };
                let error = fit(spec, columns.clone()).unwrap_err().to_string();
                assert!(error.contains("linearly dependent"), "{whitening:?}: {error}");
            }
        }
    }

    #[test]
    fn missing_values_become_the_median_of_the_others() {
        let spec = FrontSpec { impute: Some(Impute::Median), ..FrontSpec::default() };
        let nan = f32::NAN;
        let filled = fit(spec, vec![vec![nan, 1.0, 5.0, 2.0], vec![1.0, nan, 2.0, nan]]).unwrap();
        assert_eq!(filled.columns, [vec![2.0, 1.0, 5.0, 2.0], vec![1.0, 1.5, 2.0, 1.5]]);
        let error = fit(spec, vec![vec![nan, nan]]).unwrap_err().to_string();
        assert!(error.contains("`x0`"), "{error}");
        let scaled = FrontSpec { scaling: Some(Scaling::Standard), ..FrontSpec::default() };
        assert!(matches!(fit(scaled, vec![vec![nan, 1.0]]), Err(LearnError::Missing { .. })));
    }
}
