//! From the database's errors and texts to the registry's types.

use std::fmt::Display;
use std::str::FromStr;

use gauntlet_core::Version;
use gauntlet_registry::{RegistryError, Result};

/// Says what was being done when the database failed.
pub(crate) trait During<T> {
    /// The registry's error, naming `operation`.
    fn during(self, operation: &'static str) -> Result<T>;
}

impl<T> During<T> for sqlx::Result<T> {
    fn during(self, operation: &'static str) -> Result<T> {
        self.map_err(|source| {
            let busy = match &source {
                // The low byte is the primary code: 5 is busy, 6 is locked.
                sqlx::Error::Database(error) => error
                    .code()
                    .and_then(|code| code.parse::<u32>().ok())
                    .is_some_and(|code| matches!(code & 0xff, 5 | 6)),
                sqlx::Error::PoolTimedOut => true,
                _ => false,
            };
            RegistryError::Database { operation, busy, source: Box::new(source) }
        })
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
