//! Shuffled labels: a protocol that still finds signal in them leaks.

use gauntlet_core::{Seed, Subset, Train};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::metrics::Ranking;
use crate::models::{ContenderSpec, randomforest};
use crate::splits::stratified;
use crate::{LearnError, Samples};

/// How many standard errors from one half are still chance.
const ERRORS: f64 = 4.0;

/// Out-of-fold ROC-AUC on shuffled labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ShuffleCheck {
    /// ROC-AUC, one half if nothing leaks.
    pub roc_auc: f64,
    /// Its standard error under chance.
    pub standard_error: f64,
}

impl ShuffleCheck {
    /// Whether the score is what chance gives.
    #[must_use]
    pub fn holds(&self) -> bool {
        (self.roc_auc - 0.5).abs() <= ERRORS * self.standard_error
    }
}

/// Shuffles the labels of training rows and cross-validates a small forest on them.
///
/// # Errors
/// What the forest refuses.
pub fn shuffled_labels(
    train: &Train<Samples>,
    folds: usize,
    seed: Seed,
) -> Result<ShuffleCheck, LearnError> {
    let mut order: Vec<usize> = (0..train.rows()).collect();
    order.shuffle(&mut seed.derive("shuffle", 0).rng());
    let shuffled = train.try_map(|samples| {
        Ok::<_, LearnError>(Samples { target: samples.target.subset(&order), ..samples.clone() })
    })?;
    let labels = shuffled.labels()?;
    let spec = randomforest::Spec { trees: 50, min_leaf: 5, ..Default::default() };
    let forest = ContenderSpec::from(spec).check()?;
    let mut scores = vec![0.0; shuffled.rows()];
    let folds = stratified(labels, folds, seed.derive("shuffle folds", 0))?;
    for (i, fold) in folds.iter().enumerate() {
        let (fit, valid) = shuffled.part(&fold.fit, &fold.valid);
        let fitted = forest.fit(&fit, seed.derive("shuffle fit", i as u64))?;
        let scored = fitted.outputs(&valid.x)?.scores();
        fold.valid.iter().zip(scored).for_each(|(&row, score)| scores[row] = score);
    }
    let positives = labels.iter().filter(|y| **y).count() as f64;
    let negatives = shuffled.rows() as f64 - positives;
    let roc_auc = Ranking::new(&scores, labels).roc_auc(&vec![1; shuffled.rows()]);
    let standard_error = ((positives + negatives + 1.0) / (12.0 * positives * negatives)).sqrt();
    Ok(ShuffleCheck { roc_auc, standard_error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{noisy, train};

    #[test]
    fn an_honest_protocol_finds_nothing_in_shuffled_labels() {
        let (columns, y) = noisy(600, 9);
        let check = shuffled_labels(&train(columns, y), 5, Seed(3)).unwrap();
        assert!(check.holds(), "{check:?}");
    }

    #[test]
    fn a_score_far_from_one_half_does_not_hold() {
        assert!(!ShuffleCheck { roc_auc: 0.9, standard_error: 0.03 }.holds());
        assert!(!ShuffleCheck { roc_auc: 0.1, standard_error: 0.03 }.holds());
        assert!(ShuffleCheck { roc_auc: 0.45, standard_error: 0.03 }.holds());
    }
}
