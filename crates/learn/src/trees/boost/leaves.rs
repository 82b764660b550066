//! What a boosted leaf holds, from exact derivatives, and what that does to its rows' margins.

use super::BoostParams;
use super::loss::{BoostTarget, Derivative};
use super::newton::{Bounds, step};
use super::quantile::weighted_quantile;

/// Ends leaves of the tree for one output.
#[derive(Debug)]
pub(super) struct Leaves<'b> {
    pub(super) derivatives: &'b [Derivative],
    pub(super) margin: &'b mut [f64],
    pub(super) target: BoostTarget<'b>,
    pub(super) output: usize,
    pub(super) outputs: usize,
}

impl Leaves<'_> {
    /// The shrunk value of a leaf with these rows; adds it to their margins.
    pub(super) fn end(&mut self, rows: &[u32], bounds: Bounds, params: &BoostParams) -> f64 {
        let at = |row: u32| row as usize * self.outputs + self.output;
        let value = match params.loss.leaf_quantile() {
            Some(alpha) => {
                let residual = |&row: &u32| {
                    let weight = f64::from(self.target.weight(row as usize));
                    (self.target.y[row as usize] - self.margin[at(row)], weight)
                };
                weighted_quantile(rows.iter().map(residual).collect(), alpha)
            }
            None => {
                let (mut gradient, mut hessian) = (0.0, 0.0);
                for &row in rows {
                    let derivative = self.derivatives[at(row)];
                    gradient += f64::from(derivative.gradient);
                    hessian += f64::from(derivative.hessian);
                }
                step(gradient, hessian, params)
            }
        };
        let value = value.clamp(bounds.0, bounds.1) * params.learning_rate;
        for &row in rows {
            self.margin[row as usize * self.outputs + self.output] += value;
        }
        value
    }
}
