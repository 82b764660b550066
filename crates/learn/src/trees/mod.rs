//! Our tree engine: features binned once, histogram splits, exact `f32` thresholds.
//!
//! Counts are integers and sums run in a fixed order, so a tree is a function of its rows, parameters
//! and seed alone. Missing values are larger than every number: they go right.

mod bins;
mod boost;
mod cart;
mod tally;

pub use bins::Binned;
pub(crate) use bins::floor_to_f32;
pub use boost::{BoostParams, grow_boosted};
pub use cart::{CartParams, grow_cart};

/// Where a leaf or split ends up before it is lowered: like an ONNX node, with `f64` leaves.
#[derive(Debug, Clone, PartialEq)]
pub enum GrownNode {
    /// Rows with `x[feature] <= threshold` go left, all others (NaN too) right.
    Split {
        /// Feature index.
        feature: u32,
        /// The threshold, exact in `f32`.
        threshold: f32,
        /// Node index of the left child.
        left: u32,
        /// Node index of the right child.
        right: u32,
        /// Training rows that passed.
        cover: f32,
    },
    /// An end.
    Leaf {
        /// The tree's output.
        value: f64,
        /// Training rows that ended here.
        cover: f32,
    },
}

/// A grown tree; node 0 is the root and children come after their parents.
#[derive(Debug, Clone, PartialEq)]
pub struct GrownTree {
    /// The nodes.
    pub nodes: Vec<GrownNode>,
}

impl GrownTree {
    /// The output for one row of features.
    #[must_use]
    pub fn value(&self, row: &[f32]) -> f64 {
        let mut at = 0;
        loop {
            match &self.nodes[at] {
                GrownNode::Leaf { value, .. } => return *value,
                GrownNode::Split { feature, threshold, left, right, .. } => {
                    let goes_left = row[*feature as usize] <= *threshold;
                    at = if goes_left { *left } else { *right } as usize;
                }
            }
        }
    }

    /// The tree in the bundle's form, each leaf's value passed through `weight`.
    #[must_use]
    pub fn lower(&self, weight: impl Fn(f64) -> f32) -> gauntlet_bundle::Tree {
        let nodes = self
            .nodes
            .iter()
            .map(|node| match *node {
                GrownNode::Split { feature, threshold, left, right, cover } => {
                    gauntlet_bundle::Node::Split {
                        feature,
                        threshold,
                        left,
                        right,
                        missing_left: false,
                        cover,
                    }
                }
                GrownNode::Leaf { value, cover } => {
                    gauntlet_bundle::Node::Leaf { weight: weight(value), cover }
                }
            })
            .collect();
        gauntlet_bundle::Tree::new(nodes)
    }
}
