//! Gaussian components: what a mixture, a naive Bayes classifier and the Mahalanobis distance share.

use gauntlet_bundle::graph::{Graph, Matrix, Vector};
use linfa_linalg::cholesky::Cholesky;
use linfa_linalg::triangular::{SolveTriangularInplace, UPLO};
use ndarray::Array2;

/// Components, each with a mean and a whitening factor `W`: the squared Mahalanobis distance of `x` is
/// the squared length of `(x - mean) · W`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gaussians {
    components: Vec<Component>,
}

#[derive(Debug, Clone, PartialEq)]
struct Component {
    mean: Vec<f64>,
    factor: Factor,
    /// Logarithm of the component's weight and normalising constant.
    constant: f64,
}

#[derive(Debug, Clone, PartialEq)]
enum Factor {
    /// One scale per feature.
    Diagonal(Vec<f64>),
    /// Feature by feature, one entry per direction.
    Full(Vec<f64>),
}

impl Gaussians {
    /// No components yet.
    pub(super) fn new() -> Self {
        Self { components: Vec::new() }
    }

    /// Adds a component whose features are independent, with positive variances.
    pub(super) fn push_diagonal(&mut self, weight: f64, mean: Vec<f64>, variances: &[f64]) {
        let log_det: f64 = variances.iter().map(|v| v.ln()).sum();
        let factor = Factor::Diagonal(variances.iter().map(|v| 1.0 / v.sqrt()).collect());
        let constant = constant(weight, mean.len(), log_det);
        self.components.push(Component { mean, factor, constant });
    }

    /// Adds a component with a covariance matrix; fails unless it is positive definite.
    pub(super) fn push_full(
        &mut self,
        weight: f64,
        mean: Vec<f64>,
        covariance: &Array2<f64>,
    ) -> Result<(), String> {
        let singular = || "a covariance matrix is singular".to_owned();
        let lower = covariance.cholesky().map_err(|_| singular())?;
        let log_det: f64 = 2.0 * lower.diag().iter().map(|v| v.ln()).sum::<f64>();
        let mut inverse = Array2::eye(mean.len());
        lower.solve_triangular_inplace(&mut inverse, UPLO::Lower).map_err(|_| singular())?;
        if !log_det.is_finite() || inverse.iter().any(|v| !v.is_finite()) {
            return Err(singular());
        }
        // Row i of the inverse gives direction i, so its transpose holds directions in columns.
        let factor = Factor::Full(inverse.t().iter().copied().collect());
        let constant = constant(weight, mean.len(), log_det);
        self.components.push(Component { mean, factor, constant });
        Ok(())
    }

    /// Number of components.
    pub(super) fn len(&self) -> usize {
        self.components.len()
    }

    /// The squared Mahalanobis distance of a row from each component.
    pub(super) fn squared_distances<'a>(
        &'a self,
        row: &'a [f32],
    ) -> impl Iterator<Item = f64> + 'a {
        self.components.iter().map(|component| component.squared_distance(row))
    }

    /// The logarithm of each component's weighted density at a row.
    pub(super) fn log_densities<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = f64> + 'a {
        let constants = self.components.iter().map(|component| component.constant);
        self.squared_distances(row).zip(constants).map(|(square, constant)| constant - 0.5 * square)
    }

    /// The squared distances in a graph.
    pub(super) fn lower_squared_distances(
        &self,
        graph: &mut Graph,
        x: Matrix<f32>,
    ) -> Vec<Vector<f64>> {
        let x: Matrix<f64> = graph.cast(x);
        self.components
            .iter()
            .map(|component| {
                let centred = graph.sub(x, component.mean.as_slice());
                let white = match &component.factor {
                    Factor::Diagonal(scales) => graph.mul(centred, scales.as_slice()),
                    Factor::Full(factor) => graph.matmul(centred, factor, component.mean.len()),
                };
                let squares = graph.mul(white, white);
                graph.sum(squares)
            })
            .collect()
    }

    /// The logarithms of the weighted densities in a graph, one column per component.
    pub(super) fn lower_log_densities(&self, graph: &mut Graph, x: Matrix<f32>) -> Matrix<f64> {
        let squares = self.lower_squared_distances(graph, x);
        let densities: Vec<Vector<f64>> = squares
            .into_iter()
            .zip(&self.components)
            .map(|(square, component)| {
                let half = graph.mul(square, -0.5);
                graph.add(half, component.constant)
            })
            .collect();
        graph.stack(&densities)
    }
}

impl Component {
    fn squared_distance(&self, row: &[f32]) -> f64 {
        let centred = row.iter().zip(&self.mean).map(|(v, mean)| f64::from(*v) - mean);
        match &self.factor {
            Factor::Diagonal(scales) => {
                centred.zip(scales).map(|(v, scale)| (v * scale).powi(2)).sum()
            }
            Factor::Full(factor) => {
                let width = self.mean.len();
                let mut sums = vec![0.0; width];
                for (value, weights) in centred.zip(factor.chunks(width)) {
                    sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += value * w);
                }
                sums.iter().map(|v| v * v).sum()
            }
        }
    }
}

fn constant(weight: f64, features: usize, log_det: f64) -> f64 {
    weight.ln() - 0.5 * (features as f64 * (2.0 * std::f64::consts::PI).ln() + log_det)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_density_and_a_distance_match_the_formula_by_hand() {
        let mut gaussians = Gaussians::new();
        gaussians.push_full(0.5, vec![1.0, 0.0], &array![[2.0, 0.5], [0.5, 1.0]]).unwrap();
        gaussians.push_diagonal(0.5, vec![0.0, 0.0], &[4.0, 1.0]);
        let squares: Vec<f64> = gaussians.squared_distances(&[2.0, 1.0]).collect();
        // The inverse of [[2, .5], [.5, 1]] is [[1, -.5], [-.5, 2]] / 1.75.
        assert!((squares[0] - (1.0 - 1.0 + 2.0) / 1.75).abs() < 1e-12, "{squares:?}");
        assert!((squares[1] - 2.0).abs() < 1e-12);
        let logs: Vec<f64> = gaussians.log_densities(&[2.0, 1.0]).collect();
        let expected = 0.5_f64.ln() - (2.0 * std::f64::consts::PI).ln() - 0.5 * 4.0_f64.ln() - 1.0;
        assert!((logs[1] - expected).abs() < 1e-12);
    }

    #[test]
    fn a_singular_covariance_is_refused() {
        let covariance = array![[1.0, 2.0], [2.0, 4.0]];
        assert!(Gaussians::new().push_full(1.0, vec![0.0, 0.0], &covariance).is_err());
    }
}
