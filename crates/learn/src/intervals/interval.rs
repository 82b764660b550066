//! An estimate with the name of the method that made its bounds.

use std::fmt;

use gauntlet_core::Estimate;
use serde::{Deserialize, Serialize};

/// How the bounds of an interval were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Bias-corrected and accelerated bootstrap (Efron 1987).
    Bca,
    /// Percentiles of the bootstrap distribution.
    Percentile,
    /// Exact binomial interval (Clopper and Pearson 1934).
    ClopperPearson,
    /// Corrected resampled t over cross-validation folds (Nadeau and Bengio 2003).
    CorrectedT,
}

impl Method {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bca => "BCa bootstrap",
            Self::Percentile => "percentile bootstrap",
            Self::ClopperPearson => "Clopper-Pearson",
            Self::CorrectedT => "corrected t",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An estimate, how its bounds were made, at which level and from how many independent units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The number and its bounds; the bounds are NaN where there are none.
    pub estimate: Estimate,
    /// How the bounds were made.
    pub method: Method,
    /// Level of the interval, such as 0.95.
    pub level: f64,
    /// Groups, events or folds it rests on.
    pub units: usize,
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, n = {})", self.estimate, self.method, self.units)
    }
}

/// Why there is no interval or no test.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IntervalError {
    /// A level that is not strictly between 0 and 1.
    #[error("the level is {0}, it must lie strictly between 0 and 1")]
    Level(f64),
    /// No units, or no replicates.
    #[error("there are no {0}")]
    Empty(&'static str),
    /// More hits than trials.
    #[error("{hits} of {trials} is no proportion")]
    Proportion {
        /// Hits.
        hits: u64,
        /// Trials.
        trials: u64,
    },
    /// Two sides that should be paired.
    #[error("{left} and {right} values cannot be paired")]
    Unpaired {
        /// Values of one side.
        left: usize,
        /// Values of the other.
        right: usize,
    },
    /// A ratio of scored to fitted rows that is none.
    #[error("the ratio of scored to fitted rows is {0}, it must be above 0 and finite")]
    Share(f64),
}

/// Refuses a level that is not strictly between 0 and 1.
pub(super) fn check_level(level: f64) -> Result<(), IntervalError> {
    if level > 0.0 && level < 1.0 { Ok(()) } else { Err(IntervalError::Level(level)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_names_its_method_and_units() {
        let estimate = Estimate { value: 0.5, low: 0.4, high: 0.6 };
        let interval = Interval { estimate, method: Method::Bca, level: 0.95, units: 23 };
        assert_eq!(interval.to_string(), "0.500 [0.400, 0.600] (BCa bootstrap, n = 23)");
    }
}
