//! Pages, and the document that they show.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};

use super::respond;
use crate::pages::{self, Page};

pub(super) async fn home() -> Response {
    page(pages::home())
}

pub(super) async fn docs() -> Response {
    page(pages::docs())
}

pub(super) async fn openapi() -> Response {
    respond::typed(respond::JSON, pages::document().into())
}

fn page(page: &'static Page) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, page.policy.clone()),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, Html(page.html.as_str())).into_response()
}
