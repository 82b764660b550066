//! Isolation forest (Liu, Ting and Zhou 2008): rows that random cuts isolate early are anomalies.
//!
//! A tree sees a few hundred rows, so it works on the values themselves; binning all rows would cost more
//! than the whole fit.

use gauntlet_core::Seed;
use gauntlet_features::Matrix;
use rand::RngExt;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::GrownTree;
use super::grow::{Growth, Opened, Policy, Rule, Size, grow};

/// How an isolation forest grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsolationParams {
    /// Number of trees.
    pub trees: usize,
    /// Rows drawn per tree, without replacement.
    pub sample: usize,
    /// Largest depth; none means the logarithm of the sample, where an average row is isolated.
    pub max_depth: Option<usize>,
}

impl IsolationParams {
    /// Rows that a tree draws out of `rows`.
    #[must_use]
    pub fn drawn(&self, rows: usize) -> usize {
        self.sample.min(rows)
    }
}

/// The mean path length of an unsuccessful search in a binary tree of `rows` rows, c(n) in the paper.
#[must_use]
pub fn mean_path(rows: usize) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    match rows {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let n = rows as f64;
            2.0 * ((n - 1.0).ln() + EULER) - 2.0 * (n - 1.0) / n
        }
    }
}

/// Grows the trees; leaves hold path lengths, with [`mean_path`] added for rows that were not isolated.
///
/// The anomaly score of a row is `2^(-m / c)`, where m is its mean value over the trees and c the mean path of
/// the rows drawn per tree. Missing values follow the side they are drawn to, the larger one more often.
#[must_use]
pub fn grow_isolation(x: &Matrix, params: IsolationParams, seed: Seed) -> Vec<GrownTree> {
    let drawn = params.drawn(x.rows());
    let depth = params.max_depth.unwrap_or(drawn.max(2).next_power_of_two().ilog2() as usize);
    let size = Size { max_depth: depth, max_leaves: usize::MAX, growth: Growth::DepthWise };
    (0..params.trees)
        .into_par_iter()
        .map(|tree| {
            let mut rng = seed.derive("isolation", tree as u64).rng();
            let mut rows: Vec<u32> = index::sample(&mut rng, x.rows(), drawn)
                .into_iter()
                .map(|row| row as u32)
                .collect();
            // Neighbouring rows share cache lines.
            rows.sort_unstable();
            let features = (0..x.width()).collect();
            grow(&mut IsolationPolicy { x, rng, features, right: Vec::new() }, &mut rows, size, 1)
        })
        .collect()
}

struct IsolationPolicy<'a> {
    x: &'a Matrix,
    rng: ChaCha8Rng,
    features: Vec<usize>,
    right: Vec<u32>,
}

impl IsolationPolicy<'_> {
    /// A random cut of a random feature; none if all rows are alike.
    fn cut(&mut self, rows: &[u32]) -> Option<Rule> {
        let width = self.features.len();
        for drawn in 0..width {
            let other = self.rng.random_range(drawn..width);
            self.features.swap(drawn, other);
            let feature = self.features[drawn];
            let column = &self.x.columns[feature];
            let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
            for &row in rows {
                let value = column[row as usize];
                low = low.min(value);
                high = high.max(value);
            }
            if low >= high {
                continue;
            }
            let (from, to) = (f64::from(low), f64::from(high));
            let threshold = (from + self.rng.random::<f64>() * (to - from)) as f32;
            let threshold = threshold.clamp(low, high.next_down());
            let missing_left = {
                let count = |left: bool| {
                    let side = |row: &&u32| {
                        let value = column[**row as usize];
                        !value.is_nan() && (value <= threshold) == left
                    };
                    rows.iter().filter(side).count() as f64
                };
                let (left, right) = (count(true), count(false));
                left + right < rows.len() as f64 && self.rng.random::<f64>() * (left + right) < left
            };
            return Some(Rule { feature, threshold, missing_left, gain: 0.0 });
        }
        None
    }

    fn open(&mut self, rows: &[u32], divisible: bool) -> Opened<Self> {
        ((), if divisible && rows.len() > 1 { self.cut(rows) } else { None })
    }
}

impl Policy for IsolationPolicy<'_> {
    type Node = ();
    type Split = Rule;

    fn root(&mut self, rows: &[u32], divisible: bool) -> Opened<Self> {
        self.open(rows, divisible)
    }

    fn gain(&self, split: &Rule) -> f64 {
        split.gain
    }

    fn partition(&mut self, split: &Rule, rows: &mut [u32]) -> (usize, Rule) {
        let column = &self.x.columns[split.feature];
        self.right.clear();
        let mut kept = 0;
        for at in 0..rows.len() {
            let row = rows[at];
            let value = column[row as usize];
            if value <= split.threshold || split.missing_left && value.is_nan() {
                rows[kept] = row;
                kept += 1;
            } else {
                self.right.push(row);
            }
        }
        rows[kept..].copy_from_slice(&self.right);
        (kept, *split)
    }

    fn divide(
        &mut self,
        (): (),
        _: Rule,
        left: &[u32],
        right: &[u32],
        divisible: bool,
    ) -> [Opened<Self>; 2] {
        [left, right].map(|rows| self.open(rows, divisible))
    }

    fn cover(&self, (): &(), rows: &[u32]) -> f32 {
        rows.len() as f32
    }

    fn leaf(&mut self, (): (), rows: &[u32], depth: usize, values: &mut Vec<f64>) {
        values.push(depth as f64 + mean_path(rows.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rows;

    const PARAMS: IsolationParams = IsolationParams { trees: 50, sample: 64, max_depth: None };

    fn cloud(n: usize) -> Vec<Vec<f32>> {
        let mut rng = Seed(3).rng();
        (0..3)
            .map(|_| (0..n).map(|_| rng.random::<f32>() + rng.random::<f32>()).collect())
            .collect()
    }

    fn mean(trees: &[GrownTree], row: &[f32]) -> f64 {
        trees.iter().map(|tree| tree.value(row)).sum::<f64>() / trees.len() as f64
    }

    #[test]
    fn an_outlier_is_isolated_sooner() {
        let trees = grow_isolation(&rows(cloud(500)), PARAMS, Seed(1));
        assert!(mean(&trees, &[4.0, -2.0, 5.0]) < 0.6 * mean(&trees, &[1.0, 1.0, 1.0]));
    }

    #[test]
    fn path_lengths_are_those_of_the_paper() {
        assert_eq!((mean_path(0), mean_path(1), mean_path(2)), (0.0, 0.0, 1.0));
        // Its c(256), and the harmonic number it approximates.
        assert!((mean_path(256) - 10.244_770_920_119_917).abs() < 1e-12);
        let harmonic: f64 = (1..256).map(|i| 1.0 / f64::from(i)).sum();
        assert!((mean_path(256) - 2.0 * harmonic + 2.0 * 255.0 / 256.0).abs() < 5e-3);
    }

    #[test]
    fn alike_rows_end_at_the_root_and_one_row_has_no_path() {
        let trees = grow_isolation(&rows(vec![vec![2.0; 10]]), PARAMS, Seed(1));
        assert!(trees.iter().all(|t| t.nodes().len() == 1 && t.value(&[2.0]) == mean_path(10)));
        let trees = grow_isolation(&rows(vec![vec![2.0]]), PARAMS, Seed(1));
        assert_eq!(mean(&trees, &[9.0]), 0.0);
    }

    #[test]
    fn missing_values_neither_stop_nor_panic() {
        let mut columns = cloud(200);
        columns[0].iter_mut().step_by(3).for_each(|v| *v = f32::NAN);
        columns.push(vec![f32::NAN; 200]);
        let trees = grow_isolation(&rows(columns), PARAMS, Seed(2));
        assert!(mean(&trees, &[f32::NAN; 4]).is_finite());
    }

    #[test]
    fn no_tree_is_deeper_than_the_logarithm_of_its_sample() {
        let trees = grow_isolation(&rows(cloud(500)), PARAMS, Seed(4));
        for tree in trees {
            assert!(tree.nodes().len() < 2 * 64);
            assert!(tree.value(&[f32::MAX; 3]) <= 6.0 + mean_path(64));
        }
    }
}
