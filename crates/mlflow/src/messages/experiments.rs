//! Experiments.

use super::{DatasetSummary, Empty, KeyValue, ViewType};
use crate::macros::{endpoints, messages};

messages! {
    /// A named group of runs.
    Experiment {
        experiment_id: optional String,
        name: optional String,
        artifact_location: optional String,
        lifecycle_stage: optional String,
        last_update_time: optional i64,
        creation_time: optional i64,
        tags: repeated KeyValue,
        workspace: optional String,
    }

    /// Makes an experiment.
    CreateExperiment { name: required String, artifact_location: optional String, tags: repeated KeyValue }
    /// The number of the new experiment.
    CreateExperimentAnswer { experiment_id: optional String }

    /// Finds experiments.
    SearchExperiments {
        max_results: optional i64,
        page_token: optional String,
        filter: optional String,
        order_by: repeated String,
        view_type: optional ViewType,
    }
    /// A page of experiments.
    SearchExperimentsAnswer { experiments: repeated Experiment, next_page_token: optional String }

    /// Asks for an experiment by number.
    GetExperiment { experiment_id: required String }
    /// Asks for an experiment by name.
    GetExperimentByName { experiment_name: required String }
    /// One experiment.
    ExperimentAnswer { experiment: optional Experiment }

    /// Marks an experiment and its runs as deleted.
    DeleteExperiment { experiment_id: required String }
    /// Takes that back.
    RestoreExperiment { experiment_id: required String }
    /// Renames an experiment.
    UpdateExperiment { experiment_id: required String, new_name: optional String }
    /// Sets a tag.
    SetExperimentTag { experiment_id: required String, key: required String, value: required String }
    /// Removes a tag.
    DeleteExperimentTag { experiment_id: required String, key: required String }

    /// Finds the datasets that runs of some experiments read.
    SearchDatasets { experiment_ids: repeated String }
    /// Those datasets.
    SearchDatasetsAnswer { dataset_summaries: repeated DatasetSummary }
}

endpoints! {
    CreateExperiment Post "/2.0/mlflow/experiments/create" => CreateExperimentAnswer;
    SearchExperiments Post "/2.0/mlflow/experiments/search" => SearchExperimentsAnswer;
    GetExperiment Get "/2.0/mlflow/experiments/get" => ExperimentAnswer;
    GetExperimentByName Get "/2.0/mlflow/experiments/get-by-name" => ExperimentAnswer;
    DeleteExperiment Post "/2.0/mlflow/experiments/delete" => Empty;
    RestoreExperiment Post "/2.0/mlflow/experiments/restore" => Empty;
    UpdateExperiment Post "/2.0/mlflow/experiments/update" => Empty;
    SetExperimentTag Post "/2.0/mlflow/experiments/set-experiment-tag" => Empty;
    DeleteExperimentTag Post "/2.0/mlflow/experiments/delete-experiment-tag" => Empty;
    SearchDatasets Post "/2.0/mlflow/experiments/search-datasets" => SearchDatasetsAnswer;
}
