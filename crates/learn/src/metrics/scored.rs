//! All metrics of one set of scored rows, at two operating points.

use serde::{Deserialize, Serialize};

use super::calibration::{calibration_error, rising};
use super::probability::squared_distance;
use super::{Confusion, Ranking};

/// What a wrong decision costs, in any one unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// Cost of a missed failure.
    pub miss: f64,
    /// Cost of a false alarm.
    pub false_alarm: f64,
}

/// A metric of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Area under the precision-recall curve (average precision).
    PrAuc,
    /// Area under the receiver operating characteristic.
    RocAuc,
    /// F1 at the F1-optimal threshold of the inner folds.
    F1,
    /// Matthews correlation at the F1-optimal threshold of the inner folds.
    Mcc,
    /// Precision at the cost-optimal threshold of the inner folds, the one that is served.
    Precision,
    /// Recall at the cost-optimal threshold.
    Recall,
    /// Cost per 1,000 rows at the cost-optimal threshold.
    Cost,
    /// Brier score.
    Brier,
    /// Expected calibration error, ten bins of equal mass.
    Ece,
}

impl Metric {
    /// Every metric, in the order of the report.
    pub const ALL: [Self; 9] = [
        Self::PrAuc,
        Self::RocAuc,
        Self::F1,
        Self::Mcc,
        Self::Precision,
        Self::Recall,
        Self::Cost,
        Self::Brier,
        Self::Ece,
    ];

    /// The name in files, such as `pr_auc`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PrAuc => "pr_auc",
            Self::RocAuc => "roc_auc",
            Self::F1 => "f1",
            Self::Mcc => "mcc",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::Cost => "cost",
            Self::Brier => "brier",
            Self::Ece => "ece",
        }
    }

    /// Whether more is better.
    #[must_use]
    pub fn rises(self) -> bool {
        !matches!(self, Self::Cost | Self::Brier | Self::Ece)
    }
}

/// One value per [`Metric::ALL`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores([f64; Metric::ALL.len()]);

impl Scores {
    /// The value of `metric`.
    #[must_use]
    pub fn get(&self, metric: Metric) -> f64 {
        self.0[metric as usize]
    }

    /// All values, in the order of [`Metric::ALL`].
    #[must_use]
    pub fn values(&self) -> [f64; Metric::ALL.len()] {
        self.0
    }
}

/// Scored rows with the two thresholds chosen for them elsewhere.
#[derive(Debug, Clone)]
pub struct Scored<'a> {
    scores: &'a [f32],
    labels: &'a [bool],
    ranking: Ranking,
    rising: Vec<u32>,
    f1_threshold: f32,
    cost_threshold: f32,
    costs: Costs,
}

impl<'a> Scored<'a> {
    /// Ranks the rows once; `scores` and `labels` have the same length.
    #[must_use]
    pub fn new(
        scores: &'a [f32],
        labels: &'a [bool],
        f1_threshold: f32,
        cost_threshold: f32,
        costs: Costs,
    ) -> Self {
        let rising = rising(scores);
        let ranking = Ranking::new(scores, labels);
        Self { scores, labels, ranking, rising, f1_threshold, cost_threshold, costs }
    }

    /// All metrics, each row counted `weights` times.
    #[must_use]
    pub fn metrics(&self, weights: &[u32]) -> Scores {
        Scores(Metric::ALL.map(|metric| self.metric(metric, weights)))
    }

    /// One metric, each row counted `weights` times; NaN if one of the scores is.
    #[must_use]
    pub fn metric(&self, metric: Metric, weights: &[u32]) -> f64 {
        if !self.ranking.is_ordered() {
            return f64::NAN;
        }
        let at = |threshold| Confusion::at(threshold, self.scores, self.labels, weights);
        match metric {
            Metric::PrAuc => self.ranking.pr_auc(weights),
            Metric::RocAuc => self.ranking.roc_auc(weights),
            Metric::F1 => at(self.f1_threshold).f1(),
            Metric::Mcc => at(self.f1_threshold).mcc(),
            Metric::Precision => at(self.cost_threshold).precision(),
            Metric::Recall => at(self.cost_threshold).recall(),
            Metric::Cost => at(self.cost_threshold).cost_per_thousand(self.costs),
            Metric::Brier => squared_distance(self.scores, self.labels, weights.into()),
            Metric::Ece => {
                calibration_error(self.scores, self.labels, weights.into(), &self.rising)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_stand_at_the_place_of_their_name() {
        let costs = Costs { miss: 25.0, false_alarm: 1.0 };
        let scored = Scored::new(&[0.9, 0.4, 0.2], &[true, true, false], 0.5, 0.3, costs);
        let scores = scored.metrics(&[1; 3]);
        assert_eq!(scores.get(Metric::PrAuc), 1.0);
        assert!((scores.get(Metric::F1) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(scores.get(Metric::Recall), 1.0);
        assert_eq!(scores.get(Metric::Cost), 0.0);
        for (index, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(metric as usize, index);
        }
    }
}
