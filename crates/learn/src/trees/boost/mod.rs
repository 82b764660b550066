//! Gradient boosting with Newton steps (Friedman 2001; Chen and Guestrin 2016), on quantised derivatives
//! (Shi et al. 2022).
//!
//! Trees follow one another; inside a tree the blocks of features are shared among threads.

mod leaves;
mod loss;
mod maths;
mod newton;
mod params;
mod policy;
mod quantile;
mod quantise;

pub use loss::{BoostTarget, Loss};
pub use params::{BoostParams, FeatureShares};

use gauntlet_core::Seed;
use gauntlet_features::Matrix;
use rand::RngExt;
use rayon::prelude::*;

use self::leaves::Leaves;
use self::loss::{CHUNK, Derivative};
use self::newton::{Newton, Rows};
use self::policy::BoostPolicy;
use self::quantise::Quantised;
use super::grow::grow;
use super::{Binned, GrownTree};

/// A boosted ensemble: `base[k]` plus the values of trees `k`, `k + outputs`, ... is output `k`.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosted {
    /// Constant per output.
    pub base: Vec<f64>,
    /// Trees, whose values are already shrunk: round by round, output by output.
    pub trees: Vec<GrownTree>,
    /// Mean loss on the validation rows after each round that was grown, if there were any.
    pub validation: Vec<f64>,
}

/// Rows that a fit is judged on as it goes, and never learns from.
#[derive(Debug, Clone, Copy)]
pub struct Validation<'a> {
    /// Features.
    pub x: &'a Matrix,
    /// Targets.
    pub target: BoostTarget<'a>,
}

/// Boosts an ensemble on the rows of `x`, binned as `binned` (of [`super::Layout::Blocks`], for speed).
///
/// With `validation` the rounds after the best one are dropped, and with patience not even grown.
#[must_use]
pub fn grow_boosted(
    x: &Matrix,
    binned: &Binned,
    target: BoostTarget<'_>,
    params: &BoostParams,
    validation: Option<Validation<'_>>,
    seed: Seed,
) -> Boosted {
    let mut boosting = Boosting::new(x, binned, target, params);
    let mut watch = validation.map(|rows| Watch::new(rows, params, &boosting.base));
    let mut trees = Vec::new();
    for round in 0..params.rounds {
        trees.extend(boosting.round(seed.derive("round", round as u64)));
        if watch.as_mut().is_some_and(|watch| watch.is_over(&trees)) {
            break;
        }
    }
    let outputs = boosting.base.len();
    let validation = watch.map_or(Vec::new(), |watch| {
        trees.truncate(watch.best * outputs);
        watch.losses
    });
    Boosted { base: boosting.base, trees, validation }
}

/// The state between rounds.
struct Boosting<'a> {
    x: &'a Matrix,
    binned: &'a Binned,
    target: BoostTarget<'a>,
    params: &'a BoostParams,
    base: Vec<f64>,
    margin: Vec<f64>,
    derivatives: Vec<Derivative>,
    quantised: Quantised,
    rows: Vec<u32>,
    spare: Vec<u32>,
}

impl<'a> Boosting<'a> {
    fn new(
        x: &'a Matrix,
        binned: &'a Binned,
        target: BoostTarget<'a>,
        params: &'a BoostParams,
    ) -> Self {
        let base = params.loss.base(target);
        let rows = binned.rows();
        Self {
            x,
            binned,
            target,
            params,
            margin: base.repeat(rows),
            derivatives: vec![Derivative::default(); rows * base.len()],
            base,
            quantised: Quantised::default(),
            rows: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Grows a tree per output on the derivatives at the round's start.
    fn round(&mut self, seed: Seed) -> Vec<GrownTree> {
        self.params.loss.derive(self.target, &self.margin, &mut self.derivatives);
        let mut drawn: Vec<u32> = (0..self.binned.rows() as u32).collect();
        if self.params.subsample < 1.0 {
            let mut rng = seed.derive("rows", 0).rng();
            drawn.retain(|_| rng.random::<f64>() < self.params.subsample);
        }
        let outputs = self.base.len();
        (0..outputs)
            .map(|output| {
                let others = drawn.len() < self.binned.rows();
                if others || output + 1 < outputs {
                    self.rows.clone_from(&drawn);
                } else {
                    self.rows = std::mem::take(&mut drawn);
                }
                let seed = seed.derive("output", output as u64);
                let tree = if self.params.min_leaf > 1 {
                    self.grow::<u32>(output, seed)
                } else {
                    self.grow::<()>(output, seed)
                };
                if others {
                    self.move_others(&tree, &drawn, output);
                }
                tree
            })
            .collect()
    }

    fn grow<R: Rows>(&mut self, output: usize, seed: Seed) -> GrownTree {
        let outputs = self.base.len();
        self.quantised.fill(&self.derivatives, output, outputs, seed.derive("rounding", 0).0);
        let leaves = Leaves {
            derivatives: &self.derivatives,
            margin: &mut self.margin,
            target: self.target,
            output,
            outputs,
        };
        let newton = Newton::<R>::new(&self.quantised, self.params);
        let mut policy =
            BoostPolicy::new(self.binned, newton, self.params, seed, &mut self.spare, leaves);
        grow(&mut policy, &mut self.rows, self.params.size, 1)
    }

    /// Moves the margins of the rows that were not drawn.
    fn move_others(&mut self, tree: &GrownTree, drawn: &[u32], output: usize) {
        let (x, outputs) = (self.x, self.base.len());
        let mut is_drawn = vec![false; self.binned.rows()];
        drawn.iter().for_each(|&row| is_drawn[row as usize] = true);
        let chunks = self.margin.par_chunks_mut(CHUNK * outputs).zip(is_drawn.par_chunks(CHUNK));
        chunks.enumerate().for_each(|(chunk, (margin, is_drawn))| {
            for (at, row) in margin.chunks_mut(outputs).enumerate().filter(|(at, _)| !is_drawn[*at])
            {
                row[output] += tree.at(x, chunk * CHUNK + at)[0];
            }
        });
    }
}

/// The loss on validation rows, and the best round so far.
struct Watch<'a> {
    rows: Validation<'a>,
    params: &'a BoostParams,
    margin: Vec<f64>,
    losses: Vec<f64>,
    /// Rounds of the best ensemble so far.
    best: usize,
}

impl<'a> Watch<'a> {
    fn new(rows: Validation<'a>, params: &'a BoostParams, base: &[f64]) -> Self {
        let margin = base.repeat(rows.target.y.len());
        Self { rows, params, margin, losses: Vec::new(), best: 0 }
    }

    /// Adds the last round's trees; whether there is no hope for a better one.
    fn is_over(&mut self, trees: &[GrownTree]) -> bool {
        let (x, outputs) = (self.rows.x, self.params.loss.outputs());
        let last = &trees[trees.len() - outputs..];
        let chunks = self.margin.par_chunks_mut(CHUNK * outputs).enumerate();
        chunks.for_each(|(chunk, margin)| {
            for (at, margin) in margin.chunks_mut(outputs).enumerate() {
                for (margin, tree) in margin.iter_mut().zip(last) {
                    *margin += tree.at(x, chunk * CHUNK + at)[0];
                }
            }
        });
        let loss = self.params.loss.mean(self.rows.target, &self.margin);
        self.losses.push(loss);
        let round = self.losses.len();
        if self.best == 0 || loss < self.losses[self.best - 1] {
            self.best = round;
        }
        self.params.patience.is_some_and(|patience| round - self.best >= patience)
    }
}

#[cfg(test)]
mod tests;
