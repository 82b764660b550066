//! Paths and what answers them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};

use crate::answer::{Health, Prediction};
use crate::body::Body;
use crate::keys::Keys;
use crate::models::Models;
use crate::problem::Problem;

/// Bytes of the largest body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// How long a client may take to send one.
const BODY_TIME: Duration = Duration::from_secs(10);

/// What every request needs.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) models: Models,
    pub(crate) keys: Keys,
}

/// The server's paths.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/api/v1/ml/predict", post(predict))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .with_state(app)
}

async fn health(State(app): State<Arc<App>>) -> Response {
    Json(Health::new(&app.models)).into_response()
}

async fn predict(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    app.admit(&parts.headers)?;
    check_type(&parts.headers)?;
    let too_large = || {
        let detail = format!("the body has more than {BODY_LIMIT} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    };
    let declared = parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
    if declared.and_then(|v| v.parse::<usize>().ok()).is_some_and(|length| length > BODY_LIMIT) {
        return Err(too_large());
    }
    let bytes = tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_LIMIT))
        .await
        .map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long"))?
        .map_err(|_| too_large())?;
    let body = Body::read(&bytes)?;
    let served = app.models.find(&body.model_name, body.model_version)?;
    let features = body.features()?;
    let cells = served
        .bundle
        .signature()
        .check(&features)
        .map_err(|error| Problem::unprocessable(error.to_string()))?;
    let answer = served.bundle.predict_row(&cells).map_err(|error| {
        tracing::error!(model = %body.model_name, %error, "a checked request was not answered");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the model did not answer")
    })?;
    Ok(Json(Prediction::new(served, answer)).into_response())
}

async fn unknown(uri: Uri) -> Problem {
    Problem::not_found(format!("there is nothing at {}", uri.path()))
}

async fn wrong_method(uri: Uri) -> Problem {
    let detail = format!("{} does not take this method", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

impl App {
    fn admit(&self, headers: &HeaderMap) -> Result<(), Problem> {
        self.keys.check(headers.get("x-api-key").map(|key| key.as_bytes()))?;
        // Without keys only this machine may ask. A page in its browser is not this machine: it reaches
        // loopback under a name of its own, and that name stands in the request.
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        if self.keys.are_configured() || host.is_none_or(is_local) {
            return Ok(());
        }
        Err(Problem::forbidden("without API keys only requests to a loopback address are answered"))
    }
}

fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A type that is given has to be JSON.
fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(given) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let text = given.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = format!("send application/json, not `{essence}`");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for local in ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "127.8.8.8", "[::1]:80"] {
            assert!(is_local(local), "{local}");
        }
        for foreign in ["evil.example:8000", "localhost.evil.example", "10.0.0.1", "", "[::2]"] {
            assert!(!is_local(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_body_of_another_type_is_refused() {
        let check = |text: &str| {
            let value = text.parse().unwrap();
            check_type(&HeaderMap::from_iter([(header::CONTENT_TYPE, value)])).is_ok()
        };
        assert!(check("application/json; charset=utf-8"));
        assert!(!check("text/plain"));
        assert!(check_type(&HeaderMap::new()).is_ok());
    }
}
