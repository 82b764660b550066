//! The rows of one new version, as MLflow itself would write them.

use gauntlet_core::{Digest, ModelName, Version};
use gauntlet_registry::{NewVersion, Registration, RegistryError, Result};
use sqlx::SqliteConnection;

use crate::convert::{self, During as _, unreadable};

/// A run to write, and the version it made.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) registration: &'a Registration,
    pub(crate) new: &'a NewVersion,
    pub(crate) experiment: i64,
    pub(crate) number: Version,
    pub(crate) now_ms: i64,
}

/// The experiment of that name; created if it does not exist.
pub(crate) async fn experiment(db: &mut SqliteConnection, name: &str, now_ms: i64) -> Result<i64> {
    let found: Option<(i64, Option<String>)> = sqlx::query_as(
        "SELECT experiment_id, lifecycle_stage FROM experiments
        WHERE workspace = 'default' AND name = ?",
    )
    .bind(name)
    .fetch_optional(&mut *db)
    .await
    .during("looking for an experiment")?;
    match found {
        Some((_, Some(stage))) if stage == "deleted" => {
            return Err(RegistryError::ExperimentDeleted { experiment: name.to_owned() });
        }
        Some((id, _)) => return Ok(id),
        None => {}
    }
    let id = sqlx::query(
        "INSERT INTO experiments (name, lifecycle_stage, creation_time, last_update_time, workspace)
        VALUES (?1, 'active', ?2, ?2, 'default')",
    )
    .bind(name)
    .bind(now_ms)
    .execute(&mut *db)
    .await
    .during("creating an experiment")?
    .last_insert_rowid();
    sqlx::query("UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?")
        .bind(format!("mlflow-artifacts:/{id}"))
        .bind(id)
        .execute(db)
        .await
        .during("creating an experiment")?;
    Ok(id)
}

/// The next number of a model: one more than it ever had, deleted versions included.
pub(crate) async fn next_version(db: &mut SqliteConnection, model: &ModelName) -> Result<Version> {
    let last: i64 = sqlx::query_scalar(
        "SELECT coalesce(max(version), 0) FROM (
            SELECT version FROM model_versions WHERE workspace = 'default' AND name = ?1
            UNION ALL
            SELECT version FROM gauntlet_digests WHERE workspace = 'default' AND name = ?1)",
    )
    .bind(model.as_str())
    .fetch_one(db)
    .await
    .during("numbering a version")?;
    convert::version("model_versions.version", last.saturating_add(1))
}

/// Writes the run with its params, metrics and tags, and returns its id.
pub(crate) async fn run(db: &mut SqliteConnection, run: &Run<'_>) -> Result<String> {
    let id: String = sqlx::query_scalar("SELECT lower(hex(randomblob(16)))")
        .fetch_one(&mut *db)
        .await
        .during("naming a run")?;
    let Run { registration, new, experiment, number, now_ms } = run;
    let name = format!("{} v{number}", new.model);
    let started_ms = registration.started_ms.unwrap_or(*now_ms).min(*now_ms);
    sqlx::query(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,
            status, start_time, end_time, source_version, lifecycle_stage, artifact_uri,
            experiment_id)
        VALUES (?, ?, 'UNKNOWN', '', '', ?, 'FINISHED', ?, ?, '', 'active', ?, ?)",
    )
    .bind(&id)
    .bind(&name)
    .bind(&registration.who)
    .bind(started_ms)
    .bind(now_ms)
    .bind(format!("mlflow-artifacts:/{experiment}/{id}/artifacts"))
    .bind(experiment)
    .execute(&mut *db)
    .await
    .during("writing a run")?;
    for (key, value) in &new.params {
        sqlx::query("INSERT INTO params (\"key\", value, run_uuid) VALUES (?, ?, ?)")
            .bind(key)
            .bind(value)
            .bind(&id)
            .execute(&mut *db)
            .await
            .during("writing params")?;
    }
    for (key, value) in &new.metrics {
        metric(db, &id, key, *value, *now_ms).await?;
    }
    let ours = [
        ("mlflow.runName", name.as_str()),
        ("mlflow.source.name", "gauntlet"),
        ("mlflow.source.type", "LOCAL"),
        ("mlflow.user", &registration.who),
    ];
    let given = new.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    for (key, value) in given.chain(ours) {
        sqlx::query("INSERT INTO tags (\"key\", value, run_uuid) VALUES (?, ?, ?)")
            .bind(key)
            .bind(value)
            .bind(&id)
            .execute(&mut *db)
            .await
            .during("writing tags")?;
    }
    Ok(id)
}

/// Writes a metric with its newest value. MLflow keeps NaN as a flag, and infinity as the largest number.
async fn metric(
    db: &mut SqliteConnection,
    run: &str,
    key: &str,
    value: f64,
    at_ms: i64,
) -> Result<()> {
    let is_nan = value.is_nan();
    let stored = if is_nan { 0.0 } else { value.clamp(f64::MIN, f64::MAX) };
    for insert in [
        "INSERT INTO metrics (\"key\", value, timestamp, step, is_nan, run_uuid)
        VALUES (?, ?, ?, 0, ?, ?)",
        "INSERT INTO latest_metrics (\"key\", value, timestamp, step, is_nan, run_uuid)
        VALUES (?, ?, ?, 0, ?, ?)",
    ] {
        sqlx::query(insert)
            .bind(key)
            .bind(stored)
            .bind(at_ms)
            .bind(is_nan)
            .bind(run)
            .execute(&mut *db)
            .await
            .during("writing metrics")?;
    }
    Ok(())
}

/// Writes the version, its tags and its digest, and its model if that is new.
pub(crate) async fn version(db: &mut SqliteConnection, run: &Run<'_>, run_id: &str) -> Result<()> {
    let Run { registration, new, number, now_ms, .. } = run;
    let (model, number) = (new.model.as_str(), i64::from(number.0));
    sqlx::query(
        "INSERT INTO registered_models (name, creation_time, last_updated_time, description,
            workspace)
        VALUES (?1, ?2, ?2, '', 'default')
        ON CONFLICT (workspace, name) DO UPDATE SET last_updated_time = excluded.last_updated_time",
    )
    .bind(model)
    .bind(now_ms)
    .execute(&mut *db)
    .await
    .during("writing a model")?;
    sqlx::query(
        "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description,
            user_id, current_stage, source, run_id, status, storage_location, workspace)
        VALUES (?1, ?2, ?3, ?3, ?4, ?5, 'None', ?6, ?7, 'READY', ?6, 'default')",
    )
    .bind(model)
    .bind(number)
    .bind(now_ms)
    .bind(&new.description)
    .bind(&registration.who)
    .bind(format!("mlflow-artifacts:/bundles/{}", new.digest.hex()))
    .bind(run_id)
    .execute(&mut *db)
    .await
    .during("writing a version")?;
    for (key, value) in &new.tags {
        sqlx::query(
            "INSERT INTO model_version_tags (\"key\", value, name, version, workspace)
            VALUES (?, ?, ?, ?, 'default')",
        )
        .bind(key)
        .bind(value)
        .bind(model)
        .bind(number)
        .execute(&mut *db)
        .await
        .during("writing a version's tags")?;
    }
    sqlx::query(
        "INSERT INTO gauntlet_digests (workspace, name, version, digest, origin)
        VALUES ('default', ?, ?, ?, ?)",
    )
    .bind(model)
    .bind(number)
    .bind(new.digest.to_string())
    .bind(new.origin()?.to_string())
    .execute(db)
    .await
    .during("writing a version's digest")?;
    Ok(())
}

/// Records a verdict, unless it is the newest one already.
pub(crate) async fn verdict(
    db: &mut SqliteConnection,
    new: &NewVersion,
    number: Version,
    digest: &Digest,
    now_ms: i64,
) -> Result<()> {
    let (model, number) = (new.model.as_str(), i64::from(number.0));
    let text = serde_json::to_string(&new.verdict)
        .map_err(|e| unreadable("gauntlet_verdicts.verdict", digest, &e))?;
    sqlx::query(
        "INSERT INTO gauntlet_verdicts (workspace, name, version, digest, decision, verdict, at_ms)
        SELECT 'default', ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?3 IS NOT (
            SELECT digest FROM gauntlet_verdicts
            WHERE workspace = 'default' AND name = ?1 AND version = ?2 ORDER BY id DESC LIMIT 1)",
    )
    .bind(model)
    .bind(number)
    .bind(digest.to_string())
    .bind(new.verdict.decision.to_string().to_lowercase())
    .bind(text)
    .bind(now_ms)
    .execute(db)
    .await
    .during("writing a verdict")?;
    Ok(())
}
