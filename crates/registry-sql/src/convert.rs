//! From the database's errors and texts to the registry's types.

use std::fmt::Display;
use std::str::FromStr;

use gauntlet_core::Version;
use gauntlet_registry::{RegistryError, Result};

use crate::db::{DbError, SchemaError};

/// Says what was being done when the database failed.
pub(crate) trait During<T> {
    /// The registry's error, naming `operation`.
    fn during(self, operation: &'static str) -> Result<T, RegistryError>;
}

impl<T> During<T> for Result<T, DbError> {
    fn during(self, operation: &'static str) -> Result<T, RegistryError> {
        self.map_err(|source| {
            let busy = source.busy();
            RegistryError::Database { operation, busy, source: Box::new(source) }
        })
    }
}

/// Whether a database may be used at all, in the registry's words.
pub(crate) fn schema(error: SchemaError) -> RegistryError {
    match error {
        SchemaError::TooNew { found, known } => RegistryError::TooNew { found, known },
        SchemaError::Database(source) => RegistryError::Database {
            operation: "opening it",
            busy: source.busy(),
            source: Box::new(source),
        },
        SchemaError::Migration(source) => RegistryError::Database {
            operation: "bringing its schema up to date",
            busy: false,
            source: Box::new(source),
        },
        other => RegistryError::Schema { problem: other.to_string() },
    }
}

/// Reads a name, digest or number that stands in the database as text.
pub(crate) fn parse<T>(column: &'static str, value: &str) -> Result<T>
where
    T: FromStr,
    T::Err: Display,
{
    value.parse().map_err(|problem: T::Err| unreadable(column, &value, &problem))
}

/// Reads a version's number.
pub(crate) fn version(column: &'static str, value: i64) -> Result<Version> {
    u32::try_from(value).map(Version).map_err(|problem| unreadable(column, &value, &problem))
}

/// The number that an optional version is stored as.
pub(crate) fn number(version: Option<Version>) -> Option<i64> {
    version.map(|v| i64::from(v.0))
}

/// The error for a value that this program did not write.
pub(crate) fn unreadable(
    column: &'static str,
    value: &dyn Display,
    problem: &dyn Display,
) -> RegistryError {
    RegistryError::Unreadable { column, value: value.to_string(), problem: problem.to_string() }
}
