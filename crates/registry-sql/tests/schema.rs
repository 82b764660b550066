//! The database as MLflow would see it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use common::{Place, register};
use gauntlet_registry::Registry as _;
use sqlx::Row as _;

#[tokio::test]
async fn the_core_tables_are_there_and_no_claim_to_be_mlflows_whole_schema() {
    let place = Place::new();
    place.open().await.close().await;
    let mut database = place.database().await;
    for table in [
        "experiments",
        "experiment_tags",
        "runs",
        "params",
        "tags",
        "metrics",
        "latest_metrics",
        "datasets",
        "inputs",
        "input_tags",
        "logged_models",
        "logged_model_params",
        "logged_model_tags",
        "logged_model_metrics",
        "registered_models",
        "registered_model_tags",
        "registered_model_aliases",
        "model_versions",
        "model_version_tags",
        "workspaces",
    ] {
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = ?")
            .bind(table)
            .fetch_one(&mut database)
            .await
            .unwrap();
        assert_eq!(found, 1, "{table}");
    }
    let alembic = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'";
    assert_eq!(place.count(alembic).await, 0);
    let default = "SELECT count(*) FROM experiments WHERE experiment_id = 0 AND name = 'Default'";
    assert_eq!(place.count(default).await, 1);
    assert_eq!(place.count("SELECT count(*) FROM workspaces WHERE name = 'default'").await, 1);
}

#[tokio::test]
async fn rows_are_those_that_mlflow_writes() {
    let place = Place::new();
    let registry = place.open().await;
    let mut version = place.champion_of("m", "one", None);
    version.metrics.insert("endless".into(), f64::NEG_INFINITY);
    register(&registry, vec![version.clone()]).await;
    let mut database = place.database().await;
    let row = sqlx::query(
        "SELECT v.*, r.status AS run_status, r.lifecycle_stage, r.artifact_uri, r.end_time,
            r.start_time, e.name AS experiment
        FROM model_versions v JOIN runs r ON r.run_uuid = v.run_id JOIN experiments e USING
            (experiment_id)",
    )
    .fetch_one(&mut database)
    .await
    .unwrap();
    let text = |column: &str| row.get::<String, _>(column);
    assert_eq!((text("current_stage"), text("status")), ("None".into(), "READY".into()));
    assert_eq!((text("run_status"), text("lifecycle_stage")), ("FINISHED".into(), "active".into()));
    assert_eq!(text("source"), format!("mlflow-artifacts:/bundles/{}", version.digest.hex()));
    assert_eq!(text("artifact_uri"), format!("mlflow-artifacts:/1/{}/artifacts", text("run_id")));
    assert_eq!(text("experiment"), "contract");
    assert!(row.get::<i64, _>("start_time") <= row.get::<i64, _>("end_time"));
    let nan =
        "SELECT count(*) FROM latest_metrics WHERE is_nan AND value = 0 AND \"key\" = 'test.auc'";
    assert_eq!(place.count(nan).await, 1);
    let least = "SELECT count(*) FROM metrics WHERE value = -1.7976931348623157e308 AND NOT is_nan";
    assert_eq!(place.count(least).await, 1);
    for tag in ["mlflow.runName", "mlflow.source.name", "mlflow.user", "data.origin"] {
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM tags WHERE \"key\" = ?")
            .bind(tag)
            .fetch_one(&mut database)
            .await
            .unwrap();
        assert_eq!(found, 1, "{tag}");
    }
}

#[tokio::test]
async fn the_whole_database_is_kept_in_write_ahead_mode_and_is_sound() {
    let place = Place::new();
    let registry = place.open().await;
    register(&registry, vec![place.champion_of("m", "one", None)]).await;
    registry.rollback(&gauntlet_registry::testing::champion_rollback("m")).await.unwrap_err();
    let mut database = place.database().await;
    let mode: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut database).await.unwrap();
    assert_eq!(mode, "wal");
    let sound: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut database).await.unwrap();
    assert_eq!(sound, "ok");
}
