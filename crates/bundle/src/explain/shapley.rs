//! Exact Shapley values of tree ensembles, in time linear in nodes.
//!
//! The game is that of TreeSHAP (Lundberg, Erion, Lee: "Consistent Individualized Feature Attribution
//! for Tree Ensembles", 2018, and "From local explanations to global understanding with explainable AI
//! for trees", 2020), path dependent: a feature outside the coalition is averaged over by the covers of
//! the branches. A leaf of weight `w` contributes `w · Π o_j (j in S) · Π z_j (j not in S)`, where `o_j` is
//! whether the row takes every branch on feature `j` towards the leaf, and `z_j` the product of those
//! branches' shares of cover.
//!
//! The Shapley weight `k! (d-1-k)! / d!` is the integral of `t^k (1-t)^(d-1-k)` over `[0, 1]`, so
//!
//! ```text
//! φ_i = w · (o_i - z_i) · ∫ Π_(j≠i) ((1-t) z_j + t o_j) dt
//! ```
//!
//! and the integrand is a polynomial of degree `d - 1` that Gauss-Legendre quadrature integrates exactly.
//! As in Linear TreeSHAP (Yu, Bifet, Read: "Linear TreeShap", 2022), products are carried down the
//! tree at each point and sums of them back up, so that each branch is visited once. All factors are
//! positive: nothing cancels, as it does in coefficients.

use super::quadrature::Quadrature;
use crate::trees::{Node, Outputs, Tree, TreeEnsemble};

/// The least product of shares: what no training row reached counts as nearly unreachable, so that
/// every factor has an inverse.
const UNREACHED: f64 = 1e-100;

/// The games of an ensemble.
#[derive(Debug)]
pub(super) struct Games {
    outputs: Outputs,
    features: usize,
    games: Vec<Game>,
    /// Most distinct features on one path.
    pub(super) distinct: usize,
    /// Expected sums, per output.
    pub(super) base: Vec<f64>,
}

/// A tree's splits, parents before children, with what does not depend on the row.
#[derive(Debug, Default)]
struct Game {
    splits: Vec<Split>,
    shares: Vec<f32>,
}

#[derive(Debug, Clone, Copy)]
struct Split {
    feature: u32,
    threshold: f32,
    missing_left: bool,
    /// The nearest branch above on the same feature, named by the split it leads to; else one more than
    /// there are splits.
    earlier: u32,
    /// Left and right.
    branches: [Branch; 2],
}

#[derive(Debug, Clone, Copy)]
struct Branch {
    /// The product of the shares of cover on the split's feature, down to here.
    z: f64,
    end: End,
}

/// Where a branch leads.
#[derive(Debug, Clone, Copy)]
enum End {
    Split(u32),
    Weight(f32),
    Shares(u32),
}

impl Games {
    /// The games of a checked ensemble; nothing if its covers are not known.
    pub(super) fn new(ensemble: &TreeEnsemble) -> Option<Self> {
        let mut games = Self {
            outputs: ensemble.outputs,
            features: ensemble.features,
            games: Vec::with_capacity(ensemble.trees.len()),
            distinct: 0,
            base: vec![0.0; ensemble.outputs.width()],
        };
        for (at, tree) in ensemble.trees.iter().enumerate() {
            let known = tree.nodes.len() == 1 || tree.nodes.first()?.cover() > 0.0;
            if !known || tree.nodes.iter().any(|node| node.cover() < 0.0) {
                return None;
            }
            expect(at, tree, &mut games.base);
            let (game, distinct) = Game::new(tree, ensemble.features)?;
            games.distinct = games.distinct.max(distinct);
            games.games.push(game);
        }
        Some(games)
    }

    /// The contributions of each feature to each output, feature by feature.
    pub(super) fn values<const Q: usize>(&self, row: &[f32], rule: &Quadrature<Q>) -> Vec<f64> {
        let width = self.outputs.width();
        let mut values = vec![0.0; self.features * width];
        let mut memory = Memory::default();
        for (at, game) in self.games.iter().enumerate() {
            if game.splits.is_empty() {
                continue;
            }
            game.descend(row, rule, &mut memory);
            match self.outputs {
                Outputs::One => game.ascend(rule, &mut memory, 0, 1, &mut values),
                Outputs::Cycle(_) => game.ascend(rule, &mut memory, at % width, width, &mut values),
                Outputs::Shares(_) => {
                    for output in 0..width {
                        game.ascend(rule, &mut memory, output, width, &mut values);
                    }
                }
            }
        }
        values
    }
}

/// Adds the expected weights of the tree at position `at` to `base`.
fn expect(at: usize, tree: &Tree, base: &mut [f64]) {
    let width = base.len();
    let mut reach = vec![1.0; tree.nodes.len()];
    for (node, &kind) in tree.nodes.iter().enumerate() {
        match kind {
            Node::Leaf { weight, .. } => base[at % width] += reach[node] * f64::from(weight),
            Node::Shares { row, .. } => {
                let shares = tree.shares.iter().skip(row as usize * width);
                base.iter_mut().zip(shares).for_each(|(b, w)| *b += reach[node] * f64::from(*w));
            }
            Node::Split { left, right, cover, .. } => {
                for child in [left, right] {
                    reach[child as usize] = reach[node] * share(tree, child, cover);
                }
            }
        }
    }
}

/// The share of a node's cover that came to `child`: half if no training row came to the node.
fn share(tree: &Tree, child: u32, cover: f32) -> f64 {
    let own = tree.nodes.get(child as usize).map_or(0.0, Node::cover);
    if cover > 0.0 { f64::from(own) / f64::from(cover) } else { 0.5 }
}

/// What one row makes of a tree: of each split, and of the branch that leads to it. The last entry is the
/// branch above a feature's first.
#[derive(Debug, Default)]
struct Memory<const Q: usize> {
    goes_left: Vec<bool>,
    /// 1 where the row takes every branch on the feature down to here, else 0.
    taken: Vec<f64>,
    /// `o - z`.
    difference: Vec<f64>,
    /// `1 / ((1-t) z + t o)`, at each point.
    inverse: Vec<[f64; Q]>,
    /// The points' weights times `(1-t) z + t o` over the features of the path.
    product: Vec<[f64; Q]>,
    /// Sums of weight times product over the leaves below.
    sum: Vec<[f64; Q]>,
}

impl<const Q: usize> Memory<Q> {
    fn reset(&mut self, splits: usize, rule: &Quadrature<Q>) {
        self.goes_left.resize(splits, false);
        self.taken.resize(splits + 1, 0.0);
        self.difference.resize(splits + 1, 0.0);
        self.inverse.resize(splits + 1, [1.0; Q]);
        self.product.resize(splits, [0.0; Q]);
        self.sum.resize(splits, [0.0; Q]);
        self.product[0] = rule.weight;
        (self.taken[splits], self.difference[splits]) = (1.0, 0.0);
        self.inverse[splits] = [1.0; Q];
    }
}

impl Game {
    /// The game, and the most distinct features on a path.
    fn new(tree: &Tree, features: usize) -> Option<(Self, usize)> {
        let mut game = Self { splits: Vec::new(), shares: tree.shares.clone() };
        let mut places = vec![u32::MAX; tree.nodes.len()];
        for (place, node) in places.iter_mut().zip(&tree.nodes) {
            let &Node::Split { feature, threshold, missing_left, .. } = node else { continue };
            *place = u32::try_from(game.splits.len()).ok()?;
            let nowhere = Branch { z: 1.0, end: End::Weight(0.0) };
            let branches = [nowhere; 2];
            game.splits.push(Split { feature, threshold, missing_left, earlier: 0, branches });
        }
        let none = u32::try_from(game.splits.len()).ok()?;
        // The last branch on each feature of the path: the split it leads to, and its `z`.
        let mut last = vec![(none, 1.0); features];
        let (mut distinct, mut most) = (0_usize, 0);
        let mut visits = vec![Visit::Enter(0)];
        while let Some(visit) = visits.pop() {
            match visit {
                Visit::Enter(at) => {
                    let Node::Split { feature, left, right, cover, .. } = *tree.nodes.get(at)?
                    else {
                        continue;
                    };
                    let feature = feature as usize;
                    let (earlier, above) = last[feature];
                    distinct += usize::from(earlier == none);
                    most = most.max(distinct);
                    let branch = |child: u32| {
                        let z = (above * share(tree, child, cover)).max(UNREACHED);
                        let end = match *tree.nodes.get(child as usize)? {
                            Node::Split { .. } => End::Split(places[child as usize]),
                            Node::Leaf { weight, .. } => End::Weight(weight),
                            Node::Shares { row, .. } => End::Shares(row),
                        };
                        Some(Branch { z, end })
                    };
                    let branches = [branch(left)?, branch(right)?];
                    let split = &mut game.splits[places[at] as usize];
                    (split.earlier, split.branches) = (earlier, branches);
                    visits.push(Visit::Restore { feature, last: (earlier, above) });
                    for (child, Branch { z, .. }) in
                        [right, left].into_iter().zip([branches[1], branches[0]])
                    {
                        visits.push(Visit::Enter(child as usize));
                        visits.push(Visit::Take { feature, last: (places[child as usize], z) });
                    }
                }
                Visit::Take { feature, last: new } => last[feature] = new,
                Visit::Restore { feature, last: old } => {
                    last[feature] = old;
                    distinct -= usize::from(old.0 == none);
                }
            }
        }
        Some((game, most))
    }

    /// Carries products from the root to the splits.
    fn descend<const Q: usize>(&self, row: &[f32], rule: &Quadrature<Q>, memory: &mut Memory<Q>) {
        memory.reset(self.splits.len(), rule);
        for (at, split) in self.splits.iter().enumerate() {
            let x = row.get(split.feature as usize).copied().unwrap_or(f32::NAN);
            let goes_left = if x.is_nan() { split.missing_left } else { x <= split.threshold };
            memory.goes_left[at] = goes_left;
            let earlier = split.earlier as usize;
            let above = times(&memory.product[at], &memory.inverse[earlier]);
            for (Branch { z, end }, goes) in split.branches.into_iter().zip([goes_left, !goes_left])
            {
                if let End::Split(child) = end {
                    let child = child as usize;
                    let taken = if goes { memory.taken[earlier] } else { 0.0 };
                    let factor = factor(rule, z, taken);
                    memory.taken[child] = taken;
                    memory.difference[child] = taken - z;
                    memory.inverse[child] = factor.map(|factor| 1.0 / factor);
                    memory.product[child] = times(&above, &factor);
                }
            }
        }
    }

    /// Carries sums for `output` from the leaves to the root, and adds what each branch contributes.
    ///
    /// A branch counts for the leaves below it that lie below no later branch on its feature.
    fn ascend<const Q: usize>(
        &self,
        rule: &Quadrature<Q>,
        memory: &mut Memory<Q>,
        output: usize,
        width: usize,
        values: &mut [f64],
    ) {
        for (at, split) in self.splits.iter().enumerate().rev() {
            let earlier = split.earlier as usize;
            let above = times(&memory.product[at], &memory.inverse[earlier]);
            let (mut sum, mut value) = ([0.0; Q], 0.0);
            let goes_left = memory.goes_left[at];
            for (Branch { z, end }, goes) in split.branches.into_iter().zip([goes_left, !goes_left])
            {
                let weight = match end {
                    End::Split(child) => {
                        let child = child as usize;
                        let below = &memory.sum[child];
                        sum.iter_mut().zip(below).for_each(|(sum, below)| *sum += below);
                        value += memory.difference[child] * dot(below, &memory.inverse[child]);
                        continue;
                    }
                    End::Weight(weight) => f64::from(weight),
                    End::Shares(row) => {
                        let share = self.shares.get(row as usize * width + output);
                        share.copied().map_or(0.0, f64::from)
                    }
                };
                let taken = if goes { memory.taken[earlier] } else { 0.0 };
                let factor = factor(rule, z, taken);
                for q in 0..Q {
                    sum[q] += weight * above[q] * factor[q];
                }
                // The branch's own factor and its inverse cancel.
                value += weight * (taken - z) * above.iter().sum::<f64>();
            }
            value -= memory.difference[earlier] * dot(&sum, &memory.inverse[earlier]);
            memory.sum[at] = sum;
            values[split.feature as usize * width + output] += value;
        }
    }
}

/// `(1-t) z + t o`, at each point.
#[inline(always)]
fn factor<const Q: usize>(rule: &Quadrature<Q>, z: f64, o: f64) -> [f64; Q] {
    rule.at.map(|t| z + t * (o - z))
}

#[inline(always)]
fn times<const Q: usize>(a: &[f64; Q], b: &[f64; Q]) -> [f64; Q] {
    std::array::from_fn(|q| a[q] * b[q])
}

#[inline(always)]
fn dot<const Q: usize>(a: &[f64; Q], b: &[f64; Q]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A step of a walk through a tree, depth first.
enum Visit {
    Enter(usize),
    /// Enters a branch on `feature`.
    Take {
        feature: usize,
        last: (u32, f64),
    },
    /// Leaves both branches on `feature`.
    Restore {
        feature: usize,
        last: (u32, f64),
    },
}
