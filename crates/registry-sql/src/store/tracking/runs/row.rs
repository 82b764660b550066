//! A row of `runs`.

use gauntlet_mlflow::{Error, Result, RunInfo, RunStatus};

use crate::db::{Conn, DbError, Row, sql};
use crate::store::errors::Failed;

/// The columns of [`RunRow`], of a table that is called `r`.
pub(super) const COLUMNS: &str = "r.run_uuid, r.name, r.user_id, r.status, r.start_time, r.end_time, \
    r.lifecycle_stage, r.artifact_uri, r.experiment_id";

/// What is known of a run besides what it logged.
#[derive(Debug, Clone)]
pub(in super::super) struct RunRow {
    pub(in super::super) run_id: String,
    pub(in super::super) name: Option<String>,
    pub(in super::super) user_id: Option<String>,
    pub(in super::super) status: Option<String>,
    pub(in super::super) start_time: Option<i64>,
    pub(in super::super) end_time: Option<i64>,
    pub(in super::super) lifecycle_stage: Option<String>,
    pub(in super::super) artifact_uri: Option<String>,
    pub(in super::super) experiment_id: i64,
}

impl RunRow {
    /// Reads [`COLUMNS`].
    pub(super) fn read(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            run_id: row.get(0)?,
            name: row.get(1)?,
            user_id: row.get(2)?,
            status: row.get(3)?,
            start_time: row.get(4)?,
            end_time: row.get(5)?,
            lifecycle_stage: row.get(6)?,
            artifact_uri: row.get(7)?,
            experiment_id: row.get(8)?,
        })
    }

    /// As clients see it.
    pub(super) fn info(self) -> RunInfo {
        RunInfo {
            run_uuid: Some(self.run_id.clone()),
            experiment_id: Some(self.experiment_id.to_string()),
            run_name: self.name,
            user_id: Some(self.user_id.unwrap_or_default()),
            status: self.status.as_deref().and_then(RunStatus::of_name),
            start_time: Some(self.start_time.unwrap_or_default()),
            // Zero is how the protocol writes that a run has not ended.
            end_time: self.end_time.filter(|end| *end != 0),
            artifact_uri: self.artifact_uri.filter(|uri| !uri.is_empty()),
            lifecycle_stage: self.lifecycle_stage,
            run_id: Some(self.run_id),
        }
    }
}

/// The run of that identifier, deleted or not.
pub(in super::super) async fn find(db: &mut Conn, run_id: &str) -> Result<RunRow, Failed> {
    let select = sql(format!("SELECT {COLUMNS} FROM runs r WHERE r.run_uuid = ?")).bind(run_id);
    match db.row(select).await? {
        Some(row) => Ok(RunRow::read(&row)?),
        None => Err(Error::missing(format!("Run with id={run_id} not found")).into()),
    }
}

/// The run of that identifier, which must not be deleted: nothing is logged to a run that is.
pub(in super::super) async fn active(db: &mut Conn, run_id: &str) -> Result<RunRow, Failed> {
    let run = find(db, run_id).await?;
    match run.lifecycle_stage.as_deref() {
        Some("active") => Ok(run),
        stage => Err(Error::invalid(format!(
            "The run {run_id} must be in the 'active' state. Current state is {}.",
            stage.unwrap_or("None")
        ))
        .into()),
    }
}
