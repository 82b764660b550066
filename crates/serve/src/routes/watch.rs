//! What the server sees of itself and of its models.

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::{RequestId, respond};
use crate::app::App;
use crate::eyes::drift::check::{DriftAnswer, DriftRequest};
use crate::eyes::exposition::CONTENT_TYPE;
use crate::problem::Problem;
use crate::read::{Asked, parse};

/// Prometheus' text format.
const TEXT: HeaderValue = HeaderValue::from_static(CONTENT_TYPE);

pub(super) async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    if !app.exposition.enabled {
        return Err(Problem::not_found("metrics are switched off"));
    }
    // Now and then drift is judged anew, which takes a while.
    let text = tokio::task::block_in_place(|| app.metrics.render(Instant::now()));
    Ok(respond::typed(TEXT, text.into_bytes()))
}

/// Whether what a model is asked still looks like what it was trained on.
pub(super) async fn check_drift(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    App::check_json(&parts.headers)?;
    let bytes = app.read(&parts.headers, body).await?;
    let request: DriftRequest = parse(&bytes)?;
    request.check()?;
    let slot = match &request.model_name {
        Some(name) => app.models.find(name, Asked::Auto)?,
        None => app.models.default()?,
    };
    let served = slot.current();
    let Some(monitor) = &served.monitor else {
        let detail = format!("drift of model `{}` is not watched", served.located.model);
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    };
    if let Some(feature) = &request.feature
        && !served.model.fields().iter().any(|field| field.name == *feature)
    {
        let detail = format!("feature `{feature}` is not one of this model's");
        return Err(Problem::unprocessable(detail));
    }
    let query = request.query();
    let assessment = tokio::task::block_in_place(|| match &request.values {
        Some(values) => monitor.assess_values(values, &query).ok_or_else(|| {
            let feature = query.feature.unwrap_or_default();
            let detail = format!("the bundle holds no reference of feature `{feature}`");
            Problem::unprocessable(detail)
        }),
        None => Ok(monitor.assess(Instant::now(), &query)),
    })?;
    respond::json(&DriftAnswer::new(&request, &assessment, monitor, id.0.to_string()))
}
