//! A logistic curve through the scores (Platt 1999), by the Newton method of Lin, Lin and Weng (2007).

use super::Outcome;
use crate::models::linear::logistic;

/// `1 / (1 + exp(-(slope * score + intercept)))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Platt {
    /// Of the margin.
    pub slope: f64,
    /// Of the margin.
    pub intercept: f64,
}

const MOST_ITERATIONS: usize = 200;
const SMALLEST_STEP: f64 = 1e-12;
const RIDGE: f64 = 1e-12;
const GRADIENT: f64 = 1e-9;

impl Platt {
    /// The most likely curve for targets that are drawn towards each other by one event and one
    /// non-event more (Platt's prior correction), so that perfectly separated scores have a finite slope.
    pub(super) fn fit(outcomes: &[Outcome]) -> Self {
        let sum =
            |event| -> f64 { outcomes.iter().filter(|o| o.event == event).map(|o| o.weight).sum() };
        let (positives, negatives) = (sum(true), sum(false));
        // Scores around 0 and of size 1 keep the Newton steps well conditioned whatever the unit.
        let total = positives + negatives;
        let mean = outcomes.iter().map(|o| o.weight * o.score).sum::<f64>() / total;
        let variance =
            outcomes.iter().map(|o| o.weight * (o.score - mean).powi(2)).sum::<f64>() / total;
        let prior = ((positives + 1.0) / (negatives + 1.0)).ln();
        if variance <= 0.0 || !variance.is_finite() {
            return Self { slope: 0.0, intercept: prior };
        }
        let deviation = variance.sqrt();
        let high = (positives + 1.0) / (positives + 2.0);
        let low = 1.0 / (negatives + 2.0);
        let rows: Vec<(f64, f64, f64)> = outcomes
            .iter()
            .map(|o| ((o.score - mean) / deviation, if o.event { high } else { low }, o.weight))
            .collect();
        let (a, b) = newton(&rows, prior);
        Self { slope: a / deviation, intercept: b - a * mean / deviation }
    }

    /// The probability that belongs to a score.
    #[must_use]
    pub fn probability(&self, score: f64) -> f64 {
        logistic(self.slope * score + self.intercept)
    }
}

/// Slope and intercept that minimise the cross entropy of `(score, target, weight)`.
fn newton(rows: &[(f64, f64, f64)], prior: f64) -> (f64, f64) {
    let (mut a, mut b) = (0.0, prior);
    let mut loss = cross_entropy(rows, a, b);
    for _ in 0..MOST_ITERATIONS {
        let (mut h11, mut h22, mut h21, mut g1, mut g2) = (RIDGE, RIDGE, 0.0, 0.0, 0.0);
        for &(score, target, weight) in rows {
            let p = logistic(a * score + b);
            let (curvature, error) = (weight * p * (1.0 - p), weight * (p - target));
            h11 += score * score * curvature;
            h22 += curvature;
            h21 += score * curvature;
            g1 += score * error;
            g2 += error;
        }
        if g1.abs() < GRADIENT && g2.abs() < GRADIENT {
            break;
        }
        let determinant = h11 * h22 - h21 * h21;
        let (da, db) = (-(h22 * g1 - h21 * g2) / determinant, -(h11 * g2 - h21 * g1) / determinant);
        let slope = g1 * da + g2 * db;
        let mut step = 1.0;
        let next = loop {
            let next = cross_entropy(rows, a + step * da, b + step * db);
            if next < loss + 1e-4 * step * slope {
                break Some(next);
            }
            step /= 2.0;
            if step < SMALLEST_STEP {
                break None;
            }
        };
        let Some(next) = next else { break };
        (a, b, loss) = (a + step * da, b + step * db, next);
    }
    (a, b)
}

fn cross_entropy(rows: &[(f64, f64, f64)], a: f64, b: f64) -> f64 {
    rows.iter()
        .map(|&(score, target, weight)| {
            let margin = a * score + b;
            // -t ln p - (1 - t) ln(1 - p), without overflow.
            let log = margin.max(0.0) + (-margin.abs()).exp().ln_1p();
            weight * (log - target * margin)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_core::Seed;
    use rand::RngExt;

    fn outcome(score: f64, event: bool) -> Outcome {
        Outcome { score, event, weight: 1.0 }
    }

    #[test]
    fn finds_the_curve_that_drew_the_events() {
        let mut rng = Seed(4).rng();
        let outcomes: Vec<Outcome> = (0..40_000)
            .map(|_| {
                let score = rng.random::<f64>() * 8.0 - 4.0;
                outcome(score, rng.random::<f64>() < logistic(1.5 * score - 0.7))
            })
            .collect();
        let curve = Platt::fit(&outcomes);
        assert!((curve.slope - 1.5).abs() < 0.05, "{curve:?}");
        assert!((curve.intercept + 0.7).abs() < 0.05, "{curve:?}");
    }

    #[test]
    fn separated_scores_get_a_finite_slope_and_the_corrected_targets() {
        let outcomes: Vec<Outcome> = (0..20).map(|i| outcome(f64::from(i / 10), i >= 10)).collect();
        let curve = Platt::fit(&outcomes);
        assert!((curve.probability(1.0) - 11.0 / 12.0).abs() < 1e-6, "{curve:?}");
        assert!((curve.probability(0.0) - 1.0 / 12.0).abs() < 1e-6);
    }

    #[test]
    fn constant_scores_get_the_share_of_events() {
        let outcomes: Vec<Outcome> = (0..99).map(|i| outcome(3.0, i < 19)).collect();
        let curve = Platt::fit(&outcomes);
        assert!((curve.probability(3.0) - 20.0 / 101.0).abs() < 1e-12);
    }

    #[test]
    fn the_unit_of_the_scores_does_not_matter() {
        let events = |i: i32| (i * 7919) % 13 < i % 11;
        let fit = |unit: f64| {
            Platt::fit(
                &(0..300).map(|i| outcome(f64::from(i % 11) * unit, events(i))).collect::<Vec<_>>(),
            )
        };
        let (one, million) = (fit(1.0), fit(1e6));
        assert!((one.probability(5.0) - million.probability(5e6)).abs() < 1e-9);
    }
}
