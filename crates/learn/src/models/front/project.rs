//! Projection on the leading principal components.
//!
//! Hundreds of correlated features and few rows leave most directions to rounding, which a covariance matrix
//! cannot be inverted in. The directions come from the eigenvectors of the covariance or, where there are
//! fewer rows than features, of the rows' products, which are the same up to a turn and cheaper.

use gauntlet_features::Matrix;
use linfa_linalg::eigh::{EigSort, Eigh};
use ndarray::{Array1, Array2, Axis, Slice};

use super::Projection;
use super::fit::Step;
use crate::LearnError;
use crate::models::convert::records;

/// Components with a smaller share of the largest one's variance are rounding errors: features are `f32`.
const NEGLIGIBLE: f64 = 1e-10;

/// Fits the projection.
///
/// # Errors
/// Features that are all constant.
pub(super) fn project(
    kind: &'static str,
    x: &Matrix,
    projection: Projection,
) -> Result<Step, LearnError> {
    let failed = |reason: String| LearnError::Fit { kind, reason };
    let records = records(kind, x)?;
    let mean = records.mean_axis(Axis(0)).ok_or(LearnError::Empty)?;
    let centred = records - &mean;
    let (variances, directions) =
        principal(&centred).map_err(|e| failed(format!("projection: {e}")))?;
    let largest = variances.first().copied().unwrap_or(0.0);
    let real = variances.iter().take_while(|v| **v > NEGLIGIBLE * largest).count();
    if real == 0 {
        return Err(failed("projection: every feature is constant".to_owned()));
    }
    let width = match projection {
        Projection::Components(n) => n.min(real),
        Projection::Variance(share) => enough(&variances[..real], share),
    };
    let matrix = directions.slice_axis(Axis(1), Slice::from(..width)).iter().copied().collect();
    Ok(Step::Turn { mean: mean.to_vec(), matrix, width })
}

/// How many of falling variances hold `share` of their sum.
fn enough(variances: &[f64], share: f64) -> usize {
    let wanted = share * variances.iter().sum::<f64>() * (1.0 - 1e-12);
    let mut sum = 0.0;
    let short = variances.iter().take_while(|variance| {
        sum += **variance;
        sum < wanted
    });
    (short.count() + 1).min(variances.len())
}

/// Falling variances, and the directions as columns: features by components.
fn principal(centred: &Array2<f64>) -> Result<(Vec<f64>, Array2<f64>), String> {
    let (rows, features) = centred.dim();
    let few = rows < features;
    let products = if few { centred.dot(&centred.t()) } else { centred.t().dot(centred) };
    let pairs = products.eigh().map_err(|e| e.to_string())?;
    let (squares, vectors): (Array1<f64>, Array2<f64>) = pairs.sort_eig_desc();
    let variances = squares.iter().map(|v| v.max(0.0) / rows as f64).collect();
    if !few {
        return Ok((variances, vectors));
    }
    let mut directions = centred.t().dot(&vectors);
    for mut direction in directions.columns_mut() {
        let length = direction.dot(&direction).sqrt();
        if length > 0.0 {
            direction /= length;
        }
    }
    Ok((variances, directions))
}

#[cfg(test)]
mod tests {
    use gauntlet_core::Seed;
    use rand::RngExt;

    use super::*;
    use crate::models::{FrontSpec, Scaling};
    use crate::testing::rows;

    /// Features that mix three sources of falling size, and noise of a thousandth.
    fn mixed(n: usize, width: usize) -> Matrix {
        let mut rng = Seed(2).rng();
        let mut draw = |scale: f32| scale * (rng.random::<f32>() - 0.5);
        let sources: Vec<[f32; 3]> = (0..n).map(|_| [draw(4.0), draw(2.0), draw(1.0)]).collect();
        let column = |i: usize| {
            let weight = |source: usize| ((i * (source + 1)) as f32 * 0.7).sin();
            let value = |s: &[f32; 3]| (0..3).map(|k| weight(k) * s[k]).sum::<f32>();
            sources.iter().map(value).collect::<Vec<f32>>()
        };
        let mut columns: Vec<Vec<f32>> = (0..width).map(column).collect();
        columns.iter_mut().flatten().for_each(|v| *v += draw(0.001));
        rows(columns)
    }

    fn turned(x: &Matrix, projection: Projection) -> Matrix {
        let spec = FrontSpec { projection: Some(projection), ..FrontSpec::default() };
        spec.fit("test", x, Scaling::None).unwrap().apply(x).into_owned()
    }

    fn squares(x: &Matrix, i: usize, j: usize) -> f64 {
        let pairs = x.columns[i].iter().zip(&x.columns[j]);
        pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    }

    #[test]
    fn components_are_uncorrelated_fall_and_keep_the_variance_with_many_rows_and_with_few() {
        for x in [mixed(200, 12), mixed(20, 90)] {
            let four = turned(&x, Projection::Components(4));
            assert_eq!(four.width(), 4);
            for i in 0..4 {
                for j in 0..i {
                    let scale = (squares(&four, i, i) * squares(&four, j, j)).sqrt();
                    assert!(squares(&four, i, j).abs() < 1e-2 * scale, "{i} {j}");
                }
                assert!(i == 0 || squares(&four, i, i) < squares(&four, i - 1, i - 1));
            }
            let kept: f64 = (0..3).map(|i| squares(&four, i, i)).sum();
            let mean = |column: &[f32]| {
                column.iter().map(|v| f64::from(*v)).sum::<f64>() / column.len() as f64
            };
            let deviations = |column: &Vec<f32>| {
                column.iter().map(|v| (f64::from(*v) - mean(column)).powi(2)).sum::<f64>()
            };
            let all: f64 = x.columns.iter().map(deviations).sum();
            assert!((kept / all - 1.0).abs() < 1e-4, "{kept} {all}");
            assert_eq!(turned(&x, Projection::Variance(0.999)).width(), 3);
        }
    }

    #[test]
    fn there_are_no_more_components_than_the_rows_make_certain() {
        let x = mixed(20, 90);
        assert_eq!(turned(&x, Projection::Components(40)).width(), 19);
        assert!(turned(&x, Projection::Variance(1.0)).width() <= 19);
        let constant = rows(vec![vec![2.0; 9]; 3]);
        let spec =
            FrontSpec { projection: Some(Projection::Components(2)), ..FrontSpec::default() };
        let error = spec.fit("test", &constant, Scaling::None).unwrap_err().to_string();
        assert!(error.contains("constant"), "{error}");
    }

    #[test]
    fn the_least_number_of_components_holds_the_share() {
        assert_eq!(enough(&[5.0, 3.0, 2.0], 0.5), 1);
        assert_eq!(enough(&[5.0, 3.0, 2.0], 0.8), 2);
        assert_eq!(enough(&[5.0, 3.0, 2.0], 0.81), 3);
        assert_eq!(enough(&[5.0, 3.0, 2.0], 1.0), 3);
    }
}
