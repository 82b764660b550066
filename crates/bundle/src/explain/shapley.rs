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

/// A tree with what does not depend on the row.
#[derive(Debug)]
pub(super) struct Game {
    nodes: Vec<Branch>,
    shares: Vec<f32>,
}

/// A node and the branch that leads to it.
#[derive(Debug, Clone, Copy)]
struct Branch {
    node: Node,
    parent: usize,
    /// The feature that its parent splits on.
    feature: usize,
    /// The nearest branch above on the same feature, named by the node it leads to.
    earlier: Option<usize>,
    /// Its share of its parent's cover.
    share: f64,
    /// The product of shares on this feature down to here.
    z: f64,
}

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
            let (game, distinct) = Game::new(tree, ensemble.features)?;
            games.distinct = games.distinct.max(distinct);
            game.expect(at, games.outputs, &mut games.base);
            games.games.push(game);
        }
        Some(games)
    }

    /// The contributions of each feature to each output, feature by feature.
    pub(super) fn values<const Q: usize>(&self, row: &[f32], rule: &Quadrature<Q>) -> Vec<f64> {
        let width = self.outputs.width();
        let mut values = vec![0.0; self.features * width];
        let mut memory = Memory::<Q>::default();
        for (at, game) in self.games.iter().enumerate() {
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

/// What one row makes of a tree, node by node.
#[derive(Default)]
struct Memory<const Q: usize> {
    /// Whether the row takes every branch on this one's feature down to it.
    taken: Vec<bool>,
    /// The product of `(1-t) z + t o` over the features of the path, at each point.
    product: Vec<[f64; Q]>,
    /// Of branches that are taken, `1 / ((1-t) z + t)`.
    inverse: Vec<[f64; Q]>,
    /// Sums of weight times product over the leaves below.
    sum: Vec<[f64; Q]>,
}

impl Game {
    /// The game, and the most distinct features on a path; nothing if the covers are not known.
    fn new(tree: &Tree, features: usize) -> Option<(Self, usize)> {
        let covers = || tree.nodes.iter().map(Node::cover);
        let known = tree.nodes.len() == 1 || tree.nodes.first()?.cover() > 0.0;
        if !known || covers().any(|cover| cover < 0.0) {
            return None;
        }
        let branch = |&node: &Node| Branch {
            node,
            parent: 0,
            feature: 0,
            earlier: None,
            share: 1.0,
            z: 1.0,
        };
        let mut nodes: Vec<Branch> = tree.nodes.iter().map(branch).collect();
        let mut walk = Walk { last: vec![None; features], distinct: 0, most: 0 };
        let mut visits = vec![Visit::Enter(0)];
        while let Some(visit) = visits.pop() {
            let at = match visit {
                Visit::Enter(at) => at,
                Visit::Leave(at) => {
                    walk.leave(nodes.get(at)?);
                    continue;
                }
            };
            if at > 0 {
                walk.enter(at, &mut nodes);
                visits.push(Visit::Leave(at));
            }
            let Node::Split { feature, left, right, cover, .. } = nodes[at].node else { continue };
            for child in [right as usize, left as usize] {
                let own = f64::from(nodes.get(child)?.node.cover());
                nodes[child].parent = at;
                nodes[child].feature = feature as usize;
                // No training row came here: neither child is likelier.
                nodes[child].share = if cover > 0.0 { own / f64::from(cover) } else { 0.5 };
                visits.push(Visit::Enter(child));
            }
        }
        Some((Self { nodes, shares: tree.shares.clone() }, walk.most))
    }

    /// Adds the tree's expected weights to `base`.
    fn expect(&self, tree: usize, outputs: Outputs, base: &mut [f64]) {
        let mut reach = vec![1.0; self.nodes.len()];
        for (at, branch) in self.nodes.iter().enumerate() {
            reach[at] = if at == 0 { 1.0 } else { reach[branch.parent] * branch.share };
            let width = base.len();
            match (branch.node, outputs) {
                (Node::Split { .. }, _) => {}
                (_, Outputs::Shares(_)) => {
                    for (output, base) in base.iter_mut().enumerate() {
                        *base += reach[at] * self.weight(branch.node, output, width);
                    }
                }
                (node, _) => base[tree % width] += reach[at] * self.weight(node, 0, width),
            }
        }
    }

    /// What a leaf adds to an output.
    fn weight(&self, node: Node, output: usize, width: usize) -> f64 {
        match node {
            Node::Leaf { weight, .. } => f64::from(weight),
            Node::Shares { row, .. } => {
                let at = row as usize * width + output;
                self.shares.get(at).copied().map_or(0.0, f64::from)
            }
            Node::Split { .. } => 0.0,
        }
    }

    /// Carries products from the root to the leaves.
    fn descend<const Q: usize>(&self, row: &[f32], rule: &Quadrature<Q>, memory: &mut Memory<Q>) {
        memory.taken.clear();
        memory.taken.resize(self.nodes.len(), true);
        memory.product.resize(self.nodes.len(), [1.0; Q]);
        memory.inverse.resize(self.nodes.len(), [1.0; Q]);
        memory.product[0] = [1.0; Q];
        for (at, branch) in self.nodes.iter().enumerate() {
            let Node::Split { feature, threshold, left, right, missing_left, .. } = branch.node
            else {
                continue;
            };
            let x = row.get(feature as usize).copied().unwrap_or(f32::NAN);
            let goes_left = if x.is_nan() { missing_left } else { x <= threshold };
            for (child, goes) in [(left as usize, goes_left), (right as usize, !goes_left)] {
                self.step(at, child, goes, rule, memory);
            }
        }
    }

    /// Carries the product of `parent` over the branch to `child`, which the row takes if it `goes`.
    #[inline]
    fn step<const Q: usize>(
        &self,
        parent: usize,
        child: usize,
        goes: bool,
        rule: &Quadrature<Q>,
        memory: &mut Memory<Q>,
    ) {
        let Branch { earlier, share, z, .. } = self.nodes[child];
        let mut product = memory.product[parent];
        let before = earlier.map(|earlier| (memory.taken[earlier], memory.inverse[earlier]));
        let taken = goes && before.is_none_or(|(taken, _)| taken);
        match before {
            // Off the row's path on this feature already: both factors are (1-t) z.
            Some((false, _)) => product.iter_mut().for_each(|p| *p *= share),
            _ => {
                let one = if taken { 1.0 } else { 0.0 };
                let mut factor = rule.at.map(|t| (1.0 - t) * z + t * one);
                if taken {
                    memory.inverse[child] = factor.map(|factor| 1.0 / factor);
                }
                if let Some((_, inverse)) = before {
                    factor.iter_mut().zip(inverse).for_each(|(factor, inverse)| *factor *= inverse);
                }
                product.iter_mut().zip(factor).for_each(|(p, factor)| *p *= factor);
            }
        }
        memory.taken[child] = taken;
        memory.product[child] = product;
    }

    /// Carries sums for `output` from the leaves to the root, and adds what each branch contributes.
    fn ascend<const Q: usize>(
        &self,
        rule: &Quadrature<Q>,
        memory: &mut Memory<Q>,
        output: usize,
        width: usize,
        values: &mut [f64],
    ) {
        memory.sum.clear();
        memory.sum.resize(self.nodes.len(), [0.0; Q]);
        for (at, branch) in self.nodes.iter().enumerate().skip(1).rev() {
            let sum = match branch.node {
                Node::Split { .. } => memory.sum[at],
                leaf => {
                    let weight = self.weight(leaf, output, width);
                    memory.product[at].map(|product| product * weight)
                }
            };
            let above = &mut memory.sum[branch.parent];
            above.iter_mut().zip(sum).for_each(|(above, sum)| *above += sum);
            let mut gain = match branch.earlier {
                Some(earlier) if !memory.taken[earlier] => continue,
                Some(earlier) => self.gain(earlier, rule, memory).map(|gain| -gain),
                None => [0.0; Q],
            };
            let own = self.gain(at, rule, memory);
            gain.iter_mut().zip(own).for_each(|(gain, own)| *gain += own);
            let mut value = 0.0;
            for q in 0..Q {
                value += rule.weight[q] * sum[q] * gain[q];
            }
            values[branch.feature * width + output] += value;
        }
    }

    /// `(o - z) / ((1-t) z + t o)` of the branch to `at`.
    #[inline]
    fn gain<const Q: usize>(
        &self,
        at: usize,
        rule: &Quadrature<Q>,
        memory: &Memory<Q>,
    ) -> [f64; Q] {
        if memory.taken[at] {
            let z = self.nodes[at].z;
            memory.inverse[at].map(|inverse| (1.0 - z) * inverse)
        } else {
            rule.at.map(|t| -1.0 / (1.0 - t))
        }
    }
}

/// A step of a walk through a tree, depth first.
enum Visit {
    Enter(usize),
    Leave(usize),
}

/// The path of a walk.
struct Walk {
    /// The last branch on each feature, named by the node it leads to.
    last: Vec<Option<usize>>,
    /// Distinct features on the path.
    distinct: usize,
    /// Most distinct features so far.
    most: usize,
}

impl Walk {
    fn enter(&mut self, at: usize, nodes: &mut [Branch]) {
        let Branch { feature, share, .. } = nodes[at];
        let earlier = self.last[feature].replace(at);
        nodes[at].earlier = earlier;
        nodes[at].z = share * earlier.map_or(1.0, |earlier| nodes[earlier].z);
        self.distinct += usize::from(earlier.is_none());
        self.most = self.most.max(self.distinct);
    }

    fn leave(&mut self, branch: &Branch) {
        self.last[branch.feature] = branch.earlier;
        self.distinct -= usize::from(branch.earlier.is_none());
    }
}
