//! Everything that is read from the database, each a few plain selects.

use std::collections::BTreeMap;

use gauntlet_core::{Alias, Decision, Digest, ModelName, Origin, Verdict, Version};
use gauntlet_registry::published::{self, Pointer};
use gauntlet_registry::{
    ArtifactStore, Event, Model, ModelVersion, RegistryError, Result, Selector, rules,
};
use sqlx::{FromRow, SqliteConnection};

use crate::convert::{During as _, parse, unreadable, version};

/// All models, by name.
pub(crate) async fn models(db: &mut SqliteConnection) -> Result<Vec<Model>> {
    type Row = (String, Option<String>, Option<i64>, Option<i64>, i64, Option<i64>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT m.name, m.description, m.creation_time, m.last_updated_time,
            count(v.version), max(v.version)
        FROM registered_models m
        LEFT JOIN model_versions v ON v.workspace = m.workspace AND v.name = m.name
            AND v.current_stage <> 'Deleted_Internal'
        WHERE m.workspace = 'default'
        GROUP BY m.name ORDER BY m.name",
    )
    .fetch_all(&mut *db)
    .await
    .during("listing models")?;
    let mut models = Vec::with_capacity(rows.len());
    for (name, description, created, updated, versions, latest) in rows {
        let model: ModelName = parse("registered_models.name", &name)?;
        models.push(Model {
            aliases: aliases(db, &model).await?,
            model,
            description: description.filter(|text| !text.is_empty()),
            created_ms: created.unwrap_or(0),
            updated_ms: updated.or(created).unwrap_or(0),
            versions: version("count of model_versions", versions)?.0,
            latest: latest.map(|v| version("model_versions.version", v)).transpose()?,
        });
    }
    Ok(models)
}

/// Checks that a model exists.
pub(crate) async fn require_model(db: &mut SqliteConnection, model: &ModelName) -> Result<()> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM registered_models WHERE workspace = 'default' ORDER BY name",
    )
    .fetch_all(&mut *db)
    .await
    .during("looking for a model")?;
    if names.iter().any(|name| name == model.as_str()) {
        return Ok(());
    }
    let known = names.iter().filter_map(|name| name.parse().ok()).collect();
    Err(RegistryError::ModelNotFound { model: model.clone(), known })
}

/// Where each alias of a model is.
pub(crate) async fn aliases(
    db: &mut SqliteConnection,
    model: &ModelName,
) -> Result<BTreeMap<Alias, Version>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT alias, version FROM registered_model_aliases
        WHERE workspace = 'default' AND name = ?",
    )
    .bind(model.as_str())
    .fetch_all(db)
    .await
    .during("reading aliases")?;
    rows.into_iter()
        .map(|(alias, number)| {
            let alias = parse("registered_model_aliases.alias", &alias)?;
            Ok((alias, version("registered_model_aliases.version", number)?))
        })
        .collect()
}

/// The version that a number or alias means.
pub(crate) async fn resolve(
    db: &mut SqliteConnection,
    model: &ModelName,
    which: &Selector,
) -> Result<Version> {
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

#[derive(FromRow)]
struct VersionRow {
    version: i64,
    creation_time: Option<i64>,
    description: Option<String>,
    user_id: Option<String>,
    run_id: Option<String>,
    experiment: Option<String>,
    digest: Option<String>,
    origin: Option<String>,
}

/// All versions of a model, or only the one of that number, newest first.
pub(crate) async fn versions(
    db: &mut SqliteConnection,
    store: &dyn ArtifactStore,
    model: &ModelName,
    only: Option<Version>,
) -> Result<Vec<ModelVersion>> {
    require_model(db, model).await?;
    let only = only.map(|v| i64::from(v.0));
    let rows: Vec<VersionRow> = sqlx::query_as(
        "SELECT v.version, v.creation_time, v.description, v.user_id, v.run_id,
            e.name AS experiment, d.digest, d.origin
        FROM model_versions v
        LEFT JOIN gauntlet_digests d ON d.workspace = v.workspace AND d.name = v.name
            AND d.version = v.version
        LEFT JOIN runs r ON r.run_uuid = v.run_id
        LEFT JOIN experiments e ON e.experiment_id = r.experiment_id
        WHERE v.workspace = 'default' AND v.name = ?1 AND (?2 IS NULL OR v.version = ?2)
            AND v.current_stage <> 'Deleted_Internal'
        ORDER BY v.version DESC",
    )
    .bind(model.as_str())
    .bind(only)
    .fetch_all(&mut *db)
    .await
    .during("reading versions")?;
    let mut params = texts(db, PARAMS, model, only).await?;
    let mut tags = texts(db, TAGS, model, only).await?;
    let mut metrics = metrics(db, model, only).await?;
    let mut verdicts = verdicts(db, model, only).await?;
    let aliases = aliases(db, model).await?;
    rows.into_iter()
        .map(|row| {
            let number = version("model_versions.version", row.version)?;
            let at_this = |(alias, v): (&Alias, &Version)| (*v == number).then(|| alias.clone());
            let (verdict_digest, verdict) = verdicts.remove(&row.version).unzip();
            let digest: Option<Digest> =
                row.digest.map(|d| parse("gauntlet_digests.digest", &d)).transpose()?;
            Ok(ModelVersion {
                model: model.clone(),
                version: number,
                aliases: aliases.iter().filter_map(at_this).collect(),
                artifact: digest.map(|d| store.location(&d)),
                digest,
                origin: row.origin.map(|o| origin(&o)).transpose()?,
                verdict,
                verdict_digest,
                description: row.description.filter(|text| !text.is_empty()),
                created_ms: row.creation_time.unwrap_or(0),
                user: row.user_id,
                run_id: row.run_id,
                experiment: row.experiment,
                params: params.remove(&row.version).unwrap_or_default(),
                metrics: metrics.remove(&row.version).unwrap_or_default(),
                tags: tags.remove(&row.version).unwrap_or_default(),
            })
        })
        .collect()
}

const PARAMS: &str = "SELECT v.version, p.\"key\", p.value FROM model_versions v
    JOIN params p ON p.run_uuid = v.run_id
    WHERE v.workspace = 'default' AND v.name = ?1 AND (?2 IS NULL OR v.version = ?2)";

const TAGS: &str = "SELECT version, \"key\", coalesce(value, '') FROM model_version_tags
    WHERE workspace = 'default' AND name = ?1 AND (?2 IS NULL OR version = ?2)";

/// Keys and values per version.
async fn texts(
    db: &mut SqliteConnection,
    select: &'static str,
    model: &ModelName,
    only: Option<i64>,
) -> Result<BTreeMap<i64, BTreeMap<String, String>>> {
    let rows: Vec<(i64, String, String)> = sqlx::query_as(select)
        .bind(model.as_str())
        .bind(only)
        .fetch_all(db)
        .await
        .during("reading params and tags")?;
    let mut texts: BTreeMap<i64, BTreeMap<String, String>> = BTreeMap::new();
    for (version, key, value) in rows {
        texts.entry(version).or_default().insert(key, value);
    }
    Ok(texts)
}

async fn metrics(
    db: &mut SqliteConnection,
    model: &ModelName,
    only: Option<i64>,
) -> Result<BTreeMap<i64, BTreeMap<String, f64>>> {
    let rows: Vec<(i64, String, f64, bool)> = sqlx::query_as(
        "SELECT v.version, m.\"key\", m.value, m.is_nan FROM model_versions v
        JOIN latest_metrics m ON m.run_uuid = v.run_id
        WHERE v.workspace = 'default' AND v.name = ?1 AND (?2 IS NULL OR v.version = ?2)",
    )
    .bind(model.as_str())
    .bind(only)
    .fetch_all(db)
    .await
    .during("reading metrics")?;
    let mut metrics: BTreeMap<i64, BTreeMap<String, f64>> = BTreeMap::new();
    for (version, key, value, is_nan) in rows {
        let value = if is_nan { f64::NAN } else { value };
        metrics.entry(version).or_default().insert(key, value);
    }
    Ok(metrics)
}

/// The newest verdict per version.
async fn verdicts(
    db: &mut SqliteConnection,
    model: &ModelName,
    only: Option<i64>,
) -> Result<BTreeMap<i64, (Digest, Verdict)>> {
    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "SELECT version, digest, verdict FROM gauntlet_verdicts
        WHERE workspace = 'default' AND name = ?1 AND (?2 IS NULL OR version = ?2) ORDER BY id",
    )
    .bind(model.as_str())
    .bind(only)
    .fetch_all(db)
    .await
    .during("reading verdicts")?;
    rows.into_iter()
        .map(|(version, digest, text)| {
            let verdict = serde_json::from_str(&text)
                .map_err(|e| unreadable("gauntlet_verdicts.verdict", &text, &e))?;
            Ok((version, (parse("gauntlet_verdicts.digest", &digest)?, verdict)))
        })
        .collect()
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
    db: &mut SqliteConnection,
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

#[derive(FromRow)]
struct EventRow {
    id: i64,
    at_ms: i64,
    who: String,
    kind: String,
    alias: String,
    from_version: Option<i64>,
    to_version: i64,
    verdict_digest: Option<String>,
    forced: bool,
    reason: String,
    undoes: Option<i64>,
}

/// Every move of a model's aliases, or only of one, oldest first.
pub(crate) async fn events(
    db: &mut SqliteConnection,
    model: &ModelName,
    alias: Option<&Alias>,
) -> Result<Vec<Event>> {
    let rows: Vec<EventRow> = sqlx::query_as(
        "SELECT id, at_ms, who, kind, alias, from_version, to_version, verdict_digest, forced,
            reason, undoes
        FROM gauntlet_events
        WHERE workspace = 'default' AND name = ?1 AND (?2 IS NULL OR alias = ?2) ORDER BY id",
    )
    .bind(model.as_str())
    .bind(alias.map(Alias::as_str))
    .fetch_all(db)
    .await
    .during("reading the history")?;
    rows.into_iter()
        .map(|row| {
            let digest = row.verdict_digest.as_deref();
            Ok(Event {
                id: row.id,
                at_ms: row.at_ms,
                who: row.who,
                kind: parse("gauntlet_events.kind", &row.kind)?,
                model: model.clone(),
                alias: parse("gauntlet_events.alias", &row.alias)?,
                from: row
                    .from_version
                    .map(|v| version("gauntlet_events.from_version", v))
                    .transpose()?,
                to: version("gauntlet_events.to_version", row.to_version)?,
                verdict_digest: digest
                    .map(|d| parse("gauntlet_events.verdict_digest", d))
                    .transpose()?,
                forced: row.forced,
                reason: row.reason,
                undoes: row.undoes,
            })
        })
        .collect()
}

/// What the pointer files should say: every alias of a version with a bundle.
pub(crate) async fn pointers(
    db: &mut SqliteConnection,
    store: &dyn ArtifactStore,
) -> Result<Vec<Pointer>> {
    let rows: Vec<(String, String, i64, String, String, i64)> = sqlx::query_as(
        "SELECT a.name, a.alias, a.version, d.digest, d.origin, coalesce(
            (SELECT max(e.at_ms) FROM gauntlet_events e WHERE e.workspace = a.workspace
                AND e.name = a.name AND e.alias = a.alias), 0)
        FROM registered_model_aliases a
        JOIN gauntlet_digests d ON d.workspace = a.workspace AND d.name = a.name
            AND d.version = a.version
        WHERE a.workspace = 'default' ORDER BY a.name, a.alias",
    )
    .fetch_all(db)
    .await
    .during("reading aliases")?;
    rows.into_iter()
        .map(|(model, alias, number, digest, made_from, updated_ms)| {
            let digest = parse("gauntlet_digests.digest", &digest)?;
            Ok(Pointer {
                format: published::FORMAT,
                model: parse("registered_model_aliases.name", &model)?,
                alias: parse("registered_model_aliases.alias", &alias)?,
                version: version("registered_model_aliases.version", number)?,
                digest,
                artifact: store.location(&digest),
                origin: origin(&made_from)?,
                updated_ms,
            })
        })
        .collect()
}

fn origin(text: &str) -> Result<Origin> {
    rules::parse_origin(text)
        .ok_or_else(|| unreadable("gauntlet_digests.origin", &text, &"not `real` or `simulated`"))
}
