//! Fitting a forest, and what only its training rows can tell of it.

use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;

use super::{Flavour, Spec};
use crate::models::class_weight::row_weights;
use crate::trees::{
    Binned, ForestParams, ForestTarget, GrownTree, Layout, Sample, Scorer, grow_forest,
};
use crate::{LearnError, Outputs, Samples, Target};

/// A fitted forest.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    pub(super) trees: Vec<GrownTree>,
    pub(super) features: usize,
    /// 1, or the number of classes if they are more than two.
    pub(super) outputs: usize,
    /// Whether the mean of the leaves is a probability.
    pub(super) probability: bool,
    params: ForestParams,
    seed: Seed,
    weights: Option<Vec<f32>>,
}

/// The most classes that leaves have room for.
const MOST_CLASSES: usize = 256;

pub(super) fn fit<F: Flavour>(
    spec: &Spec<F>,
    train: &Train<Samples>,
    seed: Seed,
) -> Result<Forest, LearnError> {
    let weights = row_weights(F::NAME, spec.class_weight.as_ref(), train)?;
    let (class, count): (Vec<u8>, usize) = match &train.target {
        Target::Binary(labels) => (labels.iter().map(|y| u8::from(*y)).collect(), 2),
        Target::Classes { of, names } if names.len() <= MOST_CLASSES => {
            (of.iter().map(|class| *class as u8).collect(), names.len())
        }
        Target::Classes { names, .. } => {
            let reason = format!("{} classes, and a forest takes {MOST_CLASSES}", names.len());
            return Err(LearnError::Fit { kind: F::NAME, reason });
        }
        _ => (Vec::new(), 0),
    };
    let target = match count {
        0 => ForestTarget::Values(train.target.values()?),
        _ => ForestTarget::Classes { of: &class, count },
    };
    let params = spec.params(train.x.width(), F::CUTTING, count == 0);
    let binned = Binned::new(&train.x, spec.max_bins, Layout::Columns);
    let trees = grow_forest(&binned, target, weights.as_deref(), &params, seed);
    // Two named classes have two outputs, though leaves hold one share.
    let outputs = if matches!(train.target, Target::Classes { .. }) { count } else { 1 };
    let (features, probability) = (train.x.width(), count > 0);
    Ok(Forest { trees, features, outputs, probability, params, seed, weights })
}

impl Forest {
    /// Mean over the trees of class shares or of values, per row.
    #[must_use]
    pub fn outputs(&self, x: &Matrix) -> Outputs {
        let own = self.trees.first().map_or(1, GrownTree::outputs);
        let mut sums = Scorer::new(&self.trees, own).sums(x);
        sums.iter_mut().for_each(|sum| *sum /= self.trees.len() as f64);
        self.named(sums)
    }

    /// The same of the rows it was fitted on, each by the trees alone that did not see it (Breiman 1996). A
    /// row that every tree saw has NaN; without bootstrap all rows have.
    #[must_use]
    pub fn out_of_bag(&self, train: &Samples) -> Outputs {
        let (rows, own) = (train.rows(), self.trees.first().map_or(1, GrownTree::outputs));
        let (mut sums, mut counts) = (vec![0.0; rows * own], vec![0_u32; rows]);
        for (number, tree) in self.trees.iter().enumerate() {
            let weights = self.weights.as_deref();
            let sample = Sample::draw(rows, weights, &self.params, self.seed, number);
            for row in (0..rows).filter(|&row| sample.leaves_out(row)) {
                counts[row] += 1;
                let values = tree.at(&train.x, row);
                sums[row * own..].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
        }
        for (sums, count) in sums.chunks_mut(own).zip(counts) {
            sums.iter_mut().for_each(|sum| *sum /= f64::from(count));
        }
        self.named(sums)
    }

    /// Share of each feature in the decrease of impurity, mean over the trees (Breiman et al. 1984). All 0
    /// if no tree splits.
    #[must_use]
    pub fn gain_importance(&self) -> Vec<f64> {
        let mut importance = vec![0.0; self.features];
        for tree in &self.trees {
            let mut gains = vec![0.0; self.features];
            tree.add_gains(&mut gains);
            let total: f64 = gains.iter().sum();
            if total > 0.0 {
                importance.iter_mut().zip(gains).for_each(|(sum, gain)| *sum += gain / total);
            }
        }
        let total: f64 = importance.iter().sum();
        importance.iter_mut().for_each(|x| *x /= if total > 0.0 { total } else { 1.0 });
        importance
    }

    fn named(&self, sums: Vec<f64>) -> Outputs {
        match (self.outputs, self.trees.first().map_or(1, GrownTree::outputs)) {
            (1, _) => Outputs::single(sums),
            (2, 1) => Outputs::lines(2, sums.into_iter().flat_map(|p| [1.0 - p, p]).collect()),
            (width, _) => Outputs::lines(width, sums),
        }
    }
}
