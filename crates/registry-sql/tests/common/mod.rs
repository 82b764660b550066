//! A registry in a folder of its own, and looks behind its back.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use gauntlet_core::{Alias, Decision, Digest, Version};
use gauntlet_registry::published::{self, Pointer};
use gauntlet_registry::testing::{batch, new_version};
use gauntlet_registry::{AliasMove, NewVersion, Receipt, Registration, Registry, Unobserved};
use gauntlet_registry_sql::db::{Database, DatabaseUrl};
use gauntlet_registry_sql::{EmbeddedRegistry, Options};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

pub(crate) struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn scratch(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("registry")
    }

    pub(crate) async fn open(&self) -> EmbeddedRegistry {
        EmbeddedRegistry::open(&self.root(), Options::default()).await.unwrap()
    }

    pub(crate) fn pointers(&self) -> Vec<Pointer> {
        published::list(&self.root()).unwrap()
    }

    pub(crate) fn champion(&self, model: &str) -> PathBuf {
        self.root().join(published::FOLDER).join(model).join("champion.json")
    }

    pub(crate) fn artifact(&self, digest: &Digest) -> PathBuf {
        self.root().join("artifacts/bundles").join(digest.hex())
    }

    pub(crate) async fn database(&self) -> SqliteConnection {
        let url = format!("sqlite://{}", self.root().join("registry.db").display());
        SqliteConnection::connect(&url).await.unwrap()
    }

    pub(crate) async fn count(&self, select: &'static str) -> i64 {
        sqlx::query_scalar(select).fetch_one(&mut self.database().await).await.unwrap()
    }

    /// A promoted version of `model` that claims `champion`.
    pub(crate) fn champion_of(
        &self,
        model: &str,
        content: &str,
        expect: Option<u32>,
    ) -> NewVersion {
        let mut version = new_version(self.scratch(), model, content, Decision::Promote);
        let expect = expect.map(Version);
        version.aliases.push(AliasMove { alias: Alias::champion(), expect, force: false });
        version
    }
}

pub(crate) async fn register(registry: &EmbeddedRegistry, versions: Vec<NewVersion>) -> Receipt {
    let registration: Registration = batch(versions);
    registry.register(&registration, &Unobserved).await.unwrap()
}

/// Changes one byte in the middle of a file.
pub(crate) fn flip_a_byte(path: &Path) {
    let mut bytes = fs_err::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs_err::write(path, bytes).unwrap();
}

/// The databases to test with: a file in `dir`, and a new one on the server that `GAUNTLET_TEST_POSTGRES` names.
pub(crate) async fn databases(dir: &Path) -> Vec<DatabaseUrl> {
    let mut databases = vec![DatabaseUrl::file(&dir.join("test.db"))];
    databases.extend(postgres().await);
    databases
}

/// A new database on the server that `GAUNTLET_TEST_POSTGRES` names; without one it says so.
pub(crate) async fn postgres() -> Option<DatabaseUrl> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var("GAUNTLET_TEST_POSTGRES") else {
        eprintln!("PostgreSQL is not tested: GAUNTLET_TEST_POSTGRES names no server");
        return None;
    };
    let (base, _) =
        server.rsplit_once('/').expect("GAUNTLET_TEST_POSTGRES ends with /database or /");
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("gauntlet_test_{}_{number}", std::process::id());
    let mut admin = PgConnection::connect(&format!("{base}/postgres")).await.unwrap();
    for statement in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")]
    {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut admin).await.unwrap();
    }
    Some(format!("{base}/{name}").parse().unwrap())
}

/// An open database whose schema is up to date.
pub(crate) async fn ready(url: &DatabaseUrl) -> Database {
    let database = Database::connect(url).await.unwrap();
    database.migrate().await.unwrap();
    database
}
