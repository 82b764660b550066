//! Tree traversal, laid out when the model is loaded.
//!
//! Every column that splits read is turned into keys once per batch, in which missing values are the
//! least or the largest number, as splits send them, so that the walk itself knows no missing values.
//! Weights are summed in f32 in tree order per row, as onnxruntime does on one thread.

mod nodes;
mod walk;

use std::collections::{BTreeMap, VecDeque};

use super::arena::Slot;
use super::kernels::Step;
use crate::trees::{Link, Node, Outputs, Tree, TreeEnsemble, logistic};
use nodes::{LEFT, Narrow, Packed, RIGHT, Wide, key};
use walk::{Any, LANES, Rows};

/// A checked ensemble in the layout that is fast to walk.
#[derive(Debug)]
pub(super) enum Forest {
    Narrow(Laid<Narrow>),
    Wide(Laid<Wide>),
}

/// Trees of nodes `N`.
#[derive(Debug)]
pub(super) struct Laid<N> {
    features: usize,
    outputs: Outputs,
    link: Link,
    columns: Vec<Column>,
    roots: Vec<usize>,
    nodes: Vec<N>,
    /// Rows of shares of all trees.
    shares: Vec<f32>,
}

/// A copy of a feature for splits that send missing values the same way.
#[derive(Debug, Clone, Copy)]
struct Column {
    /// Nothing for the column that leaves read.
    feature: Option<usize>,
    /// What stands for a missing value.
    missing: u32,
}

impl Forest {
    /// Lays out a checked ensemble, or nothing if it is too large for any layout.
    pub(super) fn new(ensemble: &TreeEnsemble) -> Option<Self> {
        Laid::new(ensemble).map(Self::Narrow).or_else(|| Laid::new(ensemble).map(Self::Wide))
    }

    /// Columns of the operator's scores: two for one probability, else one per output.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Narrow(laid) => laid.width(),
            Self::Wide(laid) => laid.width(),
        }
    }

    /// Numbers per row that a walk needs beside rows and scores.
    pub(super) fn scratch(&self) -> usize {
        match self {
            Self::Narrow(laid) => laid.columns.len().next_power_of_two().max(16),
            Self::Wide(laid) => laid.columns.len(),
        }
    }

    /// Scores the lines of `x`, which have as many columns as the ensemble has features.
    pub(super) fn step(self, x: Slot, scratch: Slot, out: Slot) -> Step {
        Box::new(move |arena| {
            let rows = arena.rows;
            arena.lend::<f32>(|arena, memory| {
                let (before, scores) = out.split(memory, rows);
                self.score(x.of(before, rows), arena.write(scratch), scratch.width, scores);
            });
        })
    }

    /// Writes the scores of each line of `x`; of one probability both classes', `[1 - s, s]`.
    fn score(&self, x: &[f32], columns: &mut [u32], width: usize, scores: &mut [f32]) {
        match self {
            Self::Narrow(laid) => {
                laid.fill(x, columns, width);
                match width {
                    16 => laid.score_fixed::<16>(columns, scores),
                    32 => laid.score_fixed::<32>(columns, scores),
                    64 => laid.score_fixed::<64>(columns, scores),
                    128 => laid.score_fixed::<128>(columns, scores),
                    _ => laid.score_fixed::<256>(columns, scores),
                }
            }
            Self::Wide(laid) => {
                laid.fill(x, columns, width);
                let blocks = columns.chunks_exact(width * LANES);
                let rest = blocks.remainder().chunks_exact(width);
                let any = |values| Any { values, width };
                laid.score(blocks.map(any), rest.map(any), scores);
            }
        }
    }
}

impl<N: Packed + Send + Sync + 'static> Laid<N> {
    fn new(ensemble: &TreeEnsemble) -> Option<Self> {
        let total = ensemble.trees.iter().map(|tree| tree.nodes.len()).sum();
        let mut laid = Self {
            features: ensemble.features,
            outputs: ensemble.outputs,
            link: ensemble.link,
            columns: vec![Column { feature: None, missing: LEFT }],
            roots: Vec::with_capacity(ensemble.trees.len()),
            nodes: Vec::with_capacity(total),
            shares: Vec::new(),
        };
        let mut columns = BTreeMap::new();
        for tree in &ensemble.trees {
            laid.roots.push(laid.nodes.len());
            laid.lay_out(tree, &mut columns)?;
            laid.shares.extend(&tree.shares);
        }
        Some(laid)
    }

    fn width(&self) -> usize {
        match self.outputs {
            Outputs::One if self.link != Link::Identity => 2,
            outputs => outputs.width(),
        }
    }

    /// Lays out one tree, level by level, so that what most rows pass lies close together.
    fn lay_out(&mut self, tree: &Tree, columns: &mut BTreeMap<(u32, bool), usize>) -> Option<()> {
        let first_row = self.shares.len() / self.outputs.width();
        let root = self.nodes.len();
        let empty = N::pack(0, 0, 0)?;
        let mut pending = VecDeque::from([(0_u32, root)]);
        self.nodes.push(empty);
        while let Some((at, place)) = pending.pop_front() {
            let (value, column, child) = match tree.nodes[at as usize] {
                Node::Leaf { weight, .. } => (weight.to_bits(), 0, place),
                Node::Shares { row, .. } => {
                    let row = u32::try_from(first_row + row as usize).ok()?;
                    (row, 0, place)
                }
                Node::Split { feature, threshold, left, right, missing_left, .. } => {
                    let child = self.nodes.len();
                    self.nodes.extend([empty; 2]);
                    pending.extend([(left, child), (right, child + 1)]);
                    let missing = if missing_left { LEFT } else { RIGHT };
                    let column = *columns.entry((feature, missing_left)).or_insert_with(|| {
                        self.columns.push(Column { feature: Some(feature as usize), missing });
                        self.columns.len() - 1
                    });
                    (key(threshold, missing), column, child)
                }
            };
            self.nodes[place] = N::pack(value, column, child - root)?;
        }
        Some(())
    }

    /// Copies the columns that splits read from each line of `x` to a line of `width` in `columns`.
    fn fill(&self, x: &[f32], columns: &mut [u32], width: usize) {
        for (to, from) in columns.chunks_exact_mut(width).zip(x.chunks_exact(self.features)) {
            for (to, column) in to.iter_mut().zip(&self.columns) {
                *to = column.feature.map_or(LEFT, |feature| key(from[feature], column.missing));
            }
        }
    }

    /// Scores rows of `C` columns.
    fn score_fixed<const C: usize>(&self, columns: &[u32], scores: &mut [f32]) {
        let (rows, _) = columns.as_chunks::<C>();
        let (blocks, rest) = rows.as_chunks::<LANES>();
        let (rest, _) = rest.as_chunks::<1>();
        self.score(blocks.iter(), rest.iter(), scores);
    }

    /// Scores rows: blocks of `LANES` tree by tree, while a tree is in the cache, and the rest one by one.
    fn score<R: Rows, S: Rows>(
        &self,
        blocks: impl ExactSizeIterator<Item = R> + Clone,
        rest: impl Iterator<Item = S>,
        scores: &mut [f32],
    ) {
        scores.fill(0.0);
        let width = self.width();
        let (block_sums, rest_sums) = scores.split_at_mut(blocks.len() * LANES * width);
        let ends = self.roots.iter().skip(1).copied().chain([self.nodes.len()]);
        for (tree, (&root, end)) in self.roots.iter().zip(ends).enumerate() {
            let nodes = &self.nodes[root..end];
            for (rows, sums) in blocks.clone().zip(block_sums.chunks_exact_mut(width * LANES)) {
                let leaves = walk::rows(nodes, rows);
                for (sums, leaf) in sums.chunks_exact_mut(width).zip(leaves) {
                    self.add(tree, nodes[leaf].value(), sums);
                }
            }
        }
        for (row, sums) in rest.zip(rest_sums.chunks_exact_mut(width)) {
            self.score_row(row, sums);
        }
        scores.chunks_exact_mut(width).for_each(|scores| self.finish(scores));
    }

    /// Sums one row, several trees side by side.
    fn score_row<R: Rows>(&self, row: R, sums: &mut [f32]) {
        let mut tree = 0;
        for roots in self.roots.chunks(LANES) {
            // The last group is filled up with trees that are walked for nothing.
            let mut group = [roots[0]; LANES];
            group[..roots.len()].copy_from_slice(roots);
            let leaves = walk::trees(&self.nodes, row, &group);
            for (root, leaf) in roots.iter().zip(leaves) {
                self.add(tree, self.nodes[root + leaf].value(), sums);
                tree += 1;
            }
        }
    }

    /// Adds what the leaf of `tree` with this value adds.
    #[inline]
    fn add(&self, tree: usize, value: u32, sums: &mut [f32]) {
        match self.outputs {
            Outputs::One => {
                if let Some(sum) = sums.last_mut() {
                    *sum += f32::from_bits(value);
                }
            }
            Outputs::Cycle(width) => sums[tree % width] += f32::from_bits(value),
            Outputs::Shares(width) => {
                let at = value as usize * width;
                let shares = &self.shares[at..at + width];
                sums.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
            }
        }
    }

    fn finish(&self, scores: &mut [f32]) {
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
            let (mut columns, mut scores) = ([0; 2], [0.0; 2]);
            forest.score(&[x], &mut columns, 2, &mut scores);
            assert_eq!(scores[1], ensemble.score(&[x]));
        }
    }
}
