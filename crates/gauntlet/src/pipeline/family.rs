//! Which kind of gauntlet a pipeline file describes.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The kinds of gauntlets. A file without the key `gauntlet` describes a classification.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Family {
    /// Rows with a label.
    #[default]
    Classification,
    /// Anomalies in clips of sound.
    Sound,
    /// Failures foreseen from sensors over time.
    Events,
    /// Onset of damage in rotating machines, from vibration snapshots.
    Vibration,
}

/// All that is read of a pipeline file here.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    gauntlet: Family,
}

/// Reads only the key `gauntlet` of the pipeline file at `path`.
pub(crate) fn family(path: &Path) -> Result<Family, Failure> {
    let text = fs_err::read_to_string(path).map_err(|e| Failure::Usage(e.to_string()))?;
    let head: Head =
        gauntlet_data::parse_toml(path, &text).map_err(|e| Failure::Usage(e.to_string()))?;
    Ok(head.gauntlet)
}
