//! Values that were learned as logarithms, with a margin that is a factor.

use gauntlet_bundle::graph::{Graph, Vector};

/// From a score on the logarithmic scale to a value that cannot fall below 0, and its bounds.
///
/// The model was fitted on `ln(value + offset)`. The offset keeps the last units before 0 from stretching
/// the scale; the ceiling keeps a model that extrapolates from answering with an exponential of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogScale {
    /// Added to a value before its logarithm is taken, in the value's unit; above 0.
    pub offset: f64,
    /// The largest score that is believed: that of the largest target.
    pub ceiling: f64,
    /// How far the bounds lie from the score on the logarithmic scale.
    pub margin: f64,
}

impl LogScale {
    /// The score of a value.
    #[must_use]
    pub fn score(offset: f64, value: f64) -> f64 {
        (value + offset).ln()
    }

    /// The value of a score.
    #[must_use]
    pub fn value(&self, score: f64) -> f64 {
        self.back(score.min(self.ceiling))
    }

    /// Value, lower and upper bound of a score.
    #[must_use]
    pub fn line(&self, score: f64) -> [f64; 3] {
        let score = score.min(self.ceiling);
        [self.back(score), self.back(score - self.margin), self.back(score + self.margin)]
    }

    /// How many times larger than an error of the score, relative to the score, that of the value is.
    pub(in crate::models) fn steepness(&self) -> f64 {
        self.ceiling.abs().max(1.0) * (1.0 + self.offset)
    }

    /// Writes the way from a score, at most the ceiling, to its value.
    pub(in crate::models) fn lower(&self, graph: &mut Graph, score: Vector<f64>) -> Vector<f64> {
        let grown = graph.exp(score);
        let value = graph.sub(grown, self.offset);
        graph.max(value, 0.0)
    }

    fn back(&self, score: f64) -> f64 {
        (score.exp() - self.offset).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_never_fall_below_0_or_rise_above_the_ceiling() {
        let scale = LogScale { offset: 10.0, ceiling: 500_f64.ln(), margin: 0.5 };
        for value in [0.0, 3.0, 480.0] {
            let score = LogScale::score(scale.offset, value);
            let [middle, lower, upper] = scale.line(score);
            assert!((middle - value).abs() < 1e-9 && lower <= middle && middle <= upper);
        }
        assert_eq!(scale.line(-9.0)[..2], [0.0, 0.0]);
        assert!((scale.value(40.0) - 490.0).abs() < 1e-9);
    }
}
