//! A connection to either database, inside a transaction or not.

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Postgres, Sqlite, Transaction};

use super::{DbError, Row, Sql, Value};

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A connection. A transaction that is dropped before [`Conn::commit`] is rolled back.
#[derive(Debug)]
pub enum Conn {
    /// SQLite, each statement by itself.
    Sqlite(PoolConnection<Sqlite>),
    /// SQLite, in a transaction.
    SqliteTransaction(Transaction<'static, Sqlite>),
    /// PostgreSQL, each statement by itself.
    Postgres(PoolConnection<Postgres>),
    /// PostgreSQL, in a transaction.
    PostgresTransaction(Transaction<'static, Postgres>),
}

impl Conn {
    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) | Self::SqliteTransaction(_) => Dialect::Sqlite,
            Self::Postgres(_) | Self::PostgresTransaction(_) => Dialect::Postgres,
        }
    }

    /// All rows of an answer.
    ///
    /// # Errors
    /// The database refused.
    pub async fn rows(&mut self, sql: Sql) -> Result<Vec<Row>, DbError> {
        let sqlite = |rows: Vec<SqliteRow>| rows.into_iter().map(Row::Sqlite).collect();
        let postgres = |rows: Vec<PgRow>| rows.into_iter().map(Row::Postgres).collect();
        Ok(match self {
            Self::Sqlite(db) => sqlite(for_sqlite(sql).fetch_all(&mut **db).await?),
            Self::SqliteTransaction(db) => sqlite(for_sqlite(sql).fetch_all(&mut **db).await?),
            Self::Postgres(db) => postgres(for_postgres(&sql).fetch_all(&mut **db).await?),
            Self::PostgresTransaction(db) => {
                postgres(for_postgres(&sql).fetch_all(&mut **db).await?)
            }
        })
    }

    /// The first row of an answer, if there is one.
    ///
    /// # Errors
    /// The database refused.
    pub async fn row(&mut self, sql: Sql) -> Result<Option<Row>, DbError> {
        Ok(match self {
            Self::Sqlite(db) => for_sqlite(sql).fetch_optional(&mut **db).await?.map(Row::Sqlite),
            Self::SqliteTransaction(db) => {
                for_sqlite(sql).fetch_optional(&mut **db).await?.map(Row::Sqlite)
            }
            Self::Postgres(db) => {
                for_postgres(&sql).fetch_optional(&mut **db).await?.map(Row::Postgres)
            }
            Self::PostgresTransaction(db) => {
                for_postgres(&sql).fetch_optional(&mut **db).await?.map(Row::Postgres)
            }
        })
    }

    /// Runs a statement and counts the rows it changed.
    ///
    /// # Errors
    /// The database refused.
    pub async fn execute(&mut self, sql: Sql) -> Result<u64, DbError> {
        Ok(match self {
            Self::Sqlite(db) => for_sqlite(sql).execute(&mut **db).await?.rows_affected(),
            Self::SqliteTransaction(db) => {
                for_sqlite(sql).execute(&mut **db).await?.rows_affected()
            }
            Self::Postgres(db) => for_postgres(&sql).execute(&mut **db).await?.rows_affected(),
            Self::PostgresTransaction(db) => {
                for_postgres(&sql).execute(&mut **db).await?.rows_affected()
            }
        })
    }

    /// Waits until no other transaction holds the lock of that name, and holds it until this one ends.
    ///
    /// SQLite has one writer at a time, which is that lock.
    ///
    /// # Errors
    /// The database refused.
    pub async fn lock(&mut self, name: &str) -> Result<(), DbError> {
        if self.dialect() == Dialect::Postgres {
            let lock =
                super::sql("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))").bind(name);
            self.execute(lock).await?;
        }
        Ok(())
    }

    /// Ends a transaction; what it wrote is there for everybody. Without one there is nothing to do.
    ///
    /// # Errors
    /// The database refused; nothing was written.
    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            Self::SqliteTransaction(transaction) => transaction.commit().await?,
            Self::PostgresTransaction(transaction) => transaction.commit().await?,
            Self::Sqlite(_) | Self::Postgres(_) => {}
        }
        Ok(())
    }

    /// Ends a transaction as if it had never been.
    ///
    /// # Errors
    /// The database refused; the connection is closed then, to the same effect.
    pub async fn rollback(self) -> Result<(), DbError> {
        match self {
            Self::SqliteTransaction(transaction) => transaction.rollback().await?,
            Self::PostgresTransaction(transaction) => transaction.rollback().await?,
            Self::Sqlite(_) | Self::Postgres(_) => {}
        }
        Ok(())
    }
}

fn for_sqlite(sql: Sql) -> Query<'static, Sqlite, SqliteArguments> {
    let mut query = sqlx::query(AssertSqlSafe(sql.text));
    for value in sql.values {
        query = match value {
            Value::Int(value) => query.bind(value),
            Value::Real(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bool(value) => query.bind(value),
        };
    }
    query
}

fn for_postgres(sql: &Sql) -> Query<'static, Postgres, PgArguments> {
    let mut query = sqlx::query(AssertSqlSafe(sql.numbered()));
    for value in sql.values.iter().cloned() {
        query = match value {
            Value::Int(value) => query.bind(value),
            Value::Real(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bool(value) => query.bind(value),
        };
    }
    query
}
