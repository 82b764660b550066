//! Registries behind HTTP.

use serde_json::{Value, json};

use super::fake::{Answer, Fake};
use super::*;

const ARTIFACTS: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// A server with `motor` in version 4 at `champion`, whose files are at `uri`.
async fn registry(uri: &'static str, tags: Value, files: Vec<(String, Vec<u8>)>) -> Fake {
    Fake::start(move |line| answer(line, uri, &tags, &files)).await
}

fn answer(line: &str, uri: &str, tags: &Value, files: &[(String, Vec<u8>)]) -> Answer {
    let version = json!({
        "name": "motor", "version": "4", "creation_timestamp": 7, "last_updated_timestamp": 8,
        "source": "models:/m-1", "run_id": "r1", "status": "READY", "tags": tags,
        "current_stage": "None",
    });
    let registered = json!({
        "name": "motor", "description": "what it is", "creation_timestamp": 1,
        "last_updated_timestamp": 9, "latest_versions": [version],
        "aliases": [{"alias": "champion", "version": "4"}],
    });
    let (path, query) =
        line.strip_prefix("GET ").unwrap().split_once('?').unwrap_or((&line[4..], ""));
    let (_, operation) = path.rsplit_once("/2.0/mlflow/").unwrap_or(("", path));
    match operation {
        "registered-models/alias" if query.contains("alias=champion&name=motor") => {
            Answer::json(&json!({ "model_version": version }))
        }
        "registered-models/alias" => Answer::error("400 Bad Request", "INVALID_PARAMETER_VALUE"),
        "registered-models/get" if query.contains("name=motor") => {
            Answer::json(&json!({ "registered_model": registered }))
        }
        "registered-models/search" => Answer::json(&json!({ "registered_models": [registered] })),
        "model-versions/get" if query.contains("name=motor&version=4") => {
            Answer::json(&json!({ "model_version": version }))
        }
        "model-versions/get-download-uri" => Answer::json(&json!({ "artifact_uri": uri })),
        "registered-models/get" => Answer::error("404 Not Found", "RESOURCE_DOES_NOT_EXIST"),
        "model-versions/search" => Answer::json(&json!({ "model_versions": [version] })),
        "runs/get" => Answer::json(&json!({
            "run": {"info": {"run_id": "r1", "artifact_uri": "mlflow-artifacts:/1/r1/artifacts"}}
        })),
        "logged-models/m-1" => Answer::json(&json!({
            "model": {"info": {"model_id": "m-1", "artifact_uri": "mlflow-artifacts:/1/models/m-1"}}
        })),
        _ if path == ARTIFACTS => {
            let listed: Vec<Value> = files
                .iter()
                .map(|(path, bytes)| json!({"path": path, "is_dir": false, "file_size": bytes.len()}))
                .collect();
            Answer::json(&json!({ "files": listed }))
        }
        _ => {
            let name = path.rsplit('/').next().unwrap();
            match files.iter().find(|(path, _)| path == name) {
                Some((_, bytes)) => Answer::ok(bytes.clone()),
                // As MLflow answers for a local file that is not there.
                None => Answer::error("404 Not Found", "RESOURCE_DOES_NOT_EXIST"),
            }
        }
    }
}

fn tags(digest: Digest) -> Value {
    json!([
        {"key": "gauntlet.bundle_digest", "value": digest.to_string()},
        {"key": "data.origin", "value": "real"},
    ])
}

#[tokio::test]
async fn a_bundle_of_ours_comes_through_the_server_and_the_watcher_asks_once() {
    let (digest, files) = bundle("1");
    let server = registry("mlflow-artifacts:/1/models/m-1/artifacts", tags(digest), files).await;
    let place = Place::over(&server.url());
    let (located, fetched) = place.serve("motor").await;
    assert_eq!((located.version.0, located.digest), (4, Some(digest)));
    assert_eq!((located.origin, located.updated_ms), (Some(gauntlet_core::Origin::Real), 8));
    assert_eq!(fetched.digest, digest);
    server.asked();
    let wanted = "motor".parse().unwrap();
    assert!(place.sources.locate(&wanted).await.unwrap().is_same_as(&located));
    assert_eq!(server.asked().len(), 1, "a look at the alias is one request");
    place.sources.fetch(&wanted, &located).await.unwrap();
    assert_eq!(server.asked(), [""; 0], "what is in the state directory is not fetched again");
    assert_eq!(place.fetch("motor/4").await.unwrap().0.alias, None);
}

#[tokio::test]
async fn a_model_that_python_logged_gets_the_digest_of_its_files() {
    let files = [("MLmodel", "flavors"), ("model.onnx", "x"), ("conda.yaml", "y")];
    let files: Vec<_> = files.map(|(p, t)| (p.to_owned(), t.as_bytes().to_vec())).into();
    let server = registry("mlflow-artifacts:/1/models/m-1/artifacts", json!([]), files).await;
    let place = Place::over(&server.url());
    let (located, fetched) = place.serve("motor").await;
    assert_eq!((located.digest, fetched.layout), (None, layout::Layout::Mlflow));
    let state = place.end();
    server.asked();
    let sources = sources(&server.url(), state.path());
    let again = sources.fetch(&"motor".parse().unwrap(), &located).await.unwrap();
    assert_eq!(again.digest, fetched.digest);
    assert_eq!(
        server.asked(),
        [""; 0],
        "a server that starts again knows the files by its last good model"
    );
}

#[tokio::test]
async fn files_are_found_through_runs_logged_models_and_folders() {
    let (digest, files) = bundle("1");
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &files);
    let local: &'static str = format!("file://{}", folder.path().display()).leak();
    for (uri, path) in [
        ("runs:/r1/model", "/1/r1/artifacts/model/model.onnx"),
        ("models:/m-1", "/1/models/m-1/model.onnx"),
        ("mlflow-artifacts://elsewhere:99/1/x", "/1/x/model.onnx"),
    ] {
        let server = registry(uri, tags(digest), files.clone()).await;
        Place::over(&server.url()).fetch("motor").await.unwrap();
        let asked = server.asked();
        let fetched = format!("GET {ARTIFACTS}{path} ");
        assert!(asked.iter().any(|line| line.starts_with(&fetched)), "{uri}: {asked:?}");
    }
    let server = registry(local, tags(digest), Vec::new()).await;
    let fetched = Place::over(&server.url()).fetch("motor").await.unwrap().1;
    assert_eq!(fetched.folder, folder.path());
    for (uri, words) in [
        ("file:///no/such/folder", "share the folder"),
        ("gs://bucket/model", "s3://bucket/prefix"),
        ("relative/folder", "share the folder"),
    ] {
        let server = registry(uri, tags(digest), Vec::new()).await;
        let error = Place::over(&server.url()).fetch("motor").await.unwrap_err();
        assert!(error.to_string().contains(words), "{uri}: {error}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_apart_from_who_may_not_ask_and_who_does_not_answer() {
    let (digest, files) = bundle("1");
    let server = registry("mlflow-artifacts:/x", tags(digest), files).await;
    let place = Place::over(&server.url());
    for (wanted, words) in [
        ("motor@challenger", "it has `champion`"),
        ("pump", "known are `motor`"),
        ("motor/9", "no version 9"),
    ] {
        let error = place.fetch(wanted).await.unwrap_err();
        assert_eq!(error.trouble, Trouble::NotFound, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    for (status, code, trouble) in [
        ("401 Unauthorized", "UNAUTHENTICATED", Trouble::Denied),
        ("403 Forbidden", "PERMISSION_DENIED", Trouble::Denied),
        ("503 Service Unavailable", "TEMPORARILY_UNAVAILABLE", Trouble::Unreachable),
    ] {
        let server = Fake::start(move |_| Answer::error(status, code)).await;
        let error = Place::over(&server.url()).fetch("motor").await.unwrap_err();
        assert_eq!(error.trouble, trouble, "{error}");
    }
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = Place::over(&format!("http://{free}")).fetch("motor").await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Unreachable);
}

#[tokio::test]
async fn champions_and_catalogue_come_from_one_search() {
    let (digest, files) = bundle("1");
    let server = registry("mlflow-artifacts:/x", tags(digest), files).await;
    let place = Place::over(&server.url());
    assert_eq!(place.sources.champions().await.unwrap(), ["motor".parse().unwrap()]);
    let listed = place.sources.catalogue().await.unwrap();
    assert_eq!(listed[0].description.as_deref(), Some("what it is"));
    assert_eq!((listed[0].digest, listed[0].run_id.as_deref()), (Some(digest), Some("r1")));
    assert_eq!(server.asked().len(), 2);
    let versions = place.sources.versions(&"motor".parse().unwrap()).await.unwrap();
    assert_eq!(versions[0].status.as_deref(), Some("READY"));
    assert_eq!(versions[0].aliases, ["champion".parse().unwrap()]);
    let error = place.sources.versions(&"pump".parse().unwrap()).await.unwrap_err();
    assert!(error.trouble == Trouble::NotFound && error.problem.contains("known are `motor`"));
}

#[tokio::test]
async fn a_password_is_sent_and_never_shown() {
    let (digest, files) = bundle("1");
    let server = registry("mlflow-artifacts:/x", tags(digest), files).await;
    let place = Place::over(&format!("http://ann:hush@{}", server.address));
    let located = place.sources.locate(&"motor".parse().unwrap()).await.unwrap();
    assert!(server.asked()[0].to_lowercase().contains("authorization: basic yw5uomh1c2g="));
    let shown = format!("{:?} {located:?} {}", place.sources, place.sources.registry());
    assert!(!shown.contains("hush"), "{shown}");
    let error = Sources::open("ftp://ann:hush@h", State::open(None)).unwrap_err().to_string();
    assert!(!error.contains("hush"), "{error}");
}
