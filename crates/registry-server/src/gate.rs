//! What every request passes: counting, a number, hosts and origins, the rate, and headers of the answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gauntlet_mlflow::{Error, ErrorCode};
use tracing::Instrument as _;

use crate::answer::{Refusal, text};
use crate::app::App;
use crate::guard::{WRONG_HOST, WRONG_ORIGIN};

/// The header that carries a request's number, in both directions.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The address of whoever is connected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

static REQUESTS: AtomicU64 = AtomicU64::new(1);

/// Answers a request, or refuses it before any handler sees it.
pub(crate) async fn pass(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (begun, _in_flight) = (Instant::now(), app.metrics.enter());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let id = request_id(request.headers());
    let open = request.headers().get(header::ORIGIN).and_then(|_| cors(&app, request.headers()));
    let span = tracing::debug_span!("request", id = id.to_str().unwrap_or_default());
    let mut response = match refuse(&app, &request) {
        Some(refusal) => refusal,
        None => next.run(request).instrument(span.clone()).await,
    };
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    app.metrics.note(known(&method), route, status, took);
    #[expect(clippy::cast_possible_truncation, reason = "no request takes that long")]
    let duration_us = took.as_micros() as u64;
    tracing::debug!(parent: &span, %method, route, status, duration_us, "answered");
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    if let Some(open) = open {
        headers.extend(open);
    }
    response
}

fn refuse(app: &App, request: &Request) -> Option<Response> {
    let (headers, path) = (request.headers(), request.uri().path());
    let named = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(guard) = &app.guard {
        let host = named(header::HOST).or_else(|| request.uri().authority().map(|a| a.as_str()));
        if !matches!(path, "/health" | "/version") && !guard.admits_host(host) {
            tracing::warn!(host = host.unwrap_or_default(), "refused a request to another host");
            return Some(text(StatusCode::FORBIDDEN, WRONG_HOST));
        }
        // A header that is no text is no friend's either.
        let origin = headers.get(header::ORIGIN).map(|value| value.to_str().unwrap_or("null"));
        if !guard.admits_origin(request.method(), origin) {
            tracing::warn!(origin = origin.unwrap_or_default(), "refused a page of another site");
            return Some(text(StatusCode::FORBIDDEN, WRONG_ORIGIN));
        }
        if request.method() == Method::OPTIONS && origin.is_some() {
            return Some(StatusCode::NO_CONTENT.into_response());
        }
    }
    let rate = app.rate.as_ref().filter(|_| path != "/health")?;
    let client = client(request);
    let wait = rate.take(&client, Instant::now()).err()?;
    let message = "Too many requests; try again after the seconds in the Retry-After header.";
    let refusal = Refusal::from(Error::new(ErrorCode::RequestLimitExceeded, message));
    let mut response = refusal.into_response();
    let seconds = HeaderValue::from(wait.as_secs() + 1);
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    Some(response)
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

/// Who counts as one client: a machine. A token is no better: whoever guesses sends many.
fn client(request: &Request) -> String {
    let peer = request.extensions().get::<Peer>();
    peer.map_or_else(String::new, |peer| peer.0.ip().to_string())
}

/// The number of the client, if it gave a harmless one, or a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let harmless = |value: &&HeaderValue| {
        value.len() <= 64
            && value.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    };
    if let Some(given) = headers.get(&REQUEST_ID).filter(harmless) {
        return given.clone();
    }
    HeaderValue::from(REQUESTS.fetch_add(1, Ordering::Relaxed))
}

/// What lets the page of a friend read the answer.
fn cors(app: &App, headers: &HeaderMap) -> Option<HeaderMap> {
    let guard = app.guard.as_ref()?;
    let mut open = HeaderMap::new();
    if guard.is_open() {
        open.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    } else {
        let origin = HeaderValue::from_str(guard.echo(headers)?).ok()?;
        open.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        open.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        open.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    let methods = HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS, PATCH");
    open.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    if let Some(asked) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        open.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    Some(open)
}
