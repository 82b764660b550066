//! Versions of registered models.

use super::{Empty, KeyValue, Metric};
use crate::macros::{endpoints, enumerations, messages};

enumerations! {
    /// How far a version's registration is.
    ModelVersionStatus {
        Pending = 1 "PENDING_REGISTRATION",
        Failed = 2 "FAILED_REGISTRATION",
        Ready = 3 "READY",
    }
}

messages! {
    /// A parameter of the model behind a version.
    ModelParam { name: optional String, value: optional String }
    /// A version.
    ModelVersion {
        name: optional String,
        version: optional String,
        creation_timestamp: optional i64,
        last_updated_timestamp: optional i64,
        user_id: optional String,
        current_stage: optional String,
        description: optional String,
        source: optional String,
        run_id: optional String,
        status: optional ModelVersionStatus,
        status_message: optional String,
        tags: repeated KeyValue,
        run_link: optional String,
        aliases: repeated String,
        model_id: optional String,
        model_params: repeated ModelParam,
        model_metrics: repeated Metric,
    }
    /// One version.
    ModelVersionAnswer { model_version: optional ModelVersion }

    /// Makes a version.
    CreateModelVersion {
        name: required String,
        source: required String,
        run_id: optional String,
        tags: repeated KeyValue,
        run_link: optional String,
        description: optional String,
        model_id: optional String,
    }
    /// Asks for a version.
    GetModelVersion { name: required String, version: required String }
    /// Asks for the version that an alias points at.
    GetModelVersionByAlias { name: required String, alias: required String }
    /// Describes a version.
    UpdateModelVersion { name: required String, version: required String, description: optional String }
    /// Moves a version to another stage.
    TransitionModelVersionStage {
        name: required String,
        version: required String,
        stage: required String,
        archive_existing_versions: required bool,
    }
    /// Removes a version.
    DeleteModelVersion { name: required String, version: required String }
    /// Finds versions.
    SearchModelVersions {
        filter: optional String,
        max_results: optional i64,
        order_by: repeated String,
        page_token: optional String,
    }
    /// A page of versions.
    SearchModelVersionsAnswer { model_versions: repeated ModelVersion, next_page_token: optional String }
    /// Asks where a version's files are.
    GetModelVersionDownloadUri { name: required String, version: required String }
    /// Where they are.
    GetModelVersionDownloadUriAnswer { artifact_uri: optional String }
    /// Sets a tag.
    SetModelVersionTag {
        name: required String,
        version: required String,
        key: required String,
        value: required String,
    }
    /// Removes a tag.
    DeleteModelVersionTag { name: required String, version: required String, key: required String }
}

endpoints! {
    CreateModelVersion Post "/2.0/mlflow/model-versions/create" => ModelVersionAnswer;
    GetModelVersion Get "/2.0/mlflow/model-versions/get" => ModelVersionAnswer;
    GetModelVersionByAlias Get "/2.0/mlflow/registered-models/alias" => ModelVersionAnswer;
    UpdateModelVersion Patch "/2.0/mlflow/model-versions/update" => ModelVersionAnswer;
    TransitionModelVersionStage Post "/2.0/mlflow/model-versions/transition-stage" => ModelVersionAnswer;
    DeleteModelVersion Delete "/2.0/mlflow/model-versions/delete" => Empty;
    SearchModelVersions Get "/2.0/mlflow/model-versions/search" => SearchModelVersionsAnswer;
    GetModelVersionDownloadUri Get "/2.0/mlflow/model-versions/get-download-uri"
        => GetModelVersionDownloadUriAnswer;
    SetModelVersionTag Post "/2.0/mlflow/model-versions/set-tag" => Empty;
    DeleteModelVersionTag Delete "/2.0/mlflow/model-versions/delete-tag" => Empty;
}
