//! Answers and refusals, in MLflow's shapes.

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gauntlet_mlflow::{Error, ErrorCode};
use gauntlet_registry::{Kind, RegistryError};
use serde::Serialize;
use serde_json::json;

/// A refusal on its way to a client.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Response>);

/// What a handler answers with.
pub(crate) type Answer<T = Response> = Result<T, Refusal>;

impl Refusal {
    /// A refusal whose status is not the usual one of its code.
    pub(crate) fn with_status(status: StatusCode, error: Error) -> Self {
        let shape = Shape { error_code: error.code.as_str(), message: &error.message };
        if status.is_server_error() {
            tracing::warn!(
                code = shape.error_code,
                message = shape.message,
                "answered with an error"
            );
        }
        Self(Box::new((status, Json(shape)).into_response()))
    }

    /// Nothing is at that address.
    pub(crate) fn no_endpoint(what: impl std::fmt::Display) -> Self {
        Error::new(ErrorCode::EndpointNotFound, format!("No endpoint answers {what}.")).into()
    }
}

impl From<Response> for Refusal {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = StatusCode::from_u16(error.code.status());
        Self::with_status(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error)
    }
}

impl From<RegistryError> for Refusal {
    fn from(error: RegistryError) -> Self {
        let code = match error.kind() {
            Kind::NotFound => ErrorCode::ResourceDoesNotExist,
            Kind::AlreadyExists => ErrorCode::ResourceAlreadyExists,
            Kind::Conflict => ErrorCode::ResourceConflict,
            Kind::Refused => ErrorCode::PermissionDenied,
            Kind::Invalid => ErrorCode::InvalidParameterValue,
            Kind::Damaged => ErrorCode::DataLoss,
            Kind::Busy => ErrorCode::TemporarilyUnavailable,
            Kind::Unsupported => ErrorCode::NotImplemented,
            _ => ErrorCode::InternalError,
        };
        // Where files lie on this machine is nobody else's business.
        let message = match &error {
            RegistryError::OutsideRoot { .. } => "Invalid path".to_owned(),
            RegistryError::FileNotFound { path } => format!("No such artifact: '{path}'"),
            RegistryError::ArtifactNotFound { digest, .. } => {
                format!("bundle {digest} is not in the artefact store")
            }
            RegistryError::Damaged { digest, damage, .. } => {
                format!("bundle {digest} is damaged: {damage}")
            }
            RegistryError::Io(_) => "the file system failed".to_owned(),
            other => other.to_string(),
        };
        if code.status() >= 500 {
            tracing::error!(error = &error as &dyn std::error::Error, "a request failed");
        }
        Error::new(code, message).into()
    }
}

/// The body of a refusal.
#[derive(Serialize)]
struct Shape<'a> {
    error_code: &'a str,
    message: &'a str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// A message as JSON.
pub(crate) fn json(message: &impl Serialize) -> Answer {
    let bytes = serde_json::to_vec(message)
        .map_err(|error| Error::internal(format!("the answer could not be written: {error}")))?;
    let mut response = Response::new(Body::from(bytes));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

/// The answer of MLflow's streaming endpoints to a mistake: another shape, no code.
pub(crate) fn detail(status: StatusCode, detail: impl Into<String>) -> Response {
    (status, Json(json!({ "detail": detail.into() }))).into_response()
}

/// Plain text.
pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Response {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    async fn shown(refusal: Refusal) -> (u16, String) {
        let response = refusal.into_response();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_refusal_has_mlflows_shape_and_status() {
        let (status, body) = shown(Error::missing("gone \"x\"").into()).await;
        assert_eq!(status, 404);
        assert_eq!(body, r#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"gone \"x\""}"#);
    }

    #[tokio::test]
    async fn no_refusal_shows_where_files_lie() {
        let root = PathBuf::from("/srv/secret");
        let error = RegistryError::OutsideRoot { path: "../x".into(), root };
        let (status, body) = shown(error.into()).await;
        assert!(status == 400 && body.contains("Invalid path") && !body.contains("secret"));
        let error = std::io::Error::other("/srv/secret is full");
        let (status, body) = shown(RegistryError::Io(error).into()).await;
        assert!(status == 500 && !body.contains("secret"), "{body}");
    }
}
