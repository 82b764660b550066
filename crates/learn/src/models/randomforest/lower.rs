//! The forest as an ensemble whose leaf weights are probabilities divided by the number of trees.

use gauntlet_bundle::{Link, Outputs, TreeEnsemble};

use super::Forest;

impl Forest {
    /// Lowers the forest.
    #[must_use]
    pub fn lower(&self) -> TreeEnsemble {
        let count = self.trees.len() as f64;
        TreeEnsemble {
            features: self.features,
            outputs: Outputs::One,
            link: Link::Mean,
            trees: self.trees.iter().map(|tree| tree.lower(|p| (p / count) as f32)).collect(),
        }
    }
}
