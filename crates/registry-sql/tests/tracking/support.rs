//! Stores to test, and short ways to fill them.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use gauntlet_mlflow::*;
use gauntlet_registry_sql::db::{Database, DatabaseUrl};
use gauntlet_registry_sql::{Store, StoreSettings};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// Runs a test on an empty store of each kind.
pub(crate) async fn everywhere<F, Fut>(test: F)
where
    F: Fn(Store) -> Fut,
    Fut: Future<Output = ()>,
{
    let folder = tempfile::tempdir().unwrap();
    let store = open(&DatabaseUrl::file(&folder.path().join("registry.db"))).await;
    test(store.clone()).await;
    store.database().close().await;

    let Ok(server) = std::env::var("GAUNTLET_TEST_POSTGRES") else {
        eprintln!("skipped on PostgreSQL: GAUNTLET_TEST_POSTGRES names no server");
        return;
    };
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("gauntlet_tracking_{}_{count}", std::process::id());
    let server = server.trim_end_matches('/').trim_end_matches("/postgres");
    let mut admin = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let store = open(&format!("{server}/{name}").parse().unwrap()).await;
    test(store.clone()).await;
    store.database().close().await;
    admin.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.unwrap();
}

async fn open(url: &DatabaseUrl) -> Store {
    let database = Database::connect(url).await.unwrap();
    database.migrate().await.unwrap();
    let store = Store::new(database, settings());
    store.ensure_default_experiment().await.unwrap();
    store
}

pub(crate) fn settings() -> StoreSettings {
    StoreSettings { default_artifact_root: "s3://bucket/root?a=b".into() }
}

pub(crate) fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) async fn experiment(store: &Store, name: &str) -> String {
    let request = CreateExperiment { name: some(name), ..CreateExperiment::default() };
    store.call(request).await.unwrap().experiment_id.unwrap()
}

pub(crate) async fn run(store: &Store, experiment: &str, start_time: i64) -> String {
    let request = CreateRun {
        experiment_id: some(experiment),
        start_time: Some(start_time),
        ..CreateRun::default()
    };
    store.call(request).await.unwrap().run.unwrap().info.unwrap().run_id.unwrap()
}

pub(crate) async fn get(store: &Store, run_id: &str) -> Run {
    let request = GetRun { run_id: some(run_id), run_uuid: None };
    store.call(request).await.unwrap().run.unwrap()
}

pub(crate) fn metric(key: &str, value: f64, timestamp: i64, step: i64) -> Metric {
    Metric {
        key: some(key),
        value: Some(Double(value)),
        timestamp: Some(timestamp),
        step: Some(step),
        ..Metric::default()
    }
}

pub(crate) fn batch(run_id: &str) -> LogBatch {
    LogBatch { run_id: some(run_id), ..LogBatch::default() }
}

pub(crate) fn pairs(pairs: &[(&str, &str)]) -> Vec<KeyValue> {
    pairs.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect()
}

/// The values of a list of pairs, by key.
pub(crate) fn value<'a>(pairs: &'a [KeyValue], key: &str) -> Option<&'a str> {
    pairs.iter().find(|pair| pair.key.as_deref() == Some(key))?.value.as_deref()
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T>, code: ErrorCode, part: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains(part), "{error}");
}
