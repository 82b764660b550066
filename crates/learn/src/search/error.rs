//! Why a search cannot be run.

use std::path::PathBuf;

/// What is wrong with a search, its space or its journal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// A setting outside its range.
    #[error("`{kind}`: `search.{field}` is {found}, it must be {expected}")]
    Setting {
        /// The contender's kind.
        kind: &'static str,
        /// The setting.
        field: String,
        /// Its value.
        found: String,
        /// The range.
        expected: &'static str,
    },
    /// A dimension that the kind does not have, or whose values it does not take.
    #[error("`{kind}`: `search.space.{dimension}`: {reason}")]
    Dimension {
        /// The contender's kind.
        kind: &'static str,
        /// The dimension.
        dimension: String,
        /// What the kind says.
        reason: String,
    },
    /// A task without an objective.
    #[error(
        "`{kind}`: there is no `search.objective` for {task}: nothing says which trial is better"
    )]
    Objective {
        /// The contender's kind.
        kind: &'static str,
        /// The task.
        task: crate::Task,
    },
    /// No trial could be fitted and scored.
    #[error("`{kind}`: none of {trials} trials of the search could be scored; trial 0: {reason}")]
    NoTrial {
        /// The contender's kind.
        kind: &'static str,
        /// Trials there were.
        trials: usize,
        /// What happened to the first.
        reason: String,
    },
    /// A journal that cannot be read or written.
    #[error("the search journal {} cannot be {verb}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        verb: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// A line of a journal that is no trial.
    #[error("the search journal {} is damaged in line {line}: {reason}; delete the file to start anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}
