//! Tree traversal on flat nodes of twelve bytes.
//!
//! The nodes of all trees lie in one vector in preorder: the left child follows its parent, so a
//! split needs to name only the right one, and a leaf keeps its weight where a split keeps its
//! threshold. Per row the weights are summed in f32 in tree order, as onnxruntime does on one thread.

use super::arena::Slot;
use super::kernels::Step;
use crate::trees::{Link, Node, TreeEnsemble, logistic};

/// Marks a leaf in [`Flat::feature`].
const LEAF: u32 = u32::MAX;
/// Set in [`Flat::feature`] where NaN goes left.
const MISSING_LEFT: u32 = 1 << 31;

#[derive(Debug, Clone, Copy)]
struct Flat {
    /// Threshold of a split, weight of a leaf.
    value: f32,
    /// Column and [`MISSING_LEFT`], or [`LEAF`].
    feature: u32,
    /// The right child of a split.
    right: u32,
}

/// A checked ensemble in the layout that is fast to walk.
#[derive(Debug)]
pub(super) struct Forest {
    features: usize,
    link: Link,
    roots: Vec<u32>,
    nodes: Vec<Flat>,
}

impl Forest {
    /// Lays out a checked ensemble, or nothing if it is too large for the layout.
    pub(super) fn new(ensemble: &TreeEnsemble) -> Option<Self> {
        let total: usize = ensemble.trees.iter().map(|tree| tree.nodes.len()).sum();
        if total >= LEAF as usize || ensemble.features >= (MISSING_LEFT as usize) - 1 {
            return None;
        }
        let mut forest = Self {
            features: ensemble.features,
            link: ensemble.link,
            roots: Vec::with_capacity(ensemble.trees.len()),
            nodes: Vec::with_capacity(total),
        };
        for tree in &ensemble.trees {
            forest.roots.push(forest.nodes.len() as u32);
            forest.lay_out(&tree.nodes);
        }
        Some(forest)
    }

    fn lay_out(&mut self, nodes: &[Node]) {
        // Each entry is a node to be placed next and the placed split whose right child it is.
        let mut pending: Vec<(u32, Option<usize>)> = vec![(0, None)];
        while let Some((at, parent)) = pending.pop() {
            let place = self.nodes.len();
            if let Some(parent) = parent {
                self.nodes[parent].right = place as u32;
            }
            self.nodes.push(match nodes[at as usize] {
                Node::Leaf { weight, .. } => Flat { value: weight, feature: LEAF, right: 0 },
                Node::Split { feature, threshold, left, right, missing_left, .. } => {
                    pending.push((right, Some(place)));
                    pending.push((left, None));
                    let missing = if missing_left { MISSING_LEFT } else { 0 };
                    Flat { value: threshold, feature: feature | missing, right: 0 }
                }
            });
        }
    }

    /// Scores the lines of `x`, which have as many columns as the ensemble has features.
    pub(super) fn step(self, x: Slot, out: Slot) -> Step {
        Box::new(move |arena| {
            let rows = arena.rows;
            let (before, scores) = out.split(arena.memory_mut(), rows);
            self.score(x.of(before, rows), scores);
        })
    }

    /// Writes the scores of both classes for each line of `rows`: `[1 - s, s]`, or both logistics.
    fn score(&self, rows: &[f32], scores: &mut [f32]) {
        scores.fill(0.0);
        for &root in &self.roots {
            for (row, score) in rows.chunks_exact(self.features).zip(scores.chunks_exact_mut(2)) {
                score[1] += self.weight(root, row);
            }
        }
        for score in scores.chunks_exact_mut(2) {
            let sum = score[1];
            (score[0], score[1]) = match self.link {
                Link::Mean => (1.0 - sum, sum),
                Link::Logistic => (logistic(-sum), logistic(sum)),
            };
        }
    }

    fn weight(&self, root: u32, row: &[f32]) -> f32 {
        let mut at = root as usize;
        loop {
            let node = self.nodes[at];
            if node.feature == LEAF {
                return node.value;
            }
            let x = row[(node.feature & !MISSING_LEFT) as usize];
            let missing_left = node.feature & MISSING_LEFT != 0;
            let goes_left = (x <= node.value) | (x.is_nan() & missing_left);
            at = if goes_left { at + 1 } else { node.right as usize };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trees::Tree;

    #[test]
    fn a_chain_as_deep_as_it_is_long_is_laid_out_without_recursion() {
        let depth = 200_000_u32;
        let mut nodes: Vec<Node> = Vec::new();
        for level in 0..depth {
            let (left, right) = (2 * level + 1, 2 * level + 2);
            let threshold = f32::from_bits(1_000_000 + level);
            let missing_left = true;
            nodes.push(Node::Split {
                feature: 0,
                threshold,
                left,
                right,
                missing_left,
                cover: 1.0,
            });
            nodes.push(Node::Leaf { weight: level as f32, cover: 1.0 });
        }
        nodes.push(Node::Leaf { weight: -1.0, cover: 1.0 });
        let ensemble = TreeEnsemble::new(1, Link::Mean, vec![Tree { nodes }]).unwrap();
        let forest = Forest::new(&ensemble).unwrap();
        for x in [0.0, f32::from_bits(1_000_007), 1.0, f32::NAN] {
            let mut scores = [0.0; 2];
            forest.score(&[x], &mut scores);
            assert_eq!(scores[1], ensemble.score(&[x]));
        }
    }
}
