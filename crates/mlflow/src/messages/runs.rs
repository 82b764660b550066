//! Runs, their parameters and tags.

use super::{Empty, KeyValue, Metric, RunInputs, RunOutputs, ViewType};
use crate::macros::{endpoints, enumerations, messages};

enumerations! {
    /// How far a run is.
    RunStatus {
        Running = 1 "RUNNING",
        Scheduled = 2 "SCHEDULED",
        Finished = 3 "FINISHED",
        Failed = 4 "FAILED",
        Killed = 5 "KILLED",
    }
}

messages! {
    /// What is known of a run besides what it logged.
    RunInfo {
        run_uuid: optional String,
        experiment_id: optional String,
        run_name: optional String,
        user_id: optional String,
        status: optional RunStatus,
        start_time: optional i64,
        end_time: optional i64,
        artifact_uri: optional String,
        lifecycle_stage: optional String,
        run_id: optional String,
    }
    /// What a run logged; of each metric the latest value.
    RunData { metrics: repeated Metric, params: repeated KeyValue, tags: repeated KeyValue }
    /// A run.
    Run {
        info: optional RunInfo,
        data: optional RunData,
        inputs: optional RunInputs,
        outputs: optional RunOutputs,
    }
    /// One run.
    RunAnswer { run: optional Run }

    /// Begins a run.
    CreateRun {
        experiment_id: optional String,
        user_id: optional String,
        run_name: optional String,
        start_time: optional i64,
        tags: repeated KeyValue,
    }
    /// Asks for a run.
    GetRun { run_id: optional String, run_uuid: optional String }
    /// Ends or renames a run.
    UpdateRun {
        run_id: optional String,
        run_uuid: optional String,
        status: optional RunStatus,
        end_time: optional i64,
        run_name: optional String,
    }
    /// The run after that.
    UpdateRunAnswer { run_info: optional RunInfo }
    /// Marks a run as deleted.
    DeleteRun { run_id: required String }
    /// Takes that back.
    RestoreRun { run_id: required String }

    /// Finds runs.
    SearchRuns {
        experiment_ids: repeated String,
        filter: optional String,
        run_view_type: optional ViewType,
        max_results: optional i32,
        order_by: repeated String,
        page_token: optional String,
    }
    /// A page of runs.
    SearchRunsAnswer { runs: repeated Run, next_page_token: optional String }

    /// Logs a parameter.
    LogParam {
        run_id: optional String,
        run_uuid: optional String,
        key: required String,
        value: required String,
    }
    /// Sets a tag.
    SetTag {
        run_id: optional String,
        run_uuid: optional String,
        key: required String,
        value: required String,
    }
    /// Removes a tag.
    DeleteTag { run_id: required String, key: required String }
    /// Logs metrics, parameters and tags.
    LogBatch {
        run_id: optional String,
        metrics: repeated Metric,
        params: repeated KeyValue,
        tags: repeated KeyValue,
    }
    /// Notes a model that a client of release 2 stored with the run.
    LogModel { run_id: optional String, model_json: optional String }
}

endpoints! {
    CreateRun Post "/2.0/mlflow/runs/create" => RunAnswer;
    GetRun Get "/2.0/mlflow/runs/get" => RunAnswer;
    UpdateRun Post "/2.0/mlflow/runs/update" => UpdateRunAnswer;
    DeleteRun Post "/2.0/mlflow/runs/delete" => Empty;
    RestoreRun Post "/2.0/mlflow/runs/restore" => Empty;
    SearchRuns Post "/2.0/mlflow/runs/search" => SearchRunsAnswer;
    LogParam Post "/2.0/mlflow/runs/log-parameter" => Empty;
    SetTag Post "/2.0/mlflow/runs/set-tag" => Empty;
    DeleteTag Post "/2.0/mlflow/runs/delete-tag" => Empty;
    LogBatch Post "/2.0/mlflow/runs/log-batch" => Empty;
    LogModel Post "/2.0/mlflow/runs/log-model" => Empty;
}
