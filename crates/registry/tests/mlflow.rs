//! The contract over HTTP to a real MLflow server, named by `GAUNTLET_TEST_MLFLOW`. It is emptied first.
#![cfg(feature = "rest")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "these are tests")]

use std::sync::Arc;

use gauntlet_mlflow::{
    DeleteRegisteredModel, ErrorCode, GetRun, SearchRegisteredModels,
};
use gauntlet_registry::rest::{
    FileStores, MlflowClient, MlflowRegistry, RestConfig, connect, fetch_bundle,
};
use gauntlet_registry::testing::{Capabilities, suite_with};
use gauntlet_registry::{
    FileStore, Kind, Registry as _, RegistryError, Result, Selector, testing_files,
};

#[derive(Debug)]
struct NoOthers;

impl FileStores for NoOthers {
    fn open(&self, root: &str) -> Result<Arc<dyn FileStore>> {
        Err(RegistryError::FileNotFound { path: root.to_owned() })
    }
}

fn client() -> Option<MlflowClient> {
    let Ok(address) = std::env::var("GAUNTLET_TEST_MLFLOW") else {
        eprintln!("skipped: GAUNTLET_TEST_MLFLOW names no MLflow server");
        return None;
    };
    Some(MlflowClient::new(RestConfig::new(&address).unwrap()).unwrap())
}

#[tokio::test]
async fn a_real_mlflow_keeps_the_contract_as_far_as_it_goes() {
    let Some(client) = client() else { return };
    let all = SearchRegisteredModels { max_results: Some(1000), ..Default::default() };
    for model in client.ask(all).await.unwrap().registered_models {
        client.ask(DeleteRegisteredModel { name: model.name }).await.unwrap();
    }
    let scratch = tempfile::tempdir().unwrap();
    let registry = MlflowRegistry::new(client.clone(), Arc::new(NoOthers));
    suite_with(&registry, scratch.path(), Capabilities::MLFLOW).await;

    // What was registered is all there for MLflow's own clients.
    let (model_name, first) = ("whole".parse().unwrap(), Selector::Number(gauntlet_core::Version(1)));
    let version = registry.version(&model_name, &first).await.unwrap();
    let run = client.ask(GetRun { run_id: version.run_id, run_uuid: None }).await.unwrap();
    let run = run.run.unwrap();
    let inputs = run.inputs.unwrap().dataset_inputs;
    assert_eq!(inputs[0].tag("mlflow.data.context"), Some("training"));
    assert_eq!(inputs[0].dataset.as_ref().unwrap().name.as_deref(), Some("contract"));
    let root = run.info.unwrap().artifact_uri.unwrap();
    let files = client.proxied(root.strip_prefix("mlflow-artifacts:").unwrap());
    let names: Vec<String> =
        files.list("model").await.unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["manifest.json", "model.onnx", "plots"]);
    let model = client.proxied(&format!("{}/model", root.strip_prefix("mlflow-artifacts:").unwrap()));
    let (digest, cache) = (version.digest.unwrap(), scratch.path().join("cache"));
    let fetched = fetch_bundle(&model, &digest, &cache).await.unwrap();
    assert!(fetched.join("plots/roc.svg").is_file());

    let found = connect(client, Arc::new(NoOthers)).await.unwrap();
    let history = found.history(&model_name).await.unwrap_err();
    assert_eq!(history.kind(), Kind::Unsupported, "it is known for what it is");
}

#[tokio::test]
async fn its_artefacts_keep_the_contract_of_files() {
    let Some(client) = client() else { return };
    let files = client.proxied(&format!("contract-{}", std::process::id()));
    testing_files::suite(&files).await;
    files.delete("sizes").await.unwrap();
}

#[tokio::test]
async fn refusals_keep_mlflows_code() {
    use gauntlet_mlflow::Backend as _;
    let Some(client) = client() else { return };
    let nobody = GetRun { run_id: Some("nobody".into()), run_uuid: None };
    let error = client.call(nobody).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ResourceDoesNotExist);
    assert!(error.message.contains("nobody"), "{error}");
}
