//! What can be wrong with a dataset. Errors state, [`DataError::hint`] advises.

use std::path::PathBuf;

use gauntlet_core::{Digest, FrameError, SplitError};

use crate::csv::CsvProblem;
use crate::toml_text::TomlError;
use crate::vibration::{Damaged, RecordingsProblem};

/// Why a dataset cannot be described, found, read, verified, simulated or split.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file cannot be read or written; the message names it.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A descriptor is not what its type asks for.
    #[error(transparent)]
    Toml(#[from] TomlError),
    /// A descriptor is well typed but contradicts itself.
    #[error("{}: {key}: {problem}", path.display())]
    Descriptor {
        /// The descriptor.
        path: PathBuf,
        /// The entry that is wrong.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A table is damaged or not the table described.
    #[error("{}: {problem}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        problem: CsvProblem,
    },
    /// The bytes are readable, but not the ones that were published or recorded.
    #[error("{}: the digest is {found}, expected {expected}", path.display())]
    Digest {
        /// The file.
        path: PathBuf,
        /// The digest of the bytes that are there.
        found: Digest,
        /// The digest they should have.
        expected: Digest,
    },
    /// Real data is required and nowhere to be found.
    #[error("no real data for `{dataset}`: looked for {}", places(looked))]
    Missing {
        /// The dataset.
        dataset: String,
        /// Every path that was tried.
        looked: Vec<PathBuf>,
        /// Official addresses to download from.
        urls: Vec<String>,
    },
    /// The place that the user named does not exist.
    #[error("there is no file or folder {}", path.display())]
    NoSuchPlace {
        /// The place.
        path: PathBuf,
    },
    /// A simulator's output was given as real data.
    #[error("{}: this file is simulated ({} says so) and cannot stand for real data", path.display(), note.display())]
    SimulatedAsReal {
        /// The file.
        path: PathBuf,
        /// The simulator's note beside it.
        note: PathBuf,
    },
    /// A file is to be read as simulated without a note that fits its bytes.
    #[error("{}: {problem}", note.display())]
    Note {
        /// The note.
        note: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A record of first use cannot be read.
    #[error("{}: {problem}", path.display())]
    FirstUse {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Nobody wrote a simulator for this dataset.
    #[error("there is no simulator for `{dataset}`")]
    NoSimulator {
        /// The dataset.
        dataset: String,
    },
    /// A simulator cannot produce what was asked of it.
    #[error("cannot simulate `{dataset}`: {problem}")]
    Simulate {
        /// The dataset.
        dataset: String,
        /// Why not.
        problem: String,
    },
    /// More snapshots are damaged than a run tolerates.
    #[error("damaged files: {}, tolerated: {allowed}: {}", damaged.len(), listed(damaged))]
    Damaged {
        /// How many may be.
        allowed: usize,
        /// Those that are known to be.
        damaged: Vec<Damaged>,
    },
    /// Files that are readable, but do not make up the recordings described.
    #[error("{}: {problem}", path.display())]
    Recordings {
        /// The folder or table.
        path: PathBuf,
        /// What is wrong.
        problem: RecordingsProblem,
    },
    /// A column has another type or name than expected.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The label column holds something else than 0 and 1.
    #[error("column `{column}`, row {row}: the label must be 0 or 1, not {found}")]
    Label {
        /// The label column.
        column: String,
        /// The row, from 1.
        row: usize,
        /// What stands there.
        found: f64,
    },
    /// A split that is no split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A share of sealed rows that is no share.
    #[error("the share of test rows must lie between 0 and 1, not {0}")]
    Fraction(f64),
}

impl DataError {
    /// One sentence on what to do about it, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Digest { found, .. } => Some(format!(
                "if these are the bytes you mean to use, pass `--accept-sha {found}`; otherwise fetch the file again"
            )),
            Self::Missing { urls, .. } if urls.is_empty() => {
                Some("pass the folder that holds the file with `--data-dir`".to_owned())
            }
            Self::Missing { urls, .. } => Some(format!(
                "download {} and pass its folder with `--data-dir`, or run with `--data simulated`",
                urls.join(", ")
            )),
            Self::Damaged { damaged, .. } => Some(format!(
                "fetch the files again, or pass `--skip-damaged {}` to leave them out",
                damaged.len()
            )),
            Self::SimulatedAsReal { .. } => Some("run with `--data simulated`".to_owned()),
            Self::Note { .. } => {
                Some("delete the folder of simulated files and let them be drawn again".to_owned())
            }
            _ => None,
        }
    }

    /// Whether data is absent, as opposed to damaged: exit code 3.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::NoSuchPlace { .. })
    }
}

fn listed(damaged: &[Damaged]) -> String {
    let shown: Vec<String> = damaged.iter().map(ToString::to_string).collect();
    shown.join("; ")
}

fn places(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    shown.join(", ")
}
