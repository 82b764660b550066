//! Tree ensembles as plain data: the form every tree learner lowers into.
//!
//! One branch rule (`x <= threshold` goes left), f32 throughout and children after their parent, so
//! that nothing about a tree is left to the reader. [`TreeEnsemble::scores`] is the definition; the
//! engine's compact traversal and onnxruntime are tested against it.

mod check;
mod decode;
mod encode;
mod error;

pub(crate) use decode::lift;
pub(crate) use encode::{Operator, lower};
pub use error::TreeError;

/// Trees whose leaf weights sum to one or several outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeEnsemble {
    /// Width of a feature row.
    pub features: usize,
    /// Which sums the leaves add to.
    pub outputs: Outputs,
    /// How sums become scores.
    pub link: Link,
    /// The trees, summed in this order.
    pub trees: Vec<Tree>,
}

/// Which sums the leaves of a tree add to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outputs {
    /// One sum for all trees: binary classification, regression, anomaly scores.
    One,
    /// `K` sums, tree `t` adds to sum `t mod K`: multi-class boosting, `K` trees a round.
    Cycle(usize),
    /// `K` sums, every leaf adds its `K` shares: multi-class forests.
    Shares(usize),
}

/// From the sums of leaf weights to scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Scores are probabilities as summed (leaf weights are already divided by the number of trees);
    /// with [`Outputs::One`] or [`Outputs::Shares`].
    Mean,
    /// The score is the logistic of the sum; with [`Outputs::One`].
    Logistic,
    /// Scores are the softmax of the sums; with [`Outputs::Cycle`] or [`Outputs::Shares`].
    Softmax,
    /// Scores are the sums, which are no probabilities: regression, path lengths.
    Identity,
}

/// One tree: node 0 is the root, children stand after their parent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    /// The nodes; every one but the root is the child of exactly one other.
    pub nodes: Vec<Node>,
    /// Rows of `K` weights that [`Node::Shares`] refer to; leaves may share a row.
    pub shares: Vec<f32>,
}

/// A node of a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// Sends a row left or right.
    Split {
        /// Column of the feature row.
        feature: u32,
        /// Rows with `x <= threshold` go left.
        threshold: f32,
        /// Node for `x <= threshold`.
        left: u32,
        /// Node for `x > threshold`.
        right: u32,
        /// Whether a NaN goes left.
        missing_left: bool,
        /// Weight of the training rows that came here.
        cover: f32,
    },
    /// Ends a path where a tree adds to one sum.
    Leaf {
        /// What the leaf adds to the tree's sum.
        weight: f32,
        /// Weight of the training rows that came here.
        cover: f32,
    },
    /// Ends a path where a tree adds to all sums ([`Outputs::Shares`]).
    Shares {
        /// The row of [`Tree::shares`] that is added.
        row: u32,
        /// Weight of the training rows that came here.
        cover: f32,
    },
}

impl Node {
    /// Weight of the training rows that came here.
    #[must_use]
    pub fn cover(&self) -> f32 {
        match *self {
            Self::Split { cover, .. } | Self::Leaf { cover, .. } | Self::Shares { cover, .. } => {
                cover
            }
        }
    }
}

impl Outputs {
    /// How many sums there are.
    #[must_use]
    pub fn width(self) -> usize {
        match self {
            Self::One => 1,
            Self::Cycle(width) | Self::Shares(width) => width,
        }
    }
}

impl TreeEnsemble {
    /// An ensemble of one output that holds together.
    ///
    /// # Errors
    /// What [`TreeEnsemble::check`] finds.
    pub fn new(features: usize, link: Link, trees: Vec<Tree>) -> Result<Self, TreeError> {
        Self::with_outputs(features, Outputs::One, link, trees)
    }

    /// An ensemble that holds together.
    ///
    /// # Errors
    /// What [`TreeEnsemble::check`] finds.
    pub fn with_outputs(
        features: usize,
        outputs: Outputs,
        link: Link,
        trees: Vec<Tree>,
    ) -> Result<Self, TreeError> {
        let ensemble = Self { features, outputs, link, trees };
        ensemble.check()?;
        Ok(ensemble)
    }

    /// Adds `base`, one number per output, to the leaves of the first tree of each output.
    ///
    /// The operators have an attribute for base scores that engines read differently, so the base
    /// lives in leaves. With it, [`TreeEnsemble::score`] is the sum that starts at the base.
    ///
    /// # Errors
    /// Another number of base scores than of outputs, or a sum that is not finite.
    pub fn add_base(&mut self, base: &[f32]) -> Result<(), TreeError> {
        let width = self.outputs.width();
        if base.len() != width {
            return Err(TreeError::Base { expected: width, found: base.len() });
        }
        let first = if matches!(self.outputs, Outputs::Cycle(_)) { width } else { 1 };
        for (tree, own) in self.trees.iter_mut().take(first).zip(base.iter()) {
            for node in &mut tree.nodes {
                if let Node::Leaf { weight, .. } = node {
                    *weight += own;
                }
            }
            let rows = tree.shares.chunks_exact_mut(width);
            rows.flat_map(|row| row.iter_mut().zip(base)).for_each(|(share, own)| *share += own);
        }
        self.check()
    }

    /// The score of one feature row of an ensemble with one output: f32 sums in tree order, as
    /// onnxruntime does on one thread.
    ///
    /// A feature that `row` lacks counts as missing. Of several outputs this is the first.
    #[must_use]
    pub fn score(&self, row: &[f32]) -> f32 {
        self.scores(row).first().copied().unwrap_or(f32::NAN)
    }

    /// The scores of one feature row, one per output: f32 sums in tree order, then the link.
    ///
    /// A feature that `row` lacks counts as missing.
    #[must_use]
    pub fn scores(&self, row: &[f32]) -> Vec<f32> {
        let mut sums = self.margins(row);
        self.link.apply(&mut sums);
        sums
    }

    /// The sums of leaf weights of one feature row, one per output, before the link.
    #[must_use]
    pub fn margins(&self, row: &[f32]) -> Vec<f32> {
        let width = self.outputs.width();
        let mut sums = vec![0.0; width];
        for (at, tree) in self.trees.iter().enumerate() {
            match tree.leaf(row) {
                Some(Node::Leaf { weight, .. }) => {
                    if let Some(sum) = sums.get_mut(at % width.max(1)) {
                        *sum += weight;
                    }
                }
                Some(Node::Shares { row, .. }) => {
                    let shares = tree.shares.chunks_exact(width.max(1)).nth(row as usize);
                    sums.iter_mut().zip(shares.unwrap_or_default()).for_each(|(s, w)| *s += w);
                }
                _ => {}
            }
        }
        sums
    }
}

impl Link {
    /// Turns the sums of one row into scores, in place.
    pub(crate) fn apply(self, sums: &mut [f32]) {
        match self {
            Self::Mean | Self::Identity => {}
            Self::Logistic => sums.iter_mut().for_each(|sum| *sum = logistic(*sum)),
            Self::Softmax => softmax(sums),
        }
    }
}

/// The logistic function in the form that onnxruntime's tree operators use.
pub(crate) fn logistic(x: f32) -> f32 {
    let upper = 1.0 / (1.0 + (-x.abs()).exp());
    if x < 0.0 { 1.0 - upper } else { upper }
}

/// The softmax in the form that onnxruntime's tree operators use.
fn softmax(values: &mut [f32]) {
    let top = values.iter().fold(f32::MIN, |top, &x| if x > top { x } else { top });
    let mut sum = 0.0;
    for value in values.iter_mut() {
        *value = (*value - top).exp();
        sum += *value;
    }
    values.iter_mut().for_each(|value| *value /= sum);
}

impl Tree {
    /// A tree whose leaves add to one sum.
    #[must_use]
    pub fn new(nodes: Vec<Node>) -> Self {
        Self { nodes, shares: Vec::new() }
    }

    /// A tree whose leaves name rows of `shares`.
    #[must_use]
    pub fn with_shares(nodes: Vec<Node>, shares: Vec<f32>) -> Self {
        Self { nodes, shares }
    }

    /// The leaf that `row` ends in; nothing if the tree does not hold together.
    fn leaf(&self, row: &[f32]) -> Option<Node> {
        let mut at = 0;
        for _ in 0..self.nodes.len() {
            match *self.nodes.get(at)? {
                Node::Split { feature, threshold, left, right, missing_left, .. } => {
                    let x = row.get(feature as usize).copied().unwrap_or(f32::NAN);
                    let goes_left = if x.is_nan() { missing_left } else { x <= threshold };
                    at = if goes_left { left } else { right } as usize;
                }
                leaf => return Some(leaf),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(feature: u32, threshold: f32, left: u32, right: u32, missing_left: bool) -> Node {
        Node::Split { feature, threshold, left, right, missing_left, cover: 2.0 }
    }

    fn leaf(weight: f32) -> Node {
        Node::Leaf { weight, cover: 1.0 }
    }

    fn ensemble(nodes: Vec<Node>) -> TreeEnsemble {
        TreeEnsemble {
            features: 2,
            outputs: Outputs::One,
            link: Link::Mean,
            trees: vec![Tree::new(nodes)],
        }
    }

    #[test]
    fn a_value_on_the_threshold_goes_left_and_a_missing_one_where_it_is_told() {
        let left = ensemble(vec![split(1, 0.5, 1, 2, true), leaf(0.1), leaf(0.9)]);
        let right = ensemble(vec![split(1, 0.5, 1, 2, false), leaf(0.1), leaf(0.9)]);
        assert_eq!(left.score(&[9.0, 0.5]), 0.1);
        assert_eq!(left.score(&[9.0, 0.500_000_06]), 0.9);
        assert_eq!(left.score(&[9.0, f32::NAN]), 0.1);
        assert_eq!(right.score(&[9.0, f32::NAN]), 0.9);
        assert_eq!(right.score(&[9.0, f32::NEG_INFINITY]), 0.1);
        assert_eq!(right.score(&[9.0]), 0.9);
    }

    #[test]
    fn what_is_no_tree_is_refused_with_its_place() {
        let shared = vec![split(0, 0.0, 1, 1, true), leaf(0.0)];
        let orphan = vec![leaf(0.0), leaf(1.0)];
        let cyclic = vec![split(0, 0.0, 1, 2, true), split(0, 0.0, 0, 2, true), leaf(0.0)];
        let outside = vec![split(0, 0.0, 1, 7, true), leaf(0.0)];
        let wide = vec![split(2, 0.0, 1, 2, true), leaf(0.0), leaf(0.0)];
        let endless = vec![split(0, f32::INFINITY, 1, 2, true), leaf(0.0), leaf(0.0)];
        for (nodes, message) in [
            (shared, "node 1: 2 parents"),
            (orphan, "node 1: 0 parents"),
            (cyclic, "node 1: child 0"),
            (outside, "node 0: child 7"),
            (wide, "feature 2 is not below 2"),
            (endless, "threshold is not finite"),
            (vec![leaf(f32::NAN)], "weight is not finite"),
            (vec![], "tree 0 has no nodes"),
        ] {
            let error = ensemble(nodes).check().unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        assert!(TreeEnsemble::new(1, Link::Mean, vec![]).is_err());
        assert!(TreeEnsemble::new(0, Link::Mean, vec![Tree::new(vec![leaf(0.0)])]).is_err());
    }

    #[test]
    fn scoring_what_was_never_checked_still_ends() {
        let cyclic = ensemble(vec![split(0, 0.0, 0, 0, true)]);
        assert_eq!(cyclic.score(&[1.0, 1.0]), 0.0);
    }

    #[test]
    fn the_logistic_is_symmetric_and_saturates() {
        assert_eq!(logistic(0.0), 0.5);
        assert_eq!(logistic(200.0), 1.0);
        assert_eq!(logistic(-200.0), 0.0);
        assert_eq!(logistic(1.5), 1.0 - logistic(-1.5));
    }
}
