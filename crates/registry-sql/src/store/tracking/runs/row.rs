//! A row of `runs`.

use gauntlet_mlflow::{Error, Result, RunInfo, RunStatus};

use super::super::table::{self, Column, Line};
use crate::db::{Conn, sql};
use crate::store::errors::Failed;

/// The columns of [`RunRow`], of a table that is called `r`.
pub(super) const COLUMNS: [Column; 9] = [
    Column::Text("r.run_uuid"),
    Column::Text("r.name"),
    Column::Text("r.user_id"),
    Column::Text("r.status"),
    Column::Int("r.start_time"),
    Column::Int("r.end_time"),
    Column::Text("r.lifecycle_stage"),
    Column::Text("r.artifact_uri"),
    Column::Int("r.experiment_id"),
];

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
    pub(super) fn read(mut line: Line) -> Self {
        Self {
            run_id: line.text(0).unwrap_or_default(),
            name: line.text(1),
            user_id: line.text(2),
            status: line.text(3),
            start_time: line.int(4),
            end_time: line.int(5),
            lifecycle_stage: line.text(6),
            artifact_uri: line.text(7),
            experiment_id: line.int(8).unwrap_or_default(),
        }
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
    let from = sql("FROM runs r WHERE r.run_uuid = ?").bind(run_id);
    match table::read(db, &COLUMNS, from).await?.pop() {
        Some(line) => Ok(RunRow::read(line)),
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
