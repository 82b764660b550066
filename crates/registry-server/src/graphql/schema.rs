//! The types of MLflow's schema that can be selected from, with the names its clients know.

/// A type with fields.
#[derive(Debug)]
pub(super) struct Object {
    /// What `__typename` answers.
    pub(super) name: &'static str,
    /// Name in a query, name in the REST answer, and type.
    pub(super) fields: &'static [(&'static str, &'static str, Kind)],
}

/// The type of a field. A field that is missing in the answer has its type's default, as in protocol buffers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// A whole number as a text, so that no script cuts it.
    Long,
    /// A number; null if it is not one.
    Float,
    /// A name; the first if it is missing.
    Enum(&'static str),
    /// Always null here.
    Null,
    Object(&'static Object),
    List(&'static Object),
    Texts,
}

use Kind::{Enum, Float, List, Long, Null, Text, Texts};

const RUN_STATUS: Kind = Enum("RUNNING");
const VERSION_STATUS: Kind = Enum("PENDING_REGISTRATION");

macro_rules! objects {
    ($($constant:ident $name:literal { $($field:literal $json:literal $kind:expr),* $(,)? })*) => {$(
        pub(super) const $constant: Object =
            Object { name: $name, fields: &[$(($field, $json, $kind)),*] };
    )*};
}

objects! {
    EXPERIMENT_TAG "MlflowExperimentTag" { "key" "key" Text, "value" "value" Text }
    EXPERIMENT "MlflowExperiment" {
        "experimentId" "experiment_id" Text, "name" "name" Text,
        "artifactLocation" "artifact_location" Text, "lifecycleStage" "lifecycle_stage" Text,
        "lastUpdateTime" "last_update_time" Long, "creationTime" "creation_time" Long,
        "tags" "tags" List(&EXPERIMENT_TAG),
        "effectiveTraceArchivalRetention" "effective_trace_archival_retention" Text,
        "workspace" "workspace" Text,
    }
    RUN_INFO "MlflowRunInfo" {
        "runId" "run_id" Text, "runUuid" "run_uuid" Text, "runName" "run_name" Text,
        "experimentId" "experiment_id" Text, "userId" "user_id" Text, "status" "status" RUN_STATUS,
        "startTime" "start_time" Long, "endTime" "end_time" Long, "artifactUri" "artifact_uri" Text,
        "lifecycleStage" "lifecycle_stage" Text,
    }
    METRIC "MlflowMetricExtension" {
        "key" "key" Text, "value" "value" Float, "timestamp" "timestamp" Long, "step" "step" Long,
        "datasetName" "dataset_name" Text, "datasetDigest" "dataset_digest" Text,
        "modelId" "model_id" Text, "runId" "run_id" Text,
    }
    PARAM "MlflowParam" { "key" "key" Text, "value" "value" Text }
    RUN_TAG "MlflowRunTag" { "key" "key" Text, "value" "value" Text }
    RUN_DATA "MlflowRunData" {
        "metrics" "metrics" List(&METRIC), "params" "params" List(&PARAM), "tags" "tags" List(&RUN_TAG),
    }
    INPUT_TAG "MlflowInputTag" { "key" "key" Text, "value" "value" Text }
    DATASET "MlflowDataset" {
        "name" "name" Text, "digest" "digest" Text, "sourceType" "source_type" Text, "source" "source" Text,
        "schema" "schema" Text, "profile" "profile" Text,
    }
    DATASET_INPUT "MlflowDatasetInput" {
        "tags" "tags" List(&INPUT_TAG), "dataset" "dataset" Kind::Object(&DATASET),
    }
    MODEL_INPUT "MlflowModelInput" { "modelId" "model_id" Text }
    RUN_INPUTS "MlflowRunInputs" {
        "datasetInputs" "dataset_inputs" List(&DATASET_INPUT),
        "modelInputs" "model_inputs" List(&MODEL_INPUT),
    }
    MODEL_OUTPUT "MlflowModelOutput" { "modelId" "model_id" Text, "step" "step" Long }
    RUN_OUTPUTS "MlflowRunOutputs" { "modelOutputs" "model_outputs" List(&MODEL_OUTPUT) }
    VERSION_TAG "MlflowModelVersionTag" { "key" "key" Text, "value" "value" Text }
    MODEL_PARAM "MlflowModelParam" { "name" "name" Text, "value" "value" Text }
    MODEL_METRIC "MlflowModelMetric" {
        "key" "key" Text, "value" "value" Float, "timestamp" "timestamp" Long, "step" "step" Long,
        "datasetName" "dataset_name" Text, "datasetDigest" "dataset_digest" Text,
        "modelId" "model_id" Text, "runId" "run_id" Text,
    }
    MODEL_VERSION "MlflowModelVersion" {
        "name" "name" Text, "version" "version" Text, "creationTimestamp" "creation_timestamp" Long,
        "lastUpdatedTimestamp" "last_updated_timestamp" Long, "userId" "user_id" Text,
        "currentStage" "current_stage" Text, "description" "description" Text, "source" "source" Text,
        "runId" "run_id" Text, "status" "status" VERSION_STATUS, "statusMessage" "status_message" Text,
        "tags" "tags" List(&VERSION_TAG), "runLink" "run_link" Text, "aliases" "aliases" Texts,
        "modelId" "model_id" Text, "modelParams" "model_params" List(&MODEL_PARAM),
        "modelMetrics" "model_metrics" List(&MODEL_METRIC),
    }
    RUN "MlflowRunExtension" {
        "info" "info" Kind::Object(&RUN_INFO), "data" "data" Kind::Object(&RUN_DATA),
        "inputs" "inputs" Kind::Object(&RUN_INPUTS), "outputs" "outputs" Kind::Object(&RUN_OUTPUTS),
        "experiment" "experiment" Kind::Object(&EXPERIMENT),
        "modelVersions" "model_versions" List(&MODEL_VERSION),
    }
    METRIC_WITH_RUN "MlflowMetricWithRunId" {
        "key" "key" Text, "value" "value" Float, "timestamp" "timestamp" Long, "step" "step" Long,
        "runId" "run_id" Text,
    }
    DATASET_SUMMARY "MlflowDatasetSummary" {
        "experimentId" "experiment_id" Text, "name" "name" Text, "digest" "digest" Text,
        "context" "context" Text,
    }
    GET_RUN "MlflowGetRunResponse" { "run" "run" Kind::Object(&RUN), "apiError" "" Null }
    SEARCH_RUNS "MlflowSearchRunsResponse" {
        "runs" "runs" List(&RUN), "nextPageToken" "next_page_token" Text, "apiError" "" Null,
    }
    GET_EXPERIMENT "MlflowGetExperimentResponse" {
        "experiment" "experiment" Kind::Object(&EXPERIMENT), "apiError" "" Null,
    }
    GET_HISTORY "MlflowGetMetricHistoryBulkIntervalResponse" {
        "metrics" "metrics" List(&METRIC_WITH_RUN), "apiError" "" Null,
    }
    SEARCH_VERSIONS "MlflowSearchModelVersionsResponse" {
        "modelVersions" "model_versions" List(&MODEL_VERSION), "nextPageToken" "next_page_token" Text,
        "apiError" "" Null,
    }
    SEARCH_DATASETS "MlflowSearchDatasetsResponse" {
        "datasetSummaries" "dataset_summaries" List(&DATASET_SUMMARY), "apiError" "" Null,
    }
    TEST "Test" { "output" "output" Text }
}
