//! Final scores on the sealed rows, per row and with intervals.

use std::collections::BTreeMap;

use gauntlet_core::{Estimate, Seed};
use serde::{Deserialize, Serialize};

use crate::Thresholds;
use crate::intervals::{Method, intervals_of};
use crate::metrics::{Confusion, Costs, Metric, Ranking, Scored};

/// Scores of the sealed rows in canonical order (rising row number): all that a paired bootstrap needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestScores {
    /// Row numbers in the dataset, rising.
    pub row: Vec<u32>,
    /// Unit of independence per row.
    pub group: Vec<u32>,
    /// Label per row.
    pub label: Vec<bool>,
    /// Score per row.
    pub score: Vec<f32>,
    /// The F1-optimal threshold of the inner folds.
    pub f1_threshold: f32,
    /// The cost-optimal threshold of the inner folds: the one served.
    pub cost_threshold: f32,
}

/// The judgement of one participant on the sealed rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// Every metric with its interval.
    pub metrics: BTreeMap<Metric, Estimate>,
    /// How each interval was made; empty in reports that are older than the choice (percentiles then).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub methods: BTreeMap<Metric, Method>,
    /// Decisions at the F1-optimal threshold.
    pub at_f1: Confusion,
    /// Decisions at the served threshold.
    pub at_cost: Confusion,
    /// The scores it was judged on.
    pub scores: TestScores,
}

impl TestScores {
    /// The operating points.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        Thresholds { f1: self.f1_threshold, cost: self.cost_threshold }
    }

    /// Whether both hold scores of the same rows, labels and groups.
    #[must_use]
    pub fn same_rows(&self, other: &Self) -> bool {
        self.row == other.row && self.label == other.label && self.group == other.group
    }

    /// The difference of `metric` between these scores and `other`'s, on the same resamples of groups.
    ///
    /// The interval is BCa from 20 groups, else by percentiles.
    /// Both must hold the same rows.
    #[must_use]
    pub fn paired_difference(
        &self,
        other: &Self,
        metric: Metric,
        bootstrap: &Bootstrap,
    ) -> Estimate {
        let (mine, theirs) = (self.scored(bootstrap.costs), other.scored(bootstrap.costs));
        let difference =
            |weights: &[u32]| mine.metric(metric, weights) - theirs.metric(metric, weights);
        let Bootstrap { replicates, level, seed, .. } = *bootstrap;
        let [interval] =
            intervals_of(&self.group, replicates, level, seed, |weights| [difference(weights)]);
        interval.estimate
    }

    fn scored(&self, costs: Costs) -> Scored<'_> {
        Scored::new(&self.score, &self.label, self.f1_threshold, self.cost_threshold, costs)
    }

    /// Points of the precision-recall curve as `(recall, precision)`.
    #[must_use]
    pub fn pr_curve(&self) -> Vec<(f64, f64)> {
        Ranking::new(&self.score, &self.label).pr_curve(&vec![1; self.label.len()])
    }
}

/// How intervals on sealed rows are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// Resamples.
    pub replicates: usize,
    /// Level of the intervals.
    pub level: f64,
    /// Source of the resamples.
    pub seed: Seed,
    /// What wrong decisions cost.
    pub costs: Costs,
}

/// Judges one participant's scores.
#[must_use]
pub fn judge_scores(scores: TestScores, bootstrap: &Bootstrap) -> Judged {
    let ones = vec![1; scores.label.len()];
    let scored = scores.scored(bootstrap.costs);
    let Bootstrap { replicates, level, seed, .. } = *bootstrap;
    let intervals =
        intervals_of(&scores.group, replicates, level, seed, |w| scored.metrics(w).values());
    let all = || Metric::ALL.into_iter().zip(&intervals);
    let metrics = all().map(|(metric, interval)| (metric, interval.estimate)).collect();
    let methods = all().map(|(metric, interval)| (metric, interval.method)).collect();
    let at = |threshold| Confusion::at(threshold, &scores.score, &scores.label, &ones);
    let (at_f1, at_cost) = (at(scores.f1_threshold), at(scores.cost_threshold));
    Judged { metrics, methods, at_f1, at_cost, scores }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOTSTRAP: Bootstrap = Bootstrap {
        replicates: 400,
        level: 0.95,
        seed: Seed(1),
        costs: Costs { miss: 25.0, false_alarm: 1.0 },
    };

    fn scores(noise: f32) -> TestScores {
        let label: Vec<bool> = (0..200).map(|i| i % 5 == 0).collect();
        let jitter = |i: usize| ((i * 7919 % 101) as f32 / 101.0 - 0.5) * noise;
        TestScores {
            row: (0..200).collect(),
            group: (0..200).map(|i| i / 4).collect(),
            score: (0..200).map(|i| f32::from(u8::from(label[i])) + jitter(i)).collect(),
            label,
            f1_threshold: 0.5,
            cost_threshold: 0.2,
        }
    }

    #[test]
    fn the_interval_holds_the_estimate() {
        let judged = judge_scores(scores(3.0), &BOOTSTRAP);
        for (metric, estimate) in &judged.metrics {
            assert!(estimate.low <= estimate.value, "{metric:?} {estimate}");
            assert!(estimate.value <= estimate.high + 0.05, "{metric:?} {estimate}");
            assert_eq!(judged.methods[metric], Method::Bca);
        }
    }

    #[test]
    fn a_report_without_methods_still_reads() {
        let mut report = serde_json::to_value(judge_scores(scores(3.0), &BOOTSTRAP)).unwrap();
        report.as_object_mut().unwrap().remove("methods").unwrap();
        let judged: Judged = serde_json::from_value(report).unwrap();
        assert!(judged.methods.is_empty());
    }

    #[test]
    fn a_model_differs_from_itself_by_nothing_and_from_a_worse_one_for_certain() {
        let (good, bad) = (scores(0.5), scores(8.0));
        let none = good.paired_difference(&good, Metric::PrAuc, &BOOTSTRAP);
        assert_eq!((none.low, none.value, none.high), (0.0, 0.0, 0.0));
        assert!(good.paired_difference(&bad, Metric::PrAuc, &BOOTSTRAP).is_above(0.0));
        assert!(bad.paired_difference(&good, Metric::PrAuc, &BOOTSTRAP).is_below(0.0));
    }
}
