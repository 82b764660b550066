//! Repeated stratified cross-validation with thresholds from inner folds, and by group as leakage check.

use std::collections::BTreeMap;

use gauntlet_core::{Estimate, Seed, Train};
use rayon::prelude::*;

use super::Entry;
use crate::intervals::corrected_interval;
use crate::metrics::{Costs, Metric, Ranking, Scored, Scores};
use crate::splits::{repeated, stratified, stratified_grouped};
use crate::{Fold, LearnError, Samples, Thresholds};

/// How participants are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Protocol {
    /// Folds of the outer cross-validation.
    pub folds: usize,
    /// How often it is repeated with other folds.
    pub repeats: usize,
    /// Folds inside each outer training side, for thresholds.
    pub inner_folds: usize,
    /// What wrong decisions cost.
    pub costs: Costs,
    /// Level of the intervals.
    pub level: f64,
    /// Source of folds and fits.
    pub seed: Seed,
}

/// What one participant scored on validation rows.
#[derive(Debug, Clone)]
pub struct CrossValidation {
    /// All metrics of each repeat and fold, thresholds from that fold's inner folds.
    pub folds: Vec<Scores>,
    /// Out-of-fold scores per repeat, in the order of the training rows.
    pub out_of_fold: Vec<Vec<f32>>,
    /// PR-AUC of each fold when whole groups are held out.
    pub grouped_pr_auc: Vec<f64>,
    /// The operating points for the final model, chosen on all out-of-fold scores.
    pub thresholds: Thresholds,
    /// Ratio of scored to fitted rows in a fold.
    test_share: f64,
    level: f64,
}

impl CrossValidation {
    /// A metric over all folds with its corrected interval.
    #[must_use]
    pub fn estimate(&self, metric: Metric) -> Estimate {
        let scores: Vec<f64> = self.folds.iter().map(|fold| fold.get(metric)).collect();
        corrected_interval(&scores, self.test_share, self.level)
    }

    /// PR-AUC with whole groups held out.
    #[must_use]
    pub fn grouped_estimate(&self) -> Estimate {
        corrected_interval(&self.grouped_pr_auc, self.test_share, self.level)
    }
}

/// One fit-and-score, the unit of parallel work.
struct Task<'a> {
    entry: &'a Entry,
    fold: &'a Fold,
    seed: Seed,
    nested: bool,
}

/// Scores every entry under the protocol. `samples` holds each recipe's features of the same training
/// rows. `step` is called after each unit of work: folds x (repeats + 1) per entry. The result is in the order of `entries`.
///
/// # Errors
/// Folds that the rows cannot fill; the first fit that fails, in the order of the entries.
pub fn cross_validate(
    entries: &[Entry],
    samples: &BTreeMap<String, Train<Samples>>,
    protocol: &Protocol,
    step: &(dyn Fn() + Sync),
) -> Result<Vec<CrossValidation>, LearnError> {
    let Some(any) = samples.values().next() else { return Ok(Vec::new()) };
    let labels = any.labels()?;
    let repeats =
        repeated(protocol.repeats, protocol.seed, |seed| stratified(labels, protocol.folds, seed))?;
    let by_group = stratified_grouped(
        labels,
        &any.group,
        protocol.folds,
        protocol.seed.derive("grouped folds", 0),
    )?;
    let mut tasks = Vec::new();
    for entry in entries {
        let root = protocol.seed.derive(&entry.id, 0);
        let outer = repeats.iter().flatten().enumerate();
        tasks.extend(outer.map(|(i, fold)| Task {
            entry,
            fold,
            seed: root.derive("outer", i as u64),
            nested: true,
        }));
        tasks.extend(by_group.iter().enumerate().map(|(i, fold)| Task {
            entry,
            fold,
            seed: root.derive("grouped", i as u64),
            nested: false,
        }));
    }
    let outcomes: Vec<Result<Outcome, LearnError>> = tasks
        .par_iter()
        .map(|task| {
            let outcome = task.run(&samples[&task.entry.recipe], protocol);
            step();
            outcome
        })
        .collect();
    let mut outcomes = outcomes.into_iter();
    entries
        .iter()
        .map(|entry| {
            let outer: Vec<Outcome> = outcomes
                .by_ref()
                .take(protocol.repeats * protocol.folds)
                .collect::<Result<_, _>>()?;
            let held_out: Vec<Outcome> =
                outcomes.by_ref().take(protocol.folds).collect::<Result<_, _>>()?;
            Ok(summarise(entry, labels, &repeats, outer, &held_out, protocol))
        })
        .collect()
}

/// What a task yields: scores of its validation rows, and metrics at thresholds from its inner folds.
struct Outcome {
    scores: Vec<f32>,
    metrics: Scores,
    pr_auc: f64,
}

impl Task<'_> {
    fn run(&self, samples: &Train<Samples>, protocol: &Protocol) -> Result<Outcome, LearnError> {
        let (fit, valid) = samples.part(&self.fold.fit, &self.fold.valid);
        let (fit_labels, valid_labels) = (fit.labels()?, valid.labels()?);
        // A search is settled once per outer fold, on its training side; the inner folds choose thresholds
        // for what it found.
        let learner = self.entry.learner.settle(&fit, self.seed)?;
        let thresholds = match learner.fixed_threshold() {
            Some(fixed) => Thresholds { f1: fixed, cost: fixed },
            None if self.nested => {
                let folds =
                    stratified(fit_labels, protocol.inner_folds, self.seed.derive("inner", 0))?;
                let mut scores = vec![0.0; fit.rows()];
                for (i, fold) in folds.iter().enumerate() {
                    let (inner_fit, inner_valid) = fit.part(&fold.fit, &fold.valid);
                    let scorer =
                        learner.fit(&inner_fit, self.seed.derive("inner fit", i as u64))?;
                    let scored = scorer.scores(&inner_valid.x)?;
                    fold.valid.iter().zip(scored).for_each(|(&row, score)| scores[row] = score);
                }
                Thresholds::choose(&scores, fit_labels, protocol.costs)
            }
            None => Thresholds { f1: 0.5, cost: 0.5 },
        };
        let scores = learner.fit(&fit, self.seed)?.scores(&valid.x)?;
        let ones = vec![1; valid.rows()];
        let Thresholds { f1, cost } = thresholds;
        let metrics = Scored::new(&scores, valid_labels, f1, cost, protocol.costs).metrics(&ones);
        let pr_auc = Ranking::new(&scores, valid_labels).pr_auc(&ones);
        Ok(Outcome { scores, metrics, pr_auc })
    }
}

fn summarise(
    entry: &Entry,
    labels: &[bool],
    repeats: &[Vec<Fold>],
    outer: Vec<Outcome>,
    held_out: &[Outcome],
    protocol: &Protocol,
) -> CrossValidation {
    let mut out_of_fold = vec![vec![0.0; labels.len()]; repeats.len()];
    for (i, outcome) in outer.iter().enumerate() {
        let (repeat, fold) = (i / protocol.folds, i % protocol.folds);
        let rows = &repeats[repeat][fold].valid;
        rows.iter().zip(&outcome.scores).for_each(|(&r, &s)| out_of_fold[repeat][r] = s);
    }
    let thresholds = match entry.learner.fixed_threshold() {
        Some(fixed) => Thresholds { f1: fixed, cost: fixed },
        None => {
            let pooled = out_of_fold.concat();
            Thresholds::choose(&pooled, &labels.repeat(repeats.len()), protocol.costs)
        }
    };
    CrossValidation {
        folds: outer.into_iter().map(|outcome| outcome.metrics).collect(),
        out_of_fold,
        grouped_pr_auc: held_out.iter().map(|outcome| outcome.pr_auc).collect(),
        thresholds,
        test_share: 1.0 / (protocol.folds as f64 - 1.0),
        level: protocol.level,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baselines::Baseline;
    use crate::models::{ContenderSpec, gradientboosting};
    use crate::testing::{noisy, train};
    use crate::tournament::Learner;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const PROTOCOL: Protocol = Protocol {
        folds: 4,
        repeats: 2,
        inner_folds: 3,
        costs: Costs { miss: 25.0, false_alarm: 1.0 },
        level: 0.95,
        seed: Seed(1),
    };

    fn entries() -> Vec<Entry> {
        let spec = gradientboosting::Spec { trees: 20, ..Default::default() };
        let contender = ContenderSpec::from(spec).check().unwrap();
        let entry = |id: &str, learner| Entry { id: id.into(), recipe: "r".into(), learner };
        vec![
            entry("boost", Learner::Contender(contender)),
            entry("majority", Learner::Baseline(Baseline::Majority)),
        ]
    }

    fn run(y: Option<Vec<bool>>) -> Vec<CrossValidation> {
        let (columns, labels) = noisy(400, 2);
        let samples = train(columns, y.unwrap_or(labels));
        let samples = BTreeMap::from([("r".to_owned(), samples)]);
        let steps = AtomicUsize::new(0);
        let results = cross_validate(&entries(), &samples, &PROTOCOL, &|| {
            steps.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(steps.into_inner(), 2 * (4 * 2 + 4));
        results.unwrap()
    }

    #[test]
    fn a_learner_beats_a_constant_which_earns_the_prevalence() {
        let results = run(None);
        let prevalence = noisy(400, 2).1.iter().filter(|y| **y).count() as f64 / 400.0;
        assert!(results[0].estimate(Metric::PrAuc).low > prevalence);
        assert!((results[1].estimate(Metric::PrAuc).value - prevalence).abs() < 0.01);
        assert_eq!(results[1].estimate(Metric::F1).value, 0.0);
        assert_eq!(results[0].folds.len(), 8);
    }

    #[test]
    fn labels_without_signal_earn_one_half() {
        use rand::seq::SliceRandom;
        let mut y = noisy(400, 2).1;
        y.shuffle(&mut Seed(11).rng());
        let auc = run(Some(y))[0].estimate(Metric::RocAuc).value;
        assert!((auc - 0.5).abs() < 0.1, "{auc}");
    }

    #[test]
    fn threads_do_not_change_a_score() {
        let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        let one = pool(1).install(|| run(None));
        let four = pool(4).install(|| run(None));
        assert_eq!(one[0].out_of_fold, four[0].out_of_fold);
        assert_eq!(one[0].thresholds, four[0].thresholds);
    }
}
