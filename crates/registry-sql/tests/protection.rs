//! What MLflow's endpoints may do to a protected model, and to every other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use std::time::Duration;

use common::{Place, register};
use gauntlet_core::{Alias, Version};
use gauntlet_mlflow::*;
use gauntlet_registry::{EventKind, Registry as _};
use gauntlet_registry_sql::{EmbeddedRegistry, Protection, Store, StoreSettings};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn store(registry: &EmbeddedRegistry) -> Store {
    let settings = StoreSettings { default_artifact_root: "mlflow-artifacts:".into() };
    Store::new(registry.database().clone(), settings).with_protection(registry.protection().clone())
}

fn set(model: &str, alias: &str, version: &str) -> SetRegisteredModelAlias {
    SetRegisteredModelAlias { name: some(model), alias: some(alias), version: some(version) }
}

fn unset(model: &str, alias: &str) -> DeleteRegisteredModelAlias {
    DeleteRegisteredModelAlias { name: some(model), alias: some(alias) }
}

fn refused<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.code, ErrorCode::PermissionDenied, "{error}");
    error.message
}

/// A model with two versions, the first of which is champion.
async fn champion(place: &Place) -> (EmbeddedRegistry, Store, String) {
    let registry = place.open().await;
    let receipt = register(&registry, vec![place.champion_of("m", "one", None)]).await;
    let mut second = place.champion_of("m", "two", None);
    second.aliases.clear();
    register(&registry, vec![second]).await;
    let store = store(&registry);
    (registry, store, receipt.versions[0].run_id.clone().unwrap())
}

#[tokio::test]
async fn a_champion_moves_only_by_compare_and_swap() {
    let place = Place::new();
    let (registry, store, _) = champion(&place).await;
    let message = refused(store.call(set("m", "champion", "2")).await);
    assert!(message.contains("'champion' of model 'm'"), "{message}");
    assert!(message.contains("/api/2.0/gauntlet/registry/aliases/move"), "{message}");
    refused(store.call(unset("m", "champion")).await);
    store.call(set("m", "champion", "1")).await.unwrap();
    let at = registry.alias(&"m".parse().unwrap(), &Alias::champion()).await.unwrap();
    assert_eq!(at, Version(1));
}

#[tokio::test]
async fn what_an_alias_points_at_stays_with_the_run_that_made_it() {
    let place = Place::new();
    let (_, store, run) = champion(&place).await;
    let version = |number: &str| DeleteModelVersion { name: some("m"), version: some(number) };
    let message = refused(store.call(version("1")).await);
    assert!(message.contains("its alias 'champion' points at it"), "{message}");
    let message = refused(store.call(DeleteRun { run_id: Some(run.clone()) }).await);
    assert!(message.contains(&run) && message.contains("version 1 of model 'm'"), "{message}");
    refused(store.call(DeleteExperiment { experiment_id: some("1") }).await);
    refused(store.call(DeleteRegisteredModel { name: some("m") }).await);
    let rename = RenameRegisteredModel { name: some("m"), new_name: some("n") };
    refused(store.call(rename).await);
    store.call(version("2")).await.unwrap();
}

#[tokio::test]
async fn what_a_bundle_is_cannot_be_changed_and_other_tags_can() {
    let place = Place::new();
    let (_, store, _) = champion(&place).await;
    let set = |key: &str| SetModelVersionTag {
        name: some("m"),
        version: some("1"),
        key: some(key),
        value: some("x"),
    };
    let unset =
        |key: &str| DeleteModelVersionTag { name: some("m"), version: some("1"), key: some(key) };
    for key in ["gauntlet.bundle_digest", "data.origin"] {
        refused(store.call(set(key)).await);
        refused(store.call(unset(key)).await);
    }
    store.call(set("team")).await.unwrap();
    store.call(unset("team")).await.unwrap();
}

#[tokio::test]
async fn other_aliases_move_freely_and_are_recorded_and_published() {
    let place = Place::new();
    let (registry, store, _) = champion(&place).await;
    let moved = store.aliases_moved();
    let ann = store.on_behalf_of("ann");
    ann.call(set("m", "challenger", "2")).await.unwrap();
    tokio::time::timeout(Duration::from_secs(1), moved.notified()).await.unwrap();
    registry.refresh().await.unwrap();
    assert_eq!(place.pointers().len(), 2);
    ann.call(unset("m", "challenger")).await.unwrap();
    registry.refresh().await.unwrap();
    assert_eq!(place.pointers().len(), 1);
    let events = registry.history(&"m".parse().unwrap()).await.unwrap();
    let seen: Vec<_> =
        events.iter().map(|e| (e.id, e.kind, e.from, e.to, e.who.as_str())).collect();
    let (one, two) = (Some(Version(1)), Some(Version(2)));
    assert_eq!(
        seen,
        [
            (1, EventKind::Register, None, one, "ann"),
            (2, EventKind::Move, None, two, "ann"),
            (3, EventKind::Remove, two, None, "ann"),
        ]
    );
}

#[tokio::test]
async fn the_operator_decides_which_models_are_protected() {
    let place = Place::new();
    let (registry, _, run) = champion(&place).await;
    let open = Protection { pipelines: false, models: vec!["prod_*".into()], ..Default::default() };
    let store = store(&registry).with_protection(open);
    for name in ["prod_x", "other"] {
        let make = CreateRegisteredModel { name: some(name), ..Default::default() };
        store.call(make).await.unwrap();
        let version =
            CreateModelVersion { name: some(name), source: some("s3://b/x"), ..Default::default() };
        store.call(version).await.unwrap();
    }
    refused(store.call(set("prod_x", "champion", "1")).await);
    store.call(set("prod_x", "staging", "1")).await.unwrap();
    refused(store.call(DeleteModelVersion { name: some("prod_x"), version: some("1") }).await);
    store.call(set("other", "champion", "1")).await.unwrap();
    store.call(unset("other", "champion")).await.unwrap();
    store.call(DeleteRegisteredModel { name: some("other") }).await.unwrap();
    store.call(DeleteRun { run_id: Some(run) }).await.unwrap();
    let rename = RenameRegisteredModel { name: some("m"), new_name: some("n") };
    store.call(rename).await.unwrap();
    registry.refresh().await.unwrap();
    let name = "n".parse().unwrap();
    let renamed = registry.versions(&name).await.unwrap();
    assert!(renamed.iter().all(|v| v.digest.is_some() && v.verdict.is_some()), "all came along");
    assert_eq!(registry.history(&name).await.unwrap().len(), 1);
    assert_eq!(place.pointers()[0].model, name);
}

#[tokio::test]
async fn numbers_of_a_deleted_model_with_bundles_are_not_given_out_again() {
    let place = Place::new();
    let (registry, _, _) = champion(&place).await;
    let open = Protection { pipelines: false, ..Default::default() };
    let store = store(&registry).with_protection(open);
    store.call(DeleteRegisteredModel { name: some("m") }).await.unwrap();
    let make = CreateRegisteredModel { name: some("m"), ..Default::default() };
    store.call(make).await.unwrap();
    let version =
        CreateModelVersion { name: some("m"), source: some("s3://b/x"), ..Default::default() };
    let version = store.call(version).await.unwrap().model_version.unwrap();
    assert_eq!(version.version, some("3"));
}
