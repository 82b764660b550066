//! Why a metric cannot be computed at all, as opposed to being undefined (NaN).

/// Rows that no metric is defined for.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// No rows.
    #[error("there are no rows to score")]
    Empty,
    /// Columns of different lengths.
    #[error("there are {found} {what} for {expected} rows")]
    Length {
        /// What is too short or too long.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// Rows.
        expected: usize,
    },
    /// NaN or an infinity.
    #[error("{what} {value} in row {row} is not finite: drop the row or mend the model")]
    NotFinite {
        /// What it is.
        what: &'static str,
        /// The value.
        value: f64,
        /// The row, from 0.
        row: usize,
    },
    /// A weight that is negative, NaN or infinite.
    #[error("weight {value} in row {row} is not a number of at least 0")]
    Weight {
        /// The weight.
        value: f64,
        /// The row, from 0.
        row: usize,
    },
    /// Weights that are all 0.
    #[error("all rows have weight 0")]
    NoWeight,
    /// A probability outside 0 to 1.
    #[error("{value} in row {row} is no probability: calibrate the scores first")]
    Probability {
        /// The value.
        value: f64,
        /// The row, from 0.
        row: usize,
    },
    /// Class probabilities that do not sum to 1.
    #[error("the class probabilities of row {row} sum to {sum}, not to 1")]
    ProbabilitySum {
        /// Their sum.
        sum: f64,
        /// The row, from 0.
        row: usize,
    },
    /// A class index without a class.
    #[error("row {row} is of class {class}, but there are {classes} classes")]
    Class {
        /// The index.
        class: u32,
        /// Classes there are.
        classes: usize,
        /// The row, from 0.
        row: usize,
    },
    /// An interval whose bounds are in the wrong order.
    #[error("the interval of row {row} starts at {low} and ends at {high}")]
    Bounds {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
        /// The row, from 0.
        row: usize,
    },
    /// A parameter outside its range.
    #[error("`{parameter}` is {found}, it must be {expected}")]
    Parameter {
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        found: f64,
        /// The range.
        expected: &'static str,
    },
}
