//! Paths, who may ask for them, and what answers them.

mod admin;
mod guide;
mod health;
mod inference;
mod mlflow;
mod pass;
mod respond;

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

pub(crate) use pass::RequestId;

use crate::app::App;
use crate::problem::Problem;

/// What a request has to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: probes and documents about the server itself.
    Nothing,
    Predict,
    Read,
    Admin,
}

type Handlers = MethodRouter<Arc<App>>;

/// Every path with what it needs; there is no path without.
fn table() -> Vec<(&'static str, Need, Handlers)> {
    use Need::{Admin, Nothing, Predict, Read};
    vec![
        ("/health", Nothing, get(health::overall)),
        ("/health/db", Nothing, get(health::database)),
        ("/health/redis", Nothing, get(health::redis)),
        ("/api/v1/ml/health", Nothing, get(health::models)),
        ("/api/v1/ml/models", Read, get(guide::models)),
        ("/api/v1/ml/models/{name}/versions", Read, get(guide::versions)),
        ("/api/v1/ml/models/{name}/latest", Read, get(guide::latest)),
        ("/api/v1/ml/predict", Predict, post(guide::predict)),
        ("/ping", Nothing, get(mlflow::ping)),
        ("/version", Nothing, get(mlflow::version)),
        ("/invocations", Predict, post(mlflow::invocations)),
        ("/v2", Nothing, get(inference::server)),
        ("/v2/health/live", Nothing, get(inference::live)),
        ("/v2/health/ready", Nothing, get(inference::ready)),
        ("/v2/models/{name}", Read, get(inference::model)),
        ("/v2/models/{name}/versions/{version}", Read, get(inference::version)),
        ("/v2/models/{name}/ready", Nothing, get(inference::model_ready)),
        ("/v2/models/{name}/versions/{version}/ready", Nothing, get(inference::version_ready)),
        ("/v2/models/{name}/infer", Predict, post(inference::infer)),
        ("/v2/models/{name}/versions/{version}/infer", Predict, post(inference::infer_version)),
        ("/admin/reload", Admin, post(admin::reload)),
        ("/admin/models/{name}/rollback", Admin, post(admin::rollback)),
        ("/admin/models/{name}/follow", Admin, post(admin::follow)),
    ]
}

/// The server's paths.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for (path, need, handlers) in table() {
        router = router.route(path, handlers.layer(axum::Extension(need)));
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
