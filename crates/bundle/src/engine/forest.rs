//! Tree traversal on flat nodes of twelve bytes.
//!
//! The nodes of all trees lie in one vector in preorder: the left child follows its parent, so a
//! split needs to name only the right one, and a leaf keeps its weight where a split keeps its
//! threshold. Per row the weights are summed in f32 in tree order, as onnxruntime does on one thread.

use super::arena::Slot;
use super::kernels::Step;
use crate::trees::{Link, Node, Outputs, Tree, TreeEnsemble, logistic};

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
    outputs: Outputs,
    link: Link,
    roots: Vec<u32>,
    nodes: Vec<Flat>,
    /// Rows of shares of all trees.
    shares: Vec<f32>,
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
            outputs: ensemble.outputs,
            link: ensemble.link,
            roots: Vec::with_capacity(ensemble.trees.len()),
            nodes: Vec::with_capacity(total),
            shares: Vec::new(),
        };
        for tree in &ensemble.trees {
            forest.roots.push(forest.nodes.len() as u32);
            forest.lay_out(tree);
            forest.shares.extend(&tree.shares);
        }
        Some(forest)
    }

    /// Columns of the operator's scores: two for one probability, else one per output.
    pub(super) fn width(&self) -> usize {
        match self.outputs {
            Outputs::One if self.link != Link::Identity => 2,
            outputs => outputs.width(),
        }
    }

    fn lay_out(&mut self, tree: &Tree) {
        let first_row = (self.shares.len() / self.outputs.width()) as u32;
        // Each entry is a node to be placed next and the placed split whose right child it is.
        let mut pending: Vec<(u32, Option<usize>)> = vec![(0, None)];
        while let Some((at, parent)) = pending.pop() {
            let place = self.nodes.len();
            if let Some(parent) = parent {
                self.nodes[parent].right = place as u32;
            }
            self.nodes.push(match tree.nodes[at as usize] {
                Node::Leaf { weight, .. } => Flat { value: weight, feature: LEAF, right: 0 },
                Node::Shares { row, .. } => {
                    Flat { value: 0.0, feature: LEAF, right: first_row + row }
                }
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

    /// Writes the scores of each line of `rows`; of one probability both classes', `[1 - s, s]`.
    fn score(&self, rows: &[f32], scores: &mut [f32]) {
        scores.fill(0.0);
        let width = self.width();
        for (tree, &root) in self.roots.iter().enumerate() {
            let lines = rows.chunks_exact(self.features).zip(scores.chunks_exact_mut(width));
            match self.outputs {
                Outputs::Shares(width) => {
                    for (row, sums) in lines {
                        let at = self.leaf(root, row).right as usize * width;
                        let shares = &self.shares[at..at + width];
                        sums.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
                    }
                }
                Outputs::One | Outputs::Cycle(_) => {
                    let output = match self.outputs {
                        Outputs::Cycle(width) => tree % width,
                        _ => width - 1,
                    };
                    for (row, sums) in lines {
                        sums[output] += self.leaf(root, row).value;
                    }
                }
            }
        }
        for scores in scores.chunks_exact_mut(width) {
            match (self.outputs, scores) {
                (Outputs::One, [other, score]) => {
                    let sum = *score;
                    (*other, *score) = match self.link {
                        Link::Logistic => (logistic(-sum), logistic(sum)),
                        _ => (1.0 - sum, sum),
                    };
                }
                (_, scores) => self.link.apply(scores),
            }
        }
    }

    fn leaf(&self, root: u32, row: &[f32]) -> Flat {
        let mut at = root as usize;
        loop {
            let node = self.nodes[at];
            if node.feature == LEAF {
                return node;
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
        let ensemble = TreeEnsemble::new(1, Link::Mean, vec![Tree::new(nodes)]).unwrap();
        let forest = Forest::new(&ensemble).unwrap();
        for x in [0.0, f32::from_bits(1_000_007), 1.0, f32::NAN] {
            let mut scores = [0.0; 2];
            forest.score(&[x], &mut scores);
            assert_eq!(scores[1], ensemble.score(&[x]));
        }
    }
}
