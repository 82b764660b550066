//! What MLflow asks of each endpoint's parameters, and which role an endpoint needs: one table.

use gauntlet_mlflow::*;

use super::checks::Check::{
    self, AtMost, Each, Flag, Items, List, Number, Required, Text, Texts, Whole, Within,
};
use super::checks::Rule;
use crate::access::Role;

/// An endpoint as this server answers it.
pub(crate) trait Served: Endpoint {
    /// What is asked of its parameters.
    const RULES: &'static [Rule];
    /// What a caller has to be.
    const NEEDS: Role;
}

macro_rules! served {
    ($($request:ident $role:ident { $($field:ident: $($check:expr),+;)* })*) => {$(
        impl Served for $request {
            const RULES: &'static [Rule] = &[$((stringify!($field), &[$($check),+] as &[Check])),*];
            const NEEDS: Role = Role::$role;
        }
    )*};
}

const METRIC: Check = Each(&["key", "value", "timestamp"]);
const KEYED: Check = Each(&["key"]);

served! {
    CreateExperiment Write { name: Required, Text; artifact_location: Text; tags: List; }
    SearchExperiments Read {
        view_type: Whole; max_results: Whole; order_by: List; filter: Text; page_token: Text;
    }
    GetExperiment Read { experiment_id: Required, Text; }
    GetExperimentByName Read { experiment_name: Required, Text; }
    DeleteExperiment Write { experiment_id: Required, Text; }
    RestoreExperiment Write { experiment_id: Required, Text; }
    UpdateExperiment Write { experiment_id: Required, Text; new_name: Text, Required; }
    SetExperimentTag Write { experiment_id: Required, Text; key: Required, Text; value: Text; }
    DeleteExperimentTag Write { experiment_id: Required, Text; key: Required, Text; }
    SearchDatasets Read {}

    CreateRun Write { experiment_id: Text; start_time: Whole; run_name: Text; }
    GetRun Read { run_id: Required, Text; }
    UpdateRun Write { run_id: Required, Text; end_time: Whole; status: Text; run_name: Text; }
    DeleteRun Write { run_id: Required, Text; }
    RestoreRun Write { run_id: Required, Text; }
    SearchRuns Read {
        experiment_ids: List; filter: Text; max_results: Whole, AtMost(50_000); order_by: List, Texts;
    }
    LogParam Write { run_id: Required, Text; key: Required, Text; value: Text; }
    SetTag Write { run_id: Required, Text; key: Required, Text; value: Text; }
    DeleteTag Write { run_id: Required, Text; key: Required, Text; }
    LogBatch Write {
        run_id: Text, Required; metrics: List, METRIC; params: List, KEYED; tags: List, KEYED;
    }
    LogModel Write { run_id: Text, Required; model_json: Text, Required; }
    LogMetric Write {
        run_id: Required, Text; key: Required, Text; value: Required, Number; timestamp: Whole, Required;
        step: Whole; model_id: Text; dataset_name: Text; dataset_digest: Text;
    }
    LogInputs Write { run_id: Required, Text; datasets: List; models: List; }
    LogOutputs Write { run_id: Required, Text; models: Required, List; }
    GetMetricHistory Read { run_id: Text, Required; metric_key: Text, Required; page_token: Text; }
    GetMetricHistoryBulkInterval Read {
        run_ids: Required, List, Texts, Items(100, "GetMetricHistoryBulkInterval request must specify at \
            most 100 run_ids. Received {n} run_ids.");
        metric_key: Required, Text; start_step: Whole; end_step: Whole;
        max_results: Whole, Within(1, 2500, "max_results must be between 1 and 2500.");
    }

    CreateLoggedModel Write {
        experiment_id: Text, Required; name: Text; model_type: Text; source_run_id: Text; params: List;
        tags: List;
    }
    FinalizeLoggedModel Write { model_id: Text, Required; status: Whole, Required; }
    GetLoggedModel Read {}
    DeleteLoggedModel Write {}
    SetLoggedModelTags Write { tags: List; }
    DeleteLoggedModelTag Write {}
    LogLoggedModelParams Write { model_id: Text, Required; params: List; }
    SearchLoggedModels Read {
        experiment_ids: List, Texts, Required; filter: Text; datasets: List; max_results: Whole;
        order_by: List; page_token: Text;
    }

    CreateRegisteredModel Write { name: Text, Required; tags: List; description: Text; }
    GetRegisteredModel Read { name: Text, Required; }
    RenameRegisteredModel Write { name: Text, Required; new_name: Text, Required; }
    UpdateRegisteredModel Write { name: Text, Required; description: Text; }
    DeleteRegisteredModel Write { name: Text, Required; }
    SearchRegisteredModels Read {
        filter: Text; max_results: Whole, AtMost(1000); order_by: List, Texts; page_token: Text;
    }
    GetLatestVersions Read { name: Text, Required; stages: List, Texts; }
    SetRegisteredModelTag Write { name: Text, Required; key: Text, Required; value: Text; }
    DeleteRegisteredModelTag Write { name: Text, Required; key: Text, Required; }
    SetRegisteredModelAlias Write { name: Text, Required; alias: Text, Required; version: Text, Required; }
    DeleteRegisteredModelAlias Write { name: Text, Required; alias: Text, Required; }

    CreateModelVersion Write {
        name: Text, Required; source: Text, Required; run_id: Text; tags: List; run_link: Text;
        description: Text; model_id: Text;
    }
    GetModelVersion Read { name: Text, Required; version: Text, Required; }
    GetModelVersionByAlias Read { name: Text, Required; alias: Text, Required; }
    UpdateModelVersion Write { name: Text, Required; version: Text, Required; description: Text; }
    TransitionModelVersionStage Write {
        name: Text, Required; version: Text, Required; stage: Text, Required;
        archive_existing_versions: Flag;
    }
    DeleteModelVersion Write { name: Text, Required; version: Text, Required; }
    SearchModelVersions Read {
        filter: Text; max_results: Whole, AtMost(200_000); order_by: List, Texts; page_token: Text;
    }
    GetModelVersionDownloadUri Read {}
    SetModelVersionTag Write { name: Text, Required; version: Text, Required; key: Text, Required; value: Text; }
    DeleteModelVersionTag Write { name: Text, Required; version: Text, Required; key: Text, Required; }

    ListArtifacts Read { run_id: Text, Required; path: Text; page_token: Text; }
    ListLoggedModelArtifacts Read { artifact_directory_path: Text; }
    CreatePresignedUploadUrl Write { run_id: Text; model_id: Text; path: Required, Text; expiration: Whole; }
    CreatePresignedDownloadUrl Read { run_id: Required, Text; path: Required, Text; expiration: Whole; }
}
