//! What can go wrong on the way.

use std::path::PathBuf;

use gauntlet_registry::RegistryError;

/// The result of moving.
pub type Result<T, E = MoveError> = std::result::Result<T, E>;

/// Why moving failed. What was done stays done: the same command goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MoveError {
    /// A registry refused something.
    #[error("could not {operation}: {source}")]
    Refused {
        /// What was asked for.
        operation: String,
        /// Its answer.
        source: gauntlet_mlflow::Error,
    },
    /// Artefacts could not be read or written.
    #[error("artefacts of {owner}: {source}")]
    Artefact {
        /// The run or logged model.
        owner: String,
        /// Why not.
        source: Box<RegistryError>,
    },
    /// A file of the folder is not what was written there.
    #[error("{} is damaged: {problem}; export again into an empty folder", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The folder is not an export, or not a whole one.
    #[error("{} holds no complete export: run `gauntlet registry export` with this folder until it succeeds", path.display())]
    Incomplete {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds the export of another registry.
    #[error("{} holds an export of {found}, not of {expected}: choose another folder", path.display())]
    OtherSource {
        /// The folder.
        path: PathBuf,
        /// The registry it was exported from.
        found: String,
        /// The registry that was asked for.
        expected: String,
    },
    /// The name is in use for something that was not imported from there.
    #[error("{what} exists there and was not imported from here: {remedy}")]
    Taken {
        /// What.
        what: String,
        /// What to do about it.
        remedy: String,
    },
    /// After everything was moved, something is not the same.
    #[error("{what} differs after the import: expected {expected}, found {found}")]
    Different {
        /// What.
        what: String,
        /// What was exported.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The file system failed.
    #[error("the file system failed")]
    Io(#[from] std::io::Error),
}
