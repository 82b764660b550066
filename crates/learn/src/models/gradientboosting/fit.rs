//! Fitting the boosted ensemble.

use std::collections::BTreeSet;

use gauntlet_core::{Seed, Subset, Train};
use gauntlet_features::Matrix;
use rand::seq::SliceRandom;

use super::Spec;
use super::spec::{Direction, EarlyStopping, LossSpec};
use crate::models::Kind;
use crate::models::class_weight::row_weights;
use crate::trees::{
    self, Binned, BoostParams, BoostTarget, FeatureShares, GrownTree, Layout, Loss, Scorer, Size,
    Validation, grow_boosted,
};
use crate::{LearnError, Outputs, Samples, Target};

/// A fitted boosted ensemble.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosted {
    pub(super) ensemble: trees::Boosted,
    pub(super) loss: Loss,
    pub(super) features: usize,
}

pub(super) fn fit(spec: &Spec, train: &Train<Samples>, seed: Seed) -> Result<Boosted, LearnError> {
    let params = params(spec, train)?;
    let (fitted_on, watched) = match spec.early_stopping {
        Some(stopping) => {
            let (fit, watch) = hold_back(train, stopping, seed.derive("held back", 0));
            (Some(train.subset(&fit)), Some(train.subset(&watch)))
        }
        None => (None, None),
    };
    let rows: &Samples = fitted_on.as_ref().unwrap_or(train);
    let weights = row_weights(Spec::NAME, spec.class_weight.as_ref(), rows)?;
    let y = numbers(rows);
    let watched = match &watched {
        Some(rows) if rows.rows() > 0 => {
            let weights = row_weights(Spec::NAME, spec.class_weight.as_ref(), rows)?;
            Some((&rows.x, numbers(rows), weights))
        }
        _ => None,
    };
    let validation = watched.as_ref().map(|(x, y, weights)| Validation {
        x,
        target: BoostTarget { y, weights: weights.as_deref() },
    });
    let binned = Binned::new(&rows.x, spec.max_bins, Layout::Blocks);
    let target = BoostTarget { y: &y, weights: weights.as_deref() };
    let ensemble = grow_boosted(&rows.x, &binned, target, &params, validation, seed);
    Ok(Boosted { ensemble, loss: params.loss, features: train.x.width() })
}

fn params(spec: &Spec, train: &Samples) -> Result<BoostParams, LearnError> {
    let loss = match (&train.target, spec.loss) {
        (Target::Binary(_), None) => Loss::Logistic,
        (Target::Classes { names, .. }, None) => Loss::Softmax { classes: names.len() },
        (Target::Values(_), None | Some(LossSpec::Squared)) => Loss::Squared,
        (Target::Values(_), Some(LossSpec::Absolute)) => Loss::Absolute,
        (Target::Values(_), Some(LossSpec::Quantile(alpha))) => Loss::Quantile { alpha },
        (_, Some(loss)) => {
            return refuse("loss", format!("{loss:?}"), "absent where the target is no number");
        }
        (Target::None(_), None) => {
            return Err(LearnError::Task { kind: Spec::NAME, task: train.task() });
        }
    };
    let mut monotone = Vec::new();
    if !spec.monotone.is_empty() {
        if loss.outputs() > 1 {
            return refuse("monotone", "set".into(), "absent where there are several classes");
        }
        monotone.resize(train.x.width(), 0);
        for (name, direction) in &spec.monotone {
            let Some(at) = train.x.names.iter().position(|feature| feature == name) else {
                return refuse("monotone", name.clone(), "a feature of the recipe");
            };
            monotone[at] = if *direction == Direction::Rising { 1 } else { -1 };
        }
    }
    Ok(BoostParams {
        loss,
        rounds: spec.trees,
        learning_rate: spec.learning_rate,
        size: Size {
            max_depth: spec.max_depth,
            max_leaves: spec.max_leaves.unwrap_or(usize::MAX),
            growth: spec.growth,
        },
        min_child_weight: spec.min_child_weight,
        min_leaf: spec.min_leaf,
        min_gain: spec.min_gain,
        lambda: spec.lambda,
        alpha: spec.alpha,
        subsample: spec.subsample,
        features: FeatureShares {
            tree: spec.feature_share,
            level: spec.feature_share_level,
            node: spec.feature_share_node,
        },
        monotone,
        patience: spec.early_stopping.map(|stopping| stopping.patience),
    })
}

fn refuse<T>(
    parameter: &'static str,
    found: String,
    expected: &'static str,
) -> Result<T, LearnError> {
    Err(LearnError::Parameter { kind: Spec::NAME, parameter, found, expected })
}

/// Targets as the engine takes them.
fn numbers(rows: &Samples) -> Vec<f64> {
    match &rows.target {
        Target::Binary(labels) => labels.iter().map(|y| f64::from(u8::from(*y))).collect(),
        Target::Classes { of, .. } => of.iter().map(|class| f64::from(*class)).collect(),
        Target::Values(values) => values.clone(),
        Target::None(_) => Vec::new(),
    }
}

/// Rows to fit on and rows to watch, whole groups on either side; at least one group is fitted on.
fn hold_back(rows: &Samples, stopping: EarlyStopping, seed: Seed) -> (Vec<usize>, Vec<usize>) {
    let groups: BTreeSet<u32> = rows.group.iter().copied().collect();
    let mut groups: Vec<u32> = groups.into_iter().collect();
    groups.shuffle(&mut seed.rng());
    let watched = ((groups.len() as f64 * stopping.share).round() as usize).min(groups.len() - 1);
    let watched: BTreeSet<u32> = groups.into_iter().take(watched).collect();
    (0..rows.rows()).partition(|&row| !watched.contains(&rows.group[row]))
}

impl Boosted {
    /// Probabilities or values, per row.
    #[must_use]
    pub fn outputs(&self, x: &Matrix) -> Outputs {
        let width = self.loss.outputs();
        let mut sums = Scorer::new(&self.ensemble.trees, width).sums(x);
        for row in sums.chunks_mut(width) {
            row.iter_mut().zip(&self.ensemble.base).for_each(|(sum, base)| *sum += base);
            self.link(row);
        }
        if width == 1 { Outputs::single(sums) } else { Outputs::lines(width, sums) }
    }

    fn link(&self, row: &mut [f64]) {
        match self.loss {
            Loss::Logistic => row[0] = 1.0 / (1.0 + (-row[0]).exp()),
            Loss::Softmax { .. } => {
                let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                row.iter_mut().for_each(|margin| *margin = (*margin - top).exp());
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|share| *share /= sum);
            }
            Loss::Squared | Loss::Absolute | Loss::Quantile { .. } => {}
        }
    }

    /// Share of each feature in the gain of all splits. All 0 if no tree splits.
    #[must_use]
    pub fn gain_importance(&self) -> Vec<f64> {
        let mut gains = vec![0.0; self.features];
        self.ensemble.trees.iter().for_each(|tree: &GrownTree| tree.add_gains(&mut gains));
        let total: f64 = gains.iter().sum();
        gains.iter_mut().for_each(|gain| *gain /= if total > 0.0 { total } else { 1.0 });
        gains
    }

    /// Rounds that were kept, and the mean loss of the watched rows after each that was grown.
    #[must_use]
    pub fn rounds(&self) -> (usize, &[f64]) {
        (self.ensemble.trees.len() / self.loss.outputs(), &self.ensemble.validation)
    }
}
