//! Intervals as the pipeline file writes them.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::{ContenderSpec, in_range};

/// An interval around a regression model's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "lowercase", deny_unknown_fields)]
pub enum IntervalSpec {
    /// Split conformal: the value more or less one margin for all rows (Lei et al. 2018).
    Split {
        /// Share of rows to come that the interval covers.
        #[serde(default = "level")]
        level: f64,
        /// Share of training rows that are held out for it, in whole groups.
        #[serde(default = "share")]
        share: f64,
    },
    /// Conformalised quantile regression (Romano, Patterson and Candes 2019): two quantile models, moved
    /// apart by one margin.
    Cqr {
        /// Share of rows to come that the interval covers.
        #[serde(default = "level")]
        level: f64,
        /// Share of training rows that are held out for it, in whole groups.
        #[serde(default = "share")]
        share: f64,
        /// A contender for the lower quantile.
        lower: Box<ContenderSpec>,
        /// A contender for the upper quantile.
        upper: Box<ContenderSpec>,
    },
}

fn level() -> f64 {
    0.9
}

fn share() -> f64 {
    0.25
}

impl IntervalSpec {
    /// Coverage and share of held-out rows.
    #[must_use]
    pub fn numbers(&self) -> (f64, f64) {
        match self {
            Self::Split { level, share } | Self::Cqr { level, share, .. } => (*level, *share),
        }
    }

    pub(in crate::models) fn check(&self, kind: &'static str) -> Result<(), LearnError> {
        let (level, share) = self.numbers();
        let inside = |x: f64| x > 0.0 && x < 1.0;
        in_range(kind, "interval.level", level, inside(level), "between 0 and 1")?;
        in_range(kind, "interval.share", share, inside(share), "between 0 and 1")
    }
}
