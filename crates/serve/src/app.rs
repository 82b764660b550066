//! What every request needs.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use tokio::sync::Notify;

use crate::backends::Backends;
use crate::keys::Keys;
use crate::live::Models;
use crate::problem::Problem;
use crate::routes::Need;

/// The server's state.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) models: Arc<Models>,
    pub(crate) keys: Keys,
    pub(crate) backends: Backends,
    /// The source of models, for people.
    pub(crate) registry: String,
    /// What makes the watcher look at once.
    pub(crate) bell: Arc<Notify>,
}

impl App {
    pub(crate) fn admit(&self, headers: &HeaderMap, need: Need) -> Result<(), Problem> {
        if need == Need::Nothing {
            return Ok(());
        }
        self.keys.check(headers.get("x-api-key").map(|key| key.as_bytes()))
    }

    pub(crate) fn check_ready(&self) -> Result<(), Problem> {
        if self.models.slots().is_empty() {
            let detail = "no model can answer yet";
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
        }
        Ok(())
    }

    pub(crate) fn check_json(&self, headers: &HeaderMap) -> Result<(), Problem> {
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

    pub(crate) async fn body(&self, _headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
        tokio::time::timeout(Duration::from_secs(10), to_bytes(body, 4 << 20))
            .await
            .map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long"))?
            .map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too large"))
    }

    pub(crate) fn reload(&self) -> Vec<String> {
        self.bell.notify_one();
        Vec::new()
    }
}
