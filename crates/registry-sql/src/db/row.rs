//! Rows, read the same way from both databases.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};

use super::DbError;

/// A row of an answer.
#[derive(Debug)]
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

impl Row {
    /// The value of a column, counted from 0.
    ///
    /// # Errors
    /// There is no such column, or it holds another type, or null where `T` has none.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, DbError> {
        T::read(self, index).map_err(DbError::from)
    }
}

/// A type that columns hold.
pub trait Column: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// The column holds another type.
    fn read(row: &Row, index: usize) -> sqlx::Result<Self>;
}

macro_rules! columns {
    ($($kind:ty),*) => {$(
        impl Column for $kind {
            fn read(row: &Row, index: usize) -> sqlx::Result<Self> {
                match row {
                    Row::Sqlite(row) => row.try_get(index),
                    Row::Postgres(row) => row.try_get(index),
                }
            }
        }
    )*};
}

columns!(String, Option<String>, bool, f64, Option<f64>);

impl Column for Option<i64> {
    fn read(row: &Row, index: usize) -> sqlx::Result<Self> {
        match row {
            Row::Sqlite(row) => row.try_get(index),
            // MLflow uses both widths, and PostgreSQL tells them apart.
            Row::Postgres(row) => {
                let value = row.try_get_raw(index)?;
                let narrow = value.type_info().name() == "INT4";
                if narrow {
                    Ok(row.try_get::<Option<i32>, _>(index)?.map(i64::from))
                } else {
                    row.try_get(index)
                }
            }
        }
    }
}

impl Column for i64 {
    fn read(row: &Row, index: usize) -> sqlx::Result<Self> {
        Option::<i64>::read(row, index)?.ok_or_else(|| sqlx::Error::ColumnDecode {
            index: index.to_string(),
            source: "null where a number is expected".into(),
        })
    }
}
