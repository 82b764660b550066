//! Artefacts of runs, logged models and model versions: found by their owner's address.

use std::sync::Arc;

use axum::extract::{Path, RawPathParams, Request, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use futures_util::stream;
use gauntlet_mlflow::*;
use gauntlet_registry_sql::Store;

use super::Routes;
use super::mlflow::read;
use crate::access::Role;
use crate::answer::{Answer, json};
use crate::app::App;
use crate::artifacts::{Place, path, send};
use crate::read::query::Query;
use crate::read::served::Served;
use crate::read::whole;

/// What the pages of MLflow may upload at once.
const UPLOAD_MOST: usize = 10 << 20;

pub(super) fn add(routes: Routes) -> Routes {
    routes
        .api(ListArtifacts::PATH, ListArtifacts::NEEDS, get(list_of_run))
        .api(ListLoggedModelArtifacts::PATH, ListLoggedModelArtifacts::NEEDS, get(list_of_model))
        .api("/2.0/mlflow/logged-models/{model_id}/artifacts/files", Role::Read, get(file_of_model))
        .api("/2.0/mlflow/upload-artifact", Role::Write, post(upload))
        .at("/get-artifact", Role::Read, get(file_of_run))
        .at("/model-versions/get-artifact", Role::Read, get(file_of_version))
}

/// The address of a run's artefacts.
pub(super) async fn run_uri(store: &Store, run: &str) -> Result<String> {
    let request = GetRun { run_id: Some(run.to_owned()), run_uuid: None };
    let uri = store.call(request).await?.run.and_then(|run| run.info).and_then(|i| i.artifact_uri);
    uri.ok_or_else(|| Error::missing(format!("Run with id={run} has no artifacts")))
}

/// The address of a logged model's artefacts.
pub(super) async fn model_uri(store: &Store, model: &str) -> Result<String> {
    let request = GetLoggedModel { model_id: Some(model.to_owned()), ..Default::default() };
    let info = store.call(request).await?.model.and_then(|model| model.info);
    let uri = info.and_then(|info| info.artifact_uri);
    uri.ok_or_else(|| Error::missing(format!("Logged model {model} has no artifacts")))
}

async fn list_of_run(
    State(app): State<Arc<App>>,
    params: RawPathParams,
    request: Request,
) -> Answer {
    let store = super::store(&app, ListArtifacts::PATH)?;
    let request: ListArtifacts = read(&app, &params, request).await?;
    let folder = request.path.as_deref().map(path::safe).transpose()?;
    let run = request.run_id.filter(|id| !id.is_empty()).or(request.run_uuid).unwrap_or_default();
    let uri = run_uri(store, &run).await?;
    let files = list(&app.artifacts.resolve(&uri)?, folder).await?;
    json(&ListArtifactsAnswer { root_uri: Some(uri), files, next_page_token: None })
}

async fn list_of_model(
    State(app): State<Arc<App>>,
    params: RawPathParams,
    request: Request,
) -> Answer {
    let store = super::store(&app, ListLoggedModelArtifacts::PATH)?;
    let request: ListLoggedModelArtifacts = read(&app, &params, request).await?;
    let folder = request.artifact_directory_path.as_deref().map(path::safe).transpose()?;
    let uri = model_uri(store, &request.model_id.unwrap_or_default()).await?;
    let files = list(&app.artifacts.resolve(&uri)?, folder).await?;
    json(&ListLoggedModelArtifactsAnswer { root_uri: Some(uri), files, next_page_token: None })
}

/// What is in a folder of a place, named from that place.
async fn list(place: &Place, folder: Option<String>) -> Answer<Vec<FileInfo>> {
    let folder = folder.unwrap_or_default();
    let entries = place.store.list(&place.join(&folder)).await?;
    Ok(entries
        .into_iter()
        .map(|entry| FileInfo {
            path: Some(path::join(&folder, &entry.name)),
            is_dir: Some(entry.size.is_none()),
            file_size: entry.size.and_then(|size| i64::try_from(size).ok()),
        })
        .collect())
}

async fn file_of_run(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Answer {
    let store = super::store(&app, "/get-artifact")?;
    let query = Query::parse(uri.query());
    let path = path::safe(wanted(&query, "path")?)?;
    let run = query.get("run_id").or_else(|| query.get("run_uuid"));
    let run = run.ok_or_else(|| Error::missing("Run with id=None not found"))?;
    file(&app, &run_uri(store, run).await?, &path, &headers).await
}

async fn file_of_version(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Answer {
    let store = super::store(&app, "/model-versions/get-artifact")?;
    let query = Query::parse(uri.query());
    let path = path::safe(wanted(&query, "path")?)?;
    let request = GetModelVersionDownloadUri {
        name: query.get("name").map(str::to_owned),
        version: query.get("version").map(str::to_owned),
    };
    let uri = store.call(request).await?.artifact_uri.unwrap_or_default();
    file(&app, &uri, &path, &headers).await
}

async fn file_of_model(
    State(app): State<Arc<App>>,
    Path(model): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer {
    let store =
        super::store(&app, "/ajax-api/2.0/mlflow/logged-models/<model_id>/artifacts/files")?;
    let query = Query::parse(uri.query());
    let Some(given) = query.get("artifact_file_path").filter(|path| !path.is_empty()) else {
        let message = "Request must include the \"artifact_file_path\" query parameter.";
        return Err(Error::new(ErrorCode::BadRequest, message).into());
    };
    let path = path::safe(given)?;
    file(&app, &model_uri(store, &model).await?, &path, &headers).await
}

async fn file(app: &App, uri: &str, path: &str, headers: &HeaderMap) -> Answer {
    let place = app.artifacts.resolve(uri)?;
    send::file(place.store.as_ref(), &place.join(path), headers).await
}

fn wanted<'q>(query: &'q Query, name: &str) -> Result<&'q str> {
    query.get(name).ok_or_else(|| {
        Error::new(
            ErrorCode::BadRequest,
            format!("Request must include the \"{name}\" query parameter."),
        )
    })
}

async fn upload(State(app): State<Arc<App>>, request: Request) -> Answer {
    let store = super::store(&app, "/ajax-api/2.0/mlflow/upload-artifact")?;
    let (parts, body) = request.into_parts();
    let query = Query::parse(parts.uri.query());
    let named = |name: &str| {
        let given = query.get(name).filter(|value| !value.is_empty());
        given.ok_or_else(|| Error::invalid(format!("Request must specify {name}.")))
    };
    let run = named("run_uuid")?;
    let path = path::safe(named("path")?)?;
    let too_large = |_| Error::invalid("Artifact size is too large. Max size is 10MB.");
    let bytes = whole(body, UPLOAD_MOST).await.map_err(too_large)?;
    if bytes.is_empty() {
        return Err(Error::invalid("Request must specify data.").into());
    }
    let place = app.artifacts.resolve(&run_uri(store, run).await?)?;
    let path = place.join(&path);
    super::proxied::refuse_bundles(&path)?;
    place.store.put(&path, Box::pin(stream::iter([Ok(bytes)]))).await?;
    let mut response = Response::new(axum::body::Body::empty());
    let json = axum::http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(axum::http::header::CONTENT_TYPE, json);
    Ok(response)
}
