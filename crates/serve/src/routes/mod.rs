//! Paths, who may ask for them, and what answers them.

mod admin;
mod guide;
mod health;
mod inference;
mod mlflow;
mod pass;
mod respond;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

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

type Handlers = MethodRouter<Arc<App>>;

/// Every path with what it needs; there is no path without.
fn table() -> Vec<(&'static str, Need, Handlers)> {
    use Need::{Metrics, Nothing};
    let [predict, read, drift, admin] =
        [Scope::Predict, Scope::Read, Scope::Drift, Scope::Admin].map(Need::Scope);
    vec![
        ("/health", Nothing, get(health::overall)),
        ("/health/db", Nothing, get(health::database)),
        ("/health/redis", Nothing, get(health::redis)),
        ("/api/v1/ml/health", Nothing, get(health::models)),
        ("/api/v1/ml/models", read, get(guide::models)),
        ("/api/v1/ml/models/{name}/versions", read, get(guide::versions)),
        ("/api/v1/ml/models/{name}/latest", read, get(guide::latest)),
        ("/api/v1/ml/predict", predict, post(guide::predict)),
        ("/api/v1/ml/check_drift", drift, post(watch::check_drift)),
        ("/metrics", Metrics, get(watch::metrics)),
        ("/ping", Nothing, get(mlflow::ping)),
        ("/version", Nothing, get(mlflow::version)),
        ("/invocations", predict, post(mlflow::invocations)),
        ("/v2", Nothing, get(inference::server)),
        ("/v2/health/live", Nothing, get(inference::live)),
        ("/v2/health/ready", Nothing, get(inference::ready)),
        ("/v2/models/{name}", read, get(inference::model)),
        ("/v2/models/{name}/versions/{version}", read, get(inference::version)),
        ("/v2/models/{name}/ready", Nothing, get(inference::model_ready)),
        ("/v2/models/{name}/versions/{version}/ready", Nothing, get(inference::version_ready)),
        ("/v2/models/{name}/infer", predict, post(inference::infer)),
        ("/v2/models/{name}/versions/{version}/infer", predict, post(inference::infer_version)),
        ("/admin/reload", admin, post(admin::reload)),
        ("/admin/models/{name}/rollback", admin, post(admin::rollback)),
        ("/admin/models/{name}/follow", admin, post(admin::follow)),
    ]
}

/// The patterns of all paths.
pub(crate) fn patterns() -> Vec<&'static str> {
    table().into_iter().map(|(path, _, _)| path).collect()
}

/// The server's paths.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for (path, _, handlers) in table() {
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
    let needs = NEEDS.get_or_init(|| table().into_iter().map(|(p, need, _)| (p, need)).collect());
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
