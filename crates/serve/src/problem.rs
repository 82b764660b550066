//! What a client is told when its request cannot be answered: a status and one sentence, in the words of
//! the protocol that it speaks.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The protocol that a path belongs to, and with it the shape of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The guide's: `{"detail": "..."}`.
    Guide,
    /// MLflow's scoring server: `{"error_code": "...", "message": "..."}`.
    Mlflow,
    /// The Open Inference Protocol: `{"error": "..."}`.
    Inference,
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
    headers: Box<HeaderMap>,
}

impl Dialect {
    /// The dialect of a path.
    pub(crate) fn of(path: &str) -> Self {
        match path.split('/').nth(1) {
            Some("v2") => Self::Inference,
            Some("invocations" | "ping" | "version") => Self::Mlflow,
            _ => Self::Guide,
        }
    }
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), headers: Box::default() }
    }

    /// A key that is wrong, or a request from where none is taken.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// A model, version or path that is not there.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// A body that is not what its content type says.
    pub(crate) fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// A field that is missing, unknown or of the wrong kind.
    pub(crate) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// The same with one more header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The answer in the words of `dialect`.
    pub(crate) fn render(self, dialect: Dialect) -> Response {
        // MLflow's server knows no 422.
        let status = match (dialect, self.status) {
            (Dialect::Mlflow, StatusCode::UNPROCESSABLE_ENTITY) => StatusCode::BAD_REQUEST,
            (_, status) => status,
        };
        let detail = self.detail;
        let body = match dialect {
            Dialect::Guide => json!({ "detail": detail }),
            Dialect::Mlflow => json!({ "error_code": error_code(self.status), "message": detail }),
            Dialect::Inference => json!({ "error": detail }),
        };
        (status, *self.headers, Json(body)).into_response()
    }
}

/// The word that MLflow has for a status.
fn error_code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
        StatusCode::FORBIDDEN => "PERMISSION_DENIED",
        StatusCode::NOT_FOUND => "RESOURCE_DOES_NOT_EXIST",
        StatusCode::UNPROCESSABLE_ENTITY => "INVALID_PARAMETER_VALUE",
        StatusCode::TOO_MANY_REQUESTS => "REQUEST_LIMIT_EXCEEDED",
        StatusCode::SERVICE_UNAVAILABLE => "TEMPORARILY_UNAVAILABLE",
        status if status.is_server_error() => "INTERNAL_ERROR",
        _ => "BAD_REQUEST",
    }
}

impl IntoResponse for Problem {
    /// Without a body: it is written where the request's protocol is known.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_the_dialect_of_its_protocol() {
        assert_eq!(Dialect::of("/invocations"), Dialect::Mlflow);
        assert_eq!(Dialect::of("/v2/models/m/infer"), Dialect::Inference);
        assert_eq!(Dialect::of("/api/v1/ml/predict"), Dialect::Guide);
        assert_eq!(Dialect::of("/"), Dialect::Guide);
    }
}
