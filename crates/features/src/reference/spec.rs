//! Which features are compared, and over which hours.

use serde::{Deserialize, Serialize};

/// Features and the hours they are compared with. Hours, never shares of a life: nobody knows a life's end while it
/// lasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceSpec {
    /// Names of the features, such as `rms` and `kurtosis`.
    pub features: Vec<String>,
    /// First and last hour of the baseline, since the first snapshot.
    pub baseline_hours: [f64; 2],
    /// The recent past begins and ends so many hours before the snapshot, the earlier first.
    pub recent_hours: [f64; 2],
    /// A gap of more than so many hours is a stop: the recent past begins anew after it.
    pub stop_hours: f64,
    /// The least spread of a logarithm: a baseline quieter than this is not believed.
    pub least_spread: f64,
}

/// Why snapshots cannot be compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// The settings contradict themselves.
    #[error("{key} is {found}, expected {expected}")]
    Spec {
        /// The key.
        key: &'static str,
        /// Its value.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The channels of a run do not have the same snapshots.
    #[error("channel {channel} of bearing {bearing} has {found} snapshots, the run has {expected}")]
    Length {
        /// The bearing.
        bearing: String,
        /// The channel.
        channel: String,
        /// Snapshots of the channel.
        found: usize,
        /// Snapshots of the run.
        expected: usize,
    },
    /// Too few snapshots within the baseline's hours.
    #[error(
        "hours {from} to {to} hold {found} snapshots, a baseline needs at least {needed}: \
         take another `baseline_hours`"
    )]
    Baseline {
        /// First hour.
        from: f64,
        /// Last hour.
        to: f64,
        /// Snapshots found there.
        found: usize,
        /// Snapshots needed.
        needed: usize,
    },
    /// A feature whose logarithm cannot be taken.
    #[error(
        "{feature} of bearing {bearing}, channel {channel}, snapshot {snapshot} is {value}: it has \
         no logarithm, leave the feature out"
    )]
    Level {
        /// The feature.
        feature: String,
        /// The bearing.
        bearing: String,
        /// The channel.
        channel: String,
        /// Position of the snapshot, from 1.
        snapshot: usize,
        /// The value.
        value: f64,
    },
}

/// Snapshots that a baseline needs at least.
pub(super) const LEAST_BASELINE: usize = 8;

/// Endings of the columns that stand beside a feature, in order; the feature itself comes first.
#[must_use]
pub fn suffixes() -> [&'static str; 7] {
    ["", "_baseline", "_spread", "_recent", "_shaft", "_shaft_spread", "_lead"]
}

impl ReferenceSpec {
    /// Checks that the hours are in order.
    ///
    /// # Errors
    /// [`ReferenceError::Spec`], naming the key.
    pub fn check(&self) -> Result<(), ReferenceError> {
        let wrong =
            |key, found: String, expected| Err(ReferenceError::Spec { key, found, expected });
        let [from, to] = self.baseline_hours;
        if !(from >= 0.0 && to > from && to.is_finite()) {
            let expected = "two hours from 0 on, the smaller first";
            return wrong("baseline_hours", format!("[{from}, {to}]"), expected);
        }
        let [from, to] = self.recent_hours;
        if !(to >= 0.0 && from > to && from.is_finite()) {
            let expected = "hours before the snapshot, the larger first, none below 0";
            return wrong("recent_hours", format!("[{from}, {to}]"), expected);
        }
        if self.stop_hours.is_nan() || self.stop_hours <= 0.0 {
            return wrong("stop_hours", self.stop_hours.to_string(), "more than 0");
        }
        if !(self.least_spread > 0.0 && self.least_spread.is_finite()) {
            return wrong("least_spread", self.least_spread.to_string(), "more than 0");
        }
        if self.features.is_empty() {
            return wrong("features", "[]".to_owned(), "at least one name");
        }
        Ok(())
    }

    /// Names of all columns, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let of = |feature: &String| suffixes().map(|suffix| format!("{feature}{suffix}"));
        self.features.iter().flat_map(of).collect()
    }
}

/// The logarithm that a feature is compared in. Excess kurtosis, which can be negative, is compared by the kurtosis
/// itself, which is never below 1.
pub(super) fn level(feature: &str, value: f64) -> f64 {
    (value + offset(feature)).ln()
}

/// What is added before the logarithm.
pub(super) fn offset(feature: &str) -> f64 {
    if feature == "kurtosis" { 3.0 } else { 0.0 }
}
