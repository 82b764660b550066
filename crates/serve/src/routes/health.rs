//! Probes: whether it answers, and what it leans on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use gauntlet_core::{Alias, Digest, ModelName, Origin, Version};
use serde::Serialize;
use serde_json::json;

use super::respond;
use crate::app::App;
use crate::live::Slot;
use crate::problem::Problem;
use crate::time;

/// How a served model stands.
#[derive(Debug, Serialize)]
struct Model {
    model_name: ModelName,
    model_version: Version,
    alias: Option<Alias>,
    bundle_digest: Digest,
    data_origin: Option<Origin>,
    /// Why the alias is not followed at the moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
    /// Whether somebody rolled it back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    held: bool,
}

impl Model {
    fn of(slot: &Arc<Slot>) -> Self {
        let served = slot.current();
        Self {
            model_name: served.located.model.clone(),
            model_version: served.located.version,
            alias: slot.wanted.alias().cloned(),
            bundle_digest: served.digest,
            data_origin: served.origin,
            trouble: slot.trouble(),
            held: slot.is_held(),
        }
    }
}

/// 200 while it answers, be it with a last good model; 503 when there is none.
pub(super) async fn overall(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    app.check_ready()?;
    let models: Vec<Model> = app.models.slots().iter().map(Model::of).collect();
    let degraded = models.iter().any(|model| model.trouble.is_some());
    respond::json(&json!({
        "status": if degraded { "degraded" } else { "healthy" },
        "version": env!("CARGO_PKG_VERSION"),
        "models": models,
    }))
}

pub(super) async fn models(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    app.check_ready()?;
    let slots = app.models.slots();
    let trouble = slots.iter().find_map(|slot| slot.trouble());
    let connection = if trouble.is_some() { "disconnected" } else { "connected" };
    respond::json(&json!({
        "status": if trouble.is_some() { "degraded" } else { "healthy" },
        "mlflow_connection": connection,
        "model_registry": app.catalogue.registry(),
        "test_model_loaded": !slots.is_empty(),
        "timestamp": time::now(),
        "trouble": trouble,
    }))
}

pub(super) async fn database(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    backend("database", app.backends.database().await)
}

pub(super) async fn redis(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    backend("redis", app.backends.redis().await)
}

fn backend(name: &str, state: Option<Result<(), String>>) -> Result<Response, Problem> {
    let timestamp = time::now();
    match state {
        None => respond::json(&json!({
            "status": "not_configured",
            name: "not configured",
            "detail": format!("this server uses no {name}; name one in [backends] to have it probed"),
            "timestamp": timestamp,
        })),
        Some(Ok(())) => respond::json(&json!({
            "status": "healthy", name: "connected", "timestamp": timestamp,
        })),
        Some(Err(why)) => {
            let body = respond::json(&json!({
                "status": "unhealthy", name: "disconnected", "detail": why, "timestamp": timestamp,
            }))?;
            Ok((StatusCode::SERVICE_UNAVAILABLE, body).into_response())
        }
    }
}
