//! Metrics of decisions at a threshold.

use serde::{Deserialize, Serialize};

use super::{Costs, Score};

/// Counts of the four outcomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Failures that were called.
    pub true_positive: u64,
    /// False alarms.
    pub false_positive: u64,
    /// Missed failures.
    pub false_negative: u64,
    /// Sound rows left alone.
    pub true_negative: u64,
}

impl Confusion {
    /// Counts rows whose score is at least `threshold` as called; each row counts `weights` times.
    ///
    /// A NaN score is never called. Real-valued weights have a [`ConfusionMatrix`](super::ConfusionMatrix).
    #[must_use]
    pub fn at<S: Score>(threshold: S, scores: &[S], labels: &[bool], weights: &[u32]) -> Self {
        let mut counts = Self::default();
        for ((&score, &label), &weight) in scores.iter().zip(labels).zip(weights) {
            let slot = match (score >= threshold, label) {
                (true, true) => &mut counts.true_positive,
                (true, false) => &mut counts.false_positive,
                (false, true) => &mut counts.false_negative,
                (false, false) => &mut counts.true_negative,
            };
            *slot += u64::from(weight);
        }
        counts
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.true_positive + self.false_positive + self.false_negative + self.true_negative
    }

    /// Share of calls that are failures; 0 without calls.
    #[must_use]
    pub fn precision(&self) -> f64 {
        ratio(self.true_positive, self.true_positive + self.false_positive)
    }

    /// Share of failures that are called; 0 without failures.
    #[must_use]
    pub fn recall(&self) -> f64 {
        ratio(self.true_positive, self.true_positive + self.false_negative)
    }

    /// Harmonic mean of precision and recall; 0 without true positives.
    #[must_use]
    pub fn f1(&self) -> f64 {
        ratio(
            2 * self.true_positive,
            2 * self.true_positive + self.false_positive + self.false_negative,
        )
    }

    /// Share of rows decided right.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        ratio(self.true_positive + self.true_negative, self.rows())
    }

    /// Matthews correlation coefficient; 0 where a margin is empty.
    #[must_use]
    pub fn mcc(&self) -> f64 {
        let [tp, fp, fne, tn] =
            [self.true_positive, self.false_positive, self.false_negative, self.true_negative]
                .map(|count| count as f64);
        let norm = ((tp + fp) * (tp + fne) * (tn + fp) * (tn + fne)).sqrt();
        if norm > 0.0 { (tp * tn - fp * fne) / norm } else { 0.0 }
    }

    /// Expected cost per 1,000 rows.
    #[must_use]
    pub fn cost_per_thousand(&self, costs: Costs) -> f64 {
        let total = costs.miss * self.false_negative as f64
            + costs.false_alarm * self.false_positive as f64;
        1000.0 * total / self.rows().max(1) as f64
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_on_the_threshold_is_called() {
        let counts = Confusion::at(0.5, &[0.5, 0.49], &[true, true], &[1, 1]);
        assert_eq!((counts.true_positive, counts.false_negative), (1, 1));
    }

    #[test]
    fn published_rules_of_ai4i_score_as_measured() {
        // 287 of 339 failures, no false alarm, among 10,000 rows.
        let counts = Confusion {
            true_positive: 287,
            false_positive: 0,
            false_negative: 52,
            true_negative: 9661,
        };
        assert!((counts.f1() - 0.9169).abs() < 5e-5);
        assert!((counts.mcc() - 0.9176).abs() < 5e-5);
        assert!((counts.recall() - 0.8466).abs() < 5e-5);
        let costs = Costs { miss: 25.0, false_alarm: 1.0 };
        assert!((counts.cost_per_thousand(costs) - 130.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_called_is_zero_not_nan() {
        let counts = Confusion::at(2.0, &[0.5, 0.1], &[true, false], &[1, 1]);
        assert_eq!((counts.f1(), counts.mcc(), counts.precision()), (0.0, 0.0, 0.0));
    }
}
