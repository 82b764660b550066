//! A question about a window, and what it says.

use std::sync::Arc;
use std::time::Duration;

use super::feature::FeatureDrift;

/// What is to be judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<'a> {
    /// Rows of this sensor only.
    pub(crate) sensor: Option<&'a str>,
    /// Rows of this time span up to now.
    pub(crate) span: Duration,
    /// Rows below which nothing is judged.
    pub(crate) min_samples: usize,
    /// The level of the test, of all columns together.
    pub(crate) p_threshold: f64,
    /// This column only.
    pub(crate) feature: Option<&'a str>,
}

/// A column, or the score, that was judged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    /// The column's name; `None` for the score.
    pub(crate) name: Option<Arc<str>>,
    /// Its own figures.
    pub(crate) drift: FeatureDrift,
    /// Its p-value, adjusted for how many were judged.
    pub(crate) adjusted: Option<f64>,
    /// Rows of its reference.
    pub(crate) baseline: u64,
}

/// What the window says about a model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assessment {
    /// Rows that were looked at.
    pub(crate) rows: usize,
    /// Every column that has a reference, in the order of the signature, and the score behind them.
    pub(crate) judged: Vec<Judged>,
    /// Whether any of them drifted.
    pub(crate) drift: bool,
    /// Whether none could be judged.
    pub(crate) insufficient: bool,
}

impl Assessment {
    /// The column with the smallest adjusted p-value.
    pub(crate) fn worst(&self) -> Option<&Judged> {
        let judged = self.judged.iter().filter(|j| j.adjusted.is_some());
        judged.min_by(|a, b| {
            let key = |j: &Judged| (j.adjusted.unwrap_or(1.0), -j.drift.ks_statistic);
            key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
        })
    }
}
