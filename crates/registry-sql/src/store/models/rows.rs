//! Rows as messages: a version with its tags, a registered model with all that hangs on it.

use std::collections::BTreeMap;

use gauntlet_mlflow::{
    Error, KeyValue, ModelVersion, ModelVersionStatus, RegisteredModel, RegisteredModelAlias,
};

use super::super::errors::Failed;
use crate::db::{Conn, DbError, Row, Sql, sql};

/// The columns that [`versions`] reads: of a version `v`, and of a tag `t` of it or nulls.
pub(super) const VERSION: &str = "v.name, v.version, v.creation_time, v.last_updated_time,
    v.description, v.user_id, v.current_stage, v.source, v.run_id, v.status, v.status_message,
    v.run_link, t.key, t.value";

/// Joins the tags `t` of a version `v`.
pub(super) const WITH_TAGS: &str = "LEFT JOIN model_version_tags t ON t.workspace = v.workspace
    AND t.name = v.name AND t.version = v.version";

/// The aliases of a version `v`, divided by commas, which none of them contains.
pub(super) const ALIASES: &str = "(SELECT string_agg(b.alias, ',' ORDER BY b.alias)
    FROM registered_model_aliases b
    WHERE b.workspace = 'default' AND b.name = v.name AND b.version = v.version)";

/// Versions from rows of [`VERSION`], where the rows of one version follow each other.
pub(super) fn versions(rows: &[Row]) -> Result<Vec<ModelVersion>, DbError> {
    let mut versions: Vec<ModelVersion> = Vec::new();
    for row in rows {
        let name: String = row.get(0)?;
        let number = row.get::<i64>(1)?.to_string();
        let same = |last: &ModelVersion| {
            last.version.as_deref() == Some(&*number) && last.name.as_deref() == Some(&*name)
        };
        if !versions.last().is_some_and(same) {
            let status: Option<String> = row.get(9)?;
            versions.push(ModelVersion {
                name: Some(name),
                version: Some(number),
                creation_timestamp: row.get(2)?,
                last_updated_timestamp: row.get(3)?,
                description: row.get(4)?,
                user_id: row.get(5)?,
                current_stage: row.get(6)?,
                source: row.get(7)?,
                run_id: row.get(8)?,
                status: status.as_deref().and_then(ModelVersionStatus::of_name),
                status_message: row.get::<Option<String>>(10)?.filter(|text| !text.is_empty()),
                run_link: row.get(11)?,
                ..ModelVersion::default()
            });
        }
        if let (Some(version), Some(key)) = (versions.last_mut(), row.get::<Option<String>>(12)?) {
            let value: Option<String> = row.get(13)?;
            version.tags.push(KeyValue { key: Some(key), value: Some(value.unwrap_or_default()) });
        }
    }
    Ok(versions)
}

/// The one version of rows of [`VERSION`] and [`ALIASES`].
pub(super) fn version(rows: &[Row]) -> Result<Option<ModelVersion>, DbError> {
    let Some(mut version) = versions(rows)?.pop() else {
        return Ok(None);
    };
    if let Some(row) = rows.first() {
        version.aliases = listed(row.get(14)?);
    }
    Ok(Some(version))
}

/// The parts of a list divided by commas.
fn listed(text: Option<String>) -> Vec<String> {
    text.map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default()
}

/// A version with tags and aliases, unless it was deleted.
pub(super) async fn find_version(
    db: &mut Conn,
    name: &str,
    number: i64,
) -> Result<ModelVersion, Failed> {
    let select = sql(format!(
        "SELECT {VERSION}, {ALIASES} FROM model_versions v {WITH_TAGS}
        WHERE v.workspace = 'default' AND v.name = ? AND v.version = ?
            AND v.current_stage <> 'Deleted_Internal'"
    ));
    let rows = db.rows(select.bind(name).bind(number)).await?;
    version(&rows)?.ok_or_else(|| no_version(name, number).into())
}

/// Checks that there is such a version.
pub(super) async fn require_version(db: &mut Conn, name: &str, number: i64) -> Result<(), Failed> {
    let select =
        sql("SELECT 1 FROM model_versions WHERE workspace = 'default' AND name = ? AND version = ?
            AND current_stage <> 'Deleted_Internal'");
    match db.row(select.bind(name).bind(number)).await? {
        Some(_) => Ok(()),
        None => Err(no_version(name, number).into()),
    }
}

/// Checks that there is such a registered model.
pub(super) async fn require_model(db: &mut Conn, name: &str) -> Result<(), Failed> {
    let select = sql("SELECT 1 FROM registered_models WHERE workspace = 'default' AND name = ?");
    match db.row(select.bind(name)).await? {
        Some(_) => Ok(()),
        None => Err(no_model(name).into()),
    }
}

/// The error for a registered model that does not exist.
pub(super) fn no_model(name: &str) -> Error {
    Error::missing(format!("Registered Model with name={name} not found"))
}

/// The error for a version that does not exist.
pub(super) fn no_version(name: &str, number: i64) -> Error {
    Error::missing(format!("Model Version (name={name}, version={number}) not found"))
}

/// In which order a registered model's newest versions stand: as MLflow's statements happen to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The stage that a version reached first comes first.
    FirstSeen,
    /// By the stage's name.
    Stage,
}

/// The newest version at each stage of the models in a condition on `name`, by model.
pub(super) async fn newest(
    db: &mut Conn,
    names: Sql,
    order: Order,
) -> Result<BTreeMap<String, Vec<ModelVersion>>, DbError> {
    let mut select = sql(format!(
        "SELECT {VERSION} FROM (
            SELECT name, current_stage, max(version) AS newest, min(version) AS oldest
            FROM model_versions
            WHERE workspace = 'default' AND current_stage <> 'Deleted_Internal' AND name "
    ));
    select.push_sql(names).push(&format!(
        " GROUP BY name, current_stage) AS s
        JOIN model_versions v ON v.workspace = 'default' AND v.name = s.name
            AND v.version = s.newest
        {WITH_TAGS} ORDER BY s.name, {}, v.version",
        match order {
            Order::FirstSeen => "s.oldest",
            Order::Stage => "s.current_stage",
        }
    ));
    let mut found: BTreeMap<String, Vec<ModelVersion>> = BTreeMap::new();
    for version in versions(&db.rows(select).await?)? {
        found.entry(version.name.clone().unwrap_or_default()).or_default().push(version);
    }
    Ok(found)
}

/// The columns that [`models`] reads, of a registered model `m`.
pub(super) const MODEL: &str = "m.name, m.creation_time, m.last_updated_time, m.description,
    (SELECT string_agg(a.alias || ':' || CAST(a.version AS TEXT), ',' ORDER BY a.alias)
        FROM registered_model_aliases a WHERE a.workspace = 'default' AND a.name = m.name)";

/// Registered models from rows of [`MODEL`], with their tags and newest versions.
pub(super) async fn models(
    db: &mut Conn,
    rows: &[Row],
    order: Order,
) -> Result<Vec<RegisteredModel>, DbError> {
    let mut models = Vec::with_capacity(rows.len());
    for row in rows {
        models.push(model(row)?);
    }
    if models.is_empty() {
        return Ok(models);
    }
    let mut names = sql("IN ");
    names.push_list(models.iter().filter_map(|model| model.name.as_deref()));
    let mut tags: BTreeMap<String, Vec<KeyValue>> = BTreeMap::new();
    let mut select = sql(
        "SELECT name, key, value FROM registered_model_tags WHERE workspace = 'default' AND name ",
    );
    select.push_sql(names.clone());
    for row in db.rows(select).await? {
        let (key, value): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        tags.entry(row.get(0)?).or_default().push(KeyValue::new(key, value.unwrap_or_default()));
    }
    let mut newest = newest(db, names, order).await?;
    for model in &mut models {
        let name = model.name.as_deref().unwrap_or_default();
        model.tags = tags.remove(name).unwrap_or_default();
        model.latest_versions = newest.remove(name).unwrap_or_default();
    }
    Ok(models)
}

fn model(row: &Row) -> Result<RegisteredModel, DbError> {
    let alias = |pair: String| {
        let (alias, version) = pair.rsplit_once(':').unwrap_or((&pair, ""));
        RegisteredModelAlias { alias: Some(alias.to_owned()), version: Some(version.to_owned()) }
    };
    Ok(RegisteredModel {
        name: row.get(0)?,
        creation_timestamp: row.get(1)?,
        last_updated_timestamp: row.get::<Option<i64>>(2)?.filter(|time| *time != 0),
        description: row.get::<Option<String>>(3)?.filter(|text| !text.is_empty()),
        aliases: listed(row.get(4)?).into_iter().map(alias).collect(),
        ..RegisteredModel::default()
    })
}

/// A registered model with all that hangs on it.
pub(super) async fn find_model(db: &mut Conn, name: &str) -> Result<RegisteredModel, Failed> {
    let select = sql(format!(
        "SELECT {MODEL} FROM registered_models m WHERE m.workspace = 'default' AND m.name = ?"
    ));
    let rows = db.rows(select.bind(name)).await?;
    models(db, &rows, Order::FirstSeen).await?.pop().ok_or_else(|| no_model(name).into())
}
