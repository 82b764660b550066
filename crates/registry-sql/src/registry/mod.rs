//! The registry in a folder: opening, repairing, and the trait's methods in terms of the other modules.

mod alias;
mod lock;
pub(crate) mod read;
mod register;
mod rows;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use gauntlet_core::ModelName;
use gauntlet_registry::rules::Policy;
use gauntlet_registry::{
    ArtifactStore, Event, LocalStore, Model, ModelVersion, Move, Moved, Observer, Receipt,
    Registration, Registry, RegistryError, Result, Rollback, Selector, Step, published,
    read_manifest, resolve_inside,
};
use tokio::sync::{Mutex, MutexGuard};

use crate::clock::now_ms;
use crate::convert::{During as _, schema};
use crate::db::{Conn, Database, DatabaseUrl};
use crate::history;
use crate::settings::{Protection, Settings};

use lock::Lock;

/// What a caller may decide differently from `registry.toml`.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How long a writer waits for another one.
    pub lock_wait: Option<Duration>,
    /// Where artefacts are kept.
    pub store: Option<Arc<dyn ArtifactStore>>,
    /// The database with the names.
    pub database: Option<DatabaseUrl>,
}

/// A registry in a folder. Its names are in a database, without a server unless the operator has one.
#[derive(Debug)]
pub struct EmbeddedRegistry {
    root: PathBuf,
    db: Database,
    store: Arc<dyn ArtifactStore>,
    policy: Policy,
    protection: Protection,
    lock_wait: Duration,
    /// Writers of one process queue here, so that only one at a time asks for the lock file.
    queue: Mutex<()>,
}

/// A writer's turn, in this process and among all on this machine.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    _queue: MutexGuard<'a, ()>,
    _lock: Lock,
}

impl EmbeddedRegistry {
    /// Opens the registry in `root`, creating what does not exist, and repairs its pointers.
    ///
    /// A schema of an older release is brought up to date. If the pointers disagree with the database
    /// while a writer is at work, they are left to that writer.
    ///
    /// # Errors
    /// Unusable settings, a database of a newer release or of an MLflow whose schema is not known (nothing is
    /// written then), or storage failed.
    pub async fn open(root: &Path, options: Options) -> Result<Self> {
        fs_err::create_dir_all(root)?;
        let settings = Settings::read(root)?;
        let lock_wait =
            options.lock_wait.unwrap_or(Duration::from_secs(settings.lock_wait_seconds));
        let store = match options.store {
            Some(store) => store,
            None => Arc::new(LocalStore::new(root, &settings.artifacts)?),
        };
        let database = match options.database {
            Some(database) => database,
            None => DatabaseUrl::Sqlite(resolve_inside(root, &settings.database)?),
        };
        // Two processes must not switch one new file to write-ahead mode at once.
        let new = is_new(&database)?;
        let held = if new { Some(Lock::acquire(&lock_path(root), lock_wait).await?) } else { None };
        let db = Database::connect(&database).await.map_err(schema)?;
        if db.outdated().await.map_err(schema)? {
            let _lock = match held {
                Some(lock) => lock,
                None => Lock::acquire(&lock_path(root), lock_wait).await?,
            };
            db.migrate().await.map_err(schema)?;
        }
        let registry = Self {
            root: root.to_owned(),
            db,
            store,
            policy: Policy(settings.aliases),
            protection: settings.protected,
            lock_wait,
            queue: Mutex::new(()),
        };
        registry.repair().await?;
        Ok(registry)
    }

    /// Closes all connections; a SQLite database is one file again if this was the last process.
    pub async fn close(self) {
        self.db.close().await;
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database with the names, for a [`crate::Store`] that answers MLflow's requests from it.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.db
    }

    /// Where the artefacts are kept.
    #[must_use]
    pub fn artifacts(&self) -> &Arc<dyn ArtifactStore> {
        &self.store
    }

    /// What MLflow's own endpoints may not change, for [`crate::Store::with_protection`].
    #[must_use]
    pub fn protection(&self) -> &Protection {
        &self.protection
    }

    /// Brings the pointer files in line with the database, after somebody else than this registry moved an alias:
    /// see [`crate::Store::aliases_moved`].
    ///
    /// # Errors
    /// Another writer is at work for too long, or storage failed.
    pub async fn refresh(&self) -> Result<()> {
        if published::agrees(&self.root, &self.pointers().await?)? {
            return Ok(());
        }
        let _turn = self.turn().await?;
        self.publish().await
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

    /// Brings the pointer files in line with the database. Only in one's turn.
    async fn publish(&self) -> Result<()> {
        published::publish(&self.root, &self.pointers().await?)
    }

    async fn pointers(&self) -> Result<Vec<published::Pointer>> {
        let mut snapshot = self.snapshot().await?;
        read::pointers(&mut snapshot, self.store.as_ref()).await
    }

    /// Waits for this writer's turn.
    pub(crate) async fn turn(&self) -> Result<Turn<'_>> {
        let begun = Instant::now();
        let path = lock_path(&self.root);
        let queue = tokio::time::timeout(self.lock_wait, self.queue.lock()).await;
        let queue = queue.map_err(|_| lock::busy(&path, begun.elapsed()))?;
        let left = self.lock_wait.saturating_sub(begun.elapsed());
        Ok(Turn { _queue: queue, _lock: Lock::acquire(&path, left).await? })
    }

    /// A transaction in which all reads see one state.
    pub(crate) async fn snapshot(&self) -> Result<Conn> {
        self.db.snapshot().await.during("beginning to read")
    }

    /// A transaction in which no other writer moves names, on this machine or another.
    pub(crate) async fn begin(&self) -> Result<Conn> {
        const DOING: &str = "beginning to write";
        let mut db = self.db.begin().await.during(DOING)?;
        history::turn(&mut db).await.during(DOING)?;
        Ok(db)
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
        let _turn = self.turn().await?;
        // What can be refused is refused before anything is copied.
        register::plan(&mut self.snapshot().await?, &self.policy, registration).await?;
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
        let mut db = self.begin().await?;
        let plan = register::plan(&mut db, &self.policy, registration).await?;
        let store = self.store.as_ref();
        let receipt = register::carry_out(&mut db, store, &plan, registration, now_ms()).await?;
        if plan.is_empty() {
            db.rollback().await.during("ending a transaction")?;
        } else {
            observer.done(Step::InTransaction);
            db.commit().await.during("committing a registration")?;
            observer.done(Step::Committed);
        }
        self.publish().await?;
        observer.done(Step::PointersPublished);
        Ok(receipt)
    }

    async fn models(&self) -> Result<Vec<Model>> {
        read::models(&mut self.snapshot().await?).await
    }

    async fn versions(&self, model: &ModelName) -> Result<Vec<ModelVersion>> {
        read::versions(&mut self.snapshot().await?, self.store.as_ref(), model, None).await
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
        let _turn = self.turn().await?;
        let mut db = self.begin().await?;
        let store = self.store.as_ref();
        let moved = alias::move_alias(&mut db, store, &self.policy, request, now_ms()).await?;
        db.commit().await.during("committing the move of an alias")?;
        self.publish().await?;
        Ok(moved)
    }

    async fn rollback(&self, request: &Rollback) -> Result<Moved> {
        request.check()?;
        let _turn = self.turn().await?;
        let mut db = self.begin().await?;
        let store = self.store.as_ref();
        let moved = alias::rollback(&mut db, store, &self.policy, request, now_ms()).await?;
        db.commit().await.during("committing a rollback")?;
        self.publish().await?;
        Ok(moved)
    }

    async fn history(&self, model: &ModelName) -> Result<Vec<Event>> {
        let mut snapshot = self.snapshot().await?;
        read::require_model(&mut snapshot, model).await?;
        read::events(&mut snapshot, model, None).await
    }
}

/// Whether the database is a file that is not there yet. Makes its folder then.
fn is_new(database: &DatabaseUrl) -> Result<bool> {
    let DatabaseUrl::Sqlite(path) = database else {
        return Ok(false);
    };
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    Ok(fs_err::metadata(path).map_or(0, |meta| meta.len()) == 0)
}

fn lock_path(root: &Path) -> PathBuf {
    root.join("registry.lock")
}
