//! What a database refuses, told apart as far as callers care.

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// Another writer held it for too long, or took part in a deadlock: later it may succeed.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// A row of that key is there.
    #[error("a row of that key exists")]
    Unique(#[source] sqlx::Error),
    /// The row refers to one that is not there.
    #[error("a row that this one refers to does not exist")]
    ForeignKey(#[source] sqlx::Error),
    /// Anything else.
    #[error("the database failed")]
    Other(#[source] sqlx::Error),
    /// The writer stopped.
    #[error("the database is being closed")]
    Closed,
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        let kind = match &error {
            sqlx::Error::Database(database) => {
                if database.is_unique_violation() {
                    Self::Unique
                } else if database.is_foreign_key_violation() {
                    Self::ForeignKey
                } else if database.code().is_some_and(|code| is_busy(&code)) {
                    Self::Busy
                } else {
                    Self::Other
                }
            }
            sqlx::Error::PoolTimedOut => Self::Busy,
            _ => Self::Other,
        };
        kind(error)
    }
}

impl DbError {
    /// Whether the same statement may succeed later.
    #[must_use]
    pub fn busy(&self) -> bool {
        matches!(self, Self::Busy(_))
    }
}

/// SQLite's primary codes are in the low byte: 5 is busy, 6 is locked. PostgreSQL's: serialization
/// failure, deadlock, lock not available.
fn is_busy(code: &str) -> bool {
    let sqlite = code.len() < 5 && code.parse().is_ok_and(|code: u32| matches!(code & 0xff, 5 | 6));
    sqlite || matches!(code, "40001" | "40P01" | "55P03")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_codes_of_both_databases_are_known() {
        for code in ["5", "6", "261", "517", "40001", "40P01", "55P03"] {
            assert!(is_busy(code), "{code}");
        }
        for code in ["1", "19", "2067", "23505", "42P01", ""] {
            assert!(!is_busy(code), "{code}");
        }
    }
}
