//! The rows of one new version, as MLflow itself would write them.

use std::collections::BTreeMap;

use gauntlet_core::{Digest, ModelName, Version};
use gauntlet_registry::{
    NewVersion, Registration, RegistryError, Result, Tag, TrainedOn, read_manifest,
};

use crate::clock;
use crate::convert::{self, During as _, unreadable};
use crate::db::{Conn, sql};
use crate::history::last_version;

/// A run to write, and the version it made.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) registration: &'a Registration,
    pub(crate) new: &'a NewVersion,
    pub(crate) experiment: i64,
    pub(crate) number: Version,
    pub(crate) now_ms: i64,
    /// Drawn before anything is written, because its files are stored under it.
    pub(crate) id: &'a str,
    /// The root of the artefacts as clients name it, if they reach it without a server.
    pub(crate) root: Option<String>,
}

impl Run<'_> {
    /// Where its bundle is shown, relative to the root of the artefacts.
    pub(crate) fn folder(&self) -> String {
        format!("{}/{}/artifacts/model", self.experiment, self.id)
    }

    /// Where clients find its files.
    fn artifact_uri(&self) -> String {
        self.uri_of(self.id)
    }

    /// Where clients find the files of a run of this experiment.
    fn uri_of(&self, id: &str) -> String {
        let path = format!("{}/{id}/artifacts", self.experiment);
        match &self.root {
            Some(root) => format!("{root}/{path}"),
            None => format!("mlflow-artifacts:/{path}"),
        }
    }

    /// Where clients find the version's files: without a server's help in the run, otherwise the bundle itself.
    fn source(&self) -> String {
        match &self.root {
            Some(root) => format!("{root}/{}", self.folder()),
            None => format!("mlflow-artifacts:/bundles/{}", self.new.digest.hex()),
        }
    }
}

/// The experiment of that name; created if it does not exist.
pub(crate) async fn experiment(
    db: &mut Conn,
    name: &str,
    root: Option<&str>,
    now_ms: i64,
) -> Result<i64> {
    const DOING: &str = "creating an experiment";
    // Somebody else may create it at the same moment: then the second look finds it.
    let insert = sql(
        "INSERT INTO experiments (name, lifecycle_stage, creation_time, last_update_time, workspace)
        VALUES (?, 'active', ?, ?, 'default')
        ON CONFLICT (workspace, name) DO NOTHING RETURNING experiment_id",
    );
    let select = sql("SELECT experiment_id, lifecycle_stage FROM experiments
        WHERE workspace = 'default' AND name = ?");
    let mut found = db.row(select.clone().bind(name)).await.during(DOING)?;
    if found.is_none() {
        let insert = insert.bind(name).bind(now_ms).bind(now_ms);
        if let Some(row) = db.row(insert).await.during(DOING)? {
            let id: i64 = row.get(0).during(DOING)?;
            let root = root.unwrap_or("mlflow-artifacts:");
            let place = sql("UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?")
                .bind(format!("{root}/{id}"))
                .bind(id);
            db.execute(place).await.during(DOING)?;
            return Ok(id);
        }
        found = db.row(select.bind(name)).await.during(DOING)?;
    }
    let deleted = || RegistryError::ExperimentDeleted { experiment: name.to_owned() };
    let row = found.ok_or_else(deleted)?;
    let stage: Option<String> = row.get(1).during(DOING)?;
    if stage.as_deref() == Some("deleted") {
        return Err(deleted());
    }
    row.get(0).during(DOING)
}

/// The next number of a model: one more than it ever had, deleted versions included.
pub(crate) async fn next_version(db: &mut Conn, model: &ModelName) -> Result<Version> {
    let last = last_version(db, model.as_str()).await.during("numbering a version")?;
    convert::version("model_versions.version", last.saturating_add(1))
}

/// Writes the run with its params, metrics and tags.
pub(crate) async fn run(db: &mut Conn, run: &Run<'_>) -> Result<()> {
    let Run { new, number, id, .. } = run;
    let entry = Entry {
        id,
        name: &format!("{} v{number}", new.model),
        uri: run.artifact_uri(),
        status: "FINISHED",
        params: &new.params,
        metrics: &new.metrics,
        tags: new.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
    };
    write(db, run, &entry).await?;
    dataset(db, run).await?;
    for trial in &new.trials {
        let own = clock::random_id();
        let mut tags = vec![(Tag::PARENT, *id)];
        tags.extend(trial.failure.iter().map(|why| (Tag::FAILURE, why.as_str())));
        let entry = Entry {
            id: &own,
            name: &trial.name,
            uri: run.uri_of(&own),
            status: if trial.failure.is_some() { "FAILED" } else { "FINISHED" },
            params: &trial.params,
            metrics: &trial.metrics,
            tags,
        };
        write(db, run, &entry).await?;
    }
    Ok(())
}

/// A run as its rows have it.
#[derive(Debug)]
struct Entry<'a> {
    id: &'a str,
    name: &'a str,
    uri: String,
    status: &'static str,
    params: &'a BTreeMap<String, String>,
    metrics: &'a BTreeMap<String, f64>,
    tags: Vec<(&'a str, &'a str)>,
}

/// Writes the rows of a run of this registration.
async fn write(db: &mut Conn, run: &Run<'_>, entry: &Entry<'_>) -> Result<()> {
    let Run { registration, experiment, now_ms, .. } = run;
    let Entry { id, name, uri, status, params, metrics, tags } = entry;
    let started_ms = registration.started_ms.unwrap_or(*now_ms).min(*now_ms);
    let insert = sql(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,
            status, start_time, end_time, source_version, lifecycle_stage, artifact_uri,
            experiment_id)
        VALUES (?, ?, 'UNKNOWN', '', '', ?, ?, ?, ?, '', 'active', ?, ?)",
    )
    .bind(*id)
    .bind(*name)
    .bind(&registration.who)
    .bind(*status)
    .bind(started_ms)
    .bind(*now_ms)
    .bind(uri)
    .bind(*experiment);
    db.execute(insert).await.during("writing a run")?;
    for (key, value) in *params {
        let insert = sql("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)");
        db.execute(insert.bind(key).bind(value).bind(*id)).await.during("writing params")?;
    }
    for (key, value) in *metrics {
        metric(db, id, key, *value, *now_ms).await?;
    }
    let ours = [
        ("mlflow.runName", *name),
        ("mlflow.source.name", "gauntlet"),
        ("mlflow.source.type", "LOCAL"),
        ("mlflow.user", &registration.who),
    ];
    for (key, value) in tags.iter().copied().chain(ours) {
        let insert = sql("INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)");
        db.execute(insert.bind(key).bind(value).bind(*id)).await.during("writing tags")?;
    }
    Ok(())
}

/// Writes that the run was trained on the dataset of its bundle.
async fn dataset(db: &mut Conn, run: &Run<'_>) -> Result<()> {
    const DOING: &str = "writing a run's dataset";
    let on = TrainedOn::of(&read_manifest(&run.new.bundle, &run.new.digest)?);
    let drawn = |what: &str| {
        let mut name = Digest::of(what.as_bytes()).hex();
        name.truncate(32);
        name
    };
    let uuid = drawn(&format!("dataset {} {} {}", run.experiment, on.name, on.digest));
    let insert = sql("INSERT INTO datasets (dataset_uuid, experiment_id, name, digest,
            dataset_source_type, dataset_source)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (experiment_id, name, digest) DO NOTHING");
    let insert = insert.bind(&uuid).bind(run.experiment).bind(&on.name).bind(&on.digest);
    let insert = insert.bind(TrainedOn::SOURCE_TYPE).bind(&on.source);
    db.execute(insert).await.during(DOING)?;
    let input = drawn(&format!("input of {}", run.id));
    // Another client may have noted the same dataset under an identifier of its own.
    let edge = sql("INSERT INTO inputs (input_uuid, source_type, source_id, destination_type,
            destination_id, step)
        SELECT ?, 'DATASET', dataset_uuid, 'RUN', ?, 0 FROM datasets
        WHERE experiment_id = ? AND name = ? AND digest = ?");
    let edge = edge.bind(&input).bind(run.id).bind(run.experiment).bind(&on.name).bind(&on.digest);
    db.execute(edge).await.during(DOING)?;
    let tag = sql("INSERT INTO input_tags (input_uuid, name, value)
        VALUES (?, 'mlflow.data.context', 'training')");
    db.execute(tag.bind(&input)).await.during(DOING).map(|_| ())
}

/// Writes a metric with its newest value. MLflow keeps NaN as a flag, and infinity as the largest number.
async fn metric(db: &mut Conn, run: &str, key: &str, value: f64, at_ms: i64) -> Result<()> {
    let is_nan = value.is_nan();
    let stored = if is_nan { 0.0 } else { value.clamp(f64::MIN, f64::MAX) };
    for table in ["metrics", "latest_metrics"] {
        let insert = sql(format!(
            "INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid)
            VALUES (?, ?, ?, 0, ?, ?)"
        ));
        let insert = insert.bind(key).bind(stored).bind(at_ms).bind(is_nan).bind(run);
        db.execute(insert).await.during("writing metrics")?;
    }
    Ok(())
}

/// Writes the version, its tags and its digest, and its model if that is new.
pub(crate) async fn version(db: &mut Conn, run: &Run<'_>) -> Result<()> {
    let Run { registration, new, number, now_ms, .. } = run;
    let (model, number, source) = (new.model.as_str(), number.0, run.source());
    let upsert = sql(
        "INSERT INTO registered_models (name, creation_time, last_updated_time, description,
            workspace)
        VALUES (?, ?, ?, '', 'default')
        ON CONFLICT (workspace, name) DO UPDATE SET last_updated_time = excluded.last_updated_time",
    );
    let upsert = upsert.bind(model).bind(*now_ms).bind(*now_ms);
    db.execute(upsert).await.during("writing a model")?;
    let insert = sql(
        "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description,
            user_id, current_stage, source, run_id, status, storage_location, workspace)
        VALUES (?, ?, ?, ?, ?, ?, 'None', ?, ?, 'READY', ?, 'default')",
    )
    .bind(model)
    .bind(number)
    .bind(*now_ms)
    .bind(*now_ms)
    .bind(&new.description)
    .bind(&registration.who)
    .bind(&source)
    .bind(run.id)
    .bind(&source);
    db.execute(insert).await.during("writing a version")?;
    for (key, value) in &new.tags {
        let insert = sql("INSERT INTO model_version_tags (key, value, name, version, workspace)
            VALUES (?, ?, ?, ?, 'default')");
        let insert = insert.bind(key).bind(value).bind(model).bind(number);
        db.execute(insert).await.during("writing a version's tags")?;
    }
    let insert = sql("INSERT INTO gauntlet_digests (workspace, name, version, digest, origin)
        VALUES ('default', ?, ?, ?, ?)");
    let (digest, origin) = (new.digest.to_string(), new.origin()?.to_string());
    let insert = insert.bind(model).bind(number).bind(digest).bind(origin);
    db.execute(insert).await.during("writing a version's digest")?;
    Ok(())
}

/// Records a verdict, unless it is the newest one already.
pub(crate) async fn verdict(
    db: &mut Conn,
    new: &NewVersion,
    number: Version,
    digest: &Digest,
    now_ms: i64,
) -> Result<()> {
    const DOING: &str = "writing a verdict";
    let (model, number) = (new.model.as_str(), number.0);
    let newest = sql("SELECT digest FROM gauntlet_verdicts
        WHERE workspace = 'default' AND name = ? AND version = ? ORDER BY id DESC LIMIT 1");
    if let Some(row) = db.row(newest.bind(model).bind(number)).await.during(DOING)?
        && row.get::<String>(0).during(DOING)? == digest.to_string()
    {
        return Ok(());
    }
    let text = serde_json::to_string(&new.verdict)
        .map_err(|e| unreadable("gauntlet_verdicts.verdict", digest, &e))?;
    let insert = sql(
        "INSERT INTO gauntlet_verdicts (workspace, name, version, digest, decision, verdict, at_ms)
        VALUES ('default', ?, ?, ?, ?, ?, ?)",
    )
    .bind(model)
    .bind(number)
    .bind(digest.to_string())
    .bind(new.verdict.decision.to_string().to_lowercase())
    .bind(text)
    .bind(now_ms);
    db.execute(insert).await.during(DOING)?;
    Ok(())
}
