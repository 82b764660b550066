//! Bringing a database's schema up to date, and MLflow's own databases, which are left as they are.
//!
//! Our migrations are two kinds: MLflow's core tables, for a database that is new, and the tables of our own, for
//! every database. One that MLflow made has the first already, with Alembic's mark of its release.

use std::path::Path;

use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::{Conn, Database, DbError, Dialect, Pools, sql};

static SQLITE: Migrator = sqlx::migrate!("../../registry/migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../registry/migrations/postgres");

/// The migration that makes MLflow's core tables.
const CORE: i64 = 1;

/// Alembic's marks of the MLflow releases whose core tables are as ours, with the release.
pub const KNOWN_HEADS: [(&str, &str); 2] = [("7d34483879f0", "3.12.0"), ("dc11669786a5", "3.17.2")];

/// Why a schema cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// A newer release of ours was here.
    #[error("the database has schema {found}, this release knows up to {known}")]
    TooNew {
        /// The newest migration that was applied.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// MLflow made it, in a release whose tables are not known here.
    #[error(
        "MLflow made this database with schema {found}, known are {}; nothing was written",
        KNOWN_HEADS.map(|(head, release)| format!("{head} (MLflow {release})")).join(" and ")
    )]
    UnknownHead {
        /// Alembic's mark.
        found: String,
    },
    /// There are tables of MLflow's, and no mark of who made them.
    #[error(
        "the database has a table `experiments` that neither MLflow nor Gauntlet marked as its own"
    )]
    Foreign,
    /// A migration failed.
    #[error("the schema could not be brought up to date")]
    Migration(#[from] MigrateError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Whose database it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    New,
    Ours(i64),
    MlflowOnly,
    MlflowWithOurs(i64),
}

impl Database {
    /// The newest migration of this release.
    fn known(&self) -> i64 {
        self.migrations().iter().map(|m| m.version).max().unwrap_or(0)
    }

    fn migrations(&self) -> &'static Migrator {
        match self.dialect() {
            Dialect::Sqlite => &SQLITE,
            Dialect::Postgres => &POSTGRES,
        }
    }

    /// Whether [`Database::migrate`] has something to do.
    ///
    /// # Errors
    /// The schema is of a newer release, of an unknown MLflow, or of somebody else.
    pub async fn outdated(&self) -> Result<bool, SchemaError> {
        Ok(match self.found().await? {
            Found::Ours(version) | Found::MlflowWithOurs(version) => version < self.known(),
            Found::New | Found::MlflowOnly => true,
        })
    }

    /// Makes what is missing, and nothing else; two processes at once do it once.
    ///
    /// # Errors
    /// As [`Database::outdated`], or a migration failed.
    pub async fn migrate(&self) -> Result<(), SchemaError> {
        let all = self.migrations().iter().cloned();
        let wanted: Vec<Migration> = match self.found().await? {
            Found::New | Found::Ours(_) => all.collect(),
            Found::MlflowOnly | Found::MlflowWithOurs(_) => {
                all.filter(|migration| migration.version > CORE).collect()
            }
        };
        let migrator = Migrator::with_migrations(wanted);
        match &self.pools {
            Pools::Sqlite { write, .. } => migrator.run(write).await?,
            Pools::Postgres(pool) => migrator.run(pool).await?,
        }
        Ok(())
    }

    async fn found(&self) -> Result<Found, SchemaError> {
        found(&mut self.read().await?, self.known()).await
    }
}

/// Whether the database in a file is one that may be written to, without writing to it.
pub(super) async fn inspect(path: &Path) -> Result<(), SchemaError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
    let pool = pool.map_err(DbError::from)?;
    let mut db = Conn::Sqlite(pool.acquire().await.map_err(DbError::from)?);
    let known = SQLITE.iter().map(|m| m.version).max().unwrap_or(0);
    let found = found(&mut db, known).await;
    drop(db);
    pool.close().await;
    found.map(|_| ())
}

async fn found(db: &mut Conn, known: i64) -> Result<Found, SchemaError> {
    let ours = if exists(db, "_sqlx_migrations").await? {
        let newest = sql("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success");
        let newest: i64 = match db.row(newest).await? {
            Some(row) => row.get(0)?,
            None => 0,
        };
        Some(newest)
    } else {
        None
    };
    if let Some(found) = ours.filter(|found| *found > known) {
        return Err(SchemaError::TooNew { found, known });
    }
    if exists(db, "alembic_version").await? {
        let head = db.row(sql("SELECT version_num FROM alembic_version")).await?;
        let found: String = head.map(|row| row.get(0)).transpose()?.unwrap_or_default();
        if KNOWN_HEADS.iter().all(|(head, _)| *head != found) {
            return Err(SchemaError::UnknownHead { found });
        }
        return Ok(ours.map_or(Found::MlflowOnly, Found::MlflowWithOurs));
    }
    match ours {
        Some(version) => Ok(Found::Ours(version)),
        None if exists(db, "experiments").await? => Err(SchemaError::Foreign),
        None => Ok(Found::New),
    }
}

async fn exists(db: &mut Conn, table: &str) -> Result<bool, DbError> {
    let select = match db.dialect() {
        Dialect::Sqlite => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?",
        Dialect::Postgres => {
            "SELECT 1 FROM information_schema.tables
            WHERE table_schema = current_schema() AND table_name = ?"
        }
    };
    Ok(db.row(sql(select).bind(table)).await?.is_some())
}
