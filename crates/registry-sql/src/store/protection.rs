//! What MLflow's own endpoints may not do: see `[protected]` in `registry.toml`.
//!
//! Each check is one or two statements in the transaction of the deed it guards, so that nothing changes between.

use gauntlet_mlflow::{Error, ErrorCode};

use super::errors::Failed;
use crate::db::{Conn, DbError, sql};
use crate::settings::Protection;

/// How a protected alias does move.
const HOW: &str = "it moves only by compare-and-swap, with a verdict, a name and a reason: use POST \
    /api/2.0/gauntlet/registry/aliases/move, or `gauntlet registry promote`";

/// Tags that say what a version is made of.
const FIXED_TAGS: [&str; 2] = [gauntlet_registry::Tag::BUNDLE, gauntlet_registry::Tag::ORIGIN];

/// What is about to happen to a registered model.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    /// It gets another name.
    Rename,
    /// It goes with all versions.
    Delete,
}

fn denied(message: String) -> Failed {
    Error::new(ErrorCode::PermissionDenied, message).into()
}

/// Whether versions of a model were registered as bundles.
pub(super) async fn has_bundles(db: &mut Conn, model: &str) -> Result<bool, DbError> {
    let select =
        sql("SELECT 1 FROM gauntlet_digests WHERE workspace = 'default' AND name = ? LIMIT 1");
    Ok(db.row(select.bind(model)).await?.is_some())
}

async fn covers(db: &mut Conn, protection: &Protection, model: &str) -> Result<bool, DbError> {
    Ok(protection.lists(model) || (protection.pipelines && has_bundles(db, model).await?))
}

/// Refuses to move or remove a protected alias.
pub(super) async fn check_alias(
    db: &mut Conn,
    protection: &Protection,
    model: &str,
    alias: &str,
) -> Result<(), Failed> {
    if protection.holds(alias) && covers(db, protection, model).await? {
        return Err(denied(format!("Alias '{alias}' of model '{model}' is protected: {HOW}.")));
    }
    Ok(())
}

/// Refuses to delete or rename a protected model.
pub(super) async fn check_model(
    db: &mut Conn,
    protection: &Protection,
    model: &str,
    deed: Deed,
) -> Result<(), Failed> {
    if !covers(db, protection, model).await? {
        return Ok(());
    }
    let what = match deed {
        Deed::Rename => "renamed",
        Deed::Delete => "deleted",
    };
    Err(denied(format!(
        "Model '{model}' is protected and cannot be {what}; `[protected]` in the registry's registry.toml decides so."
    )))
}

/// Refuses to delete a version of a protected model that an alias points at.
pub(super) async fn check_version(
    db: &mut Conn,
    protection: &Protection,
    model: &str,
    version: i64,
) -> Result<(), Failed> {
    let select = sql("SELECT alias FROM registered_model_aliases
        WHERE workspace = 'default' AND name = ? AND version = ? ORDER BY alias LIMIT 1");
    let Some(row) = db.row(select.bind(model).bind(version)).await? else {
        return Ok(());
    };
    if !covers(db, protection, model).await? {
        return Ok(());
    }
    let alias: String = row.get(0)?;
    Err(denied(format!(
        "Version {version} of model '{model}' is protected while its alias '{alias}' points at it; of that alias: {HOW}."
    )))
}

/// Refuses to change what a tag says about the bundle behind a version.
pub(super) async fn check_tag(
    db: &mut Conn,
    model: &str,
    version: i64,
    key: &str,
) -> Result<(), Failed> {
    if !FIXED_TAGS.contains(&key) {
        return Ok(());
    }
    let select = sql(
        "SELECT 1 FROM gauntlet_digests WHERE workspace = 'default' AND name = ? AND version = ?",
    );
    if db.row(select.bind(model).bind(version)).await?.is_none() {
        return Ok(());
    }
    Err(denied(format!(
        "Tag '{key}' of version {version} of model '{model}' is protected: it says what the version's bundle is, which \
        never changes."
    )))
}

/// Refuses to delete runs that made a version of a protected model that an alias points at.
async fn check_runs(
    db: &mut Conn,
    protection: &Protection,
    what: &str,
    condition: crate::db::Sql,
) -> Result<(), Failed> {
    let mut select = sql("SELECT v.name, v.version, a.alias, v.run_id FROM model_versions v
        JOIN registered_model_aliases a ON a.workspace = v.workspace AND a.name = v.name
            AND a.version = v.version
        WHERE v.workspace = 'default' AND v.current_stage <> 'Deleted_Internal' AND v.run_id ");
    select.push_sql(condition).push(" ORDER BY v.name, v.version, a.alias");
    for row in db.rows(select).await? {
        let (model, alias): (String, String) = (row.get(0)?, row.get(2)?);
        if covers(db, protection, &model).await? {
            return Err(denied(format!(
                "{what} is protected: run '{}' made version {} of model '{model}', and its alias '{alias}' points at \
                that; of that alias: {HOW}.",
                row.get::<String>(3)?,
                row.get::<i64>(1)?
            )));
        }
    }
    Ok(())
}

/// Refuses to delete a run that made a version of a protected model that an alias points at.
pub(super) async fn check_run(
    db: &mut Conn,
    protection: &Protection,
    run_id: &str,
) -> Result<(), Failed> {
    let mut condition = sql("= ");
    condition.push_bind(run_id);
    check_runs(db, protection, &format!("Run '{run_id}'"), condition).await
}

/// Refuses to delete an experiment with such a run.
pub(super) async fn check_experiment(
    db: &mut Conn,
    protection: &Protection,
    experiment: i64,
) -> Result<(), Failed> {
    let mut condition = sql("IN (SELECT run_uuid FROM runs WHERE experiment_id = ");
    condition.push_bind(experiment).push(")");
    check_runs(db, protection, &format!("Experiment {experiment}"), condition).await
}
