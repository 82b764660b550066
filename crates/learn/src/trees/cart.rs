//! One classification tree (CART, Breiman et al. 1984) on weighted rows, by Gini impurity.

use gauntlet_core::Seed;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::tally::{Tallies, Tally};
use super::{Binned, GrownNode, GrownTree};

/// How a tree grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CartParams {
    /// Largest depth; a lone root has depth 0.
    pub max_depth: usize,
    /// Fewest weighted rows in a leaf.
    pub min_leaf: u32,
    /// Features tried per split, drawn without replacement.
    pub features_per_split: usize,
}

/// Grows a tree on the rows with a positive weight; its leaves hold the share of positives.
///
/// Features are tried in drawn order until `features_per_split` of them could split; the first of equally
/// good splits is taken.
#[must_use]
pub fn grow_cart(
    binned: &Binned,
    labels: &[bool],
    weights: &[u32],
    params: CartParams,
    seed: Seed,
) -> GrownTree {
    let rows: Vec<u32> = (0..binned.rows() as u32).filter(|&r| weights[r as usize] > 0).collect();
    let mut grower = Grower {
        binned,
        labels,
        weights,
        params,
        rng: seed.rng(),
        features: (0..binned.width()).collect(),
        tallies: Tallies::default(),
        nodes: Vec::new(),
    };
    grower.grow(rows);
    GrownTree { nodes: grower.nodes }
}

struct Grower<'a> {
    binned: &'a Binned,
    labels: &'a [bool],
    weights: &'a [u32],
    params: CartParams,
    rng: ChaCha8Rng,
    features: Vec<usize>,
    tallies: Tallies<Count>,
    nodes: Vec<GrownNode>,
}

/// Weighted rows and the positives among them.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    all: u32,
    positive: u32,
}

impl Tally for Count {
    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.positive += other.positive;
    }

    fn is_empty(&self) -> bool {
        self.all == 0
    }
}

impl Count {
    fn of(row: u32, labels: &[bool], weights: &[u32]) -> Self {
        let weight = weights[row as usize];
        Self { all: weight, positive: if labels[row as usize] { weight } else { 0 } }
    }

    fn minus(self, other: Self) -> Self {
        Self { all: self.all - other.all, positive: self.positive - other.positive }
    }

    /// Half the weighted Gini impurity: n p (1 - p).
    fn impurity(self) -> f64 {
        let (all, positive) = (f64::from(self.all), f64::from(self.positive));
        positive * (all - positive) / all
    }

    fn is_pure(self) -> bool {
        self.positive == 0 || self.positive == self.all
    }
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    impurity: f64,
    feature: usize,
    left: u16,
    right: u16,
}

struct Pending {
    node: usize,
    start: usize,
    end: usize,
    depth: usize,
}

impl Grower<'_> {
    fn grow(&mut self, mut rows: Vec<u32>) {
        self.nodes.push(GrownNode::Leaf { value: 0.0, cover: 0.0 });
        let mut pending = vec![Pending { node: 0, start: 0, end: rows.len(), depth: 0 }];
        while let Some(Pending { node, start, end, depth }) = pending.pop() {
            let total = self.count(&rows[start..end]);
            let split = if depth < self.params.max_depth && !total.is_pure() {
                self.best_split(&rows[start..end], total)
            } else {
                None
            };
            let cover = total.all as f32;
            let Some(split) = split else {
                let value = f64::from(total.positive) / f64::from(total.all.max(1));
                self.nodes[node] = GrownNode::Leaf { value, cover };
                continue;
            };
            let feature = self.binned.feature(split.feature);
            let middle =
                start + partition(&mut rows[start..end], |r| feature.code(r) <= split.left);
            let left = self.nodes.len();
            self.nodes.extend([const { GrownNode::Leaf { value: 0.0, cover: 0.0 } }; 2]);
            self.nodes[node] = GrownNode::Split {
                feature: split.feature as u32,
                threshold: feature.threshold(split.left, split.right),
                left: left as u32,
                right: left as u32 + 1,
                cover,
            };
            pending.push(Pending { node: left + 1, start: middle, end, depth: depth + 1 });
            pending.push(Pending { node: left, start, end: middle, depth: depth + 1 });
        }
    }

    fn count(&self, rows: &[u32]) -> Count {
        let mut total = Count::default();
        rows.iter().for_each(|&row| total.add(Count::of(row, self.labels, self.weights)));
        total
    }

    fn best_split(&mut self, rows: &[u32], total: Count) -> Option<Candidate> {
        let width = self.features.len();
        let mut best: Option<Candidate> = None;
        let mut tried = 0;
        for drawn in 0..width {
            if tried == self.params.features_per_split {
                break;
            }
            let other = self.rng.random_range(drawn..width);
            self.features.swap(drawn, other);
            let feature = self.features[drawn];
            if let Some(found) = self.best_split_of(feature, rows, total) {
                tried += 1;
                if best.is_none_or(|b| found.impurity < b.impurity) {
                    best = Some(found);
                }
            }
        }
        best
    }

    /// The best split of one feature; none if all rows share a bin or every side would be too small.
    fn best_split_of(&mut self, index: usize, rows: &[u32], total: Count) -> Option<Candidate> {
        let feature = self.binned.feature(index);
        let (labels, weights) = (self.labels, self.weights);
        let occupied = self.tallies.occupied(feature, rows, |row| Count::of(row, labels, weights));
        let mut best: Option<Candidate> = None;
        let mut left = Count::default();
        for pair in occupied.windows(2) {
            left.add(pair[0].1);
            let right = total.minus(left);
            if left.all < self.params.min_leaf || right.all < self.params.min_leaf {
                continue;
            }
            let impurity = left.impurity() + right.impurity();
            if best.is_none_or(|b| impurity < b.impurity) {
                best =
                    Some(Candidate { impurity, feature: index, left: pair[0].0, right: pair[1].0 });
            }
        }
        best
    }
}

/// Moves the rows that satisfy `goes_left` to the front, keeping the order of both sides, and returns
/// how many there are.
pub(super) fn partition(rows: &mut [u32], goes_left: impl Fn(u32) -> bool) -> usize {
    let mut right = Vec::with_capacity(rows.len() / 2);
    let mut kept = 0;
    for i in 0..rows.len() {
        let row = rows[i];
        if goes_left(row) {
            rows[kept] = row;
            kept += 1;
        } else {
            right.push(row);
        }
    }
    rows[kept..].copy_from_slice(&right);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_features::Matrix;

    fn matrix(columns: Vec<Vec<f32>>) -> Matrix {
        let width = columns.len();
        Matrix {
            names: (0..width).map(|i| format!("x{i}")).collect(),
            columns,
            limits: vec![None; width],
        }
    }

    const FULL: CartParams = CartParams { max_depth: 32, min_leaf: 1, features_per_split: 2 };

    #[test]
    fn learns_exclusive_or_exactly() {
        let x = matrix(vec![vec![0.0, 0.0, 1.0, 1.0, 0.2], vec![0.0, 1.0, 0.0, 1.0, 0.9]]);
        let y = [false, true, true, false, true];
        let binned = Binned::new(&x, 255);
        let tree = grow_cart(&binned, &y, &[1; 5], FULL, Seed(1));
        for (row, label) in y.iter().enumerate() {
            let value = tree.value(&[x.columns[0][row], x.columns[1][row]]);
            assert_eq!(value, f64::from(u8::from(*label)));
        }
    }

    #[test]
    fn sorting_and_histograms_find_the_same_tree() {
        let values: Vec<f32> = (0..4000).map(|i| ((i * 7919) % 4001) as f32).collect();
        let y: Vec<bool> = values.iter().map(|v| (v / 500.0) as i32 % 2 == 1).collect();
        let x = matrix(vec![values]);
        let exact = grow_cart(&Binned::new(&x, 65_535), &y, &vec![1; 4000], FULL, Seed(1));
        let wrong = x.columns[0].iter().zip(&y).filter(|(v, y)| (exact.value(&[**v]) > 0.5) != **y);
        assert_eq!(wrong.count(), 0);
        assert_eq!(exact.nodes.len(), 2 * 9 - 1);
    }

    #[test]
    fn a_weight_is_a_repeated_row() {
        let y = [false, true, false, true];
        let weighted = matrix(vec![vec![1.0, 2.0, 3.0, 4.0]]);
        let repeated = matrix(vec![vec![1.0, 1.0, 2.0, 3.0, 3.0, 3.0]]);
        let a = grow_cart(&Binned::new(&weighted, 255), &y, &[2, 1, 3, 0], FULL, Seed(9));
        let labels = [false, false, true, false, false, false];
        let b = grow_cart(&Binned::new(&repeated, 255), &labels, &[1; 6], FULL, Seed(9));
        assert_eq!(a.value(&[2.0]), b.value(&[2.0]));
        assert_eq!(a.nodes.len(), b.nodes.len());
    }

    #[test]
    fn a_constant_feature_or_a_single_class_gives_one_leaf() {
        let constant = matrix(vec![vec![7.0; 4]]);
        let binned = Binned::new(&constant, 255);
        let tree = grow_cart(&binned, &[true, false, true, true], &[1; 4], FULL, Seed(0));
        assert_eq!(tree.nodes, [GrownNode::Leaf { value: 0.75, cover: 4.0 }]);
        let tree = grow_cart(&binned, &[true; 4], &[1; 4], FULL, Seed(0));
        assert_eq!(tree.nodes.len(), 1);
    }

    #[test]
    fn missing_values_go_right_and_can_be_split_off() {
        let x = matrix(vec![vec![1.0, 2.0, f32::NAN, f32::NAN]]);
        let y = [false, false, true, true];
        let tree = grow_cart(&Binned::new(&x, 255), &y, &[1; 4], FULL, Seed(0));
        assert_eq!(tree.value(&[f32::NAN]), 1.0);
        assert_eq!(tree.value(&[5.0]), 0.0);
    }
}
