//! Sets of labels that hold the true one.

use super::covering;
use crate::{LearnError, Outputs, Target};

/// A probability per class from which on the class is in the set.
///
/// Thresholds are class-conditional (Mondrian; Vovk, Lindsay, Nouretdinov and Gammerman 2003): the level
/// holds within each class, so a rare failure is not paid for by the common case.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSets {
    threshold: Vec<f64>,
}

impl LabelSets {
    /// Fits on held-out rows: `outputs` holds the probability of each class, or of the event.
    ///
    /// A class with too few rows for the level has threshold 0: it is in every set.
    ///
    /// # Errors
    /// A target without classes.
    pub fn fit(outputs: &Outputs, target: &Target, level: f64) -> Result<Self, LearnError> {
        let of: Vec<usize> = match target {
            Target::Binary(labels) => labels.iter().map(|y| usize::from(*y)).collect(),
            target => target.classes()?.0.iter().map(|class| *class as usize).collect(),
        };
        let classes = target.outputs().max(2);
        let threshold = |class: usize| {
            let rows = (0..of.len()).filter(|&row| of[row] == class);
            let misses = rows.map(|row| 1.0 - probability(outputs.line(row), class)).collect();
            covering(misses, level).map_or(0.0, |miss| 1.0 - miss)
        };
        Ok(Self { threshold: (0..classes).map(threshold).collect() })
    }

    /// The probability per class from which on it is in the set.
    #[must_use]
    pub fn thresholds(&self) -> &[f64] {
        &self.threshold
    }

    /// The classes in the set of a row, whose answer is `line`; there may be none.
    #[must_use]
    pub fn set(&self, line: &[f64]) -> Vec<usize> {
        let classes = 0..self.threshold.len();
        // Rounding of 1 - (1 - p) must not drop the row that set the threshold.
        classes.filter(|&c| probability(line, c) >= self.threshold[c] - 1e-12).collect()
    }
}

/// The probability of a class; a binary answer holds that of the event only.
fn probability(line: &[f64], class: usize) -> f64 {
    match (line, class) {
        ([event], 0) => 1.0 - event,
        ([event], _) => *event,
        (line, class) => line[class],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_core::Seed;
    use rand::RngExt;

    /// Scores of a rare class 1, its probability off by a constant factor.
    fn rows(n: usize, seed: u64) -> (Outputs, Target) {
        let mut rng = Seed(seed).rng();
        let labels: Vec<bool> = (0..n).map(|_| rng.random_bool(0.05)).collect();
        let score = |y: bool, noise: f64| (0.3 * f64::from(u8::from(y)) + 0.3 * noise).min(1.0);
        let scores = labels.iter().map(|y| score(*y, rng.random::<f64>())).collect();
        (Outputs::single(scores), Target::Binary(labels))
    }

    #[test]
    fn each_class_is_covered_at_the_level() {
        let (mut covered, mut counts) = ([0.0; 2], [0.0; 2]);
        for seed in 0..60 {
            let (outputs, target) = rows(2000, seed);
            let sets = LabelSets::fit(&outputs, &target, 0.9).unwrap();
            let (outputs, target) = rows(2000, 1000 + seed);
            for (row, y) in target.binary().unwrap().iter().enumerate() {
                let class = usize::from(*y);
                counts[class] += 1.0;
                let set = sets.set(outputs.line(row));
                covered[class] += f64::from(u8::from(set.contains(&class)));
            }
        }
        for class in 0..2 {
            let share: f64 = covered[class] / counts[class];
            assert!((0.88..0.93).contains(&share), "class {class}: {share}");
        }
    }

    #[test]
    fn a_class_with_too_few_rows_is_in_every_set() {
        let outputs = Outputs::lines(3, vec![0.9, 0.1, 0.0].repeat(20));
        let names = ["a", "b", "c"].map(String::from).to_vec();
        let target = Target::Classes { of: [vec![0; 18], vec![1; 2]].concat(), names };
        let sets = LabelSets::fit(&outputs, &target, 0.9).unwrap();
        assert_eq!(sets.set(&[0.95, 0.05, 0.0]), [0, 1, 2]);
        assert_eq!(sets.thresholds()[1], 0.0);
        assert!(sets.thresholds()[0] > 0.8);
    }
}
