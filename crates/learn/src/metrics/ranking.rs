//! Metrics of the order of scores: PR-AUC and ROC-AUC.

/// Rows sorted by falling score, ties together. Sorting once serves every resample.
#[derive(Debug, Clone)]
pub struct Ranking {
    /// Row positions by falling score.
    order: Vec<u32>,
    /// One past the last position of each group of equal scores.
    ends: Vec<usize>,
    positive: Vec<bool>,
}

impl Ranking {
    /// Ranks rows by `scores`, which must not be NaN; `labels` has the same length.
    #[must_use]
    pub fn new(scores: &[f32], labels: &[bool]) -> Self {
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        order.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
        let positive = order.iter().map(|&r| labels[r as usize]).collect();
        let ends = (1..=order.len())
            .filter(|&i| {
                i == order.len() || scores[order[i] as usize] != scores[order[i - 1] as usize]
            })
            .collect();
        Self { order, ends, positive }
    }

    /// Average precision: the area under the step-wise precision-recall curve, each row counted
    /// `weight(row)` times. NaN without positives.
    #[must_use]
    pub fn pr_auc(&self, weights: &[u32]) -> f64 {
        let (mut area, mut seen_positive) = (0.0, 0.0);
        let total = self.walk(weights, |before, group_positive, group_negative| {
            let positive = before.0 + group_positive;
            let all = positive + before.1 + group_negative;
            if group_positive > 0.0 {
                area += group_positive * positive / all;
            }
            seen_positive = positive;
        });
        debug_assert_eq!(total.0, seen_positive);
        area / total.0
    }

    /// The probability that a positive row scores above a negative one, ties counted half.
    /// NaN without positives or without negatives.
    #[must_use]
    pub fn roc_auc(&self, weights: &[u32]) -> f64 {
        let mut area = 0.0;
        let total = self.walk(weights, |before, group_positive, group_negative| {
            area += group_negative * (before.0 + group_positive / 2.0);
        });
        area / (total.0 * total.1)
    }

    /// The points of the precision-recall curve as `(recall, precision)`, from the highest score down.
    #[must_use]
    pub fn pr_curve(&self, weights: &[u32]) -> Vec<(f64, f64)> {
        let mut counts = Vec::with_capacity(self.ends.len());
        let total = self.walk(weights, |before, group_positive, group_negative| {
            counts.push((before.0 + group_positive, before.1 + group_negative));
        });
        counts.into_iter().map(|(p, n)| (p / total.0, p / (p + n))).collect()
    }

    /// Walks the groups of equal scores with `(positives, negatives)` before each and inside it, and
    /// returns the totals.
    fn walk(&self, weights: &[u32], mut visit: impl FnMut((f64, f64), f64, f64)) -> (f64, f64) {
        let (mut before, mut start) = ((0.0, 0.0), 0);
        for &end in &self.ends {
            let (mut positive, mut negative) = (0_u64, 0_u64);
            for i in start..end {
                let weight = u64::from(weights[self.order[i] as usize]);
                if self.positive[i] { positive += weight } else { negative += weight }
            }
            if positive + negative > 0 {
                visit(before, positive as f64, negative as f64);
            }
            before = (before.0 + positive as f64, before.1 + negative as f64);
            start = end;
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [bool; 5] = [true, false, true, false, false];

    #[test]
    fn matches_scikit_learn_on_a_small_case() {
        // average_precision_score([1,0,1,0,0], [.9,.8,.7,.6,.1]) and roc_auc_score of the same.
        let ranking = Ranking::new(&[0.9, 0.8, 0.7, 0.6, 0.1], &LABELS);
        assert!((ranking.pr_auc(&[1; 5]) - 0.833_333_333_333).abs() < 1e-9);
        assert!((ranking.roc_auc(&[1; 5]) - 0.833_333_333_333).abs() < 1e-9);
    }

    #[test]
    fn constant_scores_give_the_prevalence_and_one_half() {
        let ranking = Ranking::new(&[0.3; 5], &LABELS);
        assert!((ranking.pr_auc(&[1; 5]) - 0.4).abs() < 1e-12);
        assert!((ranking.roc_auc(&[1; 5]) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_weight_is_a_repeated_row() {
        let weighted = Ranking::new(&[0.9, 0.8, 0.7, 0.6, 0.1], &LABELS).pr_auc(&[2, 0, 1, 3, 1]);
        let repeated = Ranking::new(
            &[0.9, 0.9, 0.7, 0.6, 0.6, 0.6, 0.1],
            &[true, true, true, false, false, false, false],
        );
        assert!((weighted - repeated.pr_auc(&[1; 7])).abs() < 1e-12);
    }

    #[test]
    fn one_class_alone_has_no_area() {
        assert!(Ranking::new(&[0.1, 0.2], &[false, false]).pr_auc(&[1; 2]).is_nan());
        assert!(Ranking::new(&[0.1, 0.2], &[true, true]).roc_auc(&[1; 2]).is_nan());
    }
}
