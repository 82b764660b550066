//! From the database's errors to MLflow's codes.

use gauntlet_mlflow::{Error, ErrorCode};

use crate::db::DbError;

/// An error while answering: one that MLflow has a code for, or the database's.
#[derive(Debug)]
pub(super) struct Failed(Error);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the database refused");
        Self(if error.busy() {
            Error::new(ErrorCode::TemporarilyUnavailable, error.to_string())
        } else {
            // What the database says may quote rows of others.
            Error::internal(error.to_string())
        })
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        failed.0
    }
}
