//! The rising line nearest to the outcomes (pool adjacent violators, Ayer et al. 1955), interpolated
//! between its knots as in scikit-learn.

use super::Outcome;

/// The narrowest ramp between two knots, as a share of the scores' range: a steeper one would let
/// rounding errors of scores decide probabilities.
const NARROWEST: f64 = 1e-3;

/// A rising broken line, level beyond its ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Probability of the lowest scores.
    pub(super) base: f64,
    /// Where the line rises.
    pub(super) ramps: Vec<Ramp>,
}

/// A part of the line that rises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ramp {
    pub(super) start: f64,
    pub(super) width: f64,
    pub(super) rise: f64,
}

/// Neighbouring scores with one probability.
struct Block {
    first: f64,
    last: f64,
    weight: f64,
    events: f64,
}

impl Isotonic {
    pub(super) fn fit(outcomes: &[Outcome]) -> Self {
        let mut sorted: Vec<Outcome> =
            outcomes.iter().copied().filter(|o| o.weight > 0.0).collect();
        sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
        let mut blocks: Vec<Block> = Vec::new();
        for Outcome { score, event, weight } in sorted {
            let events = if event { weight } else { 0.0 };
            match blocks.last_mut() {
                // Equal scores have one probability.
                Some(last) if last.first == score => {
                    last.weight += weight;
                    last.events += events;
                }
                _ => blocks.push(Block { first: score, last: score, weight, events }),
            }
        }
        let blocks = pool(blocks);
        let Some((first, last)) = blocks.first().zip(blocks.last()) else {
            return Self { base: 0.0, ramps: Vec::new() };
        };
        let narrowest = NARROWEST * (last.last - first.first);
        let ramps = blocks.windows(2).map(|pair| {
            let (start, end) = (pair[0].last, pair[1].first);
            let width = (end - start).max(narrowest);
            // A ramp that is widened stays around the middle of its gap.
            let start = (start + end - width) / 2.0;
            Ramp { start, width, rise: pair[1].share() - pair[0].share() }
        });
        Self { base: first.share(), ramps: ramps.collect() }
    }

    /// The probability that belongs to a score.
    #[must_use]
    pub fn probability(&self, score: f64) -> f64 {
        let climbed =
            |ramp: &Ramp| ramp.rise / ramp.width * (score - ramp.start).max(0.0).min(ramp.width);
        (self.base + self.ramps.iter().map(climbed).sum::<f64>()).clamp(0.0, 1.0)
    }

    pub(super) fn steepness(&self) -> f64 {
        // Ramps that were widened may overlap, and then their slopes add up.
        let slope_at = |score: f64| -> f64 {
            let under = self.ramps.iter().filter(|r| r.start <= score && score < r.start + r.width);
            under.map(|r| r.rise / r.width).sum()
        };
        self.ramps.iter().map(|ramp| slope_at(ramp.start)).fold(0.0, f64::max)
    }
}

impl Block {
    fn share(&self) -> f64 {
        self.events / self.weight
    }
}

/// Merges neighbours until shares rise.
fn pool(blocks: Vec<Block>) -> Vec<Block> {
    let mut pooled: Vec<Block> = Vec::with_capacity(blocks.len());
    for mut block in blocks {
        while let Some(before) = pooled.pop_if(|before| before.share() >= block.share()) {
            block = Block {
                first: before.first,
                last: block.last,
                weight: before.weight + block.weight,
                events: before.events + block.events,
            };
        }
        pooled.push(block);
    }
    pooled
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fit(rows: &[(f64, bool)]) -> Isotonic {
        let outcome = |&(score, event): &(f64, bool)| Outcome { score, event, weight: 1.0 };
        Isotonic::fit(&rows.iter().map(outcome).collect::<Vec<_>>())
    }

    #[test]
    fn violators_are_pooled_and_gaps_are_interpolated() {
        let line = fit(&[(0.0, false), (1.0, true), (2.0, false), (3.0, true), (4.0, true)]);
        for (score, expected) in
            [(-9.0, 0.0), (0.0, 0.0), (0.5, 0.25), (1.0, 0.5), (2.0, 0.5), (2.5, 0.75), (9.0, 1.0)]
        {
            assert!((line.probability(score) - expected).abs() < 1e-12, "{score}");
        }
    }

    #[test]
    fn one_score_has_the_share_of_events() {
        let line = fit(&[(2.0, true), (2.0, false), (2.0, false), (2.0, false)]);
        assert_eq!(line.probability(0.0), 0.25);
        assert_eq!(line.probability(7.0), 0.25);
    }

    proptest! {
        #[test]
        fn the_line_rises_and_keeps_the_mean(
            rows in prop::collection::vec((0_u8..30, any::<bool>()), 1..80),
        ) {
            let rows: Vec<(f64, bool)> =
                rows.into_iter().map(|(s, e)| (f64::from(s), e)).collect();
            let line = fit(&rows);
            let curve: Vec<f64> = (-10..310).map(|i| line.probability(f64::from(i) / 10.0)).collect();
            prop_assert!(curve.windows(2).all(|pair| pair[1] >= pair[0] - 1e-12));
            let mean = rows.iter().map(|(s, _)| line.probability(*s)).sum::<f64>();
            let events = rows.iter().filter(|(_, e)| *e).count() as f64;
            prop_assert!((mean - events).abs() < 1e-9 * rows.len() as f64, "{mean} {events}");
        }
    }
}
