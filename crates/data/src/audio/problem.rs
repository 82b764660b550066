//! What can be wrong with clips. Rows count from 1, below the header.

use std::sync::Arc;

use gauntlet_features::audio::AudioError;

use super::clips::ClipRow;

/// Why the file of a clip is damaged, or not as described.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ClipProblem {
    /// It cannot be decoded, is silent, or has no features.
    #[error("{0}")]
    Audio(Arc<AudioError>),
    /// More or fewer channels than described.
    #[error("it has {found} channels, not {expected}")]
    Channels {
        /// Channels of the file.
        found: usize,
        /// Channels it should have.
        expected: usize,
    },
    /// Longer or shorter than described.
    #[error("it has {found} samples, not {expected}")]
    Length {
        /// Samples of a channel.
        found: u64,
        /// Samples it should have.
        expected: u64,
    },
}

impl From<AudioError> for ClipProblem {
    fn from(error: AudioError) -> Self {
        Self::Audio(Arc::new(error))
    }
}

impl PartialEq for ClipProblem {
    /// Problems are equal that say the same.
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

/// A file that was left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Damaged {
    /// Its path relative to the dataset's folder.
    pub path: String,
    /// What is wrong with it.
    pub problem: ClipProblem,
}

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

/// Why files do not make up the clips described.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClipsProblem {
    /// No file lies where a clip would.
    #[error("no file lies like a clip of the layout `{layout}`: {example}")]
    NoClips {
        /// The layout.
        layout: String,
        /// Where clips lie in it.
        example: String,
    },
    /// No clip is left.
    #[error("not one clip can be read")]
    NothingReadable,
    /// Two clips that claim to be the same.
    #[error("`{first}` and `{second}` are both recording {what}")]
    Twice {
        /// The place of one.
        first: String,
        /// The place of the other.
        second: String,
        /// What both are of, and the SNR.
        what: String,
    },
    /// A described column that the table lacks.
    #[error(
        "`{key}` names column `{column}`, which is not there; the columns are {}", .headers.join(", ")
    )]
    NoSuchColumn {
        /// The entry of the descriptor.
        key: String,
        /// The column it names.
        column: String,
        /// The columns there are.
        headers: Vec<String>,
    },
    /// A table in which nothing is left to be a feature.
    #[error("no column is left to be a feature: none but the described is numeric; the columns are {}", .headers.join(", "))]
    NoFeatures {
        /// The columns there are.
        headers: Vec<String>,
    },
    /// Tables that do not have the same features.
    #[error("{problem} in `{first}`; all tables must have the same features")]
    OtherFeatures {
        /// The table that was read first.
        first: String,
        /// The difference.
        problem: String,
    },
    /// A numeric column that would tell what is to be found out, or where the row stood.
    #[error(
        "column `{column}` is numeric but hardly a feature: describe it in `table.columns`, or list it in `table.ignore`"
    )]
    HardlyAFeature {
        /// The column.
        column: String,
    },
    /// A cell that does not fit what its column is described to be.
    #[error("row {row}, column `{column}`: `{text}` {problem}")]
    Cell {
        /// The row.
        row: usize,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
        /// Why it does not fit.
        problem: String,
    },
    /// A file of a table that cannot be read.
    #[error("this table cannot be read: {0}")]
    Unreadable(String),
}

impl ClipsProblem {
    /// The problem of two clips, each with its place, that are the same recording at one SNR.
    pub(super) fn twice(
        (a, first): (&ClipRow, &str),
        (b, second): (&ClipRow, &str),
    ) -> Option<Self> {
        let snr = a.snr.as_deref().unwrap_or("unknown");
        (a.snr == b.snr && a.unit() == b.unit()).then(|| Self::Twice {
            first: first.to_owned(),
            second: second.to_owned(),
            what: format!("`{}` at SNR {snr}", a.unit()),
        })
    }
}
