//! What operators do: look at once, go back, follow again.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gauntlet_core::Alias;
use serde_json::json;

use super::respond;
use crate::app::App;
use crate::live::{Served, Slot};
use crate::problem::Problem;
use crate::read::Asked;

/// Reads keys and certificates again and looks at every alias now.
pub(super) async fn reload(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let problems = app.reload();
    let status = if problems.is_empty() { "reloading" } else { "partly" };
    respond::json(&json!({ "status": status, "problems": problems }))
}

/// Lets the version before answer again, until the alias moves on.
pub(super) async fn rollback(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let slot = app.models.find(&name, Asked::Auto)?;
    let Some(now) = slot.roll_back() else {
        let detail = format!("model `{name}` has not changed since the start: no version is kept");
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    };
    tracing::warn!(model = name, version = %now.located.version, "rolled back");
    respond::json(&state(&slot, &now))
}

/// Takes a rollback back.
pub(super) async fn follow(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let slot = app.models.find(&name, Asked::Auto)?;
    slot.follow();
    app.bell.notify_one();
    respond::json(&state(&slot, &slot.current()))
}

fn state(slot: &Slot, served: &Served) -> serde_json::Value {
    json!({
        "model_name": served.located.model,
        "alias": slot.wanted.alias().map(Alias::as_str),
        "model_version": served.located.version.to_string(),
        "bundle_digest": served.digest,
        "held": slot.is_held(),
    })
}
