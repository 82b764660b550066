//! Sensors over time in memory.

use std::path::PathBuf;

use gauntlet_core::{Digest, Frame, Origin};
use serde::{Deserialize, Serialize};

use super::descriptor::Sensor;
use super::grid::Grid;
use super::truth::Truth;

/// What a machine was doing in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It ran.
    Normal,
    /// It had failed.
    Failed,
    /// It was neither failed nor at work, such as under repair.
    Excluded,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The group it belongs to.
    pub group: u32,
    /// Its first row.
    pub row: usize,
    /// Its last row.
    pub last: usize,
    /// When it began, in milliseconds.
    pub at_ms: i64,
    /// When it ended.
    pub until_ms: i64,
}

/// Sensors over time: all rows of all files, group by group, in order of time within a group, the groups in order
/// of their first row.
#[derive(Debug, Clone)]
pub struct Log {
    /// The dataset's name.
    pub name: String,
    /// Real or simulated.
    pub origin: Origin,
    /// Digest of all files' bytes.
    pub digest: Digest,
    /// The files, in order.
    pub files: Vec<PathBuf>,
    /// The sensors, in order.
    pub sensors: Vec<Sensor>,
    /// Readings, `readings[sensor][row]`; NaN is missing.
    pub readings: Vec<Vec<f64>>,
    /// The time of each row in milliseconds.
    pub time_ms: Vec<i64>,
    /// The group of each row.
    pub group: Vec<u32>,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// What the machine was doing.
    pub state: Vec<State>,
    /// Rows at which an uninterrupted run begins: the first of a group, after a repair, after a long gap.
    pub starts: Vec<usize>,
    /// The failures, in order of rows.
    pub events: Vec<Event>,
    /// Seconds from row to row, mostly.
    pub step_s: f64,
    /// Whether an alarm while a failure lasts counts as well.
    pub lasts: bool,
    /// The grid of times, and what breaks it.
    pub grid: Grid,
    /// Columns that are no sensors, for the leak guard.
    pub others: Frame,
    /// What a report should mention, in sentences.
    pub notes: Vec<String>,
    /// What the simulator knows, of simulated rows.
    pub truth: Option<Truth>,
}

impl Log {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.time_ms.len()
    }

    /// The uninterrupted runs as ranges of rows.
    pub fn runs(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let ends = self.starts.iter().skip(1).copied().chain([self.rows()]);
        self.starts.iter().copied().zip(ends).map(|(start, end)| start..end)
    }
}
