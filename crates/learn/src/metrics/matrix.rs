//! Metrics of decisions among several classes.

use super::score::lengths;
use super::{MetricError, Weights};

/// Weight of rows by true and called class.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfusionMatrix {
    classes: usize,
    /// Line by line: the true class, then the called one.
    mass: Vec<f64>,
}

impl ConfusionMatrix {
    /// Counts `called` against `actual` classes, both indices below `classes`.
    ///
    /// # Errors
    /// No rows, lengths that differ, a class out of range, weights that are none.
    pub fn new<'a>(
        called: &[u32],
        actual: &[u32],
        classes: usize,
        weights: impl Into<Weights<'a>>,
    ) -> Result<Self, MetricError> {
        let weights = weights.into();
        lengths("calls", called.len(), actual.len())?;
        weights.check(actual.len())?;
        let mut mass = vec![0.0; classes * classes];
        for (row, (&called, &actual)) in called.iter().zip(actual).enumerate() {
            let class = called.max(actual);
            if class as usize >= classes {
                return Err(MetricError::Class { class, classes, row });
            }
            mass[actual as usize * classes + called as usize] += weights.of(row);
        }
        Ok(Self { classes, mass })
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Weight of rows of class `actual` that were called `called`; both must be classes.
    #[must_use]
    pub fn mass(&self, actual: usize, called: usize) -> f64 {
        self.mass[actual * self.classes + called]
    }

    /// Weight of rows of a class.
    #[must_use]
    pub fn of_class(&self, class: usize) -> f64 {
        (0..self.classes).map(|called| self.mass(class, called)).sum()
    }

    /// Weight of rows called a class.
    #[must_use]
    pub fn called(&self, class: usize) -> f64 {
        (0..self.classes).map(|actual| self.mass(actual, class)).sum()
    }

    /// Share of rows called right.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.right() / self.total()
    }

    /// Mean recall of the classes that have rows.
    #[must_use]
    pub fn balanced_accuracy(&self) -> f64 {
        let mut present = 0.0;
        let recalls: f64 = (0..self.classes)
            .filter(|&class| self.of_class(class) > 0.0)
            .map(|class| {
                present += 1.0;
                self.recall(class)
            })
            .sum();
        recalls / present
    }

    /// Share of rows called `class` that are of it; 0 without calls.
    #[must_use]
    pub fn precision(&self, class: usize) -> f64 {
        ratio(self.mass(class, class), self.called(class))
    }

    /// Share of rows of `class` that are called so; 0 without such rows.
    #[must_use]
    pub fn recall(&self, class: usize) -> f64 {
        ratio(self.mass(class, class), self.of_class(class))
    }

    /// Harmonic mean of precision and recall of a class; 0 without rows of it called right.
    #[must_use]
    pub fn f1(&self, class: usize) -> f64 {
        ratio(2.0 * self.mass(class, class), self.of_class(class) + self.called(class))
    }

    /// Mean F1 of the classes that have rows or calls.
    #[must_use]
    pub fn macro_f1(&self) -> f64 {
        let mut present = 0.0;
        let sum: f64 = (0..self.classes)
            .filter(|&class| self.of_class(class) + self.called(class) > 0.0)
            .map(|class| {
                present += 1.0;
                self.f1(class)
            })
            .sum();
        sum / present
    }

    /// Matthews correlation coefficient of several classes (Gorodkin 2004); 0 where all rows are of one
    /// class or called one.
    #[must_use]
    pub fn mcc(&self) -> f64 {
        let total = self.total();
        let of_class: Vec<f64> = (0..self.classes).map(|c| self.of_class(c)).collect();
        let called: Vec<f64> = (0..self.classes).map(|c| self.called(c)).collect();
        let alone = |masses: &[f64]| masses.iter().filter(|m| **m > 0.0).count() < 2;
        if alone(&of_class) || alone(&called) {
            return 0.0;
        }
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let both = self.right() * total - dot(&of_class, &called);
        let spread = |masses: &[f64]| total * total - dot(masses, masses);
        both / (spread(&of_class) * spread(&called)).sqrt()
    }

    fn right(&self) -> f64 {
        (0..self.classes).map(|class| self.mass(class, class)).sum()
    }

    fn total(&self) -> f64 {
        self.mass.iter().sum()
    }
}

/// The most probable class of each row of `width` probabilities, the first of equals.
#[must_use]
pub fn most_probable(probabilities: &[f64], width: usize) -> Vec<u32> {
    probabilities
        .chunks_exact(width.max(1))
        .map(|line| {
            let mut best = 0;
            for (class, probability) in line.iter().enumerate() {
                if *probability > line[best] {
                    best = class;
                }
            }
            best as u32
        })
        .collect()
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Confusion;
    use proptest::prelude::*;

    #[test]
    fn ties_go_to_the_first_class() {
        assert_eq!(most_probable(&[0.4, 0.4, 0.2, 0.1, 0.2, 0.7], 3), [0, 2]);
    }

    #[test]
    fn a_class_without_rows_or_calls_counts_in_no_mean() {
        let matrix = ConfusionMatrix::new(&[0, 0, 2], &[0, 2, 2], 4, Weights::Equal).unwrap();
        assert!((matrix.balanced_accuracy() - 0.75).abs() < 1e-15);
        assert!((matrix.macro_f1() - 2.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn a_class_out_of_range_is_named_with_its_row() {
        let refused = ConfusionMatrix::new(&[0, 3], &[0, 1], 3, Weights::Equal).unwrap_err();
        assert_eq!(refused, MetricError::Class { class: 3, classes: 3, row: 1 });
        let none = ConfusionMatrix::new(&[], &[], 3, Weights::Equal).unwrap_err();
        assert_eq!(none, MetricError::Empty);
    }

    proptest! {
        #[test]
        fn two_classes_score_as_the_binary_counts_do(
            rows in prop::collection::vec((any::<bool>(), any::<bool>(), 0_u32..5), 1..50),
        ) {
            let calls: Vec<f64> = rows.iter().map(|r| f64::from(u8::from(r.0))).collect();
            let labels: Vec<bool> = rows.iter().map(|r| r.1).collect();
            let weights: Vec<u32> = rows.iter().map(|r| r.2).collect();
            prop_assume!(weights.iter().any(|w| *w > 0));
            let index = |of: fn(&(bool, bool, u32)) -> bool| -> Vec<u32> {
                rows.iter().map(|r| u32::from(of(r))).collect()
            };
            let (called, actual) = (index(|r| r.0), index(|r| r.1));
            let matrix = ConfusionMatrix::new(&called, &actual, 2, &weights).unwrap();
            let counts = Confusion::at(0.5, &calls, &labels, &weights);
            prop_assert!((matrix.f1(1) - counts.f1()).abs() < 1e-12);
            prop_assert!((matrix.mcc() - counts.mcc()).abs() < 1e-12);
            prop_assert!((matrix.precision(1) - counts.precision()).abs() < 1e-12);
            prop_assert!((matrix.recall(1) - counts.recall()).abs() < 1e-12);
            prop_assert!((matrix.accuracy() - counts.accuracy()).abs() < 1e-12);
        }
    }
}
