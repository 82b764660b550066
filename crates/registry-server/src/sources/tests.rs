use std::path::Path;
use std::sync::Arc;

use gauntlet_mlflow::{
    KeyValue, LoggedModel, LoggedModelAnswer, LoggedModelInfo, Run, RunAnswer, RunInfo,
};
use gauntlet_registry::LocalFiles;

use super::*;

/// A run and a model whose artefacts lie where these addresses say.
struct Known {
    run: &'static str,
    model: &'static str,
}

impl Backend<GetRun> for Known {
    async fn call(&self, request: GetRun) -> Result<RunAnswer> {
        if request.run_id.as_deref() != Some("r1") {
            return Err(Error::missing("no such run"));
        }
        let info = RunInfo { artifact_uri: Some(self.run.into()), ..RunInfo::default() };
        Ok(RunAnswer { run: Some(Run { info: Some(info), ..Run::default() }) })
    }
}

impl Backend<GetLoggedModel> for Known {
    async fn call(&self, _: GetLoggedModel) -> Result<LoggedModelAnswer> {
        let info = LoggedModelInfo { artifact_uri: Some(self.model.into()), ..Default::default() };
        Ok(LoggedModelAnswer { model: Some(LoggedModel { info: Some(info), data: None }) })
    }
}

fn artifacts() -> Artifacts {
    Artifacts::new().proxied(Arc::new(LocalFiles::new("/srv/p"))).folder(Path::new("/srv/local"))
}

fn location(uri: &str) -> bool {
    let request = CreateExperiment { artifact_location: Some(uri.into()), ..Default::default() };
    check_location(&artifacts(), &request).is_ok()
}

async fn source(known: &Known, sources: Sources, uri: &str, run: &str, model: &str) -> bool {
    let request = CreateModelVersion {
        source: Some(uri.into()),
        run_id: Some(run.into()),
        model_id: Some(model.into()),
        ..Default::default()
    };
    check_source(known, sources, &request).await.is_ok()
}

const PROXIED: Known = Known {
    run: "mlflow-artifacts:/0/r1/artifacts",
    model: "mlflow-artifacts:/0/models/m-1/artifacts",
};

#[test]
fn an_experiment_may_lie_in_a_bucket_behind_the_proxy_or_inside_a_root() {
    for uri in [
        "s3://bucket/x",
        "gs://bucket/x",
        "mlflow-artifacts:/x",
        "/srv/local/x",
        "file:///srv/local/x",
        "dbfs:/x",
        "",
    ] {
        assert!(location(uri), "{uri}");
    }
}

#[test]
fn an_experiment_never_leads_out() {
    for uri in [
        "/etc",
        "file:///etc",
        "file:///srv/local/../../etc",
        "/srv/local/%2e%2e/%2e%2e/etc",
        "s3://bucket/a/../b",
        "s3://bucket/%252e%252e/b",
        "s3://bucket/a#b",
        "s3://bucket/a?x=../b",
        "s3://bucket/a?x=%2e%2e/b",
        "http://169.254.169.254/",
        "https://host/x",
        "ftp://host/x",
        "hdfs://host/x",
        "mlflow-artifacts://host/x",
        "runs:/r1/x",
        "file://host/x",
        "/srv/local/..;/x",
        "FILE:///etc",
        "mlflow-artifacts:/../x",
        "C:\\x",
    ] {
        assert!(!location(uri), "{uri}");
    }
}

#[tokio::test]
async fn remote_sources_are_accepted_as_they_are_by_default() {
    for uri in [
        "s3://b/x",
        "http://host/x",
        "mlflow-artifacts:/9/other",
        "models:/m-9",
        "runs:/r9/x",
        "models:/m/1",
    ] {
        assert!(source(&PROXIED, Sources::Lenient, uri, "", "").await, "{uri}");
    }
}

#[tokio::test]
async fn strict_sources_lie_inside_the_run_or_model_that_is_named() {
    for (uri, run, model, expected) in [
        ("mlflow-artifacts:/0/r1/artifacts/model", "r1", "", true),
        ("mlflow-artifacts:/0/r1/artifacts-other", "r1", "", false),
        ("mlflow-artifacts:/0/r1/artifacts/model", "", "", false),
        ("mlflow-artifacts:/0/r1/artifacts/model", "r9", "", false),
        ("mlflow-artifacts:/0/models/m-1/artifacts", "r1", "m-1", true),
        ("mlflow-artifacts:/9/other", "r1", "m-1", false),
        ("runs:/r1/model", "r1", "", true),
        ("runs:/r9/model", "r1", "", false),
        ("models:/m-1", "", "m-1", true),
        ("models:/m-9", "", "m-1", false),
        ("models:/name/1", "", "", true),
        ("http://host/x", "r1", "", false),
        ("s3://bucket/x", "", "", true),
    ] {
        assert_eq!(source(&PROXIED, Sources::Strict, uri, run, model).await, expected, "{uri}");
    }
}

#[tokio::test]
async fn no_source_hides_a_way_up() {
    for uri in [
        "mlflow-artifacts:/0/../../etc",
        "mlflow-artifacts:/%2e%2e/x",
        "s3://b/%252e%252e/x",
        "http://h/..;/x",
        "s3://b/a\\..\\x",
        "mlflow-artifacts:/a%00",
        "s3://b/a#/../x",
        "s3://b/a?/../x",
        "s3://b/./x",
    ] {
        for sources in [Sources::Lenient, Sources::Strict] {
            assert!(!source(&PROXIED, sources, uri, "r1", "").await, "{uri}");
        }
    }
}

#[tokio::test]
async fn a_local_source_lies_inside_its_run_even_by_default() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("run/artifacts");
    fs_err::create_dir_all(root.join("model")).unwrap();
    let root: &'static str = Box::leak(root.display().to_string().into_boxed_str());
    let known = Known { run: root, model: root };
    let check = |uri: String, run: &'static str| {
        let known = &known;
        async move { source(known, Sources::Lenient, &uri, run, "").await }
    };
    assert!(check(format!("{root}/model"), "r1").await);
    assert!(check(format!("file://{root}/model"), "r1").await);
    assert!(!check(format!("{root}/model"), "").await);
    assert!(!check(format!("{root}/../../x"), "r1").await);
    assert!(!check(format!("{root}/%2e%2e/%2e%2e/x"), "r1").await);
    assert!(!check(format!("{root}/x#/../../y"), "r1").await);
    for uri in
        ["/etc/passwd", "file:///etc/passwd", "file://localhost/etc/passwd", ".", "~", "C:/x"]
    {
        assert!(!check(uri.to_owned(), "r1").await, "{uri}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc", format!("{root}/link")).unwrap();
        assert!(!check(format!("{root}/link/passwd"), "r1").await);
    }
    assert!(!source(&PROXIED, Sources::Lenient, "/srv/p/0/r1", "r1", "").await);
}

#[tokio::test]
async fn a_prompt_has_no_files() {
    let check = |uri: &'static str| async move {
        let request = CreateModelVersion {
            source: Some(uri.into()),
            tags: vec![KeyValue::new("mlflow.prompt.is_prompt", "true")],
            ..Default::default()
        };
        check_source(&PROXIED, Sources::Lenient, &request).await.is_ok()
    };
    assert!(check("dummy-source").await);
    for uri in ["/etc/passwd", "file:///etc/passwd", "http://host/x"] {
        assert!(!check(uri).await, "{uri}");
    }
}
