//! Beginning logged models.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use gauntlet_mlflow::{
    Backend, CreateLoggedModel, Error, ErrorCode, KeyValue, LoggedModelAnswer, LoggedModelStatus,
    Result,
};

use super::super::{check, experiments, fresh, quote, uri};
use super::row::{ModelRow, answer};
use super::{tags, update};
use crate::Store;
use crate::db::{Conn, sql};
use crate::store::errors::Failed;

impl Backend<CreateLoggedModel> for Store {
    async fn call(&self, request: CreateLoggedModel) -> Result<LoggedModelAnswer> {
        if let Some(name) = request.name.as_deref().filter(|name| !name.is_empty()) {
            checked(name)?;
        }
        let experiment =
            check::experiment_id(request.experiment_id.as_deref().unwrap_or_default())?;
        self.write(move |db| async move { create(db, experiment, request).await }.boxed()).await
    }
}

fn checked(name: &str) -> Result<()> {
    if name.contains(['/', ':', '.', '%', '"', '\'']) {
        return Err(Error::invalid(format!(
            "Invalid model name ({}) provided. Model name must be a non-empty string and cannot contain the \
            following characters: ('/', ':', '.', '%', '\"', \"'\")",
            quote::text(name)
        )));
    }
    check::within("name", 500, name)
}

async fn create(
    db: &mut Conn,
    experiment: i64,
    request: CreateLoggedModel,
) -> Result<LoggedModelAnswer, Failed> {
    let experiment = experiments::active(db, experiment).await?;
    let model_id = format!("m-{}", fresh::id());
    let root = experiment.artifact_location.unwrap_or_default();
    let now = fresh::now_ms();
    let row = ModelRow {
        artifact_location: uri::append(&root, &["models", &model_id, "artifacts"])?,
        model_id,
        experiment_id: experiment.id,
        name: request.name.filter(|name| !name.is_empty()).unwrap_or_else(fresh::name),
        created: now,
        updated: now,
        status: LoggedModelStatus::Pending,
        lifecycle_stage: Some("active".to_owned()),
        model_type: Some(request.model_type.unwrap_or_default()),
        source_run_id: Some(request.source_run_id.unwrap_or_default()),
        status_message: None,
    };
    let insert = sql("INSERT INTO logged_models (model_id, experiment_id, name, artifact_location,
            creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage, model_type,
            source_run_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, ?)")
    .bind(&row.model_id)
    .bind(row.experiment_id)
    .bind(&row.name)
    .bind(&row.artifact_location)
    .bind(row.created)
    .bind(row.updated)
    .bind(row.status.number())
    .bind(row.model_type.as_deref())
    .bind(row.source_run_id.as_deref());
    db.execute(insert).await?;
    update::insert_params(db, &row, request.params).await?;
    let given = request.tags.len();
    let tags = by_key(request.tags);
    if tags.len() < given {
        let message = "a tag of the logged model is given more than once";
        return Err(Error::new(ErrorCode::BadRequest, message).into());
    }
    tags::upsert(db, &row, tags).await?;
    Ok(answer(db, row).await?)
}

/// Pairs by key; of two with one key the later counts.
pub(super) fn by_key(pairs: Vec<KeyValue>) -> BTreeMap<String, String> {
    let pairs = pairs.into_iter();
    pairs.map(|pair| (pair.key.unwrap_or_default(), pair.value.unwrap_or_default())).collect()
}
