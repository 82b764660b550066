//! Registered models and their aliases.

use super::{Empty, KeyValue, ModelVersion};
use crate::macros::{endpoints, messages};

messages! {
    /// Where an alias points.
    RegisteredModelAlias { alias: optional String, version: optional String }
    /// A name with versions.
    RegisteredModel {
        name: optional String,
        creation_timestamp: optional i64,
        last_updated_timestamp: optional i64,
        user_id: optional String,
        description: optional String,
        latest_versions: repeated ModelVersion,
        tags: repeated KeyValue,
        aliases: repeated RegisteredModelAlias,
    }
    /// One registered model.
    RegisteredModelAnswer { registered_model: optional RegisteredModel }

    /// Makes a registered model.
    CreateRegisteredModel { name: required String, tags: repeated KeyValue, description: optional String }
    /// Asks for a registered model.
    GetRegisteredModel { name: required String }
    /// Renames a registered model.
    RenameRegisteredModel { name: required String, new_name: optional String }
    /// Describes a registered model.
    UpdateRegisteredModel { name: required String, description: optional String }
    /// Removes a registered model with all versions.
    DeleteRegisteredModel { name: required String }
    /// Finds registered models.
    SearchRegisteredModels {
        filter: optional String,
        max_results: optional i64,
        order_by: repeated String,
        page_token: optional String,
    }
    /// A page of registered models.
    SearchRegisteredModelsAnswer {
        registered_models: repeated RegisteredModel,
        next_page_token: optional String,
    }
    /// Asks for the newest version at each stage.
    GetLatestVersions { name: required String, stages: repeated String }
    /// Those versions.
    GetLatestVersionsAnswer { model_versions: repeated ModelVersion }
    /// Sets a tag.
    SetRegisteredModelTag { name: required String, key: required String, value: required String }
    /// Removes a tag.
    DeleteRegisteredModelTag { name: required String, key: required String }
    /// Points an alias at a version.
    SetRegisteredModelAlias { name: required String, alias: required String, version: required String }
    /// Removes an alias.
    DeleteRegisteredModelAlias { name: required String, alias: required String }
}

endpoints! {
    CreateRegisteredModel Post "/2.0/mlflow/registered-models/create" => RegisteredModelAnswer;
    GetRegisteredModel Get "/2.0/mlflow/registered-models/get" => RegisteredModelAnswer;
    RenameRegisteredModel Post "/2.0/mlflow/registered-models/rename" => RegisteredModelAnswer;
    UpdateRegisteredModel Patch "/2.0/mlflow/registered-models/update" => RegisteredModelAnswer;
    DeleteRegisteredModel Delete "/2.0/mlflow/registered-models/delete" => Empty;
    SearchRegisteredModels Get "/2.0/mlflow/registered-models/search" => SearchRegisteredModelsAnswer;
    GetLatestVersions Post "/2.0/mlflow/registered-models/get-latest-versions" => GetLatestVersionsAnswer;
    SetRegisteredModelTag Post "/2.0/mlflow/registered-models/set-tag" => Empty;
    DeleteRegisteredModelTag Delete "/2.0/mlflow/registered-models/delete-tag" => Empty;
    SetRegisteredModelAlias Post "/2.0/mlflow/registered-models/alias" => Empty;
    DeleteRegisteredModelAlias Delete "/2.0/mlflow/registered-models/alias" => Empty;
}
