//! What can be wrong with one file of measurements, each with its place. Rows count from 1, below a header if there is one.

use gauntlet_features::vibration::SignalError;

/// Why a file of measurements is damaged, or not laid out as described.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotProblem {
    /// No numbers at all.
    #[error("the file is empty")]
    Empty,
    /// A row of numbers where a header is described.
    #[error("the first line holds numbers, not the header that is described")]
    NoHeader,
    /// A row with too few or too many columns.
    #[error("row {row} has {found} columns, not {expected}")]
    Columns {
        /// The row.
        row: usize,
        /// Columns it has.
        found: usize,
        /// Columns it should have.
        expected: usize,
    },
    /// Text, or nothing, where a number should stand.
    #[error("row {row}, column {column}: `{text}` is not a number")]
    NotANumber {
        /// The row.
        row: usize,
        /// The column, from 1.
        column: usize,
        /// What stands there, shortened.
        text: String,
    },
    /// NaN, infinite, or beyond double precision.
    #[error("row {row}, column {column}: `{text}` is not a finite number")]
    NotFinite {
        /// The row.
        row: usize,
        /// The column, from 1.
        column: usize,
        /// What stands there, shortened.
        text: String,
    },
    /// A file that breaks off, or has rows too many.
    #[error("the last row is {found}, not {expected}")]
    Rows {
        /// Rows the file has.
        found: usize,
        /// Rows it should have.
        expected: usize,
    },
    /// A column that the descriptor names and the file does not have.
    #[error("column {column} is described, but rows have {found} columns")]
    NoSuchColumn {
        /// The column, from 1.
        column: usize,
        /// Columns a row has.
        found: usize,
    },
    /// A time of day that no clock shows.
    #[error("row 1: {hour} h {minute} min {second} s is no time of day")]
    Time {
        /// Hours.
        hour: f64,
        /// Minutes.
        minute: f64,
        /// Seconds.
        second: f64,
    },
    /// Numbers that have no features.
    #[error("column {column}: {problem}")]
    Signal {
        /// The column, from 1.
        column: usize,
        /// Why not.
        problem: SignalError,
    },
}

/// A file that was left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Damaged {
    /// Its path relative to the dataset's folder.
    pub path: String,
    /// What is wrong with it.
    pub problem: SnapshotProblem,
}

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

/// Why files do not make up recordings.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingsProblem {
    /// None of the runs that the descriptor lists is there.
    #[error("none of the described runs is here")]
    NoRuns,
    /// A run that must be there is not.
    #[error("run `{run}` is missing")]
    MissingRun {
        /// The run.
        run: String,
    },
    /// A run's folder without snapshots.
    #[error("no file is called like a snapshot of run `{run}`")]
    NoFiles {
        /// The run.
        run: String,
    },
    /// All snapshots of a run were left out.
    #[error("no snapshot of run `{run}` can be read")]
    NothingReadable {
        /// The run.
        run: String,
    },
    /// Two files that claim the same moment.
    #[error("`{first}` and `{second}` are of the same time")]
    SameTime {
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// A time that is none, or not later than the one before.
    #[error("row {row}: `{text}` is {problem}")]
    Time {
        /// The row.
        row: usize,
        /// What stands there.
        text: String,
        /// Why not.
        problem: &'static str,
    },
    /// No header of a table is a feature's.
    #[error("no column is called like a feature; the headers are {}", .headers.join(", "))]
    NoFeatures {
        /// The headers.
        headers: Vec<String>,
    },
    /// Channels that do not have the same features.
    #[error("run `{run}`, bearing `{bearing}`, channel `{channel}`: {problem}")]
    OtherFeatures {
        /// The run.
        run: String,
        /// The bearing.
        bearing: String,
        /// The channel.
        channel: String,
        /// The difference.
        problem: String,
    },
}
