//! All routes of the server.

mod extras;
mod graph;
mod mlflow;
mod multipart;
mod owned;
mod proxied;
mod registry;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use gauntlet_mlflow::{Error, ErrorCode};
use gauntlet_registry_sql::Store;

use crate::access::{Role, admit};
use crate::answer::{Answer, Refusal, text};
use crate::app::App;
use crate::gate;
use crate::pages::{self, Pages};

/// The release of MLflow whose protocol is spoken.
pub(crate) const PROTOCOL: &str = "3.17.2";

/// Adds routes: none without a role.
struct Routes {
    app: Arc<App>,
    router: Router<Arc<App>>,
}

impl Routes {
    /// Answers at `path` to callers with that role.
    fn at(mut self, path: &str, needs: Role, methods: MethodRouter<Arc<App>>) -> Self {
        let guarded = methods.route_layer(from_fn_with_state((self.app.clone(), needs), require));
        self.router = self.router.route(path, guarded);
        self
    }

    /// Answers below `/api` and below `/ajax-api`.
    fn api(self, path: &str, needs: Role, methods: MethodRouter<Arc<App>>) -> Self {
        self.at(&format!("/api{path}"), needs, methods.clone()).at(
            &format!("/ajax-api{path}"),
            needs,
            methods,
        )
    }

    /// Answers at `path` to anybody: nothing there is worth a token.
    fn open(mut self, path: &str, methods: MethodRouter<Arc<App>>) -> Self {
        self.router = self.router.route(path, methods);
        self
    }
}

/// The server as a service.
pub fn router(app: Arc<App>) -> Router {
    let routes = Routes { app: app.clone(), router: Router::new() };
    let routes = mlflow::add(routes);
    let routes = owned::add(routes);
    let routes = proxied::add(routes);
    let routes = multipart::add(routes);
    let routes = registry::add(routes);
    let routes = extras::add(routes);
    let routes = graph::add(routes);
    let router = match Pages::of(&app) {
        Some(pages) => routes.router.merge(
            pages::router(pages)
                .route_layer(from_fn_with_state((app.clone(), Role::Read), require)),
        ),
        None => routes.router,
    };
    router
        .fallback(nowhere)
        .method_not_allowed_fallback(not_so)
        .layer(from_fn_with_state(app.clone(), gate::pass))
        .with_state(app)
}

/// Lets a caller with the role pass, and tells the handler who it is.
async fn require(
    State((app, needs)): State<(Arc<App>, Role)>,
    mut request: Request,
    next: Next,
) -> Response {
    match admit(&app.tokens, request.headers(), needs) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn nowhere(request: Request) -> Refusal {
    Refusal::no_endpoint(format_args!("{} {}", request.method(), request.uri().path()))
}

async fn not_so(request: Request) -> Response {
    let what = format!("No endpoint answers {} {}.", request.method(), request.uri().path());
    let error = Error::new(ErrorCode::EndpointNotFound, what);
    Refusal::with_status(StatusCode::METHOD_NOT_ALLOWED, error).into_response()
}

/// The store, or the reason why there is none.
fn store<'a>(app: &'a App, endpoint: &str) -> Answer<&'a Store> {
    app.store.as_ref().ok_or_else(|| {
        let message = format!(
            "Endpoint: {endpoint} disabled due to the mlflow server running in `--artifacts-only` mode. To enable \
             tracking server functionality, run `mlflow server` without `--artifacts-only`"
        );
        text(StatusCode::SERVICE_UNAVAILABLE, message).into()
    })
}
