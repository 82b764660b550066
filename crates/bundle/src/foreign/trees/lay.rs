//! Lays trees out for walking: every branch becomes `key > value`.
//!
//! Children lie side by side, so a step is `child + (key > value)`. A missing value is given the first or
//! the last key, as the branch sends it, so each feature has up to two columns of keys. A branch on equality
//! is two comparisons; what lies on its other side is reached from both, through copies of one node. A
//! leaf reads column 0, whose key is below every value, and names itself as child: a walk stays there.

use std::collections::{HashMap, VecDeque};

use super::super::ops::Float;
use super::key::Ordered;
use super::read::{Branch, Mode, Trees};
use super::sum::{Aggregate, Sums};
use super::{BLOCK, walk};

/// A node: where the key in `column` is greater than `value`, the walk goes to `child + 1`, else to `child`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Laid<K> {
    pub(super) value: K,
    pub(super) column: u32,
    pub(super) child: u32,
}

/// Trees as they are walked.
pub(super) struct Forest<T: Ordered> {
    nodes: Vec<Laid<T::Key>>,
    roots: Vec<u32>,
    /// The feature of each column but the first, and the key that stands for a missing value.
    columns: Vec<(usize, T::Key)>,
    starts: Vec<usize>,
    weights: Vec<(usize, T)>,
}

/// One comparison: numbers above `value` go right, and missing ones where it says.
struct Comparison<K> {
    value: K,
    missing_right: bool,
}

impl<T: Float + Ordered> Forest<T> {
    /// Lays out checked trees, or nothing if there are too many nodes.
    pub(super) fn new(trees: &Trees<T>) -> Option<Self> {
        let mut forest = Self {
            nodes: Vec::with_capacity(trees.nodes.len()),
            roots: Vec::with_capacity(trees.roots.len()),
            columns: Vec::new(),
            starts: trees.starts.clone(),
            weights: trees.weights.clone(),
        };
        let mut columns = HashMap::new();
        for &root in &trees.roots {
            forest.roots.push(u32::try_from(forest.nodes.len()).ok()?);
            let place = forest.room(1)?;
            let mut pending = VecDeque::from([(root, [place, place])]);
            while let Some((at, places)) = pending.pop_front() {
                forest.lay(&trees.nodes[at], places, &mut columns, &mut pending)?;
            }
        }
        Some(forest)
    }

    /// Room for `count` nodes, which are filled in later.
    fn room(&mut self, count: usize) -> Option<usize> {
        let place = self.nodes.len();
        let empty = Laid { value: T::FIRST, column: 0, child: 0 };
        self.nodes.resize(place + count, empty);
        u32::try_from(self.nodes.len()).ok().map(|_| place)
    }

    /// Lays one node out at one or two places, and asks for its children.
    fn lay(
        &mut self,
        branch: &Branch<T>,
        places: [usize; 2],
        columns: &mut HashMap<(usize, bool), u32>,
        pending: &mut VecDeque<(usize, [usize; 2])>,
    ) -> Option<()> {
        let Branch::Split { mode, feature, threshold, yes, no, missing_yes } = *branch else {
            let Branch::Leaf(leaf) = *branch else { return None };
            for place in places {
                let value = T::Key::from(u32::try_from(leaf).ok()?);
                self.nodes[place] = Laid { value, column: 0, child: u32::try_from(place).ok()? };
            }
            return Some(());
        };
        let pair = self.room(2)?;
        let one = |at: usize| [at, at];
        let mut put =
            |forest: &mut Self, places: [usize; 2], compare: Comparison<T::Key>, child| {
                let column =
                    *columns.entry((feature, compare.missing_right)).or_insert_with(|| {
                        let key = if compare.missing_right { T::LAST } else { T::FIRST };
                        forest.columns.push((feature, key));
                        forest.columns.len() as u32
                    });
                let child = u32::try_from(child).ok()?;
                for place in places {
                    forest.nodes[place] = Laid { value: compare.value, column, child };
                }
                Some(())
            };
        let Some(key) = threshold.key() else {
            // Nothing compares with NaN: all numbers go right, and so does what is missing unless it is sent
            // left. Every number differs from it, what is missing included.
            let (left, right) = if mode == Mode::Neq { (no, yes) } else { (yes, no) };
            let missing_right = mode == Mode::Neq || !missing_yes;
            put(self, places, Comparison { value: T::FIRST, missing_right }, pair)?;
            pending.extend([(left, one(pair)), (right, one(pair + 1))]);
            return Some(());
        };
        let (value, yes_is_right) = match mode {
            Mode::Leq => (key, false),
            Mode::Lt => (T::before(key), false),
            Mode::Gt => (key, true),
            Mode::Gte => (T::before(key), true),
            Mode::Eq | Mode::Neq => {
                let is_eq = mode == Mode::Eq;
                let (equal, other) = if is_eq { (yes, no) } else { (no, yes) };
                // A missing value differs from every number.
                let missing_equal = is_eq && missing_yes;
                let second = self.room(2)?;
                let below = Comparison { value: T::before(key), missing_right: missing_equal };
                put(self, places, below, pair)?;
                let above = Comparison { value: key, missing_right: !missing_equal };
                put(self, one(pair + 1), above, second)?;
                pending.extend([(other, [pair, second + 1]), (equal, one(second))]);
                return Some(());
            }
        };
        let missing_right = missing_yes == yes_is_right;
        put(self, places, Comparison { value, missing_right }, pair)?;
        let (left, right) = if yes_is_right { (no, yes) } else { (yes, no) };
        pending.extend([(left, one(pair)), (right, one(pair + 1))]);
        Some(())
    }

    /// Gives the sums of each line of `x` to `finish`.
    pub(super) fn sum(
        &self,
        x: &[T],
        width: usize,
        sums: usize,
        aggregate: Aggregate,
        mut finish: impl FnMut(Sums<'_, T>),
    ) {
        let wide = self.columns.len() + 1;
        let mut keys = Vec::with_capacity(BLOCK * wide);
        let (mut scores, mut has) = (vec![T::ZERO; BLOCK * sums], vec![false; BLOCK * sums]);
        for block in x.chunks(BLOCK * width) {
            keys.clear();
            for line in block.chunks_exact(width) {
                keys.push(T::FIRST);
                let key =
                    |&(feature, missing): &(usize, T::Key)| line[feature].key().unwrap_or(missing);
                keys.extend(self.columns.iter().map(key));
            }
            let rows = keys.len() / wide;
            scores[..rows * sums].fill(T::ZERO);
            has[..rows * sums].fill(false);
            walk::leaves(&self.nodes, &self.roots, &keys, wide, |row, leaf| {
                let leaf = T::number(leaf);
                let weights = &self.weights[self.starts[leaf]..self.starts[leaf + 1]];
                let range = row * sums..(row + 1) * sums;
                aggregate.add(weights, &mut scores[range.clone()], &mut has[range]);
            });
            for row in 0..rows {
                let range = row * sums..(row + 1) * sums;
                finish(Sums { scores: &mut scores[range.clone()], has: &mut has[range] });
            }
        }
    }
}
