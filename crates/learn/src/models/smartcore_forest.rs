//! What smartcore's two forests share: averaged regression trees.
//!
//! Its trees are read through serde, the only way in. smartcore's JSON is no stable format, so its
//! version is pinned and everything unexpected is an error. Sibling leaves of equal output are merged:
//! smartcore splits pure nodes on.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_bundle::{Link, Node, Outputs as Sums, Tree, TreeEnsemble};
use gauntlet_features::Matrix;
use serde::{Deserialize, Serialize};
use smartcore::ensemble::extra_trees_regressor::ExtraTreesRegressor;
use smartcore::ensemble::random_forest_regressor::RandomForestRegressor;
use smartcore::error::Failed;
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::convert::dense;
use super::{Lowering, Model, thresholds};
use crate::trees::floor_to_f32;
use crate::{LearnError, Outputs, Samples, Target, Task};

/// smartcore's random forest.
pub(super) type Bagged = RandomForestRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;
/// smartcore's extremely randomised trees.
pub(super) type Extra = ExtraTreesRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

/// A forest of smartcore.
pub trait Regressor: std::fmt::Debug + Send + Sync + Serialize {
    /// Its mean over trees, per row.
    ///
    /// # Errors
    /// smartcore's refusal.
    fn predict(&self, x: &DenseMatrix<f64>) -> Result<Vec<f64>, Failed>;
}

impl Regressor for Bagged {
    fn predict(&self, x: &DenseMatrix<f64>) -> Result<Vec<f64>, Failed> {
        Self::predict(self, x)
    }
}

impl Regressor for Extra {
    fn predict(&self, x: &DenseMatrix<f64>) -> Result<Vec<f64>, Failed> {
        Self::predict(self, x)
    }
}

/// A fitted forest: smartcore's own, and the same as plain trees.
#[derive(Debug)]
pub struct SmartcoreForest<R> {
    kind: &'static str,
    model: R,
    ensemble: TreeEnsemble,
}

/// The targets as numbers: 1 and 0 for a binary task, whose mean is a probability.
pub(super) fn numbers(train: &Samples) -> Result<Vec<f64>, LearnError> {
    Ok(match &train.target {
        Target::Binary(labels) => labels.iter().map(|y| f64::from(u8::from(*y))).collect(),
        target => target.values()?.to_vec(),
    })
}

impl<R: Regressor> SmartcoreForest<R> {
    /// Reads the trees of a fitted forest.
    pub(super) fn new(
        kind: &'static str,
        model: R,
        features: usize,
        task: Task,
    ) -> Result<Self, LearnError> {
        let unknown = |reason: String| LearnError::Lower { kind, reason };
        let value = serde_json::to_value(&model).map_err(|e| unknown(e.to_string()))?;
        let source: Source = serde_json::from_value(value).map_err(|e| unknown(e.to_string()))?;
        let count = source.forest_regressor.trees.len() as f64;
        let trees = source.forest_regressor.trees.iter().map(|tree| {
            let mut nodes = Vec::new();
            lower_node(tree, 0, 0, count, &mut nodes).map_err(unknown)?;
            Ok(Tree::new(nodes))
        });
        let link = if task == Task::Binary { Link::Mean } else { Link::Identity };
        let trees = trees.collect::<Result<_, LearnError>>()?;
        Ok(Self {
            kind,
            model,
            ensemble: TreeEnsemble { features, outputs: Sums::One, link, trees },
        })
    }
}

impl<R: Regressor> Model for SmartcoreForest<R> {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        if x.rows() == 0 {
            return Ok(Outputs::single(Vec::new()));
        }
        let values = self.model.predict(&dense(self.kind, x)?);
        let failed = |e: Failed| LearnError::Fit { kind: self.kind, reason: e.to_string() };
        values.map(Outputs::single).map_err(failed)
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        Ok(Lowering::Score(graph.trees(x, &self.ensemble)))
    }

    fn thresholds(&self) -> Vec<(usize, f32)> {
        thresholds(&self.ensemble)
    }

    fn is_exact(&self) -> bool {
        true
    }
}

#[derive(Deserialize)]
struct Source {
    forest_regressor: SourceForest,
}

#[derive(Deserialize)]
struct SourceForest {
    trees: Vec<SourceTree>,
}

#[derive(Deserialize)]
struct SourceTree {
    nodes: Vec<SourceNode>,
}

#[derive(Deserialize)]
struct SourceNode {
    output: f64,
    split_feature: usize,
    split_value: Option<f64>,
    true_child: Option<usize>,
    false_child: Option<usize>,
}

/// Appends node `at` and all below it.
fn lower_node(
    tree: &SourceTree,
    at: usize,
    depth: usize,
    count: f64,
    nodes: &mut Vec<Node>,
) -> Result<(), String> {
    if depth > 256 {
        return Err("a tree is deeper than 256 nodes".to_owned());
    }
    let node = tree.nodes.get(at).ok_or_else(|| format!("node {at} is missing"))?;
    let here = nodes.len();
    let leaf = Node::Leaf { weight: (node.output / count) as f32, cover: 0.0 };
    nodes.push(leaf);
    let (left, right, value) = match (node.true_child, node.false_child, node.split_value) {
        (Some(left), Some(right), Some(value)) => (left, right, value),
        (None, None, _) => return Ok(()),
        _ => return Err(format!("node {at} has one child")),
    };
    let left_at = nodes.len();
    lower_node(tree, left, depth + 1, count, nodes)?;
    let right_at = nodes.len();
    lower_node(tree, right, depth + 1, count, nodes)?;
    match (&nodes[left_at..right_at], &nodes[right_at..]) {
        ([Node::Leaf { weight: a, .. }], [Node::Leaf { weight: b, .. }]) if a == b => {
            nodes[here] = Node::Leaf { weight: *a, cover: 0.0 };
            nodes.truncate(left_at);
        }
        _ => {
            nodes[here] = Node::Split {
                feature: node.split_feature as u32,
                threshold: floor_to_f32(value),
                left: left_at as u32,
                right: right_at as u32,
                missing_left: false,
                cover: 0.0,
            };
        }
    }
    Ok(())
}
