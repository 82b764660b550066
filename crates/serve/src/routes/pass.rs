//! What every request passes: its number, who asks and whether they may, counting, and the words of its
//! protocol.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Need;
use crate::access::Scope;
use crate::app::App;
use crate::eyes::kinds::ErrorKind;
use crate::eyes::logging::RequestLine;
use crate::listen::Peer;
use crate::problem::{Dialect, Problem};
use crate::time;

/// The header that carries a request's number, in both directions.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The number of a request: the client's own if it gave a harmless one.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// What answered a request, for the log; handlers put it on their answers.
#[derive(Debug, Clone)]
pub(super) struct AnsweredBy {
    pub(super) model: String,
    pub(super) version: String,
    pub(super) rows: usize,
}

/// Answers a request, or refuses it before any handler sees it.
pub(crate) async fn pass(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let (began, _in_flight) = (Instant::now(), app.metrics.enter());
    let dialect = Dialect::of(request.uri().path());
    let method = known(request.method());
    let id = request_id(&request);
    request.extensions_mut().insert(id.clone());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map(MatchedPath::as_str);
    let scope = match super::need(route) {
        Need::Nothing => None,
        Need::Metrics if app.exposition.public => None,
        Need::Metrics => Some(Scope::Read),
        Need::Scope(scope) => Some(scope),
    };
    let admitted = scope.map(|scope| {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        let peer = peer.ok_or_else(|| Problem::forbidden("the client's address is not known"))?;
        app.access.admit(request.headers(), peer, scope, began)
    });
    let (mut response, admitted) = match admitted.transpose() {
        Ok(admitted) => (next.run(request).await, admitted),
        Err(problem) => (problem.into_response(), None),
    };
    if let Some(problem) = problem(&mut response) {
        app.metrics.error(kind(&problem));
        response = problem.render(dialect);
    }
    let headers = response.headers_mut();
    if let Some(admitted) = &admitted {
        admitted.write(headers);
    }
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let (status, took) = (response.status().as_u16(), began.elapsed());
    app.metrics.note(method, route, status, took);
    if tracing::enabled!(tracing::Level::DEBUG) {
        let by = response.extensions().get::<AnsweredBy>();
        let line = RequestLine {
            request_id: &id.0,
            method,
            route: route.unwrap_or_default(),
            status,
            took,
            model: by.map(|by| (by.model.as_str(), by.version.as_str())),
            rows: by.map(|by| by.rows),
        };
        line.write();
    }
    response
}

/// Why a request was refused, if it was. A path or query that cannot be read is refused before any handler sees it,
/// and without a word of ours.
fn problem(response: &mut Response) -> Option<Problem> {
    let status = response.status();
    response.extensions_mut().remove::<Problem>().or_else(|| {
        let unread = status == StatusCode::BAD_REQUEST;
        unread.then(|| Problem::new(status, "the request's path or query is not UTF-8"))
    })
}

/// The method as a label: clients may invent more of them than a memory holds.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// What a refusal counts as.
fn kind(problem: &Problem) -> ErrorKind {
    match problem.status() {
        StatusCode::UNAUTHORIZED => ErrorKind::Auth,
        StatusCode::FORBIDDEN if problem.detail().contains("scope") => ErrorKind::Scope,
        StatusCode::FORBIDDEN => ErrorKind::Auth,
        StatusCode::NOT_FOUND => ErrorKind::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ErrorKind::Method,
        StatusCode::REQUEST_TIMEOUT => ErrorKind::Timeout,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorKind::Size,
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::Rate,
        StatusCode::UNPROCESSABLE_ENTITY => ErrorKind::Signature,
        StatusCode::SERVICE_UNAVAILABLE => ErrorKind::Unavailable,
        StatusCode::INTERNAL_SERVER_ERROR => ErrorKind::Model,
        status if status.is_server_error() => ErrorKind::Internal,
        _ => ErrorKind::Body,
    }
}

fn request_id(request: &Request) -> RequestId {
    let harmless = |value: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !value.is_empty() && value.len() <= 64 && value.bytes().all(plain)
    };
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    RequestId(given.filter(harmless).map_or_else(|| time::request_id().into(), Arc::from))
}
