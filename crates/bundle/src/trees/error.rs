//! What can be wrong with trees.

use super::{Link, Outputs};

/// Why data does not make a tree ensemble.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// There is nothing to score with.
    #[error("the ensemble has no {0}")]
    Empty(&'static str),
    /// A tree without nodes.
    #[error("tree {tree} has no nodes")]
    NoNodes {
        /// The tree's position.
        tree: usize,
    },
    /// A split on a column that the rows do not have.
    #[error("tree {tree}, node {node}: feature {feature} is not below {features}")]
    Feature {
        /// The tree's position.
        tree: usize,
        /// The node's position.
        node: usize,
        /// The column asked for.
        feature: u32,
        /// Columns of a row.
        features: usize,
    },
    /// A threshold, weight, share or cover that is NaN or infinite.
    #[error("tree {tree}, node {node}: the {what} is not finite")]
    NotFinite {
        /// The tree's position.
        tree: usize,
        /// The node's position.
        node: usize,
        /// `threshold`, `weight`, `share` or `cover`.
        what: &'static str,
    },
    /// A child that does not exist or does not stand after its parent.
    #[error("tree {tree}, node {node}: child {child} is not one of the later nodes")]
    Child {
        /// The tree's position.
        tree: usize,
        /// The parent's position.
        node: usize,
        /// The child's position.
        child: u32,
    },
    /// A leaf of the kind that the ensemble's outputs do not take, or a row of shares that is not there.
    #[error("tree {tree}, node {node}: {problem}")]
    Leaf {
        /// The tree's position.
        tree: usize,
        /// The node's position.
        node: usize,
        /// What is wrong with the leaf.
        problem: &'static str,
    },
    /// Outputs that the link does not take.
    #[error("{link:?} is not defined on {outputs:?}: use {expected}")]
    Link {
        /// The link.
        link: Link,
        /// The outputs.
        outputs: Outputs,
        /// Outputs that the link takes.
        expected: &'static str,
    },
    /// Trees that do not make whole rounds.
    #[error("{trees} trees are not a multiple of the {outputs} outputs they take turns on")]
    Rounds {
        /// Trees there are.
        trees: usize,
        /// Outputs they add to in turn.
        outputs: usize,
    },
    /// Shares that do not make whole rows.
    #[error("tree {tree}: {shares} shares are not rows of {outputs}")]
    Shares {
        /// The tree's position.
        tree: usize,
        /// Shares found.
        shares: usize,
        /// Weights of a row.
        outputs: usize,
    },
    /// Another number of base scores than of outputs.
    #[error("{found} base scores for {expected} outputs")]
    Base {
        /// Outputs of the ensemble.
        expected: usize,
        /// Base scores given.
        found: usize,
    },
    /// A node with no parent or with two.
    #[error("tree {tree}, node {node}: {parents} parents instead of one")]
    Parents {
        /// The tree's position.
        tree: usize,
        /// The node's position.
        node: usize,
        /// Parents found.
        parents: usize,
    },
    /// An encoding other than the one this crate writes.
    #[error("the trees are not encoded as this crate writes them: {0}")]
    Encoding(String),
}
