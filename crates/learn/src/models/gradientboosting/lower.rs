//! The boosted ensemble with its base score folded into the leaves of the first tree.

use gauntlet_bundle::{Link, Outputs, TreeEnsemble};

use super::Boosted;

impl Boosted {
    /// Lowers the ensemble.
    #[must_use]
    pub fn lower(&self) -> TreeEnsemble {
        let trees = self.trees.iter().enumerate().map(|(i, tree)| {
            let base = if i == 0 { self.base } else { 0.0 };
            tree.lower(|value| (value + base) as f32)
        });
        TreeEnsemble {
            features: self.features,
            outputs: Outputs::One,
            link: Link::Logistic,
            trees: trees.collect(),
        }
    }
}
