//! Tree ensembles as plain data: the form every tree learner lowers into.
//!
//! One branch rule (`x <= threshold` goes left), f32 throughout and children after their parent, so
//! that nothing about a tree is left to the reader. [`TreeEnsemble::score`] is the definition; the
//! engine's compact traversal and onnxruntime are tested against it.

mod encode;

pub(crate) use encode::{ATTRIBUTES, lift, lower};

/// A binary classifier made of trees.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeEnsemble {
    /// Width of a feature row.
    pub features: usize,
    /// How leaf weights become a score.
    pub link: Link,
    /// The trees, summed in this order.
    pub trees: Vec<Tree>,
}

/// From the sum of leaf weights to the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The score is the sum of leaf weights (already divided by the number of trees).
    Mean,
    /// The score is the logistic of the sum of leaf weights.
    Logistic,
}

/// One tree: node 0 is the root, children stand after their parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The nodes; every one but the root is the child of exactly one other.
    pub nodes: Vec<Node>,
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
    /// Ends a path.
    Leaf {
        /// What the leaf adds to the sum.
        weight: f32,
        /// Weight of the training rows that came here.
        cover: f32,
    },
}

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
    /// A threshold, weight or cover that is NaN or infinite.
    #[error("tree {tree}, node {node}: the {what} is not finite")]
    NotFinite {
        /// The tree's position.
        tree: usize,
        /// The node's position.
        node: usize,
        /// `threshold`, `weight` or `cover`.
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

impl TreeEnsemble {
    /// An ensemble that holds together.
    ///
    /// # Errors
    /// What [`TreeEnsemble::check`] finds.
    pub fn new(features: usize, link: Link, trees: Vec<Tree>) -> Result<Self, TreeError> {
        let ensemble = Self { features, link, trees };
        ensemble.check()?;
        Ok(ensemble)
    }

    /// Whether every node can be reached on exactly one path, and every number is usable.
    ///
    /// # Errors
    /// The first tree and node that is not as it should be.
    pub fn check(&self) -> Result<(), TreeError> {
        if self.features == 0 {
            return Err(TreeError::Empty("features"));
        }
        if self.trees.is_empty() {
            return Err(TreeError::Empty("trees"));
        }
        self.trees.iter().enumerate().try_for_each(|(i, tree)| tree.check(i, self.features))
    }

    /// The score of one feature row: f32 sums in tree order, as onnxruntime does on one thread.
    ///
    /// A feature that `row` lacks counts as missing.
    #[must_use]
    pub fn score(&self, row: &[f32]) -> f32 {
        self.link.score(self.trees.iter().fold(0.0, |sum, tree| sum + tree.weight(row)))
    }
}

impl Link {
    /// The score of a sum of leaf weights.
    #[must_use]
    pub fn score(self, sum: f32) -> f32 {
        match self {
            Self::Mean => sum,
            Self::Logistic => logistic(sum),
        }
    }
}

/// The logistic function in the form that onnxruntime's tree operators use.
pub(crate) fn logistic(x: f32) -> f32 {
    let upper = 1.0 / (1.0 + (-x.abs()).exp());
    if x < 0.0 { 1.0 - upper } else { upper }
}

impl Tree {
    fn check(&self, tree: usize, features: usize) -> Result<(), TreeError> {
        if self.nodes.is_empty() {
            return Err(TreeError::NoNodes { tree });
        }
        let mut parents = vec![0_usize; self.nodes.len()];
        for (node, kind) in self.nodes.iter().enumerate() {
            let finite = |value: f32, what| {
                let error = TreeError::NotFinite { tree, node, what };
                if value.is_finite() { Ok(()) } else { Err(error) }
            };
            match *kind {
                Node::Leaf { weight, cover } => {
                    finite(weight, "weight")?;
                    finite(cover, "cover")?;
                }
                Node::Split { feature, threshold, left, right, cover, .. } => {
                    finite(threshold, "threshold")?;
                    finite(cover, "cover")?;
                    if feature as usize >= features {
                        return Err(TreeError::Feature { tree, node, feature, features });
                    }
                    for child in [left, right] {
                        match parents.get_mut(child as usize) {
                            Some(count) if child as usize > node => *count += 1,
                            _ => return Err(TreeError::Child { tree, node, child }),
                        }
                    }
                }
            }
        }
        match parents.iter().skip(1).position(|&count| count != 1) {
            Some(at) => Err(TreeError::Parents { tree, node: at + 1, parents: parents[at + 1] }),
            None => Ok(()),
        }
    }

    /// The weight of the leaf that `row` ends in; 0 if the tree does not hold together.
    fn weight(&self, row: &[f32]) -> f32 {
        let mut at = 0;
        for _ in 0..self.nodes.len() {
            match self.nodes.get(at) {
                Some(&Node::Leaf { weight, .. }) => return weight,
                Some(&Node::Split { feature, threshold, left, right, missing_left, .. }) => {
                    let x = row.get(feature as usize).copied().unwrap_or(f32::NAN);
                    let goes_left = if x.is_nan() { missing_left } else { x <= threshold };
                    at = if goes_left { left } else { right } as usize;
                }
                None => break,
            }
        }
        0.0
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
        TreeEnsemble { features: 2, link: Link::Mean, trees: vec![Tree { nodes }] }
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
        assert!(TreeEnsemble::new(0, Link::Mean, vec![Tree { nodes: vec![leaf(0.0)] }]).is_err());
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
