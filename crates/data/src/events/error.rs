//! What can be wrong with tables of sensors over time.

use std::path::PathBuf;

use gauntlet_core::Digest;

use crate::DataError;

/// Why a log of sensors cannot be described, found or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventsError {
    /// What can be wrong with any dataset.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file cannot be read or written; the message names it.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A table without a column that its descriptor names.
    #[error("{}: there is no column `{column}`; its header is {found}", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The header, shortened.
        found: String,
    },
    /// A cell that is not what its column holds.
    #[error("{}, row {row}, column `{column}`: `{text}` is no {expected}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// The row, from 1.
        row: usize,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
        /// What should: `number`, `time`, ...
        expected: String,
    },
    /// A table that cannot be split into cells, or is empty.
    #[error("{}: {problem}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A failure at a time that no row is near.
    #[error(
        "the failure at {at} lies outside the rows{}, which run from {first} to {last}",
        of(group)
    )]
    Outside {
        /// The failure's time.
        at: String,
        /// Its group, if it names one.
        group: Option<String>,
        /// First row.
        first: String,
        /// Last row.
        last: String,
    },
    /// The bytes are not those that the descriptor or the user vouches for.
    #[error("{}: the digest is {found}, expected {expected}", path.display())]
    Digest {
        /// The file.
        path: PathBuf,
        /// The digest that is there.
        found: Digest,
        /// The digest that should be.
        expected: Digest,
    },
    /// Tables that inspection cannot make sense of.
    #[error("{}: {problem}", path.display())]
    Inspect {
        /// The file or folder.
        path: PathBuf,
        /// What is missing.
        problem: String,
        /// What to do about it.
        hint: String,
    },
}

fn of(group: &Option<String>) -> String {
    group.as_ref().map_or(String::new(), |group| format!(" of `{group}`"))
}

impl EventsError {
    /// One sentence on what to do about it, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Data(error) => error.hint(),
            Self::Digest { found, .. } => Some(format!(
                "if these are the bytes you mean to use, pass `--accept-sha {found}`; otherwise fetch the file again"
            )),
            Self::Inspect { hint, .. } => Some(hint.clone()),
            Self::Column { .. } => Some(
                "correct the name in dataset.toml, or write it anew with `gauntlet data init`"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// Whether data is absent, as opposed to damaged.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Data(error) if error.is_missing())
    }
}
