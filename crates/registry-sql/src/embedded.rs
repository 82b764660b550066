//! The registry in a folder: opening, repairing, and the trait's methods in terms of the other modules.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use gauntlet_core::ModelName;
use gauntlet_registry::rules::Policy;
use gauntlet_registry::{
    ArtifactStore, Event, LocalStore, Model, ModelVersion, Move, Moved, Observer, Receipt,
    Registration, Registry, RegistryError, Result, Rollback, Selector, Step, published,
    read_manifest, resolve_inside,
};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::convert::During as _;
use crate::lock::Lock;
use crate::settings::Settings;
use crate::{alias, read, register};

static MIGRATIONS: Migrator = sqlx::migrate!("../../registry/migrations/sqlite");

/// How long a statement waits for another connection's.
const STATEMENT_WAIT: Duration = Duration::from_secs(20);

/// What a caller may decide differently from `registry.toml`.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How long a writer waits for another one.
    pub lock_wait: Option<Duration>,
    /// Where artefacts are kept.
    pub store: Option<Arc<dyn ArtifactStore>>,
}

/// A registry in a folder, without a server.
#[derive(Debug)]
pub struct EmbeddedRegistry {
    root: PathBuf,
    pool: SqlitePool,
    store: Arc<dyn ArtifactStore>,
    policy: Policy,
    lock_wait: Duration,
}

impl EmbeddedRegistry {
    /// Opens the registry in `root`, creating what does not exist, and repairs its pointers.
    ///
    /// A schema of an older release is brought up to date. If the pointers disagree with the database
    /// while a writer is at work, they are left to that writer.
    ///
    /// # Errors
    /// Unusable settings, a database of a newer release, or storage failed.
    pub async fn open(root: &Path, options: Options) -> Result<Self> {
        fs_err::create_dir_all(root)?;
        let settings = Settings::read(root)?;
        let lock_wait =
            options.lock_wait.unwrap_or(Duration::from_secs(settings.lock_wait_seconds));
        let store = match options.store {
            Some(store) => store,
            None => Arc::new(LocalStore::new(root, &settings.artifacts)?),
        };
        let database = resolve_inside(root, &settings.database)?;
        // Two processes must not switch one new file to write-ahead mode at once.
        let new = fs_err::metadata(&database).map_or(0, |meta| meta.len()) == 0;
        let lock = if new { Some(Lock::acquire(&lock_path(root), lock_wait).await?) } else { None };
        let pool = connect(&database).await?;
        let policy = Policy(settings.aliases);
        let registry = Self { root: root.to_owned(), pool, store, policy, lock_wait };
        registry.migrate(lock).await?;
        registry.repair().await?;
        Ok(registry)
    }

    /// Closes all connections; the database is one file again if this was the last process.
    pub async fn close(self) {
        self.pool.close().await;
    }

    async fn migrate(&self, held: Option<Lock>) -> Result<()> {
        let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
        let found = self.schema().await?;
        if found > known {
            return Err(RegistryError::TooNew { found, known });
        }
        if found == known {
            return Ok(());
        }
        let _lock = match held {
            Some(lock) => lock,
            None => self.lock().await?,
        };
        MIGRATIONS.run(&self.pool).await.map_err(|source| RegistryError::Database {
            operation: "bringing its schema up to date",
            busy: false,
            source: Box::new(source),
        })
    }

    /// The number of the newest migration that was applied; 0 for a new database.
    async fn schema(&self) -> Result<i64> {
        let table = "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
        let tables: i64 =
            sqlx::query_scalar(table).fetch_one(&self.pool).await.during("reading its schema")?;
        if tables == 0 {
            return Ok(0);
        }
        sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success")
            .fetch_one(&self.pool)
            .await
            .during("reading its schema")
    }

    async fn repair(&self) -> Result<()> {
        if published::agrees(&self.root, &self.pointers().await?)? {
            return Ok(());
        }
        match Lock::attempt(&lock_path(&self.root))? {
            Some(_lock) => self.publish().await,
            None => Ok(()),
        }
    }

    /// Brings the pointer files in line with the database. Only under the lock.
    async fn publish(&self) -> Result<()> {
        published::publish(&self.root, &self.pointers().await?)
    }

    async fn pointers(&self) -> Result<Vec<published::Pointer>> {
        let mut snapshot = self.snapshot().await?;
        read::pointers(&mut snapshot, self.store.as_ref()).await
    }

    async fn lock(&self) -> Result<Lock> {
        Lock::acquire(&lock_path(&self.root), self.lock_wait).await
    }

    /// A transaction in which all reads see one state.
    async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>> {
        self.pool.begin().await.during("beginning to read")
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        self.pool.begin_with("BEGIN IMMEDIATE").await.during("beginning to write")
    }
}

#[async_trait]
impl Registry for EmbeddedRegistry {
    async fn register(
        &self,
        registration: &Registration,
        observer: &dyn Observer,
    ) -> Result<Receipt> {
        registration.check()?;
        let _lock = self.lock().await?;
        // What can be refused is refused before anything is copied.
        register::plan(&mut *self.snapshot().await?, &self.policy, registration).await?;
        for version in &registration.versions {
            version.check_manifest(&read_manifest(&version.bundle, &version.digest)?)?;
        }
        self.store.sweep().await?;
        for version in &registration.versions {
            self.store.put(&version.bundle, &version.digest).await?;
        }
        observer.done(Step::ArtifactsStored);
        for version in &registration.versions {
            self.store.verify(&version.digest).await?;
        }
        observer.done(Step::ArtifactsVerified);
        let mut transaction = self.begin().await?;
        let plan = register::plan(&mut transaction, &self.policy, registration).await?;
        let receipt = register::carry_out(&mut transaction, &plan, registration, now_ms()).await?;
        if plan.is_empty() {
            transaction.rollback().await.during("ending a transaction")?;
        } else {
            observer.done(Step::InTransaction);
            transaction.commit().await.during("committing a registration")?;
            observer.done(Step::Committed);
        }
        self.publish().await?;
        observer.done(Step::PointersPublished);
        Ok(receipt)
    }

    async fn models(&self) -> Result<Vec<Model>> {
        read::models(&mut *self.snapshot().await?).await
    }

    async fn versions(&self, model: &ModelName) -> Result<Vec<ModelVersion>> {
        read::versions(&mut *self.snapshot().await?, self.store.as_ref(), model, None).await
    }

    async fn version(&self, model: &ModelName, which: &Selector) -> Result<ModelVersion> {
        let mut snapshot = self.snapshot().await?;
        let version = read::resolve(&mut snapshot, model, which).await?;
        read::versions(&mut snapshot, self.store.as_ref(), model, Some(version))
            .await?
            .pop()
            .ok_or_else(|| RegistryError::VersionNotFound { model: model.clone(), version })
    }

    async fn move_alias(&self, request: &Move) -> Result<Moved> {
        request.check()?;
        let _lock = self.lock().await?;
        let mut transaction = self.begin().await?;
        let store = self.store.as_ref();
        let moved =
            alias::move_alias(&mut transaction, store, &self.policy, request, now_ms()).await?;
        transaction.commit().await.during("committing the move of an alias")?;
        self.publish().await?;
        Ok(moved)
    }

    async fn rollback(&self, request: &Rollback) -> Result<Moved> {
        request.check()?;
        let _lock = self.lock().await?;
        let mut transaction = self.begin().await?;
        let store = self.store.as_ref();
        let moved =
            alias::rollback(&mut transaction, store, &self.policy, request, now_ms()).await?;
        transaction.commit().await.during("committing a rollback")?;
        self.publish().await?;
        Ok(moved)
    }

    async fn history(&self, model: &ModelName) -> Result<Vec<Event>> {
        let mut snapshot = self.snapshot().await?;
        read::require_model(&mut snapshot, model).await?;
        read::events(&mut snapshot, model, None).await
    }
}

async fn connect(database: &Path) -> Result<SqlitePool> {
    if let Some(folder) = database.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let options = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(STATEMENT_WAIT);
    SqlitePoolOptions::new().max_connections(4).connect_with(options).await.during("opening it")
}

fn lock_path(root: &Path) -> PathBuf {
    root.join("registry.lock")
}

/// Milliseconds since 1970; 0 on a clock that is set before.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
