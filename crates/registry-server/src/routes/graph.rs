//! GraphQL, as MLflow's web interface asks.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::routing::get;
use gauntlet_mlflow::Error;

use super::Routes;
use crate::access::Role;
use crate::answer::{Answer, json};
use crate::app::App;
use crate::graphql::{self, Request};
use crate::read::json_type;
use crate::read::query::Query;

pub(super) fn add(routes: Routes) -> Routes {
    routes.at("/graphql", Role::Read, get(by_query).post(by_body))
}

async fn by_query(State(app): State<Arc<App>>, uri: Uri) -> Answer {
    let query = Query::parse(uri.query());
    let text = |key: &str| query.get(key).map(str::to_owned);
    let variables = match text("variables") {
        Some(variables) => serde_json::from_str(&variables).map_err(|error| not_json(&error))?,
        None => None,
    };
    let request = Request {
        query: text("query").unwrap_or_default(),
        operation_name: text("operationName"),
        variables,
    };
    respond(&app, request).await
}

async fn by_body(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answer {
    json_type(&headers)?;
    let request = serde_json::from_slice(&body).map_err(|error| not_json(&error))?;
    respond(&app, request).await
}

async fn respond(app: &App, request: Request) -> Answer {
    json(&graphql::answer(super::store(app, "/graphql")?, request).await)
}

fn not_json(error: &serde_json::Error) -> Error {
    Error::invalid(format!("The request is no GraphQL query in JSON: {error}"))
}
