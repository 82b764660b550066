//! How one tree of a forest finds its splits: a few drawn features per node, a histogram each.

use gauntlet_core::Seed;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Cutting, ForestParams};
use crate::trees::Binned;
use crate::trees::bins::Edges;
use crate::trees::counts::{Counts, Votes};
use crate::trees::cut::{self, Cut, Node};
use crate::trees::grow::{Opened, Policy, Rule};
use crate::trees::histogram::{Histogram, Touched, add_feature, add_few, empty};
use crate::trees::moments::{Moments, Targets};
use crate::trees::partition::partition;
use crate::trees::tally::Quality;

/// What a node of a forest's tree comes to.
pub(super) trait Settle: Quality {
    /// Whether nothing is left to learn.
    fn is_settled(&self, cell: Self::Cell) -> bool;

    /// Sum of weights.
    fn weight(&self, cell: Self::Cell) -> f64;

    /// Appends a leaf's `outputs` values.
    fn settle(&self, cell: Self::Cell, outputs: usize, values: &mut Vec<f64>);
}

impl<const N: usize> Settle for Votes<'_, N> {
    fn is_settled(&self, cell: Counts<N>) -> bool {
        cell.is_pure()
    }

    fn weight(&self, cell: Counts<N>) -> f64 {
        cell.all()
    }

    fn settle(&self, cell: Counts<N>, outputs: usize, values: &mut Vec<f64>) {
        let all = cell.all().max(1.0);
        let share = |count: &u32| f64::from(*count) / all;
        match outputs {
            1 => values.push(share(&cell.0[1])),
            _ => values.extend(cell.0[..outputs].iter().map(share)),
        }
    }
}

impl Settle for Targets<'_> {
    fn is_settled(&self, cell: Moments) -> bool {
        cell.is_constant()
    }

    fn weight(&self, cell: Moments) -> f64 {
        cell.weight
    }

    fn settle(&self, cell: Moments, _: usize, values: &mut Vec<f64>) {
        values.push(self.mean + if cell.weight > 0.0 { cell.sum / cell.weight } else { 0.0 });
    }
}

/// Below this many rows, touching bins one by one beats clearing and reading all of them.
const FEW_ROWS: usize = 96;

pub(super) struct ForestPolicy<'a, Q: Settle> {
    binned: &'a Binned,
    quality: &'a Q,
    params: &'a ForestParams,
    outputs: usize,
    scale: f64,
    /// Weight of all rows of the tree, in units.
    weight: f64,
    rng: ChaCha8Rng,
    features: Vec<usize>,
    histogram: Box<Histogram<Q>>,
    shares: Vec<Q::Share>,
    spare: Vec<u32>,
}

impl<'a, Q: Settle> ForestPolicy<'a, Q> {
    pub(super) fn new(
        binned: &'a Binned,
        quality: &'a Q,
        outputs: usize,
        scale: f64,
        params: &'a ForestParams,
        seed: Seed,
    ) -> Self {
        Self {
            binned,
            quality,
            params,
            outputs,
            scale,
            weight: 0.0,
            rng: seed.rng(),
            features: (0..binned.width()).collect(),
            histogram: Box::new(empty::<Q>()),
            shares: Vec::new(),
            spare: Vec::new(),
        }
    }

    fn open(&mut self, total: Q::Cell, rows: &[u32], divisible: bool) -> Option<Cut> {
        let heavy = self.quality.weight(total) >= 2.0 * self.params.min_leaf * self.scale;
        if !divisible || !heavy || self.quality.is_settled(total) {
            return None;
        }
        self.shares.clear();
        self.shares.extend(rows.iter().map(|&row| self.quality.share(row)));
        let width = self.features.len();
        let (mut best, mut tried): (Option<Cut>, _) = (None, 0);
        for drawn in 0..width {
            if tried == self.params.features_per_split {
                break;
            }
            let other = self.rng.random_range(drawn..width);
            self.features.swap(drawn, other);
            if let Some(cut) = self.cut(self.features[drawn], total, rows) {
                tried += 1;
                if best.is_none_or(|best| cut.quality > best.quality) {
                    best = Some(cut);
                }
            }
        }
        let least = self.params.min_decrease * self.weight;
        best.filter(|cut| least <= 0.0 || cut.quality - self.quality.whole(total) >= least)
    }

    /// The cut of one feature; none if its rows share a bin or every side would be too small.
    fn cut(&mut self, feature: usize, total: Q::Cell, rows: &[u32]) -> Option<Cut> {
        let (edges, histogram) = (self.binned.edges(feature), &mut *self.histogram);
        let draw = match self.params.cutting {
            Cutting::Random => Some(self.rng.random::<f64>()),
            Cutting::Best => None,
        };
        let (quality, codes, shares) = (self.quality, self.binned.codes(feature), &self.shares);
        // The histogram is kept empty between uses.
        if rows.len() < FEW_ROWS {
            let mut touched = Touched::default();
            add_few::<Q>(histogram, &mut touched, codes, rows, shares);
            let bins = touched.bins().filter(|bin| *bin < edges.bins());
            let cut = find(quality, feature, edges, histogram, bins, total, draw);
            touched.bins().for_each(|bin| histogram[bin] = Q::Cell::default());
            cut
        } else {
            add_feature::<Q>(histogram, codes, rows, shares);
            let bins = cut::occupied::<Q>(histogram, edges.bins());
            let cut = find(quality, feature, edges, histogram, bins, total, draw);
            histogram[..=edges.bins()].fill(Q::Cell::default());
            cut
        }
    }

    fn gain_of(&self, cut: Cut, total: Q::Cell) -> (Cut, f64) {
        (cut, (cut.quality - self.quality.whole(total)) / self.scale)
    }
}

/// The best cut, or the drawn one.
fn find<Q: Quality>(
    quality: &Q,
    feature: usize,
    edges: &Edges,
    histogram: &Histogram<Q>,
    bins: impl DoubleEndedIterator<Item = usize>,
    total: Q::Cell,
    draw: Option<f64>,
) -> Option<Cut> {
    let node = Node { quality, feature, edges, histogram, total };
    match draw {
        None => node.best(bins, LEAST),
        Some(draw) => node.random(bins, draw),
    }
}

/// A forest takes a cut that gains nothing too: the gain may come below it, as in exclusive or.
const LEAST: f64 = f64::NEG_INFINITY;

impl<Q: Settle> Policy for ForestPolicy<'_, Q> {
    type Node = Q::Cell;
    type Split = (Cut, f64);

    fn root(&mut self, rows: &[u32], divisible: bool) -> Opened<Self> {
        let total = self.quality.total(rows);
        self.weight = self.quality.weight(total);
        (total, self.open(total, rows, divisible).map(|cut| self.gain_of(cut, total)))
    }

    fn gain(&self, split: &(Cut, f64)) -> f64 {
        split.1
    }

    fn partition(&mut self, split: &(Cut, f64), rows: &mut [u32]) -> (usize, Rule) {
        partition(self.binned, &split.0, split.1, rows, &mut self.spare)
    }

    fn divide(
        &mut self,
        parent: Q::Cell,
        _: (Cut, f64),
        left: &[u32],
        right: &[u32],
        divisible: bool,
    ) -> [Opened<Self>; 2] {
        let (smaller, swap) = if left.len() <= right.len() { (left, false) } else { (right, true) };
        let total = self.quality.total(smaller);
        let mut rest = parent;
        Q::remove(&mut rest, total);
        let totals = if swap { [rest, total] } else { [total, rest] };
        let sides = [(totals[0], left), (totals[1], right)];
        sides.map(|(total, rows)| {
            (total, self.open(total, rows, divisible).map(|cut| self.gain_of(cut, total)))
        })
    }

    fn cover(&self, node: &Q::Cell, _: &[u32]) -> f32 {
        (self.quality.weight(*node) / self.scale) as f32
    }

    fn leaf(&mut self, node: Q::Cell, _: &[u32], _: usize, values: &mut Vec<f64>) {
        self.quality.settle(node, self.outputs, values);
    }
}
