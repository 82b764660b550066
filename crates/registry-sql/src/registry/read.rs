//! Everything that is read from the database, each a few plain selects.

use std::collections::BTreeMap;

use gauntlet_core::{Alias, Decision, Digest, ModelName, Origin, Verdict, Version};
use gauntlet_registry::published::{self, Pointer};
use gauntlet_registry::{
    ArtifactStore, Event, Model, ModelVersion, RegistryError, Result, Selector, rules,
};

use crate::convert::{During as _, parse, unreadable, version};
use crate::db::{Conn, DbError, Row, Sql, sql};

/// All models, by name. One whose name this interface cannot say, such as MLflow allows, is left out.
pub(crate) async fn models(db: &mut Conn) -> Result<Vec<Model>> {
    const DOING: &str = "listing models";
    let select = sql("SELECT m.name, m.description, m.creation_time, m.last_updated_time,
            count(v.version), max(v.version)
        FROM registered_models m
        LEFT JOIN model_versions v ON v.workspace = m.workspace AND v.name = m.name
            AND v.current_stage <> 'Deleted_Internal'
        WHERE m.workspace = 'default'
        GROUP BY m.workspace, m.name, m.description, m.creation_time, m.last_updated_time
        ORDER BY m.name");
    let mut models = Vec::new();
    for row in db.rows(select).await.during(DOING)? {
        let Ok(model) = row.get::<String>(0).during(DOING)?.parse::<ModelName>() else {
            continue;
        };
        let description: Option<String> = row.get(1).during(DOING)?;
        let (created, updated): (Option<i64>, Option<i64>) =
            (row.get(2).during(DOING)?, row.get(3).during(DOING)?);
        let latest: Option<i64> = row.get(5).during(DOING)?;
        models.push(Model {
            aliases: aliases(db, &model).await?,
            model,
            description: description.filter(|text| !text.is_empty()),
            created_ms: created.unwrap_or(0),
            updated_ms: updated.or(created).unwrap_or(0),
            versions: version("count of model_versions", row.get(4).during(DOING)?)?.0,
            latest: latest.map(|v| version("model_versions.version", v)).transpose()?,
        });
    }
    Ok(models)
}

/// Checks that a model exists.
pub(crate) async fn require_model(db: &mut Conn, model: &ModelName) -> Result<()> {
    const DOING: &str = "looking for a model";
    let select =
        sql("SELECT name FROM registered_models WHERE workspace = 'default' ORDER BY name");
    let rows = db.rows(select).await.during(DOING)?;
    let names = rows.iter().map(|row| row.get(0)).collect::<Result<Vec<String>, DbError>>();
    let names = names.during(DOING)?;
    if names.iter().any(|name| name == model.as_str()) {
        return Ok(());
    }
    let known = names.iter().filter_map(|name| name.parse().ok()).collect();
    Err(RegistryError::ModelNotFound { model: model.clone(), known })
}

/// Where each alias of a model is. One that MLflow allows and this interface cannot say is left out.
pub(crate) async fn aliases(db: &mut Conn, model: &ModelName) -> Result<BTreeMap<Alias, Version>> {
    const DOING: &str = "reading aliases";
    let select = sql("SELECT alias, version FROM registered_model_aliases
        WHERE workspace = 'default' AND name = ?")
    .bind(model.as_str());
    let mut aliases = BTreeMap::new();
    for row in db.rows(select).await.during(DOING)? {
        if let Ok(alias) = row.get::<String>(0).during(DOING)?.parse() {
            let number = row.get(1).during(DOING)?;
            aliases.insert(alias, version("registered_model_aliases.version", number)?);
        }
    }
    Ok(aliases)
}

/// The version that a number or alias means.
pub(crate) async fn resolve(db: &mut Conn, model: &ModelName, which: &Selector) -> Result<Version> {
    require_model(db, model).await?;
    match which {
        Selector::Number(version) => Ok(*version),
        Selector::Alias(alias) => {
            let known = aliases(db, model).await?;
            known.get(alias).copied().ok_or_else(|| RegistryError::AliasNotFound {
                model: model.clone(),
                alias: alias.clone(),
                known: known.into_keys().collect(),
            })
        }
    }
}

/// `SELECT` with a condition on the model, and on one of its versions if that is asked for.
fn of_model(text: &str, table: &str, model: &ModelName, only: Option<i64>) -> Sql {
    let mut select = sql(text);
    select.push(&format!(" WHERE {table}.workspace = 'default' AND {table}.name = "));
    select.push_bind(model.as_str());
    if let Some(only) = only {
        select.push(&format!(" AND {table}.version = ")).push_bind(only);
    }
    select
}

/// All versions of a model, or only the one of that number, newest first.
pub(crate) async fn versions(
    db: &mut Conn,
    store: &dyn ArtifactStore,
    model: &ModelName,
    only: Option<Version>,
) -> Result<Vec<ModelVersion>> {
    const DOING: &str = "reading versions";
    require_model(db, model).await?;
    let only = only.map(|v| i64::from(v.0));
    let mut select = of_model(
        "SELECT v.version, v.creation_time, v.description, v.user_id, v.run_id, e.name,
            d.digest, d.origin
        FROM model_versions v
        LEFT JOIN gauntlet_digests d ON d.workspace = v.workspace AND d.name = v.name
            AND d.version = v.version
        LEFT JOIN runs r ON r.run_uuid = v.run_id
        LEFT JOIN experiments e ON e.experiment_id = r.experiment_id",
        "v",
        model,
        only,
    );
    select.push(" AND v.current_stage <> 'Deleted_Internal' ORDER BY v.version DESC");
    let rows = db.rows(select).await.during(DOING)?;
    let mut params = texts(db, of_model(PARAMS, "v", model, only)).await?;
    let mut tags = texts(db, of_model(TAGS, "v", model, only)).await?;
    let mut metrics = metrics(db, model, only).await?;
    let mut verdicts = verdicts(db, model, only).await?;
    let aliases = aliases(db, model).await?;
    rows.iter()
        .map(|row| {
            let key: i64 = row.get(0).during(DOING)?;
            let number = version("model_versions.version", key)?;
            let at_this = |(alias, v): (&Alias, &Version)| (*v == number).then(|| alias.clone());
            let (verdict_digest, verdict) = verdicts.remove(&key).unzip();
            let description: Option<String> = row.get(2).during(DOING)?;
            let digest = optional::<Digest>(row, 6, "gauntlet_digests.digest").during(DOING)??;
            let made_from: Option<String> = row.get(7).during(DOING)?;
            Ok(ModelVersion {
                model: model.clone(),
                version: number,
                aliases: aliases.iter().filter_map(at_this).collect(),
                artifact: digest.map(|d| store.location(&d)),
                digest,
                origin: made_from.map(|o| origin(&o)).transpose()?,
                verdict,
                verdict_digest,
                description: description.filter(|text| !text.is_empty()),
                created_ms: row.get::<Option<i64>>(1).during(DOING)?.unwrap_or(0),
                user: row.get(3).during(DOING)?,
                run_id: row.get(4).during(DOING)?,
                experiment: row.get(5).during(DOING)?,
                params: params.remove(&key).unwrap_or_default(),
                metrics: metrics.remove(&key).unwrap_or_default(),
                tags: tags.remove(&key).unwrap_or_default(),
            })
        })
        .collect()
}

/// A text that may be null and has a type of its own: the database's error, or that it cannot be read.
fn optional<T>(row: &Row, index: usize, column: &'static str) -> Result<Result<Option<T>>, DbError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    Ok(row.get::<Option<String>>(index)?.map(|text| parse(column, &text)).transpose())
}

const PARAMS: &str = "SELECT v.version, p.key, p.value FROM model_versions v
    JOIN params p ON p.run_uuid = v.run_id";

const TAGS: &str = "SELECT v.version, v.key, coalesce(v.value, '') FROM model_version_tags v";

/// Keys and values per version.
async fn texts(db: &mut Conn, select: Sql) -> Result<BTreeMap<i64, BTreeMap<String, String>>> {
    const DOING: &str = "reading params and tags";
    let mut texts: BTreeMap<i64, BTreeMap<String, String>> = BTreeMap::new();
    for row in db.rows(select).await.during(DOING)? {
        let (version, key, value) =
            (row.get(0).during(DOING)?, row.get(1).during(DOING)?, row.get(2).during(DOING)?);
        texts.entry(version).or_default().insert(key, value);
    }
    Ok(texts)
}

async fn metrics(
    db: &mut Conn,
    model: &ModelName,
    only: Option<i64>,
) -> Result<BTreeMap<i64, BTreeMap<String, f64>>> {
    const DOING: &str = "reading metrics";
    let select = of_model(
        "SELECT v.version, m.key, m.value, m.is_nan FROM model_versions v
        JOIN latest_metrics m ON m.run_uuid = v.run_id",
        "v",
        model,
        only,
    );
    let mut metrics: BTreeMap<i64, BTreeMap<String, f64>> = BTreeMap::new();
    for row in db.rows(select).await.during(DOING)? {
        let is_nan = row.get(3).during(DOING)?;
        let value = if is_nan { f64::NAN } else { row.get(2).during(DOING)? };
        let (version, key) = (row.get(0).during(DOING)?, row.get(1).during(DOING)?);
        metrics.entry(version).or_default().insert(key, value);
    }
    Ok(metrics)
}

/// The newest verdict per version.
async fn verdicts(
    db: &mut Conn,
    model: &ModelName,
    only: Option<i64>,
) -> Result<BTreeMap<i64, (Digest, Verdict)>> {
    const DOING: &str = "reading verdicts";
    let text = "SELECT v.version, v.digest, v.verdict FROM gauntlet_verdicts v";
    let mut select = of_model(text, "v", model, only);
    select.push(" ORDER BY v.id");
    let mut verdicts = BTreeMap::new();
    for row in db.rows(select).await.during(DOING)? {
        let (digest, text): (String, String) =
            (row.get(1).during(DOING)?, row.get(2).during(DOING)?);
        let verdict = serde_json::from_str(&text)
            .map_err(|e| unreadable("gauntlet_verdicts.verdict", &text, &e))?;
        let digest = parse("gauntlet_verdicts.digest", &digest)?;
        verdicts.insert(row.get(0).during(DOING)?, (digest, verdict));
    }
    Ok(verdicts)
}

/// What the rules of aliases ask about a version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) digest: Option<Digest>,
    pub(crate) origin: Option<Origin>,
    pub(crate) verdict: Option<(Digest, Decision)>,
}

/// The facts of one version.
pub(crate) async fn facts(
    db: &mut Conn,
    store: &dyn ArtifactStore,
    model: &ModelName,
    version: Version,
) -> Result<Facts> {
    let found = versions(db, store, model, Some(version))
        .await?
        .pop()
        .ok_or_else(|| RegistryError::VersionNotFound { model: model.clone(), version })?;
    let tag =
        || found.tags.get(gauntlet_registry::Tag::ORIGIN).and_then(|t| rules::parse_origin(t));
    Ok(Facts {
        digest: found.digest,
        origin: found.origin.or_else(tag),
        verdict: found.verdict_digest.zip(found.verdict.map(|v| v.decision)),
    })
}

/// Every move of a model's aliases, or only of one, oldest first.
pub(crate) async fn events(
    db: &mut Conn,
    model: &ModelName,
    alias: Option<&Alias>,
) -> Result<Vec<Event>> {
    let mut select = sql(EVENTS);
    select.push(" AND name = ").push_bind(model.as_str());
    if let Some(alias) = alias {
        select.push(" AND alias = ").push_bind(alias.as_str());
    }
    select.push(" ORDER BY id");
    let rows = db.rows(select).await.during(READING_HISTORY)?;
    rows.iter().map(event).collect()
}

/// Every move of every alias, oldest first.
pub(crate) async fn all_events(db: &mut Conn) -> Result<Vec<Event>> {
    let mut select = sql(EVENTS);
    select.push(" ORDER BY id");
    let rows = db.rows(select).await.during(READING_HISTORY)?;
    rows.iter().map(event).collect()
}

const READING_HISTORY: &str = "reading the history";

const EVENTS: &str = "SELECT id, at_ms, who, kind, name, alias, from_version, to_version,
        verdict_digest, forced, reason, undoes
    FROM gauntlet_events WHERE workspace = 'default'";

fn event(row: &Row) -> Result<Event> {
    const DOING: &str = READING_HISTORY;
    let number = |index, column| {
        let value: Option<i64> = row.get(index).during(DOING)?;
        value.map(|v| version(column, v)).transpose()
    };
    let text = |index| row.get::<String>(index).during(DOING);
    Ok(Event {
        id: row.get(0).during(DOING)?,
        at_ms: row.get(1).during(DOING)?,
        who: text(2)?,
        kind: parse("gauntlet_events.kind", &text(3)?)?,
        model: parse("gauntlet_events.name", &text(4)?)?,
        alias: parse("gauntlet_events.alias", &text(5)?)?,
        from: number(6, "gauntlet_events.from_version")?,
        to: number(7, "gauntlet_events.to_version")?,
        verdict_digest: optional(row, 8, "gauntlet_events.verdict_digest").during(DOING)??,
        forced: row.get(9).during(DOING)?,
        reason: text(10)?,
        undoes: row.get(11).during(DOING)?,
    })
}

/// What the pointer files should say: every alias of a version with a bundle.
pub(crate) async fn pointers(db: &mut Conn, store: &dyn ArtifactStore) -> Result<Vec<Pointer>> {
    const DOING: &str = "reading aliases";
    let select = sql("SELECT a.name, a.alias, a.version, d.digest, d.origin, coalesce(
            (SELECT max(e.at_ms) FROM gauntlet_events e WHERE e.workspace = a.workspace
                AND e.name = a.name AND e.alias = a.alias), 0)
        FROM registered_model_aliases a
        JOIN gauntlet_digests d ON d.workspace = a.workspace AND d.name = a.name
            AND d.version = a.version
        WHERE a.workspace = 'default' ORDER BY a.name, a.alias");
    let rows = db.rows(select).await.during(DOING)?;
    rows.iter()
        .map(|row| {
            let text = |index| row.get::<String>(index).during(DOING);
            let digest = parse("gauntlet_digests.digest", &text(3)?)?;
            let number = row.get(2).during(DOING)?;
            Ok(Pointer {
                format: published::FORMAT,
                model: parse("registered_model_aliases.name", &text(0)?)?,
                alias: parse("registered_model_aliases.alias", &text(1)?)?,
                version: version("registered_model_aliases.version", number)?,
                digest,
                artifact: store.location(&digest),
                origin: origin(&text(4)?)?,
                updated_ms: row.get(5).during(DOING)?,
            })
        })
        .collect()
}

fn origin(text: &str) -> Result<Origin> {
    rules::parse_origin(text)
        .ok_or_else(|| unreadable("gauntlet_digests.origin", &text, &"not `real` or `simulated`"))
}
