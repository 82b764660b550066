//! A row of `experiments`.

use std::collections::BTreeMap;

use gauntlet_mlflow::{
    Backend, Error, Experiment, ExperimentAnswer, GetExperiment, GetExperimentByName, KeyValue,
    Result,
};

use super::super::{check, many};
use crate::Store;
use crate::db::{Conn, DbError, Row, Sql, sql};
use crate::store::errors::Failed;

/// The columns of [`ExperimentRow`], of a table that is called `e`.
pub(super) const COLUMNS: &str = "e.experiment_id, e.name, e.artifact_location, e.lifecycle_stage, \
    e.creation_time, e.last_update_time, e.workspace";

/// What is known of an experiment besides its tags.
#[derive(Debug, Clone)]
pub(in super::super) struct ExperimentRow {
    pub(in super::super) id: i64,
    pub(super) name: String,
    pub(in super::super) artifact_location: Option<String>,
    pub(super) lifecycle_stage: Option<String>,
    pub(super) creation_time: Option<i64>,
    pub(super) last_update_time: Option<i64>,
    pub(super) workspace: String,
}

impl ExperimentRow {
    /// Reads [`COLUMNS`].
    pub(super) fn read(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            artifact_location: row.get(2)?,
            lifecycle_stage: row.get(3)?,
            creation_time: row.get(4)?,
            last_update_time: row.get(5)?,
            workspace: row.get(6)?,
        })
    }

    fn with(self, tags: Vec<KeyValue>) -> Experiment {
        Experiment {
            experiment_id: Some(self.id.to_string()),
            name: Some(self.name),
            artifact_location: Some(self.artifact_location.unwrap_or_default()),
            lifecycle_stage: self.lifecycle_stage,
            last_update_time: self.last_update_time.filter(|time| *time != 0),
            creation_time: self.creation_time.filter(|time| *time != 0),
            tags,
            workspace: Some(self.workspace),
        }
    }
}

/// The experiment of that number, deleted or not.
pub(super) async fn find(db: &mut Conn, id: i64) -> Result<ExperimentRow, Failed> {
    let select = format!("SELECT {COLUMNS} FROM experiments e WHERE e.experiment_id = ?");
    let found = one(db, sql(select).bind(id)).await?;
    Ok(found.ok_or_else(|| missing(id))?)
}

/// The experiment of that number, which must not be deleted: nothing is added to one that is.
pub(in super::super) async fn active(db: &mut Conn, id: i64) -> Result<ExperimentRow, Failed> {
    let experiment = find(db, id).await?;
    match experiment.lifecycle_stage.as_deref() {
        Some("active") => Ok(experiment),
        stage => Err(Error::invalid(format!(
            "The experiment {id} must be in the 'active' state. Current state is {}.",
            stage.unwrap_or("None")
        ))
        .into()),
    }
}

pub(super) fn missing(id: i64) -> Error {
    Error::missing(format!("No Experiment with id={id} exists"))
}

async fn one(db: &mut Conn, select: Sql) -> Result<Option<ExperimentRow>, DbError> {
    db.row(select).await?.as_ref().map(ExperimentRow::read).transpose()
}

/// Experiments with their tags.
pub(super) async fn whole(
    db: &mut Conn,
    rows: Vec<ExperimentRow>,
) -> Result<Vec<Experiment>, DbError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut tags: BTreeMap<i64, Vec<KeyValue>> = BTreeMap::new();
    for ids in ids.chunks(many::LONGEST_LIST) {
        let mut select =
            sql("SELECT experiment_id, key, value FROM experiment_tags WHERE experiment_id");
        many::push_in(&mut select, ids);
        select.push(" ORDER BY experiment_id, key");
        for row in db.rows(select).await? {
            let value: Option<String> = row.get(2)?;
            let tag = KeyValue { key: Some(row.get(1)?), value: Some(value.unwrap_or_default()) };
            tags.entry(row.get(0)?).or_default().push(tag);
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let tags = tags.remove(&row.id).unwrap_or_default();
            row.with(tags)
        })
        .collect())
}

impl Backend<GetExperiment> for Store {
    async fn call(&self, request: GetExperiment) -> Result<ExperimentAnswer> {
        let id = check::experiment_id(&request.experiment_id.unwrap_or_default())?;
        let select = format!("SELECT {COLUMNS} FROM experiments e WHERE e.experiment_id = ?");
        let experiment = self.experiment(sql(select).bind(id)).await?;
        Ok(ExperimentAnswer { experiment: Some(experiment.ok_or_else(|| missing(id))?) })
    }
}

impl Backend<GetExperimentByName> for Store {
    async fn call(&self, request: GetExperimentByName) -> Result<ExperimentAnswer> {
        let name = request.experiment_name.unwrap_or_default();
        let select = format!(
            "SELECT {COLUMNS} FROM experiments e WHERE e.workspace = 'default' AND e.name = ?"
        );
        let experiment = self.experiment(sql(select).bind(&name)).await?;
        let missing = || Error::missing(format!("Could not find experiment with name '{name}'"));
        Ok(ExperimentAnswer { experiment: Some(experiment.ok_or_else(missing)?) })
    }
}

impl Store {
    async fn experiment(&self, select: Sql) -> Result<Option<Experiment>, Failed> {
        let mut db = self.read().await?;
        let row = one(&mut db, select).await?;
        Ok(whole(&mut db, row.into_iter().collect()).await?.pop())
    }
}
