//! How a boosted tree finds its splits: the smaller child is counted, the larger is what is left.

use gauntlet_core::Seed;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::BoostParams;
use super::leaves::Leaves;
use super::newton::{Bounds, FREE, Newton, Rows as CountRows, Sums};
use crate::trees::Binned;
use crate::trees::bins::Block;
use crate::trees::cut::{self, Cut, Node};
use crate::trees::grow::{Opened, Policy, Rule};
use crate::trees::histogram::{Histogram, Rows, add_rows, empty, subtract};
use crate::trees::partition::partition;
use crate::trees::tally::{Quality, Tally};

/// Nodes with fewer rows keep no histogram: counting both children again is cheaper than the memory.
const WORTH_KEEPING: usize = 1024;

/// Below this many additions or cells a second thread costs more than it saves.
const WORTH_SHARING: usize = 1 << 14;

type Features<'a, R> = Vec<Histogram<Newton<'a, R>>>;

/// An open node.
pub(super) struct BoostNode<'a, R: CountRows> {
    total: Sums<R>,
    bounds: Bounds,
    depth: usize,
    histograms: Option<Features<'a, R>>,
}

pub(super) struct BoostPolicy<'a, 'b, R: CountRows> {
    binned: &'a Binned,
    newton: Newton<'a, R>,
    params: &'a BoostParams,
    seed: Seed,
    rng: ChaCha8Rng,
    /// The tree's features, rising.
    features: Vec<usize>,
    /// Histograms of nodes that are done, for reuse.
    pool: Vec<Features<'a, R>>,
    shares: Vec<u64>,
    spare: &'b mut Vec<u32>,
    leaves: Leaves<'b>,
}

impl<'a, 'b, R: CountRows> BoostPolicy<'a, 'b, R> {
    pub(super) fn new(
        binned: &'a Binned,
        newton: Newton<'a, R>,
        params: &'a BoostParams,
        seed: Seed,
        spare: &'b mut Vec<u32>,
        leaves: Leaves<'b>,
    ) -> Self {
        let mut rng = seed.rng();
        let all: Vec<usize> = (0..binned.width()).collect();
        let features = draw(&all, params.features.tree, &mut rng);
        let (pool, shares) = (Vec::new(), Vec::new());
        Self { binned, newton, params, seed, rng, features, pool, shares, spare, leaves }
    }

    /// The features that a node may be cut by.
    fn features_of(&mut self, depth: usize) -> Vec<usize> {
        let shares = self.params.features;
        let mut rng = self.seed.derive("level", depth as u64).rng();
        let level = draw(&self.features, shares.level, &mut rng);
        draw(&level, shares.node, &mut self.rng)
    }

    fn histograms(&mut self) -> Features<'a, R> {
        self.pool.pop().unwrap_or_else(|| vec![empty::<Newton<'a, R>>(); self.binned.width()])
    }

    /// Counts `rows`, takes them off `parent` if it is given, and cuts the nodes asked for.
    fn search(
        &mut self,
        rows: &[u32],
        small: &mut Asked<'a, R>,
        mut large: Option<&mut Asked<'a, R>>,
    ) {
        let selected = if rows.len() == self.binned.rows() {
            Rows::All
        } else {
            self.shares.clear();
            self.shares.extend(rows.iter().map(|&row| self.newton.share(row)));
            Rows::Some(rows, self.shares.as_slice())
        };
        let (binned, newton, tree) = (self.binned, self.newton, &self.features);
        let whole = tree.len() == binned.width();
        let (small_judge, large_judge) = (
            Judge::of(self.newton, small),
            large.as_ref().map(|asked| Judge::of(self.newton, asked)),
        );
        let mut small_rest = small.histograms.as_mut_slice();
        let mut large_rest = large.as_mut().map(|asked| asked.histograms.as_mut_slice());
        let mut tasks = Vec::with_capacity(binned.blocks().len());
        for block in binned.blocks() {
            let (small, rest) = std::mem::take(&mut small_rest).split_at_mut(block.width);
            small_rest = rest;
            let large = large_rest.take().map(|rest| {
                let (part, rest) = rest.split_at_mut(block.width);
                large_rest = Some(rest);
                part
            });
            let used = whole || {
                let at = tree.partition_point(|feature| *feature < block.first);
                tree.get(at).is_some_and(|feature| *feature < block.first + block.width)
            };
            if used {
                tasks.push((block, small, large));
            }
        }
        let run = |(block, small, large): (&Block, Part<'_, 'a, R>, Option<Part<'_, 'a, R>>)| {
            small.fill(empty::<Newton<'a, R>>());
            add_rows(&newton, small, block, selected);
            let found = small_judge.best(binned, block, small);
            let other = large.zip(large_judge.as_ref()).and_then(|(large, judge)| {
                subtract::<Newton<'a, R>>(large, small);
                judge.best(binned, block, large)
            });
            (found, other)
        };
        let found: Vec<(Option<Cut>, Option<Cut>)> = if rows.len() * binned.width() < WORTH_SHARING
        {
            tasks.into_iter().map(run).collect()
        } else {
            tasks.into_par_iter().map(run).collect()
        };
        let (small_cuts, large_cuts): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        small.cut = better(small_cuts);
        if let Some(large) = large {
            large.cut = better(large_cuts);
        }
    }

    fn ask(
        &mut self,
        total: Sums<R>,
        bounds: Bounds,
        depth: usize,
        kept: Option<Features<'a, R>>,
    ) -> Asked<'a, R> {
        let histograms = kept.unwrap_or_else(|| self.histograms());
        let features = self.features_of(depth);
        Asked { total, bounds, features, histograms, cut: None }
    }

    /// A node that has been searched.
    fn opened(&mut self, asked: Asked<'a, R>, depth: usize, rows: usize) -> Opened<Self> {
        let Asked { total, bounds, histograms, cut, .. } = asked;
        let histograms = if cut.is_some() && rows >= WORTH_KEEPING {
            Some(histograms)
        } else {
            self.pool.push(histograms);
            None
        };
        let gain = |cut: Cut| {
            let whole = self.newton.within(bounds).whole(total);
            (cut, cut.quality - whole)
        };
        (BoostNode { total, bounds, depth, histograms }, cut.map(gain))
    }

    /// Bounds of the children: under a monotone feature they meet half-way.
    fn child_bounds(&self, bounds: Bounds, feature: usize, totals: [Sums<R>; 2]) -> [Bounds; 2] {
        let direction = self.params.monotone.get(feature).copied().unwrap_or(0);
        if direction == 0 {
            return [bounds; 2];
        }
        let judge = self.newton.within(bounds);
        let middle = f64::midpoint(judge.value(totals[0]), judge.value(totals[1]));
        let (low, high) = ((bounds.0, middle), (middle, bounds.1));
        if direction > 0 { [low, high] } else { [high, low] }
    }
}

type Part<'p, 'a, R> = &'p mut [Histogram<Newton<'a, R>>];

/// A node that is about to be searched.
struct Asked<'a, R: CountRows> {
    total: Sums<R>,
    bounds: Bounds,
    features: Vec<usize>,
    histograms: Features<'a, R>,
    cut: Option<Cut>,
}

/// Cuts one node's features.
struct Judge<'a, R: CountRows> {
    newton: Newton<'a, R>,
    total: Sums<R>,
    above: f64,
    features: Vec<usize>,
}

/// Less gain than this is rounding.
const ROUNDING: f64 = 1e-9;

impl<'a, R: CountRows> Judge<'a, R> {
    fn of(newton: Newton<'a, R>, asked: &Asked<'a, R>) -> Self {
        let newton = newton.within(asked.bounds);
        let whole = newton.whole(asked.total);
        let above = whole + newton.min_gain().max(ROUNDING * (1.0 + whole.abs()));
        Self { newton, total: asked.total, above, features: asked.features.clone() }
    }

    fn best(
        &self,
        binned: &Binned,
        block: &Block,
        histograms: &[Histogram<Newton<'a, R>>],
    ) -> Option<Cut> {
        let from = self.features.partition_point(|feature| *feature < block.first);
        let mut best: Option<Cut> = None;
        for &feature in self.features[from..].iter().take_while(|f| **f < block.first + block.width)
        {
            let (edges, histogram) = (binned.edges(feature), &histograms[feature - block.first]);
            let bins = cut::occupied::<Newton<'a, R>>(histogram, edges.bins());
            let above = best.map_or(self.above, |best| best.quality);
            let (quality, total) = (&self.newton, self.total);
            let node = Node { quality, feature, edges, histogram, total };
            best = node.best(bins, above).or(best);
        }
        best
    }
}

/// The best cut; of equally good ones the first.
fn better(cuts: Vec<Option<Cut>>) -> Option<Cut> {
    cuts.into_iter()
        .flatten()
        .reduce(|best, cut| if cut.quality > best.quality { cut } else { best })
}

fn draw(from: &[usize], share: f64, rng: &mut ChaCha8Rng) -> Vec<usize> {
    if share >= 1.0 || from.is_empty() {
        return from.to_vec();
    }
    let wanted = ((from.len() as f64 * share).round() as usize).clamp(1, from.len());
    let mut drawn: Vec<usize> =
        index::sample(rng, from.len(), wanted).into_iter().map(|at| from[at]).collect();
    drawn.sort_unstable();
    drawn
}

impl<'a, R: CountRows> Policy for BoostPolicy<'a, '_, R> {
    type Node = BoostNode<'a, R>;
    type Split = (Cut, f64);

    fn root(&mut self, rows: &[u32], divisible: bool) -> Opened<Self> {
        let total = self.newton.total(rows);
        if !divisible {
            return (BoostNode { total, bounds: FREE, depth: 0, histograms: None }, None);
        }
        let mut asked = self.ask(total, FREE, 0, None);
        self.search(rows, &mut asked, None);
        self.opened(asked, 0, rows.len())
    }

    fn gain(&self, split: &(Cut, f64)) -> f64 {
        split.1
    }

    fn partition(&mut self, split: &(Cut, f64), rows: &mut [u32]) -> (usize, Rule) {
        partition(self.binned, &split.0, split.1, rows, self.spare)
    }

    fn divide(
        &mut self,
        parent: BoostNode<'a, R>,
        split: (Cut, f64),
        left: &[u32],
        right: &[u32],
        divisible: bool,
    ) -> [Opened<Self>; 2] {
        let left_is_small = left.len() <= right.len();
        let (small, large) = if left_is_small { (left, right) } else { (right, left) };
        let small_total = self.newton.total(small);
        let mut large_total = parent.total;
        Newton::<'a, R>::remove(&mut large_total, small_total);
        let depth = parent.depth + 1;
        let totals =
            if left_is_small { [small_total, large_total] } else { [large_total, small_total] };
        let mut bounds = self.child_bounds(parent.bounds, split.0.feature, totals);
        if !left_is_small {
            bounds.swap(0, 1);
        }
        let mut opened = if !divisible {
            self.pool.extend(parent.histograms);
            [(small_total, bounds[0]), (large_total, bounds[1])]
                .map(|(total, bounds)| (BoostNode { total, bounds, depth, histograms: None }, None))
        } else {
            let mut asked = self.ask(small_total, bounds[0], depth, None);
            let kept = parent.histograms.is_some();
            let mut other = self.ask(large_total, bounds[1], depth, parent.histograms);
            if kept {
                self.search(small, &mut asked, Some(&mut other));
            } else {
                self.search(small, &mut asked, None);
                self.search(large, &mut other, None);
            }
            [self.opened(asked, depth, small.len()), self.opened(other, depth, large.len())]
        };
        if !left_is_small {
            opened.swap(0, 1);
        }
        opened
    }

    fn cover(&self, _: &BoostNode<'a, R>, rows: &[u32]) -> f32 {
        rows.len() as f32
    }

    fn leaf(&mut self, node: BoostNode<'a, R>, rows: &[u32], _: usize, values: &mut Vec<f64>) {
        self.pool.extend(node.histograms);
        values.push(self.leaves.end(rows, node.bounds, self.params));
    }
}
