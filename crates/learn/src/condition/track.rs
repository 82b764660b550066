//! What a detector watches.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// One channel of one bearing: consecutive rows of a table in time order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// The bearing: index into the list of bearings.
    pub bearing: usize,
    /// The channel's name.
    pub channel: String,
    /// Its rows in the table of scores.
    pub rows: Range<usize>,
    /// Hours since the run's first snapshot, one per row, rising.
    pub hours: Vec<f64>,
    /// Names of the snapshots, such as their files, one per row.
    pub files: Vec<String>,
}

/// A bearing and what is known of its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bearing {
    /// The run it was in.
    pub run: String,
    /// Its name in the run.
    pub name: String,
    /// Whether it had failed when the run ended.
    pub failed: bool,
    /// Hour of the last snapshot of the working machine.
    pub end_hours: f64,
    /// Hour at which the damage began, where somebody knows: a simulator, or a published label.
    pub onset_hours: Option<f64>,
}
