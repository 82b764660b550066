//! A row of `logged_models`, and what belongs to it.

use std::collections::BTreeMap;

use gauntlet_mlflow::{
    Backend, Double, Error, GetLoggedModel, KeyValue, LoggedModel, LoggedModelAnswer,
    LoggedModelData, LoggedModelInfo, LoggedModelStatus, Metric, Result,
};

use super::super::many;
use crate::Store;
use crate::db::{Conn, DbError, Row, sql};
use crate::store::errors::Failed;

/// The columns of [`ModelRow`], of a table that is called `m`.
pub(super) const COLUMNS: &str = "m.model_id, m.experiment_id, m.name, m.artifact_location, \
    m.creation_timestamp_ms, m.last_updated_timestamp_ms, m.status, m.lifecycle_stage, m.model_type, \
    m.source_run_id, m.status_message";

/// What is known of a logged model besides what belongs to it.
#[derive(Debug, Clone)]
pub(super) struct ModelRow {
    pub(super) model_id: String,
    pub(super) experiment_id: i64,
    pub(super) name: String,
    pub(super) artifact_location: String,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) status: LoggedModelStatus,
    pub(super) lifecycle_stage: Option<String>,
    pub(super) model_type: Option<String>,
    pub(super) source_run_id: Option<String>,
    pub(super) status_message: Option<String>,
}

impl ModelRow {
    /// Reads [`COLUMNS`].
    pub(super) fn read(row: &Row) -> Result<Self, DbError> {
        let status = LoggedModelStatus::of_number(row.get(6)?);
        Ok(Self {
            model_id: row.get(0)?,
            experiment_id: row.get(1)?,
            name: row.get(2)?,
            artifact_location: row.get(3)?,
            created: row.get(4)?,
            updated: row.get(5)?,
            status: status.unwrap_or(LoggedModelStatus::Unspecified),
            lifecycle_stage: row.get(7)?,
            model_type: row.get(8)?,
            source_run_id: row.get(9)?,
            status_message: row.get(10)?,
        })
    }
}

/// The logged model of that identifier, deleted or not.
pub(super) async fn find(db: &mut Conn, model_id: &str) -> Result<ModelRow, Failed> {
    let select = format!("SELECT {COLUMNS} FROM logged_models m WHERE m.model_id = ?");
    match db.row(sql(select).bind(model_id)).await? {
        Some(row) => Ok(ModelRow::read(&row)?),
        None => Err(missing(model_id).into()),
    }
}

pub(super) fn missing(model_id: &str) -> Error {
    Error::missing(format!("Logged model with ID '{model_id}' not found."))
}

#[derive(Default)]
struct Parts {
    tags: Vec<KeyValue>,
    data: LoggedModelData,
}

/// Logged models with their tags, parameters and metrics.
pub(super) async fn whole(db: &mut Conn, rows: Vec<ModelRow>) -> Result<Vec<LoggedModel>, DbError> {
    let ids: Vec<String> = rows.iter().map(|row| row.model_id.clone()).collect();
    let mut parts: BTreeMap<String, Parts> = BTreeMap::new();
    for ids in ids.chunks(many::LONGEST_LIST) {
        let mut tags =
            sql("SELECT model_id, tag_key, tag_value FROM logged_model_tags WHERE model_id");
        many::push_in(&mut tags, ids);
        for row in db.rows(tags).await? {
            parts.entry(row.get(0)?).or_default().tags.push(pair(&row)?);
        }
        let mut params =
            sql("SELECT model_id, param_key, param_value FROM logged_model_params WHERE model_id");
        many::push_in(&mut params, ids);
        for row in db.rows(params).await? {
            parts.entry(row.get(0)?).or_default().data.params.push(pair(&row)?);
        }
        let mut metrics =
            sql("SELECT model_id, metric_name, metric_value, metric_timestamp_ms, metric_step,
            run_id, dataset_name, dataset_digest FROM logged_model_metrics WHERE model_id");
        many::push_in(&mut metrics, ids);
        for row in db.rows(metrics).await? {
            let metric = metric(&row)?;
            parts.entry(row.get(0)?).or_default().data.metrics.push(metric);
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let Parts { tags, data } = parts.remove(&row.model_id).unwrap_or_default();
            LoggedModel { info: Some(info(row, tags)), data: Some(data) }
        })
        .collect())
}

fn pair(row: &Row) -> Result<KeyValue, DbError> {
    Ok(KeyValue { key: row.get(1)?, value: row.get(2)? })
}

fn metric(row: &Row) -> Result<Metric, DbError> {
    Ok(Metric {
        key: row.get(1)?,
        value: Some(Double(row.get::<Option<f64>>(2)?.unwrap_or_default())),
        timestamp: row.get(3)?,
        step: row.get(4)?,
        dataset_name: row.get(6)?,
        dataset_digest: row.get(7)?,
        model_id: row.get(0)?,
        run_id: row.get(5)?,
    })
}

fn info(row: ModelRow, tags: Vec<KeyValue>) -> LoggedModelInfo {
    LoggedModelInfo {
        model_id: Some(row.model_id),
        experiment_id: Some(row.experiment_id.to_string()),
        name: Some(row.name),
        creation_timestamp_ms: Some(row.created),
        last_updated_timestamp_ms: Some(row.updated),
        artifact_uri: Some(row.artifact_location),
        status: Some(row.status),
        creator_id: None,
        model_type: row.model_type,
        source_run_id: row.source_run_id,
        status_message: row.status_message,
        tags,
        registrations: Vec::new(),
    }
}

/// One logged model with what belongs to it.
pub(super) async fn answer(db: &mut Conn, row: ModelRow) -> Result<LoggedModelAnswer, DbError> {
    Ok(LoggedModelAnswer { model: whole(db, vec![row]).await?.pop() })
}

impl Backend<GetLoggedModel> for Store {
    async fn call(&self, request: GetLoggedModel) -> Result<LoggedModelAnswer> {
        let model_id = request.model_id.unwrap_or_default();
        let found = async {
            let mut db = self.read().await?;
            let row = find(&mut db, &model_id).await?;
            let deleted = row.lifecycle_stage.as_deref() == Some("deleted");
            if deleted && request.allow_deleted != Some(true) {
                return Err(missing(&model_id).into());
            }
            Ok::<_, Failed>(answer(&mut db, row).await?)
        };
        Ok(found.await?)
    }
}
