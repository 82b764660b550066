//! Beginning runs.

use std::collections::BTreeSet;

use futures_util::FutureExt as _;
use gauntlet_mlflow::{
    Backend, CreateRun, Error, ErrorCode, KeyValue, Result, Run, RunAnswer, RunData, RunInputs,
};

use super::super::{check, experiments, fresh, many, tags, uri};
use super::{NAME_TAG, RunRow};
use crate::Store;
use crate::db::{Conn, sql};
use crate::store::errors::Failed;

impl Backend<CreateRun> for Store {
    async fn call(&self, request: CreateRun) -> Result<RunAnswer> {
        let run = self.write(move |db| async move { create(db, request).await }.boxed()).await?;
        Ok(RunAnswer { run: Some(run) })
    }
}

async fn create(db: &mut Conn, request: CreateRun) -> Result<Run, Failed> {
    let experiment = request.experiment_id.filter(|id| !id.is_empty());
    let experiment = check::experiment_id(experiment.as_deref().unwrap_or("0"))?;
    let experiment = experiments::active(db, experiment).await?;
    let mut tags: Vec<KeyValue> = request
        .tags
        .into_iter()
        .map(|tag| KeyValue::new(tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
        .collect();
    let name = named(request.run_name, &mut tags)?;
    once_each(&tags)?;
    let run_id = fresh::id();
    let root = experiment.artifact_location.unwrap_or_default();
    let run = RunRow {
        artifact_uri: Some(uri::append(&root, &[&run_id, "artifacts"])?),
        run_id,
        name: Some(name),
        user_id: Some(request.user_id.unwrap_or_default()),
        status: Some("RUNNING".to_owned()),
        start_time: Some(request.start_time.unwrap_or_default()),
        end_time: None,
        lifecycle_stage: Some("active".to_owned()),
        experiment_id: experiment.id,
    };
    insert(db, &run).await?;
    let rows = tags.iter().map(|tag| {
        let key = tag.key.clone().unwrap_or_default();
        let value = tag.value.clone().unwrap_or_default();
        [key.into(), value.into(), run.run_id.as_str().into()]
    });
    many::insert(db, tags::INSERT, "", rows.collect()).await?;
    Ok(Run {
        info: Some(run.info()),
        data: Some(RunData { tags, ..RunData::default() }),
        inputs: Some(RunInputs::default()),
        outputs: None,
    })
}

/// The name of a run, and the tag that holds it: both are given, either is, or one is invented.
fn named(asked: Option<String>, tags: &mut Vec<KeyValue>) -> Result<String> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let asked = given(asked);
    let tag = tags.iter().find(|tag| tag.key.as_deref() == Some(NAME_TAG));
    let tagged = given(tag.and_then(|tag| tag.value.clone()));
    if let (Some(asked), Some(tagged)) = (&asked, &tagged)
        && asked != tagged
    {
        return Err(Error::invalid(format!(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values \
            (run_name='{asked}', mlflow.runName='{tagged}')."
        )));
    }
    let is_tagged = tagged.is_some();
    let name = asked.or(tagged).unwrap_or_else(fresh::name);
    if !is_tagged {
        tags.push(KeyValue::new(NAME_TAG, &name));
    }
    Ok(name)
}

fn once_each(tags: &[KeyValue]) -> Result<()> {
    let mut keys = BTreeSet::new();
    for tag in tags {
        let key = tag.key.as_deref().unwrap_or_default();
        check::within("key", 250, key)?;
        if !keys.insert(key) {
            return Err(Error::new(
                ErrorCode::BadRequest,
                format!("the tag '{key}' is given more than once"),
            ));
        }
    }
    Ok(())
}

async fn insert(db: &mut Conn, run: &RunRow) -> Result<(), Failed> {
    let insert = sql("INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,
            status, start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
        VALUES (?, ?, 'UNKNOWN', '', '', ?, ?, ?, NULL, '', 'active', ?, ?)")
    .bind(&run.run_id)
    .bind(run.name.as_deref())
    .bind(run.user_id.as_deref())
    .bind(run.status.as_deref())
    .bind(run.start_time)
    .bind(run.artifact_uri.as_deref())
    .bind(run.experiment_id);
    db.execute(insert).await?;
    Ok(())
}
