//! Shuffled labels: a protocol that still finds signal in them leaks.

use gauntlet_core::{Seed, Subset, Train};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::score::spearman;
use super::{Finding, Outcome};
use crate::metrics::{Ranking, Weights};
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
    let roc_auc = Ranking::new(&scores, labels).roc_auc(Weights::Equal);
    let standard_error = chance_error(labels);
    Ok(ShuffleCheck { roc_auc, standard_error })
}

/// A protocol that finds what is not there (L1.1 to L1.4): any cross-validation, run on a shuffled outcome.
///
/// `protocol` gets the shuffled outcome and gives an out-of-fold prediction per row: a score, a class or a
/// number. It is a finding if the predictions agree with the shuffled outcome by more than 4 standard
/// errors above chance: by ROC-AUC, by accuracy, or by Spearman's rank correlation.
///
/// # Errors
/// What the protocol returns.
pub fn shuffled_outcome<'a, E>(
    outcome: impl Into<Outcome<'a>>,
    seed: Seed,
    protocol: impl FnOnce(Outcome<'_>) -> Result<Vec<f64>, E>,
) -> Result<Option<Finding>, E> {
    fn shuffled<T: Clone>(values: &[T], seed: Seed) -> Vec<T> {
        let mut values = values.to_vec();
        values.shuffle(&mut seed.derive("shuffle", 0).rng());
        values
    }
    let (what, found, chance, error) = match outcome.into() {
        Outcome::Binary(labels) => {
            let labels = shuffled(labels, seed);
            let scores = protocol(Outcome::Binary(&labels))?;
            let auc = Ranking::new(&scores, &labels).roc_auc(Weights::Equal);
            ("ROC-AUC", auc, 0.5, chance_error(&labels))
        }
        Outcome::Classes(classes) => {
            let classes = shuffled(classes, seed);
            let called: Vec<u32> =
                protocol(Outcome::Classes(&classes))?.iter().map(|c| *c as u32).collect();
            let n = classes.len() as f64;
            let right = called.iter().zip(&classes).filter(|(a, b)| a == b).count() as f64 / n;
            let share = |of: &[u32], class| of.iter().filter(|c| **c == class).count() as f64 / n;
            let mut distinct = classes.clone();
            distinct.sort_unstable();
            distinct.dedup();
            let chance: f64 =
                distinct.iter().map(|&class| share(&classes, class) * share(&called, class)).sum();
            ("accuracy", right, chance, (chance * (1.0 - chance) / n).sqrt())
        }
        Outcome::Values(values) => {
            let values = shuffled(values, seed);
            let predicted = protocol(Outcome::Values(&values))?;
            let error = 1.0 / (values.len() as f64 - 1.0).sqrt();
            ("rank correlation", spearman(&predicted, &values), 0.0, error)
        }
    };
    Ok((found - chance > ERRORS * error).then(|| {
        let evidence = format!(
            "on a shuffled outcome the protocol finds {what} {found:.3}, chance is {chance:.3} +- {error:.3}"
        );
        Finding::of_split("shuffle", evidence)
    }))
}

/// Standard error of a ROC-AUC without signal (Mann and Whitney 1947).
fn chance_error(labels: &[bool]) -> f64 {
    let positives = labels.iter().filter(|y| **y).count() as f64;
    let negatives = labels.len() as f64 - positives;
    ((positives + negatives + 1.0) / (12.0 * positives * negatives)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{noisy, train};
    use rand::RngExt;
    use std::convert::Infallible;

    #[test]
    fn a_protocol_that_sees_what_it_predicts_is_found_for_every_task() {
        let labels: Vec<bool> = (0..200).map(|i| i % 5 == 0).collect();
        let classes: Vec<u32> = (0..200).map(|i| i % 4).collect();
        let values: Vec<f64> = (0..200).map(|i| f64::from(i * 7 % 31)).collect();
        let outcomes =
            [Outcome::Binary(&labels), Outcome::Classes(&classes), Outcome::Values(&values)];
        for outcome in outcomes {
            let peek = |seen: Outcome<'_>| -> Result<Vec<f64>, Infallible> {
                Ok((0..seen.rows()).map(|row| seen.number(row)).collect())
            };
            let Ok(finding) = shuffled_outcome(outcome, Seed(1), peek);
            assert_eq!(finding.unwrap().rule, "shuffle");
            let honest = |seen: Outcome<'_>| -> Result<Vec<f64>, Infallible> {
                let mut rng = Seed(4).rng();
                Ok((0..seen.rows()).map(|_| f64::from(rng.random_range(0..4_u32))).collect())
            };
            let Ok(finding) = shuffled_outcome(outcome, Seed(1), honest);
            assert_eq!(finding, None);
        }
    }

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
