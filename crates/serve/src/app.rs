//! What every request needs.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use tokio::sync::Notify;

use crate::access::Access;
use crate::backends::Backends;
use crate::catalogue::Catalogue;
use crate::eyes::metrics::Metrics;
use crate::eyes::payload::PayloadLog;
use crate::eyes::settings::MetricsSettings;
use crate::listen::{BodyLimits, Tls, read_body};
use crate::live::{Models, Served, Slot};
use crate::model::Answered;
use crate::problem::Problem;
use crate::read::Rows;

/// Who asks for an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// The request's number.
    pub(crate) id: &'a str,
    /// The asset that the rows come from.
    pub(crate) sensor: Option<&'a str>,
}

/// The server's state.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) models: Arc<Models>,
    pub(crate) catalogue: Catalogue,
    pub(crate) access: Access,
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) exposition: MetricsSettings,
    pub(crate) payload: Option<PayloadLog>,
    pub(crate) body: BodyLimits,
    /// The same for a body that may hold a file of sound.
    pub(crate) recording: BodyLimits,
    pub(crate) backends: Backends,
    /// What makes the watcher look at once.
    pub(crate) bell: Arc<Notify>,
}

impl App {
    /// Reads a request's body within the limits.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
        Self::read_within(headers, body, &self.body).await
    }

    /// As [`App::read`], of a request that may hold a file of sound where a model is served that hears some.
    pub(crate) async fn read_recording(
        &self,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Bytes, Problem> {
        let limits = if self.models.hear_files() { &self.recording } else { &self.body };
        Self::read_within(headers, body, limits).await
    }

    async fn read_within(
        headers: &HeaderMap,
        body: Body,
        limits: &BodyLimits,
    ) -> Result<Bytes, Problem> {
        if let Some(coding) = headers.get(header::CONTENT_ENCODING)
            && coding != "identity"
        {
            let coding = coding.to_str().unwrap_or_default();
            let detail = format!("send the body as it is, not encoded as `{coding}`");
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        read_body(body, limits).await
    }

    /// Answers rows that were checked, and does all that goes with it: counts, drift, the payload log and the
    /// shadow.
    pub(crate) fn answer(
        &self,
        slot: &Slot,
        served: &Served,
        rows: &Rows,
        asking: &Asking<'_>,
    ) -> Result<Answered, Problem> {
        let answered = served.answer(rows, asking.sensor)?;
        if let Some(payload) = &self.payload {
            payload.offer(|| served.entry(asking.id, rows, &answered));
        }
        slot.shadow(served, &answered, rows);
        Ok(answered)
    }

    /// Refuses a body that says it is something else than JSON.
    pub(crate) fn check_json(headers: &HeaderMap) -> Result<(), Problem> {
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

    /// Refuses while there is no model that could answer.
    pub(crate) fn check_ready(&self) -> Result<(), Problem> {
        if self.models.is_empty() {
            let detail = "no model can answer yet";
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
        }
        Ok(())
    }

    /// Reads keys and certificates again and looks at every alias; what went wrong, in words.
    pub(crate) fn reload(&self) -> Vec<String> {
        let keys = self.access.reload().err();
        let tls = self.tls.as_ref().and_then(|tls| tls.reload().err());
        self.bell.notify_one();
        let problems: Vec<String> =
            [keys, tls].into_iter().flatten().map(|error| format!("{error:#}")).collect();
        for problem in &problems {
            tracing::error!(problem, "what was loaded before stays");
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_another_type_is_refused() {
        let check = |text: &str| {
            let value = text.parse().unwrap();
            App::check_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, value)])).is_ok()
        };
        assert!(check("application/json; charset=utf-8"));
        assert!(!check("text/plain"));
        assert!(App::check_json(&HeaderMap::new()).is_ok());
    }
}
