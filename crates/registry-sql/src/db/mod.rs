//! One database interface over SQLite and PostgreSQL.
//!
//! Statements are written once, with `?`; what differs between the databases is asked by [`Dialect`] where it
//! differs. Reads use a pool. Writes of SQLite go through one writer that shares commits; writes of
//! PostgreSQL are transactions of their own, and take named locks where they must not interleave.

mod conn;
mod error;
mod row;
mod schema;
mod sql;
mod url;
mod writer;

use std::path::Path;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};

pub use conn::{Conn, Dialect};
pub use error::DbError;
pub use row::{Column, Row};
pub use schema::{KNOWN_HEADS, SchemaError};
pub use sql::{Sql, Value, sql};
pub use url::{DatabaseUrl, UrlError};

use writer::Writer;

/// How long a statement waits for another connection's.
const STATEMENT_WAIT: Duration = Duration::from_secs(20);

/// The writer's page cache: what a batch changes stays in memory until its commit.
const WRITER_CACHE_KIB: u32 = 16 << 10;

/// A reader's page cache.
const READER_CACHE_KIB: u32 = 6 << 10;

/// An open database whose schema is as this release expects.
#[derive(Debug, Clone)]
pub struct Database {
    pools: Pools,
}

#[derive(Debug, Clone)]
enum Pools {
    Sqlite { read: SqlitePool, write: SqlitePool, writer: Writer },
    Postgres(PgPool),
}

impl Database {
    /// Opens a database, making it if it is a file that is not there. Its schema is brought up to date by
    /// [`Database::migrate`].
    ///
    /// # Errors
    /// It cannot be reached or opened, or its schema is one that this release must not touch.
    pub async fn connect(url: &DatabaseUrl) -> Result<Self, SchemaError> {
        let pools = match url {
            DatabaseUrl::Sqlite(path) => {
                // Looked at before anything is written: even write-ahead mode is a change to the file.
                if fs_err::metadata(path).is_ok_and(|meta| meta.len() > 0) {
                    schema::inspect(path).await?;
                }
                sqlite(path).await?
            }
            DatabaseUrl::Postgres(url) => {
                Pools::Postgres(postgres(url.parse().map_err(DbError::from)?).await?)
            }
        };
        Ok(Self { pools })
    }

    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &self.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    /// A connection on which each statement stands by itself.
    ///
    /// # Errors
    /// None is free for too long.
    pub async fn read(&self) -> Result<Conn, DbError> {
        Ok(match &self.pools {
            Pools::Sqlite { read, .. } => Conn::Sqlite(read.acquire().await?),
            Pools::Postgres(pool) => Conn::Postgres(pool.acquire().await?),
        })
    }

    /// A transaction in which all reads see one state.
    ///
    /// # Errors
    /// No connection is free for too long.
    pub async fn snapshot(&self) -> Result<Conn, DbError> {
        const SEEING_ONE_STATE: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(match &self.pools {
            Pools::Sqlite { read, .. } => Conn::SqliteTransaction(read.begin().await?),
            Pools::Postgres(pool) => {
                Conn::PostgresTransaction(pool.begin_with(SEEING_ONE_STATE).await?)
            }
        })
    }

    /// A transaction that may write, for callers that do something between their statements.
    ///
    /// # Errors
    /// Another writer holds the database for too long.
    pub async fn begin(&self) -> Result<Conn, DbError> {
        Ok(match &self.pools {
            Pools::Sqlite { read, .. } => {
                Conn::SqliteTransaction(read.begin_with("BEGIN IMMEDIATE").await?)
            }
            Pools::Postgres(pool) => Conn::PostgresTransaction(pool.begin().await?),
        })
    }

    /// Runs `write` in a transaction: if it fails nothing was written, if it answers it is committed.
    ///
    /// # Errors
    /// What `write` fails with, or the database's refusal.
    pub async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        match &self.pools {
            Pools::Sqlite { writer, .. } => writer.run(write).await,
            Pools::Postgres(_) => {
                let mut db = self.begin().await?;
                let answer = write(&mut db).await?;
                db.commit().await?;
                Ok(answer)
            }
        }
    }

    /// Closes all connections; a SQLite database is one file again if this was its last process.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write, .. } => {
                write.close().await;
                read.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

async fn sqlite(path: &Path) -> Result<Pools, DbError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("case_sensitive_like", "true")
        .busy_timeout(STATEMENT_WAIT)
        .statement_cache_capacity(256)
        // Copying the log back every 40 MB instead of every 4: a batch of metrics touches pages all over.
        .pragma("wal_autocheckpoint", "10000");
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .test_before_acquire(false)
            .acquire_timeout(STATEMENT_WAIT)
    };
    // One after the other: two connections must not switch a new file to write-ahead mode at once.
    let write = pool(1).connect_with(cached(options.clone(), WRITER_CACHE_KIB)).await?;
    let read = pool(4).connect_with(cached(options, READER_CACHE_KIB)).await?;
    Ok(Pools::Sqlite { writer: Writer::start(write.clone()), read, write })
}

/// With a page cache of that size.
fn cached(options: SqliteConnectOptions, kib: u32) -> SqliteConnectOptions {
    options.pragma("cache_size", format!("-{kib}"))
}

async fn postgres(options: PgConnectOptions) -> Result<PgPool, DbError> {
    let pool = PgPoolOptions::new().max_connections(16).acquire_timeout(STATEMENT_WAIT);
    Ok(pool.connect_with(options.application_name("gauntlet")).await?)
}
