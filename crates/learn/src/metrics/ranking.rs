//! Metrics of the order of scores: PR-AUC, ROC-AUC and the ROC-AUC up to a false positive rate.

use super::{Score, Weights};

/// Rows sorted by falling score, ties together. Sorting once serves every resample.
///
/// Every metric of scores among which one is NaN is NaN: such rows have no order.
#[derive(Debug, Clone)]
pub struct Ranking {
    /// Row positions by falling score.
    order: Vec<u32>,
    /// One past the last position of each group of equal scores.
    ends: Vec<usize>,
    positive: Vec<bool>,
    ordered: bool,
}

/// Weight of positive and negative rows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Mass {
    positive: f64,
    negative: f64,
}

impl Ranking {
    /// Ranks rows by `scores`; `labels` has the same length.
    #[must_use]
    pub fn new<S: Score>(scores: &[S], labels: &[bool]) -> Self {
        let score = |row: u32| -> f64 { scores[row as usize].into() };
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        order.sort_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
        let positive = order.iter().map(|&r| labels[r as usize]).collect();
        let ends = (1..=order.len())
            .filter(|&i| i == order.len() || score(order[i]) != score(order[i - 1]))
            .collect();
        let ordered = order.iter().all(|&row| !score(row).is_nan());
        Self { order, ends, positive, ordered }
    }

    /// Average precision: the area under the step-wise precision-recall curve. NaN without positives,
    /// where scikit-learn warns and gives 0.
    #[must_use]
    pub fn pr_auc<'a>(&self, weights: impl Into<Weights<'a>>) -> f64 {
        let mut area = 0.0;
        let total = self.walk(weights.into(), |before, group| {
            if group.positive > 0.0 {
                let called = before.positive + group.positive;
                area += group.positive * called / (called + before.negative + group.negative);
            }
        });
        self.defined(area / total.positive)
    }

    /// The probability that a positive row scores above a negative one, ties counted half.
    /// NaN without positives or without negatives.
    #[must_use]
    pub fn roc_auc<'a>(&self, weights: impl Into<Weights<'a>>) -> f64 {
        let mut area = 0.0;
        let total = self.walk(weights.into(), |before, group| {
            area += group.negative * (before.positive + group.positive / 2.0);
        });
        self.defined(area / total.positive / total.negative)
    }

    /// The area under the receiver operating characteristic up to a false positive rate of `max_fpr`,
    /// standardised so that chance has 0.5 and the best has 1 (McClish 1989).
    ///
    /// `max_fpr` lies above 0 and not above 1; else, and without positives or negatives, it is NaN.
    #[must_use]
    pub fn partial_roc_auc<'a>(&self, max_fpr: f64, weights: impl Into<Weights<'a>>) -> f64 {
        if !(max_fpr > 0.0 && max_fpr <= 1.0) {
            return f64::NAN;
        }
        let weights = weights.into();
        let limit = max_fpr * self.walk(weights, |_, _| ()).negative;
        let mut area = 0.0;
        let total = self.walk(weights, |before, group| {
            let inside = group.negative.min(limit - before.negative);
            if inside > 0.0 {
                let share = inside / group.negative;
                area += inside * (before.positive + group.positive * share / 2.0);
            }
        });
        let (least, most) = (max_fpr * max_fpr / 2.0, max_fpr);
        let area = area / total.positive / total.negative;
        self.defined((1.0 + (area - least) / (most - least)) / 2.0)
    }

    /// The points of the precision-recall curve as `(recall, precision)`, from the highest score down.
    #[must_use]
    pub fn pr_curve<'a>(&self, weights: impl Into<Weights<'a>>) -> Vec<(f64, f64)> {
        let mut counts = Vec::with_capacity(self.ends.len());
        let total = self.walk(weights.into(), |before, group| {
            counts.push((before.positive + group.positive, before.negative + group.negative));
        });
        counts.into_iter().map(|(p, n)| (p / total.positive, p / (p + n))).collect()
    }

    /// Whether no score is NaN.
    pub(super) fn is_ordered(&self) -> bool {
        self.ordered
    }

    fn defined(&self, value: f64) -> f64 {
        if self.ordered { value } else { f64::NAN }
    }

    /// Walks the groups of equal scores with the mass before each and inside it; returns all mass.
    fn walk(&self, weights: Weights<'_>, mut visit: impl FnMut(Mass, Mass)) -> Mass {
        let (mut before, mut start) = (Mass::default(), 0);
        for &end in &self.ends {
            let mut group = Mass::default();
            for i in start..end {
                let weight = weights.of(self.order[i] as usize);
                if self.positive[i] { group.positive += weight } else { group.negative += weight }
            }
            if group != Mass::default() {
                visit(before, group);
            }
            before.positive += group.positive;
            before.negative += group.negative;
            start = end;
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        assert!((ranking.partial_roc_auc(0.1, &[1; 5]) - 0.5).abs() < 1e-12);
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
        assert!(Ranking::new(&[0.1, 0.2], &[true, true]).partial_roc_auc(0.1, &[1; 2]).is_nan());
    }

    #[test]
    fn a_score_without_order_leaves_no_metric() {
        let ranking = Ranking::new(&[0.1, f64::NAN, 0.3], &[false, true, true]);
        assert!(ranking.roc_auc(&[1; 3]).is_nan());
        assert!(ranking.pr_auc(&[1; 3]).is_nan());
    }

    proptest! {
        #[test]
        fn areas_depend_on_the_order_of_scores_alone(
            rows in prop::collection::vec((0_u8..20, any::<bool>(), 0_u32..4), 2..60),
        ) {
            let scores: Vec<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
            let labels: Vec<bool> = rows.iter().map(|r| r.1).collect();
            let weights: Vec<u32> = rows.iter().map(|r| r.2).collect();
            let stretched: Vec<f64> = scores.iter().map(|s| s.exp() - 7.0).collect();
            let negated: Vec<f64> = scores.iter().map(|s| -s).collect();
            let flipped: Vec<bool> = labels.iter().map(|y| !y).collect();
            let of = |s: &[f64], y: &[bool]| Ranking::new(s, y).roc_auc(&weights);
            let auc = of(&scores, &labels);
            if auc.is_finite() {
                prop_assert_eq!(auc, of(&stretched, &labels));
                prop_assert!((auc + of(&negated, &labels) - 1.0).abs() < 1e-12);
                prop_assert!((auc - of(&negated, &flipped)).abs() < 1e-12);
                let whole = Ranking::new(&scores, &labels).partial_roc_auc(1.0, &weights);
                prop_assert!((auc - whole).abs() < 1e-12);
            }
        }
    }
}
