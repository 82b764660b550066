//! Damage done behind the registry's back is found, named, and where possible repaired.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use std::time::{Duration, Instant};

use common::{Place, flip_a_byte, register};
use gauntlet_core::{Alias, Version};
use gauntlet_registry::testing::{batch, champion_move, champion_rollback};
use gauntlet_registry::{Kind, Registry, RegistryError, Unobserved, published};
use gauntlet_registry_sql::{EmbeddedRegistry, Options};

#[tokio::test]
async fn pointers_say_where_the_bundle_is_and_lead_there() {
    let place = Place::new();
    let registry = place.open().await;
    let version = place.champion_of("m_sim", "one", None);
    register(&registry, vec![version.clone()]).await;
    let pointer = published::read(&place.root(), &version.model, &Alias::champion()).unwrap();
    assert_eq!((pointer.version, pointer.digest), (Version(1), version.digest));
    assert_eq!(pointer.origin.to_string(), "simulated");
    assert!(pointer.updated_ms > 0);
    let folder = pointer.bundle(&place.root()).unwrap();
    assert_eq!(folder, place.artifact(&version.digest));
    gauntlet_registry::verify_folder(&folder, &pointer.digest).unwrap();
}

#[tokio::test]
async fn missing_stale_damaged_and_extra_pointers_are_corrected_at_open() {
    let place = Place::new();
    let registry = place.open().await;
    register(&registry, vec![place.champion_of("m", "one", None)]).await;
    let stale = fs_err::read(place.champion("m")).unwrap();
    register(&registry, vec![place.champion_of("m", "two", Some(1))]).await;
    let truth = place.pointers();
    assert_eq!(truth.len(), 2, "champion and previous");

    let champion = place.champion("m");
    let extra = place.root().join("published/ghost/champion.json");
    let attacks: [&dyn Fn(); 4] = [
        &|| fs_err::remove_file(&champion).unwrap(),
        &|| fs_err::write(&champion, &stale).unwrap(),
        &|| fs_err::write(&champion, "{").unwrap(),
        &|| {
            fs_err::create_dir_all(extra.parent().unwrap()).unwrap();
            fs_err::write(&extra, &stale).unwrap();
        },
    ];
    for attack in attacks {
        attack();
        place.open().await;
        assert_eq!(place.pointers(), truth);
        assert!(!extra.exists());
    }
}

#[tokio::test]
async fn a_flipped_byte_is_refused_by_promotion() {
    let place = Place::new();
    let registry = place.open().await;
    gauntlet_registry::testing::promoted(&registry, place.scratch(), "m", 1).await;
    let digest = registry.versions(&"m".parse().unwrap()).await.unwrap()[0].digest.unwrap();
    flip_a_byte(&place.artifact(&digest).join("model.onnx"));
    let error = registry.move_alias(&champion_move("m", None, 1)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Damaged);
    assert!(error.to_string().contains("model.onnx") && error.hint().is_some(), "{error}");
    assert_eq!(place.pointers(), []);
    assert_eq!(place.count("SELECT count(*) FROM gauntlet_events").await, 0);
}

#[tokio::test]
async fn a_flipped_byte_is_refused_by_rollback_and_the_champion_stays() {
    let place = Place::new();
    let registry = place.open().await;
    let first = place.champion_of("m", "one", None);
    register(&registry, vec![first.clone()]).await;
    register(&registry, vec![place.champion_of("m", "two", Some(1))]).await;
    flip_a_byte(&place.artifact(&first.digest).join("plots/roc.svg"));
    let error = registry.rollback(&champion_rollback("m")).await.unwrap_err();
    assert!(matches!(error, RegistryError::Damaged { .. }), "{error}");
    let champion = registry.alias(&first.model, &Alias::champion()).await.unwrap();
    assert_eq!(champion, Version(2));
}

#[tokio::test]
async fn a_damaged_artefact_refuses_its_registration_and_a_lost_one_is_restored() {
    let place = Place::new();
    let registry = place.open().await;
    let version = place.champion_of("m", "one", None);
    register(&registry, vec![version.clone()]).await;
    let artifact = place.artifact(&version.digest);
    flip_a_byte(&artifact.join("model.onnx"));
    let again = batch(vec![version.clone()]);
    let error = registry.register(&again, &Unobserved).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Damaged, "never overwritten, never trusted");
    fs_err::remove_dir_all(&artifact).unwrap();
    let receipt = registry.register(&again, &Unobserved).await.unwrap();
    assert!(receipt.versions[0].existing);
    gauntlet_registry::verify_folder(&artifact, &version.digest).unwrap();
}

#[tokio::test]
async fn the_number_of_a_deleted_version_is_never_given_out_again() {
    let place = Place::new();
    let registry = place.open().await;
    gauntlet_registry::testing::promoted(&registry, place.scratch(), "m", 2).await;
    let mut database = place.database().await;
    for delete in [
        "DELETE FROM model_version_tags WHERE version = 2",
        "DELETE FROM model_versions WHERE version = 2",
    ] {
        sqlx::query(delete).execute(&mut database).await.unwrap();
    }
    let again = register(&registry, vec![place.champion_of("m", "m 2", None)]).await;
    assert_eq!((again.versions[0].version, again.versions[0].existing), (Version(3), false));
}

#[tokio::test]
async fn opening_and_reading_is_quick_and_writes_nothing() {
    let place = Place::new();
    let registry = place.open().await;
    register(&registry, vec![place.champion_of("m", "one", None)]).await;
    registry.close().await;
    let before = fs_err::metadata(place.champion("m")).unwrap().modified().unwrap();
    let mut quickest = Duration::MAX;
    // Other tests run at the same time: one undisturbed attempt shows what opening costs.
    for _ in 0..20 {
        let begun = Instant::now();
        let registry = place.open().await;
        registry.models().await.unwrap();
        quickest = quickest.min(begun.elapsed());
        registry.close().await;
    }
    assert!(quickest < Duration::from_millis(50), "{quickest:?}");
    assert_eq!(fs_err::metadata(place.champion("m")).unwrap().modified().unwrap(), before);
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_refused() {
    let place = Place::new();
    place.open().await.close().await;
    let newer = "INSERT INTO _sqlx_migrations VALUES (9999, 'newer', 0, 1, x'00', 0)";
    sqlx::query(newer).execute(&mut place.database().await).await.unwrap();
    let error = EmbeddedRegistry::open(&place.root(), Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("schema 9999"), "{error}");
}

#[tokio::test]
async fn settings_decide_where_things_lie_and_who_may_move() {
    let place = Place::new();
    fs_err::create_dir_all(place.root()).unwrap();
    let settings = "database = 'state/names.db'\nartifacts = 'store/v1'\n
        [aliases.champion]\nmovers = ['gate', 'ann']\nforce = []\n";
    fs_err::write(place.root().join("registry.toml"), settings).unwrap();
    let registry = place.open().await;
    let version = place.champion_of("m", "one", None);
    let mut registration = batch(vec![version.clone()]);
    registration.who = "bob".into();
    let error = registry.register(&registration, &Unobserved).await.unwrap_err();
    assert!(error.to_string().contains("`bob` may not move alias `champion`"), "{error}");
    register(&registry, vec![version]).await;
    assert!(place.root().join("state/names.db").is_file());
    assert!(place.pointers()[0].artifact.starts_with("store/v1/bundles/"));
    let rollback = registry.rollback(&champion_rollback("m")).await.unwrap_err();
    assert_eq!(rollback.kind(), Kind::NotFound, "bob is not asked before there is a way back");
}
