//! Uploads in parts, and addresses that lead past the server, where the store has any.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawPathParams, Request, State};
use axum::http::Uri;
use axum::routing::{get, post};
use gauntlet_mlflow::*;
use gauntlet_registry::{DirectAccess, Part};
use serde_json::json as value;

use super::Routes;
use super::mlflow::read;
use super::owned::{model_uri, run_uri};
use super::proxied::{after, proxy, refuse_bundles};
use crate::access::Role;
use crate::answer::{Answer, json};
use crate::app::App;
use crate::artifacts::path;
use crate::read::checks::{Check, Rule};
use crate::read::served::Served;
use crate::read::{message, parameters, whole};

/// How many seconds an address to upload to holds if nobody says.
const UPLOAD_VALID: i64 = 900;
/// How many seconds an address to download from holds if nobody says.
const DOWNLOAD_VALID: i64 = 300;
/// Object stores take no more.
const VALID_MOST: i64 = 7 * 24 * 3600;
/// Object stores take no more.
const PARTS_MOST: i64 = 10_000;

pub(super) fn add(routes: Routes) -> Routes {
    routes
        .api("/2.0/mlflow-artifacts/mpu/create/{*path}", Role::Write, post(create))
        .api("/2.0/mlflow-artifacts/mpu/complete/{*path}", Role::Write, post(complete))
        .api("/2.0/mlflow-artifacts/mpu/abort/{*path}", Role::Write, post(abort))
        .api("/2.0/mlflow-artifacts/presigned/{*path}", Role::Read, get(presigned))
        .api(CreatePresignedUploadUrl::PATH, CreatePresignedUploadUrl::NEEDS, post(upload_url))
        .api(
            CreatePresignedDownloadUrl::PATH,
            CreatePresignedDownloadUrl::NEEDS,
            post(download_url),
        )
}

fn unsupported(what: &str) -> Error {
    let message = format!("{what} is not supported for the current artifact repository");
    Error::new(ErrorCode::NotImplemented, message)
}

fn parts_of(direct: Option<&dyn DirectAccess>) -> Result<&dyn DirectAccess> {
    direct.ok_or_else(|| unsupported("Multipart upload"))
}

/// Reads a request about an upload in parts, and the file it is about: the folder stands in the address, the name in
/// the body.
async fn about<M: Message + serde::de::DeserializeOwned>(
    app: &App,
    request: Request,
    action: &str,
    rules: &[Rule],
    name: fn(&M) -> Option<&str>,
) -> Answer<(M, String)> {
    let (parts, body) = request.into_parts();
    let marker = format!("/mlflow-artifacts/mpu/{action}/");
    let folder = path::safe(after(&parts.uri, &marker))?;
    let body = whole(body, app.limits.body).await?;
    let given = parameters(&parts, &body, M::FIELDS)?;
    let message: M = message(given, M::FIELDS, rules, [])?;
    // Clients send where the file lies with them; only its name matters here.
    let given = name(&message).unwrap_or_default();
    let file = path::safe(given.rsplit(['/', '\\']).next().unwrap_or_default())?;
    if file.is_empty() || file.contains('/') {
        return Err(Error::invalid("Invalid path").into());
    }
    let path = path::join(&folder, &file);
    refuse_bundles(&path)?;
    Ok((message, path))
}

async fn create(State(app): State<Arc<App>>, request: Request) -> Answer {
    const RULES: &[Rule] =
        &[("path", &[Check::Required, Check::Text]), ("num_parts", &[Check::Whole])];
    let store = proxy(&app)?;
    let (request, path) =
        about(&app, request, "create", RULES, |m: &CreateMultipartUpload| m.path.as_deref())
            .await?;
    let direct = parts_of(store.direct())?;
    let parts = request.num_parts.unwrap_or(1);
    let count = u32::try_from(parts).ok().filter(|_| (1..=PARTS_MOST).contains(&parts));
    let count = count.ok_or_else(|| {
        Error::invalid(format!("num_parts must be between 1 and {PARTS_MOST}, not {parts}."))
    })?;
    let (upload_id, urls) = direct.begin_parts(&path, count).await?;
    let credentials = urls.into_iter().zip(1..).map(|(url, number)| MultipartUploadCredential {
        url: Some(url),
        part_number: Some(number),
        headers: Vec::new(),
    });
    json(&CreateMultipartUploadAnswer {
        upload_id: Some(upload_id),
        credentials: credentials.collect(),
    })
}

async fn complete(State(app): State<Arc<App>>, request: Request) -> Answer {
    const RULES: &[Rule] = &[
        ("path", &[Check::Required, Check::Text]),
        ("upload_id", &[Check::Text]),
        ("parts", &[Check::Required]),
    ];
    let store = proxy(&app)?;
    let (request, path) =
        about(&app, request, "complete", RULES, |m: &CompleteMultipartUpload| m.path.as_deref())
            .await?;
    let direct = parts_of(store.direct())?;
    let parts = request.parts.into_iter().map(|part| {
        let number = part.part_number.and_then(|number| u32::try_from(number).ok());
        match (number, part.etag) {
            (Some(number), Some(etag)) => Ok(Part { number, etag }),
            _ => Err(Error::invalid("Each part needs a part_number and an etag.")),
        }
    });
    let parts = parts.collect::<Result<Vec<Part>>>()?;
    direct.finish_parts(&path, &request.upload_id.unwrap_or_default(), &parts).await?;
    json(&Empty {})
}

async fn abort(State(app): State<Arc<App>>, request: Request) -> Answer {
    const RULES: &[Rule] =
        &[("path", &[Check::Required, Check::Text]), ("upload_id", &[Check::Text])];
    let store = proxy(&app)?;
    let (request, path) =
        about(&app, request, "abort", RULES, |m: &AbortMultipartUpload| m.path.as_deref()).await?;
    let direct = parts_of(store.direct())?;
    direct.abort_parts(&path, &request.upload_id.unwrap_or_default()).await?;
    json(&Empty {})
}

async fn presigned(State(app): State<Arc<App>>, uri: Uri) -> Answer {
    let store = proxy(&app)?;
    let path = path::safe(after(&uri, "/mlflow-artifacts/presigned/"))?;
    let direct = store.direct().ok_or_else(|| unsupported("Multipart download"))?;
    let (url, size) = direct.presign_get(&path, valid(DOWNLOAD_VALID)?).await?;
    json(&value!({ "url": url, "headers": {}, "file_size": size }))
}

/// How long an address shall hold.
fn valid(seconds: i64) -> Result<Duration> {
    if !(1..=VALID_MOST).contains(&seconds) {
        let message =
            format!("expiration must be between 1 and {VALID_MOST} seconds (got {seconds}).");
        return Err(Error::invalid(message));
    }
    Ok(Duration::from_secs(seconds.unsigned_abs()))
}

/// Refuses artefacts that only the server reaches.
fn refuse_proxied(uri: &str, what: &str, of: &str) -> Result<()> {
    let scheme = crate::artifacts::scheme(uri);
    if !matches!(scheme.as_str(), "http" | "https" | "mlflow-artifacts") {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Presigned {what} is not supported for {of} (artifact URI scheme: {scheme}). This endpoint requires \
         a direct cloud storage artifact URI."
    )))
}

async fn upload_url(
    State(app): State<Arc<App>>,
    params: RawPathParams,
    request: Request,
) -> Answer {
    let store = super::store(&app, CreatePresignedUploadUrl::PATH)?;
    let request: CreatePresignedUploadUrl = read(&app, &params, request).await?;
    let given = |id: Option<String>| id.filter(|id| !id.is_empty());
    let (run, model) = (given(request.run_id), given(request.model_id));
    let path = || path::safe(request.path.as_deref().unwrap_or_default());
    let (path, uri) = match (run, model) {
        (Some(run), None) => (path()?, run_uri(store, &run).await?),
        (None, Some(model)) => (path()?, model_uri(store, &model).await?),
        _ => {
            let message = "Exactly one of run_id and model_id must be provided.";
            return Err(Error::invalid(message).into());
        }
    };
    refuse_proxied(&uri, "upload", "proxied artifact storage")?;
    let place = app.artifacts.resolve(&uri)?;
    let path = place.join(&path);
    refuse_bundles(&path)?;
    let direct = place.store.direct().ok_or_else(|| unsupported("Presigned upload"))?;
    let url = direct.presign_put(&path, valid(request.expiration.unwrap_or(UPLOAD_VALID))?).await?;
    json(&CreatePresignedUploadUrlAnswer { presigned_url: Some(url), headers: Vec::new() })
}

async fn download_url(
    State(app): State<Arc<App>>,
    params: RawPathParams,
    request: Request,
) -> Answer {
    let store = super::store(&app, CreatePresignedDownloadUrl::PATH)?;
    let request: CreatePresignedDownloadUrl = read(&app, &params, request).await?;
    let path = path::safe(request.path.as_deref().unwrap_or_default())?;
    let valid = valid(request.expiration.unwrap_or(DOWNLOAD_VALID))?;
    let uri = run_uri(store, request.run_id.as_deref().unwrap_or_default()).await?;
    refuse_proxied(&uri, "download", "runs with proxied artifact storage")?;
    let place = app.artifacts.resolve(&uri)?;
    let direct = place.store.direct().ok_or_else(|| unsupported("Presigned download"))?;
    let (url, size) = direct.presign_get(&place.join(&path), valid).await?;
    json(&CreatePresignedDownloadUrlAnswer {
        presigned_url: Some(url),
        headers: Vec::new(),
        file_size: i64::try_from(size).ok(),
    })
}
