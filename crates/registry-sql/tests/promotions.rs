//! Many promotions of one alias at once: one wins each round, and the history has no gap.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use std::sync::Arc;

use gauntlet_core::{Alias, Version};
use gauntlet_registry::testing::{champion_move, promoted};
use gauntlet_registry::{Event, Kind, Registry};
use gauntlet_registry_sql::{EmbeddedRegistry, Options};

const PROMOTERS: u32 = 64;
const ROUNDS: u32 = 3;

/// Some promoters share a registry, as in a server; others have their own, as other machines.
async fn rounds(registries: Vec<Arc<EmbeddedRegistry>>, scratch: &std::path::Path) {
    let first = registries[0].clone();
    promoted(first.as_ref(), scratch, "m", 9).await;
    let model = "m".parse().unwrap();
    for _ in 0..ROUNDS {
        let before = first.find_alias(&model, &Alias::champion()).await.unwrap();
        let mut promoters = Vec::new();
        for promoter in 0..PROMOTERS {
            let own = registries[promoter as usize % registries.len()].clone();
            let targets = (1..=9).filter(|to| Some(Version(*to)) != before).collect::<Vec<_>>();
            let to = targets[promoter as usize % targets.len()];
            let request = champion_move("m", before.map(|v| v.0), to);
            promoters.push(tokio::spawn(async move { own.move_alias(&request).await }));
        }
        let mut won = Vec::new();
        for promoter in promoters {
            match promoter.await.unwrap() {
                Ok(moved) => won.push(moved),
                Err(error) => assert_eq!(error.kind(), Kind::Conflict, "{error}"),
            }
        }
        let moves: Vec<_> = won.iter().filter(|moved| !moved.events.is_empty()).collect();
        assert_eq!((won.len(), moves.len()), (1, 1));
        assert_eq!(first.alias(&model, &Alias::champion()).await.unwrap(), won[0].to);
    }
    let events = first.history(&model).await.unwrap();
    let numbers: Vec<i64> = events.iter().map(|event| event.id).collect();
    assert_eq!(numbers, (1..=events.len() as i64).collect::<Vec<_>>(), "no gap");
    let mut at = None;
    for event in events.iter().filter(|e: &&Event| e.alias == Alias::champion()) {
        assert_eq!(event.from, at, "each move begins where the last one ended");
        at = event.to;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_promotions_one_wins_in_a_file() {
    let place = common::Place::new();
    let registries = vec![Arc::new(place.open().await), Arc::new(place.open().await)];
    rounds(registries, place.scratch()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_promotions_one_wins_on_postgresql() {
    let Some(database) = common::postgres().await else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let mut registries = Vec::new();
    // Two folders are two machines: only the database is between them, and the bundles they share.
    let store = gauntlet_registry::LocalStore::new(dir.path(), "shared").unwrap();
    for machine in ["one", "two"] {
        let options = Options {
            database: Some(database.clone()),
            store: Some(Arc::new(store.clone())),
            ..Options::default()
        };
        let registry = EmbeddedRegistry::open(&dir.path().join(machine), options).await.unwrap();
        registries.push(Arc::new(registry));
    }
    rounds(registries, dir.path()).await;
}
