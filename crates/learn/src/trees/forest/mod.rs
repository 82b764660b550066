//! Forests: random forest (Breiman 2001) and extremely randomised trees (Geurts et al. 2006).
//!
//! Trees grow side by side, each by one thread from its own seed.

mod params;
mod policy;
mod sample;

pub use params::{Cutting, ForestParams};
pub use sample::Sample;

use gauntlet_core::Seed;
use rayon::prelude::*;

use self::policy::{ForestPolicy, Settle};
use super::counts::Votes;
use super::grow::grow;
use super::moments::Targets;
use super::{Binned, GrownTree};

/// What a forest learns.
#[derive(Debug, Clone, Copy)]
pub enum ForestTarget<'a> {
    /// Classes by number, below `count` (2 to 256). Leaves hold class shares, or with two classes the share
    /// of class 1 alone.
    Classes {
        /// The class of each row.
        of: &'a [u8],
        /// Number of classes.
        count: usize,
    },
    /// Numbers; leaves hold their mean.
    Values(&'a [f64]),
}

/// Grows a forest on binned rows (of [`super::Layout::Columns`], for speed). `weights` are the rows' own, at least 0;
/// none means 1 each.
///
/// A weight of 2 is as good as the same row twice, as far as the drawn sample goes.
#[must_use]
pub fn grow_forest(
    binned: &Binned,
    target: ForestTarget<'_>,
    weights: Option<&[f32]>,
    params: &ForestParams,
    seed: Seed,
) -> Vec<GrownTree> {
    let centred;
    let target = match target {
        ForestTarget::Values(values) => {
            let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
            centred = (mean, values.iter().map(|value| value - mean).collect::<Vec<f64>>());
            Kind::Values { mean: centred.0, centred: &centred.1 }
        }
        ForestTarget::Classes { of, count } => Kind::Classes { of, count },
    };
    (0..params.trees)
        .into_par_iter()
        .map(|tree| {
            let sample = Sample::draw(binned.rows(), weights, params, seed, tree);
            grow_tree(binned, target, &sample, params, seed.derive("splits", tree as u64))
        })
        .collect()
}

#[derive(Clone, Copy)]
enum Kind<'a> {
    Classes { of: &'a [u8], count: usize },
    Values { mean: f64, centred: &'a [f64] },
}

fn grow_tree(
    binned: &Binned,
    target: Kind<'_>,
    sample: &Sample,
    params: &ForestParams,
    seed: Seed,
) -> GrownTree {
    let (weight, least) = (sample.weights(), params.min_leaf * sample.scale());
    match target {
        Kind::Classes { of: class, count } => {
            let outputs = if count == 2 { 1 } else { count };
            macro_rules! votes {
                ($n:literal) => {
                    run(binned, Votes::<$n> { class, weight, least }, outputs, sample, params, seed)
                };
            }
            match count {
                0..=2 => votes!(2),
                3..=4 => votes!(4),
                5..=16 => votes!(16),
                _ => votes!(256),
            }
        }
        Kind::Values { mean, centred: value } => {
            run(binned, Targets { value, weight, least, mean }, 1, sample, params, seed)
        }
    }
}

fn run<Q: Settle>(
    binned: &Binned,
    quality: Q,
    outputs: usize,
    sample: &Sample,
    params: &ForestParams,
    seed: Seed,
) -> GrownTree {
    let mut rows = sample.rows();
    let mut policy = ForestPolicy::new(binned, &quality, outputs, sample.scale(), params, seed);
    grow(&mut policy, &mut rows, params.size, outputs)
}

#[cfg(test)]
mod tests;
