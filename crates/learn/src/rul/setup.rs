//! How feature vectors for remaining life are made.

use serde::{Deserialize, Serialize};

use super::RulError;

/// What vectors are made of. Every window is of fixed minutes that have passed: nothing here depends on
/// how long a bearing will live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Names of the features of a [`Life`](super::Life), in its order.
    pub feature_names: Vec<String>,
    /// Features whose mean logarithmic growth is the degradation indicator; all of them if none is named.
    #[serde(default)]
    pub indicator: Vec<String>,
    /// Conditions that get a column of their own, which is 1 in it; none by default.
    #[serde(default)]
    pub conditions: Vec<String>,
    /// A bearing's own normal is the median of this many first minutes.
    #[serde(default = "baseline_minutes")]
    pub baseline_minutes: f64,
    /// Minutes of the trailing means that smooth every feature.
    #[serde(default = "short_minutes")]
    pub short_minutes: f64,
    /// Minutes over which trailing slopes are taken.
    #[serde(default = "long_minutes")]
    pub long_minutes: f64,
}

fn baseline_minutes() -> f64 {
    15.0
}

fn short_minutes() -> f64 {
    5.0
}

fn long_minutes() -> f64 {
    30.0
}

impl Setup {
    /// The defaults for these features: an indicator of all of them, conditions unseen.
    #[must_use]
    pub fn new(feature_names: Vec<String>) -> Self {
        Self {
            feature_names,
            indicator: Vec::new(),
            conditions: Vec::new(),
            baseline_minutes: baseline_minutes(),
            short_minutes: short_minutes(),
            long_minutes: long_minutes(),
        }
    }

    /// Refuses windows that are none and indicators that are no features.
    ///
    /// # Errors
    /// The first of either.
    pub fn check(&self) -> Result<(), RulError> {
        let windows = [
            ("baseline_minutes", self.baseline_minutes),
            ("short_minutes", self.short_minutes),
            ("long_minutes", self.long_minutes),
        ];
        for (setting, found) in windows {
            if !(found > 0.0 && found.is_finite()) {
                let expected = "above 0 and finite";
                return Err(RulError::Setting { setting, found, expected });
            }
        }
        match self.indicator.iter().find(|name| !self.feature_names.contains(name)) {
            Some(name) => Err(RulError::Indicator(name.clone())),
            None => Ok(()),
        }
    }

    /// Positions of the indicator's features.
    pub(super) fn indicator_features(&self) -> Vec<usize> {
        let chosen = |name: &String| self.indicator.is_empty() || self.indicator.contains(name);
        let named = self.feature_names.iter().enumerate();
        named.filter(|(_, name)| chosen(name)).map(|(position, _)| position).collect()
    }
}
