//! Our own registry over HTTP: what MLflow has no words for. The shapes are those of `gauntlet_registry::wire`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::routing::{get, post, put};
use gauntlet_core::{Digest, ModelName};
use gauntlet_mlflow::{Error, ErrorCode};
use gauntlet_registry::wire::{
    History, MissingFiles, Models, MoveAlias, Register, Stored, TakeBack, VersionAnswer, Versions,
};
use gauntlet_registry::{Event, Move, Registration, Rollback, Selector, Unobserved};
use serde::de::DeserializeOwned;

use super::Routes;
use crate::access::{Caller, Role};
use crate::answer::{Answer, json};
use crate::app::{App, Own};
use crate::artifacts::limit;
use crate::read::{require_json, whole};

/// Files that one request may ask about.
const FILES_MOST: usize = 10_000;

pub(super) fn add(routes: Routes) -> Routes {
    const BASE: &str = "/2.0/gauntlet/registry";
    let path = |rest: &str| format!("{BASE}/{rest}");
    routes
        .api(&path("models"), Role::Read, get(models))
        .api(&path("models/{model}/versions"), Role::Read, get(versions))
        .api(&path("models/{model}/versions/{selector}"), Role::Read, get(version))
        .api(&path("models/{model}/history"), Role::Read, get(history))
        .api(&path("audit"), Role::Read, get(audit))
        .api(&path("files/missing"), Role::Write, post(missing))
        .api(&path("files/{digest}"), Role::Write, put(store))
        .api(&path("register"), Role::Write, post(register))
        .api(&path("aliases/move"), Role::Promote, post(move_alias))
        .api(&path("aliases/rollback"), Role::Promote, post(rollback))
}

fn own(app: &App) -> Answer<&Own> {
    let off = || Error::new(ErrorCode::NotImplemented, "This server serves artifacts only.");
    Ok(app.registry.as_ref().ok_or_else(off)?)
}

fn named<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Answer<T> {
    Ok(text.parse().map_err(|error: T::Err| Error::invalid(error.to_string()))?)
}

async fn body<T: DeserializeOwned>(app: &App, request: Request) -> Answer<T> {
    let (parts, body) = request.into_parts();
    require_json(&parts)?;
    let bytes = whole(body, app.limits.body).await?;
    let unread = |error: serde_json::Error| Error::invalid(format!("the request: {error}"));
    Ok(serde_json::from_slice(&bytes).map_err(unread)?)
}

async fn models(State(app): State<Arc<App>>) -> Answer {
    json(&Models { models: own(&app)?.registry.models().await? })
}

async fn versions(State(app): State<Arc<App>>, Path(model): Path<String>) -> Answer {
    let versions = own(&app)?.registry.versions(&named(&model)?).await?;
    json(&Versions { versions: versions.into_iter().map(VersionAnswer::from).collect() })
}

async fn version(
    State(app): State<Arc<App>>,
    Path((model, selector)): Path<(String, String)>,
) -> Answer {
    let (model, selector): (ModelName, Selector) = (named(&model)?, named(&selector)?);
    json(&VersionAnswer::from(own(&app)?.registry.version(&model, &selector).await?))
}

async fn history(State(app): State<Arc<App>>, Path(model): Path<String>) -> Answer {
    json(&History { events: own(&app)?.registry.history(&named(&model)?).await? })
}

async fn audit(State(app): State<Arc<App>>) -> Answer {
    let registry = &own(&app)?.registry;
    let mut events: Vec<Event> = Vec::new();
    for model in registry.models().await? {
        events.extend(registry.history(&model.model).await?);
    }
    events.sort_by_key(|event| event.id);
    json(&History { events })
}

async fn missing(State(app): State<Arc<App>>, request: Request) -> Answer {
    let asked: MissingFiles = body(&app, request).await?;
    if asked.files.len() > FILES_MOST {
        let message = format!("at most {FILES_MOST} files can be asked about at once");
        return Err(Error::invalid(message).into());
    }
    let asked: BTreeSet<Digest> = asked.files.into_iter().collect();
    json(&MissingFiles { files: own(&app)?.uploads.missing(&asked).await? })
}

async fn store(State(app): State<Arc<App>>, Path(digest): Path<String>, body: Body) -> Answer {
    let (own, digest): (&Own, Digest) = (own(&app)?, named(&digest)?);
    let size = own.uploads.store(digest, limit::upload(body, app.limits.artifact)).await?;
    json(&Stored { digest, size })
}

async fn register(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer {
    let own = own(&app)?;
    let request: Register = body(&app, request).await?;
    let moves = request.versions.iter().any(|version| !version.aliases.is_empty());
    if moves && caller.role < Role::Promote {
        let message =
            "Permission denied: a registration that moves aliases needs the role `promote`.";
        return Err(Error::new(ErrorCode::PermissionDenied, message).into());
    }
    // Uploads that were put together live until the registry has copied them.
    let (mut versions, mut bundles) = (Vec::new(), Vec::new());
    for version in request.versions {
        let folder = match own.bundles.open(&version.digest).await {
            Ok(folder) => folder,
            Err(_) => {
                let digest = version.digest;
                let uploads = own.uploads.clone();
                let assembled = tokio::task::spawn_blocking(move || uploads.assemble(digest)).await;
                let bundle = assembled.map_err(|error| Error::internal(error.to_string()))??;
                let folder = bundle.folder.clone();
                bundles.push(bundle);
                folder
            }
        };
        versions.push(version.with_bundle(folder));
    }
    let registration = Registration {
        experiment: request.experiment,
        who: caller.who(request.who),
        reason: request.reason,
        started_ms: request.started_ms,
        versions,
    };
    let receipt = own.registry.register(&registration, &Unobserved).await?;
    json(&receipt)
}

async fn move_alias(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer {
    let own = own(&app)?;
    let mut request = Move::from(body::<MoveAlias>(&app, request).await?);
    request.who = caller.who(request.who);
    json(&own.registry.move_alias(&request).await?)
}

async fn rollback(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer {
    let own = own(&app)?;
    let mut request = Rollback::from(body::<TakeBack>(&app, request).await?);
    request.who = caller.who(request.who);
    json(&own.registry.rollback(&request).await?)
}
