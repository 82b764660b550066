//! Operating points, chosen on out-of-fold scores and never on test rows.

use crate::metrics::Costs;

/// The two operating points of a contender.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Where F1 is largest.
    pub f1: f32,
    /// Where the expected cost is smallest: the one that is served.
    pub cost: f32,
}

impl Thresholds {
    /// Chooses both on out-of-fold `scores` with their `labels`.
    ///
    /// A threshold lies half-way between two neighbouring distinct scores. Among equally good ones the
    /// highest is taken, which calls the fewest rows. Without positives nothing is called.
    #[must_use]
    pub fn choose(scores: &[f32], labels: &[bool], costs: Costs) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        let positives = labels.iter().filter(|l| **l).count() as f64;
        let nobody = order.first().map_or(f32::MAX, |&top| scores[top].next_up());
        let mut best = Self { f1: nobody, cost: nobody };
        let (mut best_f1, mut best_cost) = (0.0, costs.miss * positives);
        let (mut called, mut hits) = (0.0, 0.0);
        for (i, &row) in order.iter().enumerate() {
            called += 1.0;
            hits += f64::from(u8::from(labels[row]));
            let next = order.get(i + 1).map(|&next| scores[next]);
            if next == Some(scores[row]) {
                continue;
            }
            let threshold = next.map_or(scores[row], |next| between(next, scores[row]));
            let f1 = 2.0 * hits / (called + positives);
            if f1 > best_f1 {
                (best_f1, best.f1) = (f1, threshold);
            }
            let cost = costs.miss * (positives - hits) + costs.false_alarm * (called - hits);
            if cost < best_cost {
                (best_cost, best.cost) = (cost, threshold);
            }
        }
        best
    }
}

/// A number above `low` and not above `high`, half-way if there is room.
fn between(low: f32, high: f32) -> f32 {
    let middle = ((f64::from(low) + f64::from(high)) / 2.0) as f32;
    if middle > low { middle } else { high }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Confusion;
    use proptest::prelude::*;

    const COSTS: Costs = Costs { miss: 25.0, false_alarm: 1.0 };

    #[test]
    fn a_dear_miss_lowers_the_served_threshold() {
        let scores = [0.9, 0.5, 0.4, 0.3, 0.2, 0.1];
        let labels = [true, false, false, false, true, false];
        let chosen = Thresholds::choose(&scores, &labels, COSTS);
        assert!(chosen.f1 > 0.5 && chosen.cost < 0.2 + f32::EPSILON, "{chosen:?}");
    }

    #[test]
    fn without_positives_nothing_is_called() {
        let chosen = Thresholds::choose(&[0.9, 0.1], &[false, false], COSTS);
        assert!(chosen.f1 > 0.9 && chosen.cost > 0.9);
    }

    proptest! {
        #[test]
        fn no_other_threshold_is_better(
            rows in prop::collection::vec((0_u8..12, any::<bool>()), 1..40),
            other in 0.0_f32..13.0,
        ) {
            let scores: Vec<f32> = rows.iter().map(|(s, _)| f32::from(*s)).collect();
            let labels: Vec<bool> = rows.iter().map(|(_, l)| *l).collect();
            let ones = vec![1; rows.len()];
            let at = |t| Confusion::at(t, &scores, &labels, &ones);
            let chosen = Thresholds::choose(&scores, &labels, COSTS);
            prop_assert!(at(chosen.f1).f1() >= at(other).f1() - 1e-12);
            prop_assert!(
                at(chosen.cost).cost_per_thousand(COSTS)
                    <= at(other).cost_per_thousand(COSTS) + 1e-9
            );
        }
    }
}
