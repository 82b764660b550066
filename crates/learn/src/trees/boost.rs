//! Gradient boosting for the logistic loss, with Newton steps (Friedman 2001; Chen and Guestrin 2016).

use gauntlet_core::Seed;
use rand::RngExt;
use rand::seq::index;

use super::cart::partition;
use super::tally::{Tallies, Tally};
use super::{Binned, GrownNode, GrownTree};

/// How an ensemble is boosted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoostParams {
    /// Number of trees.
    pub trees: usize,
    /// Shrinkage of each tree.
    pub learning_rate: f64,
    /// Largest depth of a tree.
    pub max_depth: usize,
    /// Smallest sum of hessians in a leaf.
    pub min_child_weight: f64,
    /// L2 penalty on leaf values.
    pub lambda: f64,
    /// Share of rows drawn per tree, without replacement.
    pub subsample: f64,
    /// Share of features drawn per tree, without replacement.
    pub feature_share: f64,
}

/// Grows an ensemble; returns the base score (log-odds of the positives) and the trees, whose outputs
/// are already shrunk. The probability is the logistic of base score plus outputs.
#[must_use]
pub fn grow_boosted(
    binned: &Binned,
    labels: &[bool],
    params: BoostParams,
    seed: Seed,
) -> (f64, Vec<GrownTree>) {
    let positives = labels.iter().filter(|y| **y).count() as f64;
    // Half a row on each side keeps the log-odds of a single class finite.
    let base = ((positives + 0.5) / (labels.len() as f64 - positives + 0.5)).ln();
    let mut margin = vec![base; labels.len()];
    let mut grower = Grower {
        binned,
        params,
        gradient: vec![Sums::default(); labels.len()],
        tallies: Tallies::default(),
        margin_step: vec![0.0; labels.len()],
    };
    let trees = (0..params.trees)
        .map(|tree| {
            for ((sums, &m), &y) in grower.gradient.iter_mut().zip(&margin).zip(labels) {
                let p = 1.0 / (1.0 + (-m).exp());
                *sums = Sums { gradient: p - f64::from(u8::from(y)), hessian: p * (1.0 - p) };
            }
            let grown = grower.grow(seed.derive("boost", tree as u64));
            margin.iter_mut().zip(&grower.margin_step).for_each(|(m, step)| *m += step);
            grown
        })
        .collect();
    (base, trees)
}

struct Grower<'a> {
    binned: &'a Binned,
    params: BoostParams,
    gradient: Vec<Sums>,
    tallies: Tallies<Sums>,
    margin_step: Vec<f64>,
}

/// Sums of first and second derivatives of the loss.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sums {
    gradient: f64,
    hessian: f64,
}

impl Tally for Sums {
    fn add(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.hessian += other.hessian;
    }

    fn is_empty(&self) -> bool {
        self.hessian <= 0.0
    }
}

impl Sums {
    fn minus(self, other: Self) -> Self {
        Self { gradient: self.gradient - other.gradient, hessian: self.hessian - other.hessian }
    }

    fn quality(self, lambda: f64) -> f64 {
        self.gradient * self.gradient / (self.hessian + lambda)
    }
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    gain: f64,
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
    /// Grows one tree on a sample of rows and features, and leaves each row's output in `margin_step`.
    fn grow(&mut self, seed: Seed) -> GrownTree {
        let mut rng = seed.rng();
        let mut rows: Vec<u32> = (0..self.binned.rows() as u32).collect();
        if self.params.subsample < 1.0 {
            rows.retain(|_| rng.random::<f64>() < self.params.subsample);
        }
        let width = self.binned.width();
        let wanted = ((width as f64 * self.params.feature_share).round() as usize).clamp(1, width);
        let mut features = index::sample(&mut rng, width, wanted).into_vec();
        features.sort_unstable();

        let mut nodes = vec![GrownNode::Leaf { value: 0.0, cover: 0.0 }];
        let mut bins: Vec<(u16, usize)> = vec![(0, 0)];
        let mut pending = vec![Pending { node: 0, start: 0, end: rows.len(), depth: 0 }];
        while let Some(Pending { node, start, end, depth }) = pending.pop() {
            let side = &rows[start..end];
            let mut total = Sums::default();
            side.iter().for_each(|&row| total.add(self.gradient[row as usize]));
            let cover = side.len() as f32;
            let split = if depth < self.params.max_depth {
                self.best_split(&features, side, total)
            } else {
                None
            };
            let Some(split) = split else {
                let step = -total.gradient / (total.hessian + self.params.lambda);
                let value = self.params.learning_rate * step;
                nodes[node] = GrownNode::Leaf { value, cover };
                continue;
            };
            let feature = self.binned.feature(split.feature);
            let middle =
                start + partition(&mut rows[start..end], |r| feature.code(r) <= split.left);
            let left = nodes.len();
            nodes.extend([const { GrownNode::Leaf { value: 0.0, cover: 0.0 } }; 2]);
            bins.extend([(0, 0); 2]);
            bins[node] = (split.left, split.feature);
            nodes[node] = GrownNode::Split {
                feature: split.feature as u32,
                threshold: feature.threshold(split.left, split.right),
                left: left as u32,
                right: left as u32 + 1,
                cover,
            };
            pending.push(Pending { node: left + 1, start: middle, end, depth: depth + 1 });
            pending.push(Pending { node: left, start, end: middle, depth: depth + 1 });
        }
        self.step(&nodes, &bins);
        GrownTree { nodes }
    }

    /// Sends every row, drawn or not, through the tree by its codes.
    fn step(&mut self, nodes: &[GrownNode], bins: &[(u16, usize)]) {
        for (row, step) in self.margin_step.iter_mut().enumerate() {
            let mut at = 0;
            *step = loop {
                match nodes[at] {
                    GrownNode::Leaf { value, .. } => break value,
                    GrownNode::Split { left, right, .. } => {
                        let (code, feature) = bins[at];
                        let goes_left = self.binned.feature(feature).code(row as u32) <= code;
                        at = if goes_left { left } else { right } as usize;
                    }
                }
            };
        }
    }

    fn best_split(&mut self, features: &[usize], rows: &[u32], total: Sums) -> Option<Candidate> {
        let mut best: Option<Candidate> = None;
        for &feature in features {
            if let Some(found) = self.best_split_of(feature, rows, total)
                && best.is_none_or(|b| found.gain > b.gain)
            {
                best = Some(found);
            }
        }
        best
    }

    fn best_split_of(&mut self, index: usize, rows: &[u32], total: Sums) -> Option<Candidate> {
        let feature = self.binned.feature(index);
        let gradient = &self.gradient;
        let occupied = self.tallies.occupied(feature, rows, |row| gradient[row as usize]);
        let BoostParams { lambda, min_child_weight, .. } = self.params;
        let whole = total.quality(lambda);
        let mut best: Option<Candidate> = None;
        let mut left = Sums::default();
        for pair in occupied.windows(2) {
            left.add(pair[0].1);
            let right = total.minus(left);
            if left.hessian < min_child_weight || right.hessian < min_child_weight {
                continue;
            }
            let gain = left.quality(lambda) + right.quality(lambda) - whole;
            if gain > 1e-9 && best.is_none_or(|b| gain > b.gain) {
                best = Some(Candidate { gain, feature: index, left: pair[0].0, right: pair[1].0 });
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_features::Matrix;

    const PARAMS: BoostParams = BoostParams {
        trees: 60,
        learning_rate: 0.3,
        max_depth: 3,
        min_child_weight: 0.1,
        lambda: 1.0,
        subsample: 1.0,
        feature_share: 1.0,
    };

    fn ring() -> (Matrix, Vec<bool>) {
        let point =
            |i: usize| ((i * 37 % 101) as f32 / 50.0 - 1.0, (i * 53 % 103) as f32 / 51.0 - 1.0);
        let points: Vec<(f32, f32)> = (0..600).map(point).collect();
        let y = points.iter().map(|(a, b)| a * a + b * b < 0.5).collect();
        let columns =
            vec![points.iter().map(|p| p.0).collect(), points.iter().map(|p| p.1).collect()];
        (Matrix { names: vec!["a".into(), "b".into()], columns, limits: vec![None; 2] }, y)
    }

    fn margin(base: f64, trees: &[GrownTree], row: &[f32]) -> f64 {
        base + trees.iter().map(|t| t.value(row)).sum::<f64>()
    }

    #[test]
    fn learns_a_ring_that_no_line_can() {
        let (x, y) = ring();
        let (base, trees) = grow_boosted(&Binned::new(&x, 255), &y, PARAMS, Seed(1));
        let right = (0..600)
            .filter(|&i| (margin(base, &trees, &[x.columns[0][i], x.columns[1][i]]) > 0.0) == y[i])
            .count();
        assert!(right >= 595, "{right} of 600");
    }

    #[test]
    fn without_trees_the_base_score_is_the_prevalence() {
        let (x, y) = ring();
        let params = BoostParams { trees: 0, ..PARAMS };
        let (base, trees) = grow_boosted(&Binned::new(&x, 255), &y, params, Seed(1));
        let share = y.iter().filter(|v| **v).count() as f64 / 600.0;
        assert!(trees.is_empty());
        assert!((1.0 / (1.0 + (-base).exp()) - share).abs() < 1e-3);
    }

    #[test]
    fn the_same_seed_gives_the_same_trees_and_another_gives_others() {
        let (x, y) = ring();
        let binned = Binned::new(&x, 255);
        let params = BoostParams { subsample: 0.7, feature_share: 0.5, trees: 5, ..PARAMS };
        let grow = |seed| grow_boosted(&binned, &y, params, Seed(seed));
        assert_eq!(grow(1), grow(1));
        assert_ne!(grow(1), grow(2));
    }

    #[test]
    fn a_single_class_stays_finite() {
        let (x, _) = ring();
        let (base, trees) = grow_boosted(&Binned::new(&x, 255), &[true; 600], PARAMS, Seed(1));
        assert!(margin(base, &trees, &[0.0, 0.0]).is_finite());
    }
}
