//! Reading smartcore's trees through serde, the only way in, and lowering them.
//!
//! smartcore's JSON is no stable format, so its version is pinned and everything unexpected is an error.
//! Sibling leaves of equal output are merged: smartcore splits pure nodes on.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_bundle::{Link, Node, Tree, TreeEnsemble};
use gauntlet_features::Matrix;
use serde::Deserialize;

use super::{ExtraTrees, Spec};
use crate::models::{Kind, Lowering, Model, thresholds};
use crate::trees::floor_to_f32;
use crate::{LearnError, Outputs};

#[derive(Deserialize)]
struct Regressor {
    forest_regressor: Forest,
}

#[derive(Deserialize)]
struct Forest {
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

impl ExtraTrees {
    /// The trees as a tree ensemble.
    ///
    /// # Errors
    /// A model in another form than that of the pinned version.
    pub fn ensemble(&self) -> Result<TreeEnsemble, LearnError> {
        let unknown = |reason: String| LearnError::Lower { kind: Spec::NAME, reason };
        let value = serde_json::to_value(&self.model).map_err(|e| unknown(e.to_string()))?;
        let source: Regressor =
            serde_json::from_value(value).map_err(|e| unknown(e.to_string()))?;
        let count = source.forest_regressor.trees.len() as f64;
        let trees = source
            .forest_regressor
            .trees
            .iter()
            .map(|tree| {
                let mut nodes = Vec::new();
                lower_node(tree, 0, 0, count, &mut nodes).map_err(unknown)?;
                Ok(Tree { nodes })
            })
            .collect::<Result<_, LearnError>>()?;
        Ok(TreeEnsemble { features: self.features, link: Link::Mean, trees })
    }
}

impl Model for ExtraTrees {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        self.scores(x).map(Outputs::single)
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        Ok(Lowering::Score(graph.trees(x, &self.ensemble()?)))
    }

    fn thresholds(&self) -> Vec<(usize, f32)> {
        self.ensemble().map_or_else(|_| Vec::new(), |ensemble| thresholds(&ensemble))
    }

    fn is_exact(&self) -> bool {
        true
    }
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
