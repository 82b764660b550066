//! Artefacts behind the server: uploads, downloads, listings and removals, streamed in both directions.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{delete, get, put};
use gauntlet_mlflow::{Error, ErrorCode, FileInfo, ListArtifactsAnswer};
use gauntlet_registry::{FileStore, RegistryError};

use super::Routes;
use crate::access::Role;
use crate::answer::{Answer, Refusal, detail, json};
use crate::app::App;
use crate::artifacts::{limit, path, send};
use crate::read::query::Query;

/// The folder of the registry's bundles, which nobody changes.
const BUNDLES: &str = "bundles";

pub(super) fn add(routes: Routes) -> Routes {
    const FILES: &str = "/2.0/mlflow-artifacts/artifacts/{*path}";
    routes
        .api("/2.0/mlflow-artifacts/artifacts", Role::Read, get(list))
        .api(FILES, Role::Read, get(download))
        .api(FILES, Role::Write, put(upload))
        .api(FILES, Role::Write, delete(remove))
}

/// The proxied store, or what to answer without one.
pub(super) fn proxy(app: &App) -> Answer<&Arc<dyn FileStore>> {
    app.artifacts.proxy().ok_or_else(|| {
        let said =
            "Artifact serving is disabled. Run `mlflow server` with `--serve-artifacts` to enable.";
        detail(StatusCode::SERVICE_UNAVAILABLE, said).into()
    })
}

/// What stands after `marker` in an address, as the client wrote it.
pub(super) fn after<'u>(uri: &'u Uri, marker: &str) -> &'u str {
    uri.path().split_once(marker).map_or("", |(_, rest)| rest)
}

/// Refuses to change what is registered.
pub(super) fn refuse_bundles(path: &str) -> Result<(), Refusal> {
    if path.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case(BUNDLES)) {
        let message =
            "Registered bundles are immutable: nothing below `bundles/` can be changed here.";
        return Err(Error::new(ErrorCode::PermissionDenied, message).into());
    }
    Ok(())
}

async fn download(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Answer {
    let store = proxy(&app)?;
    let path = path::safe(after(&uri, "/mlflow-artifacts/artifacts/"))?;
    send::file(store.as_ref(), &path, &headers).await
}

async fn upload(State(app): State<Arc<App>>, request: Request) -> Answer {
    let store = proxy(&app)?;
    let given = after(request.uri(), "/mlflow-artifacts/artifacts/").to_owned();
    let path = path::safe(&given)?;
    let folder = path::decode(&given).is_none_or(|path| path.ends_with('/'));
    if path.is_empty() || folder {
        let said = "Artifact path must include a filename (cannot end with '/').";
        return Ok(detail(StatusCode::BAD_REQUEST, said));
    }
    refuse_bundles(&path)?;
    let bytes = limit::upload(request.into_body(), app.limits.artifact);
    match store.put(&path, bytes).await {
        Ok(_) => Ok(Response::new(Body::empty())),
        Err(RegistryError::Io(error)) if error.kind() == std::io::ErrorKind::FileTooLarge => {
            let message = "The artifact is larger than this server accepts.";
            let error = Error::new(ErrorCode::BadRequest, message);
            Err(Refusal::with_status(StatusCode::PAYLOAD_TOO_LARGE, error))
        }
        Err(error) => Err(error.into()),
    }
}

async fn list(State(app): State<Arc<App>>, uri: Uri) -> Answer {
    let store = proxy(&app)?;
    let query = Query::parse(uri.query());
    let folder = path::safe(query.get("path").unwrap_or_default())?;
    let files = store.list(&folder).await?.into_iter().map(|entry| FileInfo {
        path: Some(entry.name),
        is_dir: Some(entry.size.is_none()),
        // MLflow leaves out the size of an empty file here, and only here.
        file_size: entry.size.and_then(|size| i64::try_from(size).ok()).filter(|size| *size > 0),
    });
    json(&ListArtifactsAnswer { files: files.collect(), ..Default::default() })
}

async fn remove(State(app): State<Arc<App>>, uri: Uri) -> Answer {
    let store = proxy(&app)?;
    let path = path::safe(after(&uri, "/mlflow-artifacts/artifacts/"))?;
    refuse_bundles(&path)?;
    match store.delete(&path).await {
        // What is not there need not be removed; MLflow says so too.
        Ok(()) | Err(RegistryError::FileNotFound { .. }) => json(&serde_json::json!({})),
        Err(error) => Err(error.into()),
    }
}
