//! What clients and operators ask besides the protocol's tables.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use gauntlet_mlflow::{Backend as _, Error, GetMetricHistoryBulk};
use serde_json::{Value, json as value};

use super::{PROTOCOL, Routes};
use crate::access::Role;
use crate::answer::{Answer, json, text};
use crate::app::App;
use crate::read::query::Query;

/// Runs whose histories one request may ask for.
const RUNS_MOST: usize = 100;
/// Values that one request may ask for.
const VALUES_MOST: i32 = 25_000;

pub(super) fn add(routes: Routes) -> Routes {
    routes
        .open("/health", get(|| async { text(StatusCode::OK, "OK") }))
        .open("/version", get(|| async { text(StatusCode::OK, PROTOCOL) }))
        .open("/api/3.0/mlflow/server-info", get(server_info))
        .open("/ajax-api/3.0/mlflow/server-info", get(server_info))
        .at("/metrics", Role::Read, get(metrics))
        .api("/2.0/mlflow/metrics/get-history-bulk", Role::Read, get(history_bulk))
        .at("/ajax-api/3.0/mlflow/ui-telemetry", Role::Read, get(telemetry))
        .at("/ajax-api/3.0/mlflow/ui-telemetry", Role::Read, post(no_telemetry))
}

async fn server_info(State(app): State<Arc<App>>) -> Answer {
    let parts = app.artifacts.proxy().is_some_and(|store| store.direct().is_some());
    json(&value!({
        "store_type": app.store.as_ref().map(|_| "SqlStore"),
        "workspaces_enabled": false,
        "trace_archival_enabled": false,
        "multipart_uploads_enabled": parts,
        "multipart_downloads_enabled": parts,
        "presigned_upload_run_id_supported": true,
        "presigned_upload_model_id_supported": true,
        "features_enabled": { "gateway": false },
    }))
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    text(StatusCode::OK, app.metrics.render())
}

/// Nobody is told what is done in the pages.
async fn telemetry() -> Answer {
    json(&value!({
        "disable_ui_events": Value::Array(Vec::new()),
        "disable_ui_telemetry": true,
        "ui_rollout_percentage": 0,
    }))
}

async fn no_telemetry() -> Answer {
    json(&value!({ "status": "disabled" }))
}

async fn history_bulk(State(app): State<Arc<App>>, uri: Uri) -> Answer {
    let store = super::store(&app, "/ajax-api/2.0/mlflow/metrics/get-history-bulk")?;
    let query = Query::parse(uri.query());
    let runs: Vec<String> = query.all("run_id").map(str::to_owned).collect();
    let refused = |what: String| Error::invalid(format!("GetMetricHistoryBulk request {what}"));
    if runs.is_empty() {
        return Err(refused("must specify at least one run_id.".to_owned()).into());
    }
    if runs.len() > RUNS_MOST {
        let count = runs.len();
        let what =
            format!("cannot specify more than {RUNS_MOST} run_ids. Received {count} run_ids.");
        return Err(refused(what).into());
    }
    let Some(key) = query.get("metric_key") else {
        return Err(refused("must specify a metric_key.".to_owned()).into());
    };
    let most = match query.get("max_results").map(str::parse::<i32>) {
        None => VALUES_MOST,
        Some(Ok(most)) if most >= 0 => most.min(VALUES_MOST),
        Some(_) => {
            return Err(refused("needs max_results to be a positive integer.".to_owned()).into());
        }
    };
    let request = GetMetricHistoryBulk {
        run_id: runs,
        metric_key: Some(key.to_owned()),
        max_results: Some(most),
    };
    let answer = store.call(request).await?;
    json(&value!({ "metrics": answer.metrics }))
}
