//! JSON bodies, written without a detour.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::pass::AnsweredBy;
use crate::live::Served;
use crate::problem::Problem;

/// The content type of JSON.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A JSON answer.
pub(super) fn json(body: &impl Serialize) -> Result<Response, Problem> {
    Ok(typed(JSON, bytes(body)?))
}

/// JSON as bytes.
pub(super) fn bytes(body: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written")
    })
}

/// The answer with a note of what answered, for the log.
pub(super) fn by(served: &Served, rows: usize, mut response: Response) -> Response {
    if tracing::enabled!(tracing::Level::DEBUG) {
        let model = served.located.model.to_string();
        let version = served.located.version.to_string();
        response.extensions_mut().insert(AnsweredBy { model, version, rows });
    }
    response
}

/// An answer of one content type.
pub(super) fn typed(kind: HeaderValue, body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}
