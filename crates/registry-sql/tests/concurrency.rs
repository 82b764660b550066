//! Writers at the same time, through registries of their own on one folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Place, register};
use gauntlet_core::{Alias, Version};
use gauntlet_registry::testing::{batch, champion_move, promoted};
use gauntlet_registry::{Kind, Move, Registry, Step, Unobserved};
use gauntlet_registry_sql::{EmbeddedRegistry, Options};

const WRITERS: u32 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_swap_from_the_same_place_exactly_one_wins() {
    let place = Place::new();
    let registry = place.open().await;
    promoted(&registry, place.scratch(), "m", WRITERS as usize + 1).await;
    registry.move_alias(&champion_move("m", None, 1)).await.unwrap();
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let own = place.open().await;
        let request: Move = champion_move("m", Some(1), writer + 2);
        writers.push(tokio::spawn(async move { own.move_alias(&request).await }));
    }
    let mut won = Vec::new();
    for writer in writers {
        match writer.await.unwrap() {
            Ok(moved) => won.push(moved.to),
            Err(error) => assert_eq!(error.kind(), Kind::Conflict, "{error}"),
        }
    }
    assert_eq!(won.len(), 1);
    let champion = registry.alias(&"m".parse().unwrap(), &Alias::champion()).await.unwrap();
    assert_eq!(champion, won[0]);
    assert_eq!(place.count("SELECT count(*) FROM gauntlet_events WHERE kind = 'move'").await, 2);
    assert_eq!(place.pointers()[0].version, won[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_register_one_bundle_one_makes_the_version() {
    let place = Place::new();
    let version = place.champion_of("m", "one", None);
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        // Each opens the folder as well: the first ones race for a database that does not exist yet.
        let (root, registration) = (place.root(), batch(vec![version.clone()]));
        writers.push(tokio::spawn(async move {
            let own = EmbeddedRegistry::open(&root, Options::default()).await?;
            own.register(&registration, &Unobserved).await
        }));
    }
    let mut made = 0;
    for writer in writers {
        let receipt = writer.await.unwrap().unwrap();
        assert_eq!(receipt.versions[0].version, Version(1));
        made += u32::from(!receipt.versions[0].existing);
    }
    assert_eq!(made, 1);
    assert_eq!(place.count("SELECT count(*) FROM model_versions").await, 1);
    assert_eq!(place.count("SELECT count(*) FROM runs").await, 1);
    assert_eq!(place.count("SELECT count(*) FROM gauntlet_events").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_sees_the_old_state_until_the_commit_and_never_waits() {
    let place = Place::new();
    let registry = Arc::new(place.open().await);
    register(&registry, vec![place.champion_of("m", "one", None)]).await;
    let (entered, mut inside) = tokio::sync::mpsc::unbounded_channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let writer = {
        let (registry, second) = (registry.clone(), place.champion_of("m", "two", Some(1)));
        tokio::spawn(async move {
            let observer = move |step| {
                if step == Step::InTransaction {
                    entered.send(()).unwrap();
                    released.lock().unwrap().recv().unwrap();
                }
            };
            registry.register(&batch(vec![second]), &observer).await.unwrap()
        })
    };
    inside.recv().await.unwrap();
    let own = place.open().await;
    let model = "m".parse().unwrap();
    assert_eq!(own.alias(&model, &Alias::champion()).await.unwrap(), Version(1));
    assert_eq!(own.versions(&model).await.unwrap().len(), 1);
    let impatient = Options { lock_wait: Some(Duration::from_millis(20)), ..Options::default() };
    let second_writer = EmbeddedRegistry::open(&place.root(), impatient).await.unwrap();
    let busy = second_writer.move_alias(&champion_move("m", Some(1), 1)).await.unwrap_err();
    assert!(busy.retryable(), "{busy}");
    release.send(()).unwrap();
    writer.await.unwrap();
    assert_eq!(own.alias(&model, &Alias::champion()).await.unwrap(), Version(2));
}
