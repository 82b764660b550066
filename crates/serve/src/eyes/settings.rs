//! What can be set about metrics, drift and the payload log.

use std::path::PathBuf;

use serde::Deserialize;

/// A setting that makes no sense, with its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` must be {expected}")]
pub(crate) struct SettingError {
    key: &'static str,
    expected: &'static str,
}

/// `[metrics]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MetricsSettings {
    /// Whether `/metrics` is answered.
    pub(crate) enabled: bool,
    /// Whether it is answered without a key.
    pub(crate) public: bool,
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self { enabled: true, public: false }
    }
}

/// `[drift]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DriftSettings {
    /// Whether rows are kept to be compared with training.
    pub(crate) enabled: bool,
    /// Rows kept per model version.
    pub(crate) rows: usize,
    /// Minutes that a row counts.
    pub(crate) minutes: u32,
    /// Rows below which a window is not judged.
    pub(crate) min_samples: usize,
    /// The chance of an alarm, of a model as a whole, while nothing changed.
    pub(crate) p_threshold: f64,
    /// Seconds for which metrics show the same assessment.
    pub(crate) refresh_seconds: u32,
}

impl Default for DriftSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            rows: 2_048,
            minutes: 60,
            min_samples: 30,
            p_threshold: 0.05,
            refresh_seconds: 30,
        }
    }
}

impl DriftSettings {
    /// Checks the ranges.
    ///
    /// # Errors
    /// The first key whose value is out of range.
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        for (good, key, expected) in [
            ((64..=16_384).contains(&self.rows), "drift.rows", "64 to 16384"),
            ((1..=1_440).contains(&self.minutes), "drift.minutes", "1 to 1440"),
            ((6..=self.rows).contains(&self.min_samples), "drift.min_samples", "6 to `drift.rows`"),
            (
                self.p_threshold > 0.0 && self.p_threshold < 1.0,
                "drift.p_threshold",
                "above 0 and below 1",
            ),
        ] {
            if !good {
                return Err(SettingError { key, expected });
            }
        }
        Ok(())
    }
}

/// `[payload_log]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayloadSettings {
    /// The file; a full one is renamed to the same name with `.1` behind it.
    pub(crate) path: PathBuf,
    /// The share of requests that is written: 0 to 1.
    #[serde(default = "all")]
    pub(crate) sample: f64,
    /// Bytes of both files together.
    #[serde(default = "hundred_megabytes")]
    pub(crate) max_bytes: u64,
}

fn all() -> f64 {
    1.0
}

fn hundred_megabytes() -> u64 {
    100_000_000
}

impl PayloadSettings {
    /// Checks the ranges.
    ///
    /// # Errors
    /// The first key whose value is out of range.
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        if !(0.0..=1.0).contains(&self.sample) {
            return Err(SettingError { key: "payload_log.sample", expected: "0 to 1" });
        }
        if self.max_bytes < 4_096 {
            return Err(SettingError { key: "payload_log.max_bytes", expected: "at least 4096" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_pass_their_own_check_and_unknown_keys_are_refused() {
        assert_eq!(DriftSettings::default().check(), Ok(()));
        let read: DriftSettings = serde_json::from_value(json!({ "minutes": 5 })).unwrap();
        assert_eq!(read, DriftSettings { minutes: 5, ..DriftSettings::default() });
        assert!(serde_json::from_value::<DriftSettings>(json!({ "minute": 5 })).is_err());
        assert!(serde_json::from_value::<MetricsSettings>(json!({ "enable": true })).is_err());
        assert!(serde_json::from_value::<PayloadSettings>(json!({ "sample": 0.5 })).is_err());
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let drift = DriftSettings::default();
        for (bad, key) in [
            (DriftSettings { rows: 1, ..drift.clone() }, "drift.rows"),
            (DriftSettings { minutes: 0, ..drift.clone() }, "drift.minutes"),
            (DriftSettings { min_samples: 3_000, ..drift.clone() }, "drift.min_samples"),
            (DriftSettings { p_threshold: f64::NAN, ..drift.clone() }, "drift.p_threshold"),
        ] {
            assert!(bad.check().unwrap_err().to_string().contains(key));
        }
        let log = PayloadSettings { path: "p".into(), sample: 1.5, max_bytes: 5_000 };
        assert!(log.check().unwrap_err().to_string().contains("payload_log.sample"));
        let log = PayloadSettings { sample: 0.0, max_bytes: 10, ..log };
        assert!(log.check().unwrap_err().to_string().contains("payload_log.max_bytes"));
    }
}
