//! Why lives of bearings cannot be learned from.

/// What is wrong with a bearing, or with all of them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RulError {
    /// Columns of different lengths, or snapshots that no column has.
    #[error("bearing `{bearing}` has {found} {what}, and {expected} are needed")]
    Length {
        /// The bearing.
        bearing: String,
        /// What is too short or too long.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// Time that does not rise, or a life that ends before its last snapshot.
    #[error("bearing `{bearing}`: snapshot {snapshot} at minute {minutes} is out of order")]
    Time {
        /// The bearing.
        bearing: String,
        /// The snapshot, from 0.
        snapshot: usize,
        /// Its time.
        minutes: f64,
    },
    /// A feature that is no number.
    #[error("bearing `{bearing}`: feature `{feature}` is {value} in snapshot {snapshot}")]
    Value {
        /// The bearing.
        bearing: String,
        /// The feature.
        feature: String,
        /// Its value.
        value: f64,
        /// The snapshot, from 0.
        snapshot: usize,
    },
    /// A start of degradation that is no snapshot.
    #[error("bearing `{bearing}` has {snapshots} snapshots, and its start is snapshot {start}")]
    Start {
        /// The bearing.
        bearing: String,
        /// The start, from 0.
        start: usize,
        /// Snapshots.
        snapshots: usize,
    },
    /// An indicator of a feature that there is not.
    #[error("the indicator is made of `{0}`, which is no feature")]
    Indicator(String),
    /// A setting outside its range.
    #[error("`{setting}` is {found}, it must be {expected}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        found: f64,
        /// The range.
        expected: &'static str,
    },
    /// A name that stands twice, or that is reserved.
    #[error("`{0}` is the name of another bearing, contender or baseline")]
    Name(String),
    /// Too few bearings whose degradation was noticed.
    #[error(
        "{found} bearings have a start of degradation before their end, and {needed} are needed"
    )]
    Few {
        /// Bearings there are.
        found: usize,
        /// Bearings that are needed.
        needed: usize,
    },
    /// No contender.
    #[error("there is no contender that can be exported to choose from")]
    NoContender,
}
