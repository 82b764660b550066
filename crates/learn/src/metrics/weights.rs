//! How often each row counts.
//!
//! A bootstrap resample is a vector of counts, a cost-weighted evaluation one of real numbers; both
//! read alike here, so that a metric is written once.

use super::MetricError;

/// How often each row counts.
#[derive(Debug, Clone, Copy)]
pub enum Weights<'a> {
    /// Every row once.
    Equal,
    /// Whole numbers, such as a bootstrap resample.
    Counts(&'a [u32]),
    /// Real numbers, finite and at least 0.
    Values(&'a [f64]),
}

impl Weights<'_> {
    /// The weight of a row.
    #[must_use]
    pub fn of(self, row: usize) -> f64 {
        match self {
            Self::Equal => 1.0,
            Self::Counts(counts) => f64::from(counts[row]),
            Self::Values(values) => values[row],
        }
    }

    /// Checks that there is one weight for each of `rows` rows, none negative and not all 0.
    pub(super) fn check(self, rows: usize) -> Result<(), MetricError> {
        let found = match self {
            Self::Equal => rows,
            Self::Counts(counts) => counts.len(),
            Self::Values(values) => values.len(),
        };
        if found != rows {
            return Err(MetricError::Length { what: "weights", found, expected: rows });
        }
        let bad = (0..rows).find(|&row| !(self.of(row) >= 0.0 && self.of(row).is_finite()));
        if let Some(row) = bad {
            return Err(MetricError::Weight { value: self.of(row), row });
        }
        if rows > 0 && (0..rows).all(|row| self.of(row) == 0.0) {
            return Err(MetricError::NoWeight);
        }
        Ok(())
    }
}

impl<'a> From<&'a [u32]> for Weights<'a> {
    fn from(counts: &'a [u32]) -> Self {
        Self::Counts(counts)
    }
}

impl<'a> From<&'a Vec<u32>> for Weights<'a> {
    fn from(counts: &'a Vec<u32>) -> Self {
        Self::Counts(counts)
    }
}

impl<'a, const N: usize> From<&'a [u32; N]> for Weights<'a> {
    fn from(counts: &'a [u32; N]) -> Self {
        Self::Counts(counts)
    }
}

impl<'a> From<&'a [f64]> for Weights<'a> {
    fn from(values: &'a [f64]) -> Self {
        Self::Values(values)
    }
}

impl<'a> From<Option<&'a [f64]>> for Weights<'a> {
    fn from(values: Option<&'a [f64]>) -> Self {
        values.map_or(Self::Equal, Self::Values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_are_no_weights_are_refused_by_row() {
        let check = |values: &[f64]| Weights::from(values).check(2);
        assert_eq!(check(&[0.0, 2.5]), Ok(()));
        assert_eq!(check(&[0.0, 0.0]), Err(MetricError::NoWeight));
        assert_eq!(check(&[1.0, -1.0]), Err(MetricError::Weight { value: -1.0, row: 1 }));
        assert!(matches!(check(&[f64::NAN, 1.0]), Err(MetricError::Weight { row: 0, .. })));
        assert!(matches!(check(&[1.0]), Err(MetricError::Length { found: 1, expected: 2, .. })));
        assert_eq!(Weights::Equal.check(2), Ok(()));
    }
}
