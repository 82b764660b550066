//! What every kind that lowers to trees shares.

use gauntlet_bundle::{Node, TreeEnsemble};

/// The splits of an ensemble as `(feature, threshold)`.
pub(crate) fn thresholds(ensemble: &TreeEnsemble) -> Vec<(usize, f32)> {
    let nodes = ensemble.trees.iter().flat_map(|tree| &tree.nodes);
    nodes
        .filter_map(|node| match *node {
            Node::Split { feature, threshold, .. } => Some((feature as usize, threshold)),
            Node::Leaf { .. } | Node::Shares { .. } => None,
        })
        .collect()
}
