//! Paths, who may ask for them, and what answers them.

mod admin;
mod anomaly;
mod forecast;
mod guide;
mod health;
mod inference;
mod mlflow;
mod pages;
mod pass;
mod respond;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
#[cfg(test)]
use axum::http::Method;
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{self, MethodRouter};

pub(crate) use pass::RequestId;

use crate::access::Scope;
use crate::app::App;
use crate::problem::Problem;

/// What a request has to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: probes and documents about the server itself.
    Nothing,
    /// What the settings say of metrics.
    Metrics,
    /// A key or token with this scope.
    Scope(Scope),
}

/// A path with what it needs and what answers it.
struct Route {
    #[cfg(test)]
    method: Method,
    path: &'static str,
    need: Need,
    handlers: MethodRouter<Arc<App>>,
}

fn get<H: Handler<T, Arc<App>>, T: 'static>(path: &'static str, need: Need, handler: H) -> Route {
    Route {
        #[cfg(test)]
        method: Method::GET,
        path,
        need,
        handlers: routing::get(handler),
    }
}

fn post<H: Handler<T, Arc<App>>, T: 'static>(path: &'static str, need: Need, handler: H) -> Route {
    Route {
        #[cfg(test)]
        method: Method::POST,
        path,
        need,
        handlers: routing::post(handler),
    }
}

/// Every path; there is none that does not say what it needs.
fn table() -> Vec<Route> {
    use Need::{Metrics, Nothing};
    let [predict, read, anomaly, drift, admin] =
        [Scope::Predict, Scope::Read, Scope::Anomaly, Scope::Drift, Scope::Admin].map(Need::Scope);
    vec![
        get("/", Nothing, pages::home),
        get("/docs", Nothing, pages::docs),
        get("/openapi.json", Nothing, pages::openapi),
        get("/health", Nothing, health::overall),
        get("/health/db", Nothing, health::database),
        get("/health/redis", Nothing, health::redis),
        get("/api/v1/ml/health", Nothing, health::models),
        get("/api/v1/ml/models", read, guide::models),
        get("/api/v1/ml/models/{name}/versions", read, guide::versions),
        get("/api/v1/ml/models/{name}/latest", read, guide::latest),
        get("/api/v1/ml/models/{name}/card", read, guide::card),
        post("/api/v1/ml/predict", predict, guide::predict),
        post("/api/v1/ml/forecast", predict, forecast::forecast),
        post("/api/v1/ml/detect_anomaly", anomaly, anomaly::detect),
        post("/api/v1/ml/check_drift", drift, watch::check_drift),
        get("/metrics", Metrics, watch::metrics),
        get("/ping", Nothing, mlflow::ping),
        get("/version", Nothing, mlflow::version),
        post("/invocations", predict, mlflow::invocations),
        get("/v2", Nothing, inference::server),
        get("/v2/health/live", Nothing, inference::live),
        get("/v2/health/ready", Nothing, inference::ready),
        get("/v2/models/{name}", read, inference::model),
        get("/v2/models/{name}/versions/{version}", read, inference::version),
        get("/v2/models/{name}/ready", Nothing, inference::model_ready),
        get("/v2/models/{name}/versions/{version}/ready", Nothing, inference::version_ready),
        post("/v2/models/{name}/infer", predict, inference::infer),
        post("/v2/models/{name}/versions/{version}/infer", predict, inference::infer_version),
        post("/admin/reload", admin, admin::reload),
        post("/admin/models/{name}/rollback", admin, admin::rollback),
        post("/admin/models/{name}/follow", admin, admin::follow),
    ]
}

/// The patterns of all paths.
pub(crate) fn patterns() -> Vec<&'static str> {
    table().into_iter().map(|route| route.path).collect()
}

/// Method, path and need of every route.
#[cfg(test)]
pub(crate) fn described() -> Vec<(Method, &'static str, Need)> {
    table().into_iter().map(|route| (route.method, route.path, route.need)).collect()
}

/// The server's paths.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for Route { path, handlers, .. } in table() {
        router = router.route(path, handlers);
    }
    router
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), pass::pass))
        .with_state(app)
}

/// What a path needs; one that is not there needs nothing to be told so.
pub(crate) fn need(path: Option<&str>) -> Need {
    static NEEDS: std::sync::OnceLock<Vec<(&'static str, Need)>> = std::sync::OnceLock::new();
    let needs = NEEDS.get_or_init(|| table().into_iter().map(|r| (r.path, r.need)).collect());
    let found = path.and_then(|path| needs.iter().find(|(own, _)| *own == path));
    found.map_or(Need::Nothing, |(_, need)| *need)
}

async fn unknown(uri: Uri) -> Problem {
    Problem::not_found(format!("there is nothing at {}", uri.path()))
}

async fn wrong_method(uri: Uri) -> Problem {
    let detail = format!("{} does not take this method", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}
