//! Checking, cleaning up, and copies that come back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use std::path::PathBuf;

use common::{Place, flip_a_byte, register};
use gauntlet_core::{Alias, Digest, Version};
use gauntlet_registry::testing::{champion_move, champion_rollback};
use gauntlet_registry::{Kind, Registry as _, verify_folder};
use gauntlet_registry_sql::operate::{Garbage, restore};
use gauntlet_registry_sql::{EmbeddedRegistry, Options};

/// Two versions, the first of which was champion and is again.
async fn used(place: &Place) -> (EmbeddedRegistry, Vec<Digest>) {
    let registry = place.open().await;
    let (one, two) = (place.champion_of("m", "one", None), place.champion_of("m", "two", Some(1)));
    let digests = vec![one.digest, two.digest];
    register(&registry, vec![one]).await;
    register(&registry, vec![two]).await;
    registry.rollback(&champion_rollback("m")).await.unwrap();
    (registry, digests)
}

async fn behind(place: &Place, statement: &'static str) {
    use sqlx::Executor as _;
    let mut database = place.database().await;
    database.execute("PRAGMA foreign_keys = off").await.unwrap();
    database.execute(statement).await.unwrap();
}

async fn findings(registry: &EmbeddedRegistry) -> String {
    let checked = registry.check().await.unwrap();
    let lines: Vec<String> =
        checked.findings.iter().map(|f| format!("{}: {}", f.subject, f.problem)).collect();
    lines.join("\n")
}

#[tokio::test]
async fn a_registry_that_was_used_as_it_should_is_clean() {
    let place = Place::new();
    let (registry, _) = used(&place).await;
    let checked = registry.check().await.unwrap();
    assert!(checked.clean(), "{checked:?}");
    assert_eq!((checked.versions, checked.bundles, checked.aliases, checked.events), (2, 2, 2, 5));
}

#[tokio::test]
async fn each_kind_of_damage_is_found_and_named() {
    for (damage, expected) in [
        ("DELETE FROM gauntlet_events WHERE id = 2", "history: event 2 is missing"),
        (
            "UPDATE registered_model_aliases SET version = 2 WHERE alias = 'champion'",
            "m@champion: it is at version 2, and the history says at version 1",
        ),
        (
            "DELETE FROM registered_model_aliases WHERE alias = 'previous'",
            "m@previous: it is nowhere",
        ),
        (
            "UPDATE model_versions SET current_stage = 'Deleted_Internal' WHERE version = 1",
            "m@champion: it points at version 1, which is not there",
        ),
        ("DELETE FROM registered_models", "rows of registered_models that are not there"),
        (
            "UPDATE gauntlet_events SET from_version = 9 WHERE id = 4",
            "m@champion: event 4 does not begin where the last ended",
        ),
    ] {
        let place = Place::new();
        let (registry, _) = used(&place).await;
        behind(&place, damage).await;
        let found = findings(&registry).await;
        assert!(found.contains(expected), "{damage}: {found}");
    }
}

#[tokio::test]
async fn damaged_bundles_and_stale_pointers_are_found() {
    let place = Place::new();
    let (registry, digests) = used(&place).await;
    fs_err::remove_file(place.champion("m")).unwrap();
    flip_a_byte(&place.artifact(&digests[1]).join("model.onnx"));
    let found = findings(&registry).await;
    assert!(found.contains("pointers: the published files"), "{found}");
    assert!(found.contains("m version 2: bundle") && found.contains("model.onnx"), "{found}");
}

#[tokio::test]
async fn an_audit_holds_all_that_happened() {
    let place = Place::new();
    let (registry, digests) = used(&place).await;
    let audit = registry.audit().await.unwrap();
    assert_eq!((audit.models.len(), audit.versions.len(), audit.verdicts.len()), (1, 2, 2));
    assert_eq!(audit.events.len(), 5);
    let text = serde_json::to_string(&audit).unwrap();
    assert!(digests.iter().all(|digest| text.contains(&digest.to_string())));
}

#[tokio::test]
async fn a_run_shows_its_bundle() {
    let place = Place::new();
    let registry = place.open().await;
    let version = place.champion_of("m", "one", None);
    let receipt = register(&registry, vec![version.clone()]).await;
    let run = receipt.versions[0].run_id.clone().unwrap();
    let shown = place.root().join("artifacts/1").join(run).join("artifacts/model");
    verify_folder(&shown, &version.digest).unwrap();
}

#[tokio::test]
async fn only_what_nothing_refers_to_is_removed() {
    let place = Place::new();
    let (registry, digests) = used(&place).await;
    let (stray, stray_digest) =
        gauntlet_registry::testing::bundle(place.scratch(), "stray", gauntlet_core::Origin::Real);
    registry.artifacts().put(&stray, &stray_digest).await.unwrap();
    // A deleted run with files, and one that made a version.
    behind(
        &place,
        "INSERT INTO runs (run_uuid, lifecycle_stage, artifact_uri, experiment_id)
        VALUES ('r1', 'deleted', 'mlflow-artifacts:/1/r1/artifacts', 1)",
    )
    .await;
    behind(&place, "UPDATE runs SET lifecycle_stage = 'deleted'").await;
    let files = place.root().join("artifacts/1/r1");
    fs_err::create_dir_all(files.join("artifacts")).unwrap();
    fs_err::write(files.join("artifacts/a.txt"), "12345").unwrap();

    let expected = [Garbage::Bundle(stray_digest), Garbage::Run("1/r1".into())];
    let dry = registry.collect_garbage(true).await.unwrap();
    assert_eq!(dry.garbage, expected);
    assert!(files.exists() && place.artifact(&stray_digest).exists() && dry.bytes == 0);
    let done = registry.collect_garbage(false).await.unwrap();
    assert_eq!(done.garbage, expected);
    assert!(!files.exists() && !place.artifact(&stray_digest).exists() && done.bytes > 5);
    assert_eq!(registry.collect_garbage(false).await.unwrap().garbage, []);
    assert!(digests.iter().all(|digest| place.artifact(digest).exists()));
    assert!(registry.check().await.unwrap().clean());
}

#[tokio::test]
async fn a_bundle_that_a_verdict_or_another_model_refers_to_stays() {
    let place = Place::new();
    let (registry, digests) = used(&place).await;
    behind(
        &place,
        "UPDATE model_versions SET current_stage = 'Deleted_Internal' WHERE version = 2",
    )
    .await;
    assert_eq!(registry.collect_garbage(true).await.unwrap().garbage, [], "its verdict stands");
    behind(&place, "DELETE FROM gauntlet_verdicts WHERE version = 2").await;
    behind(&place, "DELETE FROM registered_model_aliases WHERE version = 2").await;
    behind(
        &place,
        "UPDATE model_versions SET source = '', storage_location = '' WHERE version = 2",
    )
    .await;
    let garbage = registry.collect_garbage(true).await.unwrap().garbage;
    assert_eq!(garbage, [Garbage::Bundle(digests[1])]);
    behind(
        &place,
        "INSERT INTO registered_models (name) VALUES ('copy');
        INSERT INTO model_versions (name, version, current_stage, storage_location)
        SELECT 'copy', 1, 'None', 'mlflow-artifacts:/bundles/' || substr(digest, 8)
        FROM gauntlet_digests WHERE version = 2",
    )
    .await;
    assert_eq!(registry.collect_garbage(true).await.unwrap().garbage, []);
}

fn folder(place: &Place, name: &str) -> PathBuf {
    place.scratch().join(name)
}

#[tokio::test]
async fn a_backup_comes_back_as_it_was() {
    let place = Place::new();
    let (registry, digests) = used(&place).await;
    let copy = folder(&place, "backup");
    let backup = registry.backup(&copy).await.unwrap();
    assert!(backup.files >= 6 && backup.bytes > 0, "{backup:?}");
    // What happens after it is no part of it.
    registry.move_alias(&champion_move("m", Some(1), 2)).await.unwrap();

    let root = folder(&place, "restored");
    let restored = restore(&copy, &root, Options::default()).await.unwrap();
    assert!(restored.check().await.unwrap().clean());
    let champion = restored.alias(&"m".parse().unwrap(), &Alias::champion()).await.unwrap();
    assert_eq!(champion, Version(1));
    assert_eq!(restored.history(&"m".parse().unwrap()).await.unwrap().len(), 5);
    // The copies do not share what is written to.
    restored.move_alias(&champion_move("m", Some(1), 2)).await.unwrap();
    let again = restore(&copy, &folder(&place, "again"), Options::default()).await.unwrap();
    let champion = again.alias(&"m".parse().unwrap(), &Alias::champion()).await.unwrap();
    assert_eq!(champion, Version(1));
    assert!(digests.iter().all(|d| root.join("artifacts/bundles").join(d.hex()).is_dir()));
}

#[tokio::test]
async fn a_backup_made_while_versions_are_registered_is_whole() {
    let place = Place::new();
    let registry = std::sync::Arc::new(used(&place).await.0);
    let writer = {
        let registry = registry.clone();
        let versions: Vec<_> = (0..12)
            .map(|n| place.champion_of("busy", &format!("b{n}"), (n > 0).then_some(n)))
            .collect();
        tokio::spawn(async move {
            for version in versions {
                register(&registry, vec![version]).await;
            }
        })
    };
    for number in 0..3 {
        let copy = folder(&place, &format!("backup-{number}"));
        registry.backup(&copy).await.unwrap();
        let root = folder(&place, &format!("restored-{number}"));
        let restored = restore(&copy, &root, Options::default()).await.unwrap();
        let checked = restored.check().await.unwrap();
        assert!(checked.clean(), "{checked:?}");
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn nothing_is_overwritten_and_half_a_backup_is_none() {
    let place = Place::new();
    let (registry, _) = used(&place).await;
    let copy = folder(&place, "backup");
    registry.backup(&copy).await.unwrap();
    let twice = registry.backup(&copy).await.unwrap_err();
    assert_eq!(twice.kind(), Kind::Invalid);
    let over = restore(&copy, &place.root(), Options::default()).await.unwrap_err();
    assert!(over.to_string().contains("nothing is overwritten"), "{over}");
    fs_err::remove_file(copy.join("backup.json")).unwrap();
    let half = restore(&copy, &folder(&place, "new"), Options::default()).await.unwrap_err();
    assert!(half.to_string().contains("not finished"), "{half}");
    assert!(!folder(&place, "new").exists());
}
