//! The distances as one matrix product.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_features::Matrix;

use super::Nearest;
use super::fit::squared_norm;
use crate::models::{Lowering, Model};
use crate::{LearnError, Outputs};

impl Model for Nearest {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(Outputs::single(self.scores(x)))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let x: graph::Matrix<f64> = graph.cast(x);
        let x = graph.sub(x, self.centre.as_slice());
        let weights: Vec<f64> = (0..self.centre.len())
            .flat_map(|feature| self.references.iter().map(move |row| -2.0 * row[feature]))
            .collect();
        let norms: Vec<f64> = self.references.iter().map(|row| squared_norm(row)).collect();
        let mut squares = graph.gemm(x, &weights, &norms);
        for _ in 1..self.k {
            squares = without_smallest(graph, squares);
        }
        let least = graph.smallest(squares);
        let norm = graph.sum_of_squares(x);
        let square = graph.add(least, norm);
        let square = graph.max(square, self.floor * self.floor);
        Ok(Lowering::Double(graph.sqrt(square)))
    }
}

/// The matrix with the first of each line's smallest elements out of the way.
fn without_smallest(graph: &mut Graph, x: graph::Matrix<f64>) -> graph::Matrix<f64> {
    let width = x.width();
    let columns: Vec<f64> = (0..width).map(|column| column as f64).collect();
    let at = graph.arg_min(x);
    let at = graph.cast(at);
    let at = graph.column(at);
    let at = graph.matmul(at, &vec![1.0; width], width);
    let smallest = graph.equal(at, columns.as_slice());
    graph.select(smallest, f64::MAX, x)
}
