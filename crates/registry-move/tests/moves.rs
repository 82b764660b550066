//! From one live server to another: ours to ours, and there and back through the real MLflow server that
//! `GAUNTLET_TEST_MLFLOW_2` names, which nobody else writes to meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "these are tests"
)]

use std::sync::{Arc, Mutex};

use gauntlet_mlflow::*;
use gauntlet_registry::rest::{Everywhere, FileStores, MlflowClient, RestConfig};
use gauntlet_registry::{FileStore, LocalFiles, RegistryError, testing_files};
use gauntlet_registry_move::{Counts, End, MoveError, export, import};
use gauntlet_registry_server::{App, Artifacts, Tokens, listen, serve};
use gauntlet_registry_sql::{EmbeddedRegistry, Options, Store, StoreSettings};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server of ours on a free port, with all it keeps in a folder of its own.
struct Ours {
    _dir: TempDir,
    end: End<MlflowClient>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Ours {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("registry");
        let registry = EmbeddedRegistry::open(&root, Options::default()).await.unwrap();
        let settings = StoreSettings { default_artifact_root: "mlflow-artifacts:/".to_owned() };
        let store = Store::new(registry.database().clone(), settings);
        store.ensure_default_experiment().await.unwrap();
        let files = Arc::new(LocalFiles::new(root.join("artifacts")));
        let app = App::new(store, Artifacts::new().proxied(files));
        let listener = listen("127.0.0.1", 0, &Tokens::default()).await.unwrap();
        let end = end(&format!("http://{}", listener.local_addr().unwrap()));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(serve(listener, Arc::new(app), async move {
            let _ = stopped.await;
        }));
        Self { _dir: dir, end, stop, task }
    }

    async fn end(self) {
        drop(self.end);
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

#[derive(Debug)]
struct NoOthers;

impl FileStores for NoOthers {
    fn open(&self, root: &str) -> gauntlet_registry::Result<Arc<dyn FileStore>> {
        Err(RegistryError::FileNotFound { path: root.to_owned() })
    }
}

fn end(address: &str) -> End<MlflowClient> {
    let tracking = MlflowClient::new(RestConfig::new(address).unwrap()).unwrap();
    let files = Arc::new(Everywhere::new(tracking.clone(), Arc::new(NoOthers)));
    End { address: tracking.address(), tracking, files }
}

fn metric(key: &str, value: f64, step: i64, model_id: Option<String>) -> Metric {
    Metric {
        key: Some(key.into()),
        value: Some(Double(value)),
        timestamp: Some(1_700_000_000_000 + step),
        step: Some(step),
        model_id,
        ..Metric::default()
    }
}

/// Some of everything: returns the experiment's name.
async fn fill(from: &MlflowClient) -> String {
    let unique = format!("{}-{:?}", std::process::id(), std::time::SystemTime::now());
    let name = format!("move {}", gauntlet_core::Digest::of(unique.as_bytes()).short());
    let request = CreateExperiment { name: Some(name.clone()), ..Default::default() };
    let experiment_id = from.ask(request).await.unwrap().experiment_id;
    let mut runs = Vec::new();
    for number in 0..3 {
        let request = CreateRun {
            experiment_id: experiment_id.clone(),
            user_id: Some("ann".into()),
            run_name: Some(format!("run {number}")),
            start_time: Some(1_700_000_000_000),
            tags: vec![KeyValue::new("team", "blue")],
        };
        runs.push(from.ask(request).await.unwrap().run.unwrap().info.unwrap());
    }
    let run = runs[0].clone();
    let request = CreateLoggedModel {
        experiment_id,
        name: Some("forest".into()),
        source_run_id: run.run_id.clone(),
        params: vec![KeyValue::new("trees", "9")],
        ..Default::default()
    };
    let model = from.ask(request).await.unwrap().model.unwrap().info.unwrap();
    let mut metrics: Vec<Metric> =
        (0..1500).map(|step| metric("loss", 1.0 / (step + 1) as f64, step, None)).collect();
    metrics.push(metric("auc", f64::NAN, 0, model.model_id.clone()));
    metrics.push(metric("peak", f64::INFINITY, 0, None));
    for metrics in metrics.chunks(1000) {
        let metrics = metrics.to_vec();
        let request = LogBatch { run_id: run.run_id.clone(), metrics, ..Default::default() };
        from.ask(request).await.unwrap();
    }
    let params = (0..120).map(|n| KeyValue::new(format!("p{n}"), "x".repeat(n)));
    let params: Vec<KeyValue> = params.collect();
    for params in params.chunks(100) {
        let params = params.to_vec();
        let request = LogBatch { run_id: run.run_id.clone(), params, ..Default::default() };
        from.ask(request).await.unwrap();
    }
    let dataset = Dataset {
        name: Some("ai4i".into()),
        digest: Some("abc".into()),
        source_type: Some("local".into()),
        source: Some("{}".into()),
        ..Default::default()
    };
    let tags = vec![KeyValue::new("mlflow.data.context", "training")];
    let datasets = vec![DatasetInput { tags, dataset: Some(dataset) }];
    from.ask(LogInputs { run_id: run.run_id.clone(), datasets, ..Default::default() })
        .await
        .unwrap();
    let models = vec![ModelOutput { model_id: model.model_id.clone(), step: Some(3) }];
    from.ask(LogOutputs { run_id: run.run_id.clone(), models }).await.unwrap();
    for uri in [run.artifact_uri.clone().unwrap(), model.artifact_uri.clone().unwrap()] {
        let files = from.proxied(uri.strip_prefix("mlflow-artifacts:").unwrap());
        files.put("plots/a b.svg", testing_files::bytes(70_000)).await.unwrap();
        files.put("empty", testing_files::bytes(0)).await.unwrap();
    }
    let ready = Some(LoggedModelStatus::Ready);
    from.ask(FinalizeLoggedModel { model_id: model.model_id.clone(), status: ready })
        .await
        .unwrap();
    let ended = UpdateRun {
        run_id: run.run_id.clone(),
        status: Some(RunStatus::Finished),
        end_time: Some(1_700_000_100_000),
        ..Default::default()
    };
    from.ask(ended).await.unwrap();
    from.ask(DeleteRun { run_id: runs[2].run_id.clone() }).await.unwrap();

    let registered = Some(name.clone());
    let request = CreateRegisteredModel { name: registered.clone(), ..Default::default() };
    from.ask(request).await.unwrap();
    let sources = [
        format!("{}/model", run.artifact_uri.unwrap()),
        "s3://elsewhere/model".to_owned(),
        format!("models:/{}", model.model_id.clone().unwrap()),
    ];
    for (number, source) in sources.into_iter().enumerate() {
        let request = CreateModelVersion {
            name: registered.clone(),
            source: Some(source),
            run_id: (number != 1).then(|| run.run_id.clone().unwrap()),
            tags: vec![KeyValue::new("origin", "real")],
            model_id: model.model_id.clone().filter(|_| number == 2),
            ..Default::default()
        };
        from.ask(request).await.unwrap();
    }
    let version = Some("2".to_owned());
    from.ask(DeleteModelVersion { name: registered.clone(), version }).await.unwrap();
    let request = SetRegisteredModelAlias {
        name: registered,
        alias: Some("champion".into()),
        version: Some("3".into()),
    };
    from.ask(request).await.unwrap();
    name
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_once_and_is_the_same() {
    let (from, to) = (Ours::start().await, Ours::start().await);
    let name = fill(&from.end.tracking).await;
    moves_once(&from.end, &to.end).await;
    arrived(&to.end, &name).await;
    from.end().await;
    to.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_back_from_a_live_mlflow() {
    let Ok(address) = std::env::var("GAUNTLET_TEST_MLFLOW_2") else {
        eprintln!("skipped: GAUNTLET_TEST_MLFLOW_2 names no MLflow server");
        return;
    };
    let (from, back) = (Ours::start().await, Ours::start().await);
    let between = end(&address);
    let name = fill(&from.end.tracking).await;
    let there = moves_once(&from.end, &between).await;
    arrived(&between, &name).await;
    let again = moves_once(&between, &back.end).await;
    arrived(&back.end, &name).await;
    // Each run that was imported carries the number it had before.
    let marked = Counts { tags: there.tags + there.runs, ..there };
    assert_eq!(again, marked, "what MLflow was given is what it gives");
    from.end().await;
    back.end().await;
}

/// Exports and imports, with an interruption and with repetitions that must add nothing.
async fn moves_once(from: &End<MlflowClient>, to: &End<MlflowClient>) -> Counts {
    let folder = tempfile::tempdir().unwrap();
    let silent = Arc::new(|_| {});
    let exported = export(from, folder.path(), silent.clone()).await.unwrap();
    assert!(exported.runs >= 3 && exported.metrics >= 1502 && exported.files >= 4, "{exported:?}");
    assert!(exported.versions >= 2 && exported.datasets >= 1, "{exported:?}");
    let again = export(from, folder.path(), silent.clone()).await.unwrap();
    assert_eq!(again, exported, "nothing twice");
    assert!(matches!(
        export(to, folder.path(), silent.clone()).await,
        Err(MoveError::OtherSource { .. })
    ));

    // Interrupted after a while, and begun again.
    let seen = Arc::new(Mutex::new(0));
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let stop = Mutex::new(Some(stop));
    let counting = seen.clone();
    let told = Arc::new(move |step| {
        if matches!(step, gauntlet_registry_move::Step::Unit(_)) {
            let mut seen = counting.lock().unwrap();
            *seen += 1;
            if *seen == 2 {
                let _ = stop.lock().unwrap().take().unwrap().send(());
            }
        }
    });
    tokio::select! {
        _ = import(folder.path(), to, told) => {}
        _ = stopped => {}
    }
    let imported = import(folder.path(), to, silent.clone()).await.unwrap();
    assert_eq!(imported, exported);
    let before = total(to).await;
    import(folder.path(), to, silent.clone()).await.unwrap();
    // Without its journal it finds everything by tags.
    for entry in fs_err::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("imported-") {
            fs_err::remove_file(path).unwrap();
        }
    }
    import(folder.path(), to, silent.clone()).await.unwrap();
    assert_eq!(total(to).await, before, "a second import adds nothing");
    exported
}

/// The champion and the run it came from are as they were filled in.
async fn arrived(to: &End<MlflowClient>, name: &str) {
    let request =
        GetModelVersionByAlias { name: Some(name.to_owned()), alias: Some("champion".into()) };
    let champion = to.tracking.ask(request).await.unwrap().model_version.unwrap();
    assert_eq!(champion.version.as_deref(), Some("3"));
    let request = GetRun { run_id: champion.run_id, run_uuid: None };
    let run = to.tracking.ask(request).await.unwrap().run.unwrap();
    let info = run.info.unwrap();
    assert_eq!(info.start_time, Some(1_700_000_000_000));
    assert_eq!(info.end_time, Some(1_700_000_100_000));
    assert_eq!(info.status, Some(RunStatus::Finished));
    assert_eq!(run.outputs.unwrap().model_outputs[0].step, Some(3));
}

#[tokio::test]
async fn a_damaged_export_is_refused_before_anything_is_imported() {
    let (from, to) = (Ours::start().await, Ours::start().await);
    fill(&from.end.tracking).await;
    let folder = tempfile::tempdir().unwrap();
    let silent = Arc::new(|_| {});
    assert!(matches!(
        import(folder.path(), &to.end, silent.clone()).await,
        Err(MoveError::Incomplete { .. })
    ));
    export(&from.end, folder.path(), silent.clone()).await.unwrap();
    let runs = folder.path().join("runs");
    let run = fs_err::read_dir(runs).unwrap().next().unwrap().unwrap().path();
    fs_err::write(&run, b"{}\n").unwrap();
    let error = import(folder.path(), &to.end, silent).await.unwrap_err();
    assert!(matches!(&error, MoveError::Damaged { path, .. } if *path == run), "{error}");
    assert_eq!(total(&to.end).await, (1, 0, 0), "only the default experiment is there");
    from.end().await;
    to.end().await;
}

async fn total(end: &End<MlflowClient>) -> (usize, usize, usize) {
    let request = SearchExperiments {
        max_results: Some(1000),
        view_type: Some(ViewType::All),
        ..Default::default()
    };
    let experiments = end.tracking.ask(request).await.unwrap().experiments;
    let request = SearchRuns {
        experiment_ids: experiments.iter().filter_map(|e| e.experiment_id.clone()).collect(),
        run_view_type: Some(ViewType::All),
        max_results: Some(50_000),
        ..Default::default()
    };
    let runs = end.tracking.ask(request).await.unwrap().runs.len();
    let request = SearchModelVersions { max_results: Some(10_000), ..Default::default() };
    let versions = end.tracking.ask(request).await.unwrap().model_versions.len();
    (experiments.len(), runs, versions)
}

#[test]
fn counts_are_written_by_name() {
    let counts = Counts { runs: 3, ..Counts::default() };
    assert!(serde_json::to_string(&counts).unwrap().contains("\"runs\":3"));
}
