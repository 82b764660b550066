//! The guide's interface: predictions by name, and what models there are.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::{RequestId, respond};
use crate::answer::Prediction;
use crate::app::{App, Asking};
use crate::card::Card;
use crate::problem::Problem;
use crate::read::{Asked, Predict, parse};

pub(super) async fn predict(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    App::check_json(&parts.headers)?;
    let bytes = app.read_recording(&parts.headers, body).await?;
    let mut request: Predict<'_> = parse(&bytes)?;
    let slot = app.models.find(request.model_name.as_str(), request.model_version)?;
    // Who names a version gets that one.
    let served = match request.model_version {
        Asked::Auto => slot.pick(&id.0),
        Asked::Number(_) => slot.current(),
    };
    let table = request.table(served.signal.as_ref(), served.model.fields())?;
    let rows = table.fit(served.model.fields(), served.model.policy())?;
    let mut answered =
        app.answer(&slot, &served, &rows, &Asking { id: &id.0, sensor: request.sensor() })?;
    let pooled = rows.rows > 1;
    if pooled {
        answered = answered.pooled(served.model.threshold());
    }
    let mut answer = Prediction::new(&served, &answered, &rows.warnings, &id.0);
    if request.explain {
        answer.explain(if pooled {
            Err("the score is the mean of many rows', which are not explained together".to_owned())
        } else {
            served.explain(&rows, 0)?
        });
    }
    Ok(respond::by(&served, 1, respond::json(&answer)?))
}

pub(super) async fn models(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let models = app.catalogue.models().await;
    respond::json(&json!({ "models": *models, "count": models.len() }))
}

pub(super) async fn versions(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let versions = app.catalogue.versions(&name).await?;
    respond::json(&json!({ "model_name": name, "versions": versions }))
}

pub(super) async fn latest(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let slot = app.models.find(&name, Asked::Auto)?;
    let served = slot.current();
    respond::json(&json!({
        "model_name": name,
        "resolved_version": served.located.version.to_string(),
        "current_stage": "None",
        "status": "READY",
        "alias": served.located.alias,
        "digest": served.digest,
    }))
}

pub(super) async fn card(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let places = app.models.of(&name)?;
    // Reports hold the scores of every test row: reading one takes a while.
    let cards =
        tokio::task::spawn_blocking(move || places.iter().map(Card::new).collect::<Vec<_>>());
    let cards = cards.await.map_err(|error| {
        tracing::error!(%error, "a card cannot be made");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the card cannot be made")
    })?;
    respond::json(&json!({ "model_name": name, "served": cards }))
}
