//! Many rows through many trees: blocks of rows walk down each tree in lockstep.
//!
//! One row's way down is a chain of loads that wait for one another; rows side by side fill the waiting.

use gauntlet_features::Matrix;
use rayon::prelude::*;

use super::{GrownNode, GrownTree};

/// Rows that walk together.
const BLOCK: usize = 128;

/// Trees laid out for walking.
#[derive(Debug)]
pub struct Scorer<'a> {
    trees: Vec<Walk<'a>>,
    outputs: usize,
}

#[derive(Debug)]
struct Walk<'a> {
    nodes: Vec<Step>,
    /// Value of each node's leaf; unused for splits.
    leaf: Vec<u32>,
    tree: &'a GrownTree,
    depth: usize,
}

/// A step down. A leaf leads to itself, whatever the value.
#[derive(Debug, Clone, Copy)]
struct Step {
    threshold: f32,
    feature: u32,
    /// The left child; the right one is next to it.
    left: u32,
    missing_right: u32,
}

impl<'a> Scorer<'a> {
    /// Lays out trees whose values add up to `outputs` numbers per row: trees with one value each add to the
    /// outputs in turn, others to all of them.
    #[must_use]
    pub fn new(trees: &'a [GrownTree], outputs: usize) -> Self {
        Self { trees: trees.iter().map(Walk::new).collect(), outputs }
    }

    /// The sums of leaf values for each row, `[row * outputs + output]`, added in the order of the trees.
    #[must_use]
    pub fn sums(&self, x: &Matrix) -> Vec<f64> {
        let mut sums = vec![0.0; x.rows() * self.outputs];
        let blocks = sums.par_chunks_mut(BLOCK * self.outputs).enumerate();
        blocks.for_each_init(
            || vec![0.0; x.width() * BLOCK],
            |values, (block, sums)| self.block(x, block * BLOCK, values, sums),
        );
        sums
    }

    fn block(&self, x: &Matrix, first: usize, values: &mut [f32], sums: &mut [f64]) {
        let rows = sums.len() / self.outputs;
        let mut has_missing = false;
        for (column, slots) in x.columns.iter().zip(values.chunks_mut(BLOCK)) {
            slots[..rows].copy_from_slice(&column[first..first + rows]);
            has_missing |= slots[..rows].iter().fold(false, |any, value| any | value.is_nan());
        }
        for (at, walk) in self.trees.iter().enumerate() {
            let ends =
                if has_missing { walk.ends::<true>(values) } else { walk.ends::<false>(values) };
            for (end, sums) in ends.iter().zip(sums.chunks_mut(self.outputs)) {
                let leaf = walk.tree.leaf(walk.leaf[*end as usize]);
                match leaf {
                    [value] => sums[at % self.outputs] += value,
                    _ => sums.iter_mut().zip(leaf).for_each(|(sum, value)| *sum += value),
                }
            }
        }
    }
}

impl<'a> Walk<'a> {
    fn new(tree: &'a GrownTree) -> Self {
        let mut nodes = vec![Step { threshold: 0.0, feature: 0, left: 0, missing_right: 0 }];
        let mut leaf = vec![0];
        let mut level = vec![(0, 0)];
        let mut depth = 0;
        while !level.is_empty() {
            let mut next = Vec::new();
            for (source, at) in level {
                match tree.nodes()[source] {
                    GrownNode::Leaf { value, .. } => {
                        // Nothing is above infinity.
                        nodes[at] = Step {
                            threshold: f32::INFINITY,
                            feature: 0,
                            left: at as u32,
                            missing_right: 0,
                        };
                        leaf[at] = value;
                    }
                    GrownNode::Split { feature, threshold, left, right, missing_left, .. } => {
                        let child = nodes.len();
                        let missing_right = u32::from(!missing_left);
                        nodes[at] = Step { threshold, feature, left: child as u32, missing_right };
                        nodes.extend([nodes[at]; 2]);
                        leaf.extend([0; 2]);
                        next.extend([(left as usize, child), (right as usize, child + 1)]);
                    }
                }
            }
            depth += usize::from(!next.is_empty());
            level = next;
        }
        Self { nodes, leaf, tree, depth }
    }

    /// Where each row of a block ends.
    fn ends<const MISSING: bool>(&self, values: &[f32]) -> [u32; BLOCK] {
        let mut at = [0_u32; BLOCK];
        for _ in 0..self.depth {
            let mut moved = 0;
            for (row, at) in at.iter_mut().enumerate() {
                let step = self.nodes[*at as usize];
                let value = values[step.feature as usize * BLOCK + row];
                let mut right = u32::from(value > step.threshold);
                if MISSING {
                    right |= u32::from(value.is_nan()) & step.missing_right;
                }
                let next = step.left + right;
                moved |= next ^ *at;
                *at = next;
            }
            if moved == 0 {
                break;
            }
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rows;
    use crate::trees::{IsolationParams, grow_isolation};
    use gauntlet_core::Seed;

    #[test]
    fn blocks_score_as_single_rows_do_with_missing_values_and_without() {
        for missing in [0, 5] {
            let value = |f: usize, r: usize| {
                if missing > 0 && (r + f).is_multiple_of(missing) && r < 300 {
                    f32::NAN
                } else {
                    ((r * (f + 7)) % 101) as f32
                }
            };
            let x = rows((0..4).map(|f| (0..700).map(|r| value(f, r)).collect()).collect());
            let params = IsolationParams { trees: 7, sample: 128, max_depth: Some(20) };
            let trees = grow_isolation(&x, params, Seed(1));
            let (sums, cycled) = (Scorer::new(&trees, 1).sums(&x), Scorer::new(&trees, 2).sums(&x));
            for row in 0..700 {
                let each = |tree: &GrownTree| tree.at(&x, row)[0];
                assert_eq!(sums[row], trees.iter().map(each).sum::<f64>());
                assert_eq!(
                    cycled[2 * row + 1],
                    trees.iter().skip(1).step_by(2).map(each).sum::<f64>()
                );
            }
        }
    }

    #[test]
    fn a_lone_leaf_and_no_rows_score() {
        let x = rows(vec![vec![f32::NAN, f32::INFINITY]]);
        let tree = GrownTree::new(vec![GrownNode::Leaf { value: 0, cover: 1.0 }], vec![0.25], 1);
        assert_eq!(Scorer::new(std::slice::from_ref(&tree), 1).sums(&x), [0.25, 0.25]);
        assert!(Scorer::new(&[tree], 1).sums(&rows(vec![vec![]])).is_empty());
    }
}
