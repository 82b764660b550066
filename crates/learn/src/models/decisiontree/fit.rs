//! Fitting linfa's tree, and counting its leaves anew.

use gauntlet_core::Train;
use gauntlet_features::Matrix;
use linfa::traits::Fit;
use linfa::{Dataset, DatasetBase};
use linfa_trees::{DecisionTree as LinfaTree, TreeNode};
use ndarray::{Array1, Array2};

use super::{Params, Spec};
use crate::models::Kind;
use crate::trees::{GrownNode, GrownTree, floor_to_f32};
use crate::{LearnError, Samples};

/// How much more a positive row weighs: too little to change a split, enough that leaves never tie.
const TIE_BREAKER: f32 = 1.0 + 1.0 / 1024.0;

/// A fitted tree.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionTree {
    pub(super) tree: GrownTree,
    pub(super) features: usize,
}

impl Params {
    /// Fits the tree on training rows.
    ///
    /// # Errors
    /// A target that is not binary, or linfa's refusal.
    pub fn fit(&self, train: &Train<Samples>) -> Result<DecisionTree, LearnError> {
        let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
        let shape = (train.rows(), train.x.width());
        let values = train.x.row_major().into_iter().map(f64::from).collect();
        let records = Array2::from_shape_vec(shape, values).map_err(|e| failed(e.to_string()))?;
        let labels = train.labels()?;
        let targets: Array1<usize> = labels.iter().map(|y| usize::from(*y)).collect();
        let weight = |y: &bool| if *y { TIE_BREAKER } else { 1.0 };
        let weights: Array1<f32> = labels.iter().map(weight).collect();
        let dataset: Dataset<f64, usize, _> =
            DatasetBase::new(records, targets).with_weights(weights);
        let spec = self.get();
        let tree = LinfaTree::<f64, usize>::params()
            .max_depth(Some(spec.max_depth))
            .min_weight_leaf(spec.min_leaf)
            .min_impurity_decrease(spec.min_impurity_decrease)
            .fit(&dataset)
            .map_err(|e| failed(e.to_string()))?;
        let mut nodes = Vec::new();
        copy(tree.root_node(), &mut nodes);
        let tree = recount(nodes, &train.x, labels);
        Ok(DecisionTree { tree, features: train.x.width() })
    }
}

impl DecisionTree {
    /// Share of training positives in each row's leaf.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        x.map_rows(|row| self.tree.value(row))
    }
}

/// Appends linfa's node and all below it. linfa predicts with `x < split`: as `x <= t`, `t` is the
/// largest `f32` below the split.
fn copy(node: &TreeNode<f64, usize>, nodes: &mut Vec<GrownNode>) {
    let here = nodes.len();
    nodes.push(GrownNode::Leaf { value: here as u32, cover: 0.0 });
    if let [Some(left), Some(right)] = node.children()[..]
        && !node.is_leaf()
    {
        let (feature, split, _) = node.split();
        let left_at = nodes.len() as u32;
        copy(left, nodes);
        let right_at = nodes.len() as u32;
        copy(right, nodes);
        nodes[here] = GrownNode::Split {
            feature: feature as u32,
            threshold: below(split),
            left: left_at,
            right: right_at,
            missing_left: false,
            gain: 0.0,
            cover: 0.0,
        };
    }
}

/// The largest `f32` below `value`.
fn below(value: f64) -> f32 {
    let floor = floor_to_f32(value);
    if f64::from(floor) == value { floor.next_down() } else { floor }
}

/// Runs the training rows through the tree and writes rows and share of positives into every node.
fn recount(mut nodes: Vec<GrownNode>, x: &Matrix, labels: &[bool]) -> GrownTree {
    let mut counts = vec![(0.0_f64, 0.0_f64); nodes.len()];
    let mut features = vec![0.0; x.width()];
    for (row, &label) in labels.iter().enumerate() {
        x.copy_row(row, &mut features);
        let mut at = 0;
        loop {
            counts[at].0 += 1.0;
            counts[at].1 += f64::from(u8::from(label));
            match nodes[at] {
                GrownNode::Leaf { .. } => break,
                GrownNode::Split { feature, threshold, left, right, .. } => {
                    at =
                        if features[feature as usize] <= threshold { left } else { right } as usize;
                }
            }
        }
    }
    for (node, (rows, _)) in nodes.iter_mut().zip(&counts) {
        match node {
            GrownNode::Split { cover, .. } | GrownNode::Leaf { cover, .. } => *cover = *rows as f32,
        }
    }
    let shares = counts.iter().map(|(rows, positives)| positives / rows.max(1.0)).collect();
    GrownTree::new(nodes, shares, 1)
}
