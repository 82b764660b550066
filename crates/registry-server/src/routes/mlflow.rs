//! MLflow's protocol: every endpoint by the same handler.

use std::sync::Arc;

use axum::extract::{RawPathParams, Request, State};
use axum::routing::{MethodRouter, delete, get, patch, post};
use gauntlet_mlflow::*;
use gauntlet_registry_sql::Store;

use super::Routes;
use crate::access::Caller;
use crate::answer::{Answer, json};
use crate::app::App;
use crate::read::served::Served;
use crate::read::{message, parameters, whole};
use crate::sources;

/// Adds an endpoint under its path and method.
fn endpoint<E: Served>(routes: Routes) -> Routes
where
    Store: Backend<E>,
{
    let methods: MethodRouter<Arc<App>> = match E::METHOD {
        Method::Get => get(answer::<E>),
        Method::Post => post(answer::<E>),
        Method::Patch => patch(answer::<E>),
        Method::Delete => delete(answer::<E>),
    };
    routes.api(E::PATH, E::NEEDS, methods)
}

macro_rules! endpoints {
    ($routes:expr; $($request:ident)*) => {{
        let routes = $routes;
        $(let routes = endpoint::<$request>(routes);)*
        routes
    }};
}

/// Adds all endpoints that need nothing but the store.
pub(super) fn add(routes: Routes) -> Routes {
    let routes = endpoints!(routes;
        SearchExperiments GetExperiment GetExperimentByName DeleteExperiment RestoreExperiment
        UpdateExperiment SetExperimentTag DeleteExperimentTag SearchDatasets
        CreateRun GetRun UpdateRun DeleteRun RestoreRun SearchRuns LogParam SetTag DeleteTag LogBatch LogModel
        LogMetric GetMetricHistory GetMetricHistoryBulkInterval LogInputs LogOutputs
        CreateLoggedModel FinalizeLoggedModel GetLoggedModel DeleteLoggedModel SetLoggedModelTags
        DeleteLoggedModelTag LogLoggedModelParams SearchLoggedModels
        CreateRegisteredModel GetRegisteredModel RenameRegisteredModel UpdateRegisteredModel
        DeleteRegisteredModel SearchRegisteredModels GetLatestVersions SetRegisteredModelTag
        DeleteRegisteredModelTag SetRegisteredModelAlias DeleteRegisteredModelAlias
        GetModelVersion GetModelVersionByAlias UpdateModelVersion TransitionModelVersionStage
        DeleteModelVersion SearchModelVersions GetModelVersionDownloadUri SetModelVersionTag
        DeleteModelVersionTag
    );
    // These two have more to be judged by than their message.
    let routes = routes
        .api(CreateExperiment::PATH, CreateExperiment::NEEDS, post(create_experiment))
        .api(CreateModelVersion::PATH, CreateModelVersion::NEEDS, post(create_model_version));
    // Old clients ask these with GET, and one path lost its slash in MLflow's protocol.
    let datasets = post(answer::<SearchDatasets>);
    routes
        .api(SearchExperiments::PATH, SearchExperiments::NEEDS, get(answer::<SearchExperiments>))
        .api(GetLatestVersions::PATH, GetLatestVersions::NEEDS, get(answer::<GetLatestVersions>))
        .api("/2.0mlflow/experiments/search-datasets", SearchDatasets::NEEDS, datasets)
}

async fn answer<E: Served>(
    State(app): State<Arc<App>>,
    path: RawPathParams,
    request: Request,
) -> Answer
where
    Store: Backend<E>,
{
    let store = super::store(&app, E::PATH)?;
    let on_behalf = on_behalf(store, &request);
    let request: E = read(&app, &path, request).await?;
    json(&on_behalf.as_ref().unwrap_or(store).call(request).await?)
}

/// The store as the holder of a token uses it: the history of aliases names who that is.
fn on_behalf(store: &Store, request: &Request) -> Option<Store> {
    let name = request.extensions().get::<Caller>()?.name.as_deref()?;
    Some(store.on_behalf_of(name))
}

async fn create_experiment(
    State(app): State<Arc<App>>,
    path: RawPathParams,
    request: Request,
) -> Answer {
    let store = super::store(&app, CreateExperiment::PATH)?;
    let request: CreateExperiment = read(&app, &path, request).await?;
    sources::check_location(&app.artifacts, &request)?;
    json(&store.call(request).await?)
}

async fn create_model_version(
    State(app): State<Arc<App>>,
    path: RawPathParams,
    request: Request,
) -> Answer {
    let store = super::store(&app, CreateModelVersion::PATH)?;
    let request: CreateModelVersion = read(&app, &path, request).await?;
    sources::check_source(store, app.sources, &request).await?;
    json(&store.call(request).await?)
}

/// Reads a request as the message of its endpoint.
pub(super) async fn read<E: Served>(
    app: &App,
    path: &RawPathParams,
    request: Request,
) -> Result<E> {
    let (parts, body) = request.into_parts();
    let body = whole(body, app.limits.body).await?;
    let given = parameters(&parts, &body, E::FIELDS)?;
    let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    message(given, E::FIELDS, E::RULES, path)
}
