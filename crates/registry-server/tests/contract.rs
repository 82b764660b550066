//! The contract over HTTP to a server of ours, on both databases, and many promotions of one alias at once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "these are tests"
)]

use std::path::Path;
use std::sync::Arc;

use gauntlet_core::{Alias, Version};
use gauntlet_registry::rest::{MlflowClient, RemoteRegistry, RestConfig};
use gauntlet_registry::testing::{champion_move, promoted, suite};
use gauntlet_registry::{Kind, LocalFiles, Registry};
use gauntlet_registry_server::{App, Artifacts, Tokens, listen, serve};
use gauntlet_registry_sql::db::{DatabaseUrl, sql};
use gauntlet_registry_sql::{EmbeddedRegistry, Options, Store, StoreSettings};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const PROMOTERS: u32 = 64;
const ROUNDS: u32 = 5;

/// A server on a free port, with all it keeps in a folder of its own.
struct Server {
    dir: TempDir,
    address: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(database: Option<DatabaseUrl>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("registry");
        let options = Options { database, ..Options::default() };
        let registry = EmbeddedRegistry::open(&root, options).await.unwrap();
        let settings = StoreSettings { default_artifact_root: "mlflow-artifacts:/".to_owned() };
        let store = Store::new(registry.database().clone(), settings);
        store.ensure_default_experiment().await.unwrap();
        let artifacts = Artifacts::new().proxied(Arc::new(LocalFiles::new(root.join("artifacts"))));
        let bundles = registry.artifacts().clone();
        let app =
            App::new(store, artifacts).registry(Arc::new(registry), bundles, &root.join("uploads"));
        let listener = listen("127.0.0.1", 0, &Tokens::default()).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(serve(listener, Arc::new(app), async move {
            let _ = stopped.await;
        }));
        Self { dir, address, stop, task }
    }

    /// A client with connections of its own.
    fn client(&self) -> RemoteRegistry {
        let config = RestConfig::new(&self.address).unwrap();
        RemoteRegistry::new(MlflowClient::new(config).unwrap())
    }

    fn scratch(&self) -> &Path {
        self.dir.path()
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

/// A new database on the server that `GAUNTLET_TEST_POSTGRES` names; without one it says so.
async fn postgres(name: &str) -> Option<DatabaseUrl> {
    let Ok(server) = std::env::var("GAUNTLET_TEST_POSTGRES") else {
        eprintln!("PostgreSQL is not tested: GAUNTLET_TEST_POSTGRES names no server");
        return None;
    };
    let (base, _) = server.rsplit_once('/').expect("the URL ends with /database or /");
    let name = format!("gauntlet_rest_{name}_{}", std::process::id());
    let admin: DatabaseUrl = format!("{base}/postgres").parse().unwrap();
    let admin = gauntlet_registry_sql::db::Database::connect(&admin).await.unwrap();
    let mut conn = admin.read().await.unwrap();
    for statement in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")]
    {
        conn.execute(sql(statement)).await.unwrap();
    }
    drop(conn);
    admin.close().await;
    Some(format!("{base}/{name}").parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_ours_keeps_the_whole_contract() {
    let server = Server::start(None).await;
    suite(&server.client(), server.scratch()).await;
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_ours_on_postgresql_keeps_the_whole_contract() {
    let Some(database) = postgres("contract").await else { return };
    let server = Server::start(Some(database)).await;
    suite(&server.client(), server.scratch()).await;
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_promotions_over_http_one_wins_each_round() {
    rounds(Server::start(None).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_promotions_over_http_to_postgresql_one_wins_each_round() {
    let Some(database) = postgres("promotions").await else { return };
    rounds(Server::start(Some(database)).await).await;
}

async fn rounds(server: Server) {
    let first = server.client();
    promoted(&first, server.scratch(), "m", 9).await;
    let model = "m".parse().unwrap();
    for _ in 0..ROUNDS {
        let before = first.find_alias(&model, &Alias::champion()).await.unwrap();
        let others: Vec<u32> = (1..=9).filter(|to| Some(Version(*to)) != before).collect();
        let promoters: Vec<_> = (0..PROMOTERS)
            .map(|promoter| {
                let own = server.client();
                let to = others[promoter as usize % others.len()];
                let request = champion_move("m", before.map(|version| version.0), to);
                tokio::spawn(async move { own.move_alias(&request).await })
            })
            .collect();
        let mut won = Vec::new();
        for promoter in promoters {
            match promoter.await.unwrap() {
                Ok(moved) => won.push(moved.to),
                Err(error) => assert_eq!(error.kind(), Kind::Conflict, "{error}"),
            }
        }
        assert_eq!(won.len(), 1, "exactly one wins: {won:?}");
        assert_eq!(first.alias(&model, &Alias::champion()).await.unwrap(), won[0]);
    }
    let events = first.history(&model).await.unwrap();
    let numbers: Vec<i64> = events.iter().map(|event| event.id).collect();
    assert_eq!(numbers, (1..=events.len() as i64).collect::<Vec<_>>(), "no gap");
    let mut at = None;
    for event in events.iter().filter(|event| event.alias == Alias::champion()) {
        assert_eq!(event.from, at, "each move begins where the last one ended");
        at = event.to;
    }
    server.end().await;
}
