//! Grown trees, before they are lowered.

use gauntlet_bundle::{Node, Tree};
use gauntlet_features::Matrix;

/// A node: like an ONNX node, but with its gain, and leaves that point to `f64` values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GrownNode {
    /// Rows with `x[feature] <= threshold` go left, all others right; NaN as `missing_left` says.
    Split {
        /// Feature index.
        feature: u32,
        /// The threshold, exact in `f32`.
        threshold: f32,
        /// Node index of the left child.
        left: u32,
        /// Node index of the right child.
        right: u32,
        /// Whether NaN goes left.
        missing_left: bool,
        /// What the split gained, in the grower's units.
        gain: f32,
        /// Weight of the training rows that passed.
        cover: f32,
    },
    /// An end.
    Leaf {
        /// Which of the tree's values it holds.
        value: u32,
        /// Weight of the training rows that ended here.
        cover: f32,
    },
}

/// A grown tree; node 0 is the root and children come after their parents.
#[derive(Debug, Clone, PartialEq)]
pub struct GrownTree {
    nodes: Vec<GrownNode>,
    values: Vec<f64>,
    outputs: usize,
}

impl GrownTree {
    /// A tree of `nodes` whose leaf `value: i` holds `values[i * outputs..][..outputs]`.
    #[must_use]
    pub fn new(mut nodes: Vec<GrownNode>, mut values: Vec<f64>, outputs: usize) -> Self {
        nodes.shrink_to_fit();
        values.shrink_to_fit();
        Self { nodes, values, outputs }
    }

    /// The nodes.
    #[must_use]
    pub fn nodes(&self) -> &[GrownNode] {
        &self.nodes
    }

    /// Values per leaf: 1, or one share per class.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The values of a leaf, by its `value`.
    #[must_use]
    pub fn leaf(&self, value: u32) -> &[f64] {
        &self.values[value as usize * self.outputs..][..self.outputs]
    }

    /// The values for one row of features, `x(feature)`.
    #[must_use]
    pub fn values(&self, x: impl Fn(usize) -> f32) -> &[f64] {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                GrownNode::Leaf { value, .. } => return self.leaf(value),
                GrownNode::Split { feature, threshold, left, right, missing_left, .. } => {
                    let x = x(feature as usize);
                    let goes_left = x <= threshold || missing_left && x.is_nan();
                    at = if goes_left { left } else { right } as usize;
                }
            }
        }
    }

    /// The values for a row of a matrix.
    #[must_use]
    pub fn at(&self, x: &Matrix, row: usize) -> &[f64] {
        self.values(|feature| x.columns[feature][row])
    }

    /// The value for one row of features, of a tree with one output.
    #[must_use]
    pub fn value(&self, row: &[f32]) -> f64 {
        self.values(|feature| row[feature])[0]
    }

    /// Adds each split's gain to its feature.
    pub fn add_gains(&self, importance: &mut [f64]) {
        for node in &self.nodes {
            if let GrownNode::Split { feature, gain, .. } = *node {
                importance[feature as usize] += f64::from(gain);
            }
        }
    }

    /// The tree with one output in the bundle's form, each leaf's value passed through `weight`.
    #[must_use]
    pub fn lower(&self, weight: impl Fn(f64) -> f32) -> Tree {
        Tree::new(
            self.lower_nodes(|value, cover| Node::Leaf {
                weight: weight(self.leaf(value)[0]),
                cover,
            }),
        )
    }

    /// The tree in the bundle's form with several numbers per leaf, what `shares` makes of its values.
    #[must_use]
    pub fn lower_shares(&self, shares: impl Fn(&[f64]) -> Vec<f32>) -> Tree {
        let nodes = self.lower_nodes(|row, cover| Node::Shares { row, cover });
        let leaves = self.values.chunks(self.outputs.max(1));
        Tree::with_shares(nodes, leaves.flat_map(shares).collect())
    }

    fn lower_nodes(&self, leaf: impl Fn(u32, f32) -> Node) -> Vec<Node> {
        let lower = |node: &GrownNode| match *node {
            GrownNode::Split { feature, threshold, left, right, missing_left, cover, .. } => {
                Node::Split { feature, threshold, left, right, missing_left, cover }
            }
            GrownNode::Leaf { value, cover } => leaf(value, cover),
        };
        self.nodes.iter().map(lower).collect()
    }
}
