//! The Open Inference Protocol, version 2.

mod metadata;
mod tensors;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::Response;
use serde_json::json;

use super::{RequestId, respond};
use crate::app::{App, Asking};
use crate::live::{Served, Slot};
use crate::model::Output;
use crate::problem::Problem;
use crate::read::{Asked, Infer, Table};

/// Length of the JSON in front of tensors that follow as bytes.
const HEAD: HeaderName = HeaderName::from_static("inference-header-content-length");

pub(super) async fn server() -> Result<Response, Problem> {
    let version = env!("CARGO_PKG_VERSION");
    respond::json(&json!({
        "name": "gauntlet-serve", "version": version, "extensions": ["binary_tensor_data"],
    }))
}

pub(super) async fn live() -> Result<Response, Problem> {
    respond::json(&json!({ "live": true }))
}

pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    app.check_ready()?;
    respond::json(&json!({ "ready": true }))
}

pub(super) async fn model(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    respond::json(&metadata::of(&app.models.of(&name)?, &*app.models.find(&name, Asked::Auto)?))
}

pub(super) async fn version(
    State(app): State<Arc<App>>,
    Path((name, version)): Path<(String, String)>,
) -> Result<Response, Problem> {
    respond::json(&metadata::of(&app.models.of(&name)?, &*numbered(&app, &name, &version)?))
}

pub(super) async fn model_ready(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    app.models.find(&name, Asked::Auto)?;
    respond::json(&json!({ "name": name, "ready": true }))
}

pub(super) async fn version_ready(
    State(app): State<Arc<App>>,
    Path((name, version)): Path<(String, String)>,
) -> Result<Response, Problem> {
    numbered(&app, &name, &version)?;
    respond::json(&json!({ "name": name, "version": version, "ready": true }))
}

pub(super) async fn infer(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let slot = app.models.find(&name, Asked::Auto)?;
    answer(&app, &slot, &slot.pick(&id.0), &id, request).await
}

pub(super) async fn infer_version(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    Path((name, version)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let slot = numbered(&app, &name, &version)?;
    answer(&app, &slot, &slot.current(), &id, request).await
}

fn numbered(app: &App, name: &str, version: &str) -> Result<Arc<Slot>, Problem> {
    app.models.find(name, version.parse().map_err(Problem::not_found)?)
}

async fn answer(
    app: &App,
    slot: &Slot,
    served: &Served,
    id: &RequestId,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let head = head(&parts.headers)?;
    let bytes = app.read(&parts.headers, body).await?;
    let infer = Infer::read(&bytes, head)?;
    let columns = infer.tensors.into_iter().map(|tensor| {
        let (name, grid) = tensor.into_grid();
        (Some(name), grid)
    });
    let columns = columns.collect();
    if served.model.fields().is_empty() {
        let outputs = served.answer_tensors(columns)?;
        let rows = outputs.first().map_or(0, Output::rows);
        let outputs = tensors::select(outputs, &infer.outputs, infer.binary)?;
        let response = tensors::respond(served, infer.id.as_deref(), rows, &outputs, &[])?;
        return Ok(respond::by(served, rows, response));
    }
    let table = Table::of_columns(columns)?;
    let rows = table.fit(served.model.fields(), served.model.policy())?;
    let answered = app.answer(slot, served, &rows, &Asking { id: &id.0, sensor: None })?;
    let outputs = tensors::select(answered.into_outputs(), &infer.outputs, infer.binary)?;
    let id = infer.id.as_deref();
    let response = tensors::respond(served, id, rows.rows, &outputs, &rows.warnings)?;
    Ok(respond::by(served, rows.rows, response))
}

/// The length of the JSON, where the body says that tensors follow it as bytes.
fn head(headers: &HeaderMap) -> Result<Option<usize>, Problem> {
    let named = |name: &HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or_default());
    if let Some(length) = named(&HEAD) {
        let length = length.parse().map_err(|_| {
            Problem::unreadable(format!("{HEAD} must be a number of bytes, not `{length}`"))
        })?;
        return Ok(Some(length));
    }
    let kind = named(&header::CONTENT_TYPE).unwrap_or("application/json");
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(None);
    }
    let detail = format!("send application/json, or {HEAD} with bytes, not `{essence}`");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}
