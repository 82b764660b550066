//! A process is killed at each step of a registration; what is left has to be the old state or the new.
//!
//! The process is this test binary again: it registers, stops where it is told to, and says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use common::{Place, register};
use gauntlet_core::{Alias, Version};
use gauntlet_registry::testing::batch;
use gauntlet_registry::{NewVersion, Registry, Step, Unobserved, verify_folder};

const STEP: &str = "GAUNTLET_TEST_HOLD_AT";
const PLACE: &str = "GAUNTLET_TEST_PLACE";
const HELD: &str = "held";

/// Three versions of two models, two of them champions.
fn versions(place: &Place) -> Vec<NewVersion> {
    let mut plain = place.champion_of("a", "third", None);
    plain.aliases.clear();
    vec![
        place.champion_of("a", "first", Some(1)),
        place.champion_of("b_sim", "second", None),
        plain,
    ]
}

#[tokio::test]
async fn child_that_holds() {
    let (Ok(step), Ok(folder)) = (std::env::var(STEP), std::env::var(PLACE)) else {
        return;
    };
    let folder = PathBuf::from(folder);
    let made: Vec<NewVersion> = {
        // The bundles are written by the parent; only their description is made again.
        let place = Place::new();
        let moved = |mut version: NewVersion| {
            version.bundle = folder.join(version.bundle.file_name().unwrap());
            version
        };
        versions(&place).into_iter().map(moved).collect()
    };
    let registry = gauntlet_registry_sql::EmbeddedRegistry::open(
        &folder.join("registry"),
        gauntlet_registry_sql::Options::default(),
    )
    .await
    .unwrap();
    let observer = |done: Step| {
        if format!("{done:?}") == step {
            println!("{HELD}");
            loop {
                std::thread::park();
            }
        }
    };
    registry.register(&batch(made), &observer).await.unwrap();
}

/// Starts the registration in another process and returns when it holds at `step`.
fn hold_at(place: &Place, step: Step) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_holds", "--nocapture"])
        .env(STEP, format!("{step:?}"))
        .env(PLACE, place.scratch())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let held = lines.map_while(Result::ok).any(|line| line.contains(HELD));
    assert!(held, "the child ended before {step:?}");
    child
}

async fn assert_consistent(place: &Place) {
    let registry = place.open().await;
    for model in registry.models().await.unwrap() {
        let found = registry.versions(&model.model).await.unwrap();
        assert!(!found.is_empty(), "no model without versions");
        for version in &found {
            let digest = version.digest.unwrap();
            verify_folder(&place.artifact(&digest), &digest).unwrap();
            assert!(version.verdict.is_some() && !version.metrics.is_empty());
        }
        for (alias, at) in &model.aliases {
            assert!(found.iter().any(|v| v.version == *at), "{alias} points at nothing");
            assert!(
                place
                    .pointers()
                    .iter()
                    .any(|p| { p.model == model.model && p.alias == *alias && p.version == *at })
            );
        }
    }
    let aliases = place.count("SELECT count(*) FROM registered_model_aliases").await;
    assert_eq!(place.pointers().len() as i64, aliases, "repaired at open");
    assert_eq!(place.count("SELECT count(*) FROM pragma_foreign_key_check").await, 0);
    let rest =
        "SELECT count(*) FROM runs WHERE run_uuid NOT IN (SELECT run_id FROM model_versions)";
    assert_eq!(place.count(rest).await, 0);
}

#[tokio::test]
async fn a_kill_at_any_step_leaves_the_old_state_or_the_new_and_a_retry_completes_it() {
    for step in Step::ALL {
        let place = Place::new();
        let registry = place.open().await;
        register(&registry, vec![place.champion_of("a", "old", None)]).await;
        registry.close().await;
        let batch = batch(versions(&place));

        let mut child = hold_at(&place, step);
        child.kill().unwrap();
        child.wait().unwrap();

        assert_consistent(&place).await;
        let committed = step >= Step::Committed;
        let registry = place.open().await;
        let champion = registry.alias(&"a".parse().unwrap(), &Alias::champion()).await.unwrap();
        assert_eq!(champion, Version(if committed { 2 } else { 1 }), "{step:?}");

        let receipt = registry.register(&batch, &Unobserved).await.unwrap();
        assert!(receipt.versions.iter().all(|v| v.existing == committed), "{step:?}");
        assert_eq!(receipt.events.is_empty(), committed, "{step:?}");
        drop(registry);
        assert_consistent(&place).await;
        assert_eq!(place.count("SELECT count(*) FROM model_versions").await, 4);
        assert_eq!(place.count("SELECT count(*) FROM runs").await, 4);
        assert_eq!(place.count("SELECT count(*) FROM experiments").await, 2);
    }
}

#[tokio::test]
async fn litter_of_a_killed_copy_is_swept_by_the_next_writer_and_not_by_a_reader() {
    let place = Place::new();
    let registry = place.open().await;
    let litter = place.root().join("artifacts/bundles/.unfinished-1");
    fs_err::create_dir_all(&litter).unwrap();
    place.open().await.models().await.unwrap();
    assert!(litter.exists(), "a reader cannot know that nobody writes there");
    register(&registry, vec![place.champion_of("a", "one", None)]).await;
    assert!(!litter.exists());
}
