//! What every request passes: its number, who asks, and the words of its protocol.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::app::App;
use crate::problem::{Dialect, Problem};
use crate::time;

/// The header that carries a request's number, in both directions.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The number of a request: the client's own if it gave a harmless one.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// Answers a request, or refuses it before any handler sees it.
pub(crate) async fn pass(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let dialect = Dialect::of(request.uri().path());
    let id = request_id(&request);
    request.extensions_mut().insert(id.clone());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let need = super::need(matched.as_ref().map(MatchedPath::as_str));
    let mut response = match app.admit(request.headers(), need) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.render(dialect);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn request_id(request: &Request) -> RequestId {
    let harmless = |value: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !value.is_empty() && value.len() <= 64 && value.bytes().all(plain)
    };
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    RequestId(given.filter(harmless).map_or_else(|| time::request_id().into(), Arc::from))
}
