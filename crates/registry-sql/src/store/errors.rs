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
        let refused = |message: &str| Error::new(ErrorCode::BadRequest, message);
        Self(match &error {
            // Not the server's fault, and no retry helps: MLflow answers so, too.
            DbError::Unique(_) => refused("there is a row of that key already"),
            DbError::ForeignKey(_) => {
                refused("the request refers to something that does not exist")
            }
            DbError::Other(cause) if is_data(cause) => {
                refused("a value is too long for its column, out of its range, or not text")
            }
            _ => {
                tracing::error!(error = &error as &dyn std::error::Error, "the database refused");
                if error.busy() {
                    Error::new(ErrorCode::TemporarilyUnavailable, error.to_string())
                } else {
                    // What the database says may quote rows of others.
                    Error::internal(error.to_string())
                }
            }
        })
    }
}

/// PostgreSQL's class of data exceptions.
fn is_data(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code.len() == 5 && code.starts_with("22"))
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        failed.0
    }
}
