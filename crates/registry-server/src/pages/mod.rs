//! Web pages: experiments, runs, models, versions and their history.
//!
//! Plain HTML made on the server, one small style sheet, no script at all: the pages work without
//! JavaScript, by keyboard and on a phone, and a text that a client wrote can never run. All texts are escaped
//! by the template macro; the content security policy forbids what escaping might miss.

mod card;
mod experiments;
mod format;
mod layout;
mod models;
mod plot;
mod runs;
mod versions;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use gauntlet_mlflow::Error;
use gauntlet_registry::{FileStore, Registry};
use gauntlet_registry_sql::Store;
use maud::Markup;

use crate::app::App;

/// What pages are made of.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    /// Experiments, runs and models.
    store: Store,
    /// Verdicts and the history of aliases.
    registry: Arc<dyn Registry>,
    /// Bundles, for the figures on their cards; `None` where this server holds no artefacts.
    files: Option<Arc<dyn FileStore>>,
}

impl Pages {
    /// The pages of a server that has names to show.
    pub(crate) fn of(app: &App) -> Option<Self> {
        Some(Self {
            store: app.store.clone()?,
            registry: app.registry.as_ref()?.registry.clone(),
            files: app.artifacts.proxy().cloned(),
        })
    }
}

/// The pages' routes.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(pages: Pages) -> Router<S> {
    Router::new()
        .route("/", get(experiments::list))
        .route("/experiments/{id}", get(experiments::show))
        .route("/runs/{id}", get(runs::show))
        .route("/models", get(models::list))
        .route("/models/{name}", get(models::show))
        .route("/models/{name}/{version}", get(versions::show))
        .route("/style.css", get(style))
        .with_state(pages)
}

async fn style() -> Response {
    let css = (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    let keep = (header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    ([css, keep], include_str!("style.css")).into_response()
}

/// Only our own style sheet and images, forms to ourselves, no script, no frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

fn respond(status: StatusCode, page: Markup) -> Response {
    let mut response = (status, Html(page.into_string())).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A page, or one that says what is wrong.
struct Page(Result<Markup, Error>);

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        match self.0 {
            Ok(page) => respond(StatusCode::OK, page),
            Err(error) => {
                let status = StatusCode::from_u16(error.code.status());
                let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                respond(status, layout::problem(&error))
            }
        }
    }
}

/// What the registry refuses, as the server says it.
fn refused(error: &gauntlet_registry::RegistryError) -> Error {
    use gauntlet_registry::Kind;
    match error.kind() {
        Kind::NotFound => Error::missing(error.to_string()),
        Kind::Invalid => Error::invalid(error.to_string()),
        _ => Error::internal(error.to_string()),
    }
}
