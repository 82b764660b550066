//! The tree as an ensemble of one.

use gauntlet_bundle::{Link, Outputs, TreeEnsemble};

use super::DecisionTree;

impl DecisionTree {
    /// Lowers the tree.
    #[must_use]
    pub fn lower(&self) -> TreeEnsemble {
        TreeEnsemble {
            features: self.features,
            outputs: Outputs::One,
            link: Link::Mean,
            trees: vec![self.tree.lower(|p| p as f32)],
        }
    }
}
