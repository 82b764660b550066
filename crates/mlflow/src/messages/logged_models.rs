//! Logged models: what clients of release 3 make of a trained model.

use super::{Empty, FileInfo, KeyValue, Metric};
use crate::macros::{endpoints, enumerations, messages};

enumerations! {
    /// How far the upload of a logged model is.
    LoggedModelStatus {
        Unspecified = 0 "LOGGED_MODEL_STATUS_UNSPECIFIED",
        Pending = 1 "LOGGED_MODEL_PENDING",
        Ready = 2 "LOGGED_MODEL_READY",
        UploadFailed = 3 "LOGGED_MODEL_UPLOAD_FAILED",
    }
}

messages! {
    /// A registered version that was made of a logged model.
    LoggedModelRegistration { name: optional String, version: optional String }
    /// What is known of a logged model besides its numbers.
    LoggedModelInfo {
        model_id: optional String,
        experiment_id: optional String,
        name: optional String,
        creation_timestamp_ms: optional i64,
        last_updated_timestamp_ms: optional i64,
        artifact_uri: optional String,
        status: optional LoggedModelStatus,
        creator_id: optional i64,
        model_type: optional String,
        source_run_id: optional String,
        status_message: optional String,
        tags: repeated KeyValue,
        registrations: repeated LoggedModelRegistration,
    }
    /// A logged model's numbers.
    LoggedModelData { params: repeated KeyValue, metrics: repeated Metric }
    /// A logged model.
    LoggedModel { info: optional LoggedModelInfo, data: optional LoggedModelData }
    /// One logged model.
    LoggedModelAnswer { model: optional LoggedModel }

    /// Begins a logged model.
    CreateLoggedModel {
        experiment_id: required String,
        name: optional String,
        model_type: optional String,
        source_run_id: optional String,
        params: repeated KeyValue,
        tags: repeated KeyValue,
    }
    /// Ends its upload.
    FinalizeLoggedModel { model_id: required String, status: required LoggedModelStatus }
    /// Asks for a logged model.
    GetLoggedModel { model_id: required String, allow_deleted: optional bool }
    /// Marks a logged model as deleted.
    DeleteLoggedModel { model_id: required String }
    /// Sets tags.
    SetLoggedModelTags { model_id: required String, tags: repeated KeyValue }
    /// Removes a tag.
    DeleteLoggedModelTag { model_id: required String, tag_key: required String }
    /// Logs parameters.
    LogLoggedModelParams { model_id: required String, params: repeated KeyValue }

    /// A dataset that a search looks at the metrics of.
    SearchLoggedModelsDataset { dataset_name: required String, dataset_digest: optional String }
    /// What a search sorts by.
    SearchLoggedModelsOrderBy {
        field_name: required String,
        ascending: optional bool,
        dataset_name: optional String,
        dataset_digest: optional String,
    }
    /// Finds logged models.
    SearchLoggedModels {
        experiment_ids: repeated String,
        filter: optional String,
        datasets: repeated SearchLoggedModelsDataset,
        max_results: optional i32,
        order_by: repeated SearchLoggedModelsOrderBy,
        page_token: optional String,
    }
    /// A page of logged models.
    SearchLoggedModelsAnswer { models: repeated LoggedModel, next_page_token: optional String }

    /// Lists a logged model's artefacts.
    ListLoggedModelArtifacts {
        model_id: required String,
        artifact_directory_path: optional String,
        page_token: optional String,
    }
    /// Those artefacts.
    ListLoggedModelArtifactsAnswer {
        root_uri: optional String,
        files: repeated FileInfo,
        next_page_token: optional String,
    }
}

endpoints! {
    CreateLoggedModel Post "/2.0/mlflow/logged-models" => LoggedModelAnswer;
    FinalizeLoggedModel Patch "/2.0/mlflow/logged-models/{model_id}" => LoggedModelAnswer;
    GetLoggedModel Get "/2.0/mlflow/logged-models/{model_id}" => LoggedModelAnswer;
    DeleteLoggedModel Delete "/2.0/mlflow/logged-models/{model_id}" => Empty;
    SetLoggedModelTags Patch "/2.0/mlflow/logged-models/{model_id}/tags" => LoggedModelAnswer;
    DeleteLoggedModelTag Delete "/2.0/mlflow/logged-models/{model_id}/tags/{tag_key}" => Empty;
    LogLoggedModelParams Post "/2.0/mlflow/logged-models/{model_id}/params" => Empty;
    SearchLoggedModels Post "/2.0/mlflow/logged-models/search" => SearchLoggedModelsAnswer;
    ListLoggedModelArtifacts Get "/2.0/mlflow/logged-models/{model_id}/artifacts/directories"
        => ListLoggedModelArtifactsAnswer;
}
