//! What a fitted model says of rows.

use serde::{Deserialize, Serialize};

/// A table of numbers, one line per row.
///
/// Binary: one column, the event's probability. Multiclass: one column per class, in the order of the
/// target's names. Regression: one column, the value. Anomaly: one column, higher for stranger rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outputs {
    width: usize,
    values: Vec<f64>,
}

impl Outputs {
    /// One number per row.
    #[must_use]
    pub fn single(values: Vec<f64>) -> Self {
        Self { width: 1, values }
    }

    /// Lines of `width` numbers beside one another; `width` is above 0 and divides their count.
    #[must_use]
    pub fn lines(width: usize, values: Vec<f64>) -> Self {
        Self { width, values }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    /// Numbers per row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The numbers of one row.
    #[must_use]
    pub fn line(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// One column.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().skip(column).step_by(self.width.max(1)).copied()
    }

    /// All numbers, row by row.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The first column in the precision of an exported graph: the scores of a model with one output.
    #[must_use]
    pub fn scores(&self) -> Vec<f32> {
        self.column(0).map(|v| v as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_those_of_the_table() {
        let outputs = Outputs::lines(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!((outputs.rows(), outputs.width()), (3, 2));
        assert_eq!(outputs.line(1), [3.0, 4.0]);
        assert_eq!(outputs.column(1).collect::<Vec<_>>(), [2.0, 4.0, 6.0]);
        assert_eq!(Outputs::single(vec![0.25]).scores(), [0.25]);
        assert_eq!(Outputs::single(vec![]).rows(), 0);
    }
}
