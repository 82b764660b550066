//! The contract suite against the embedded registry, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use gauntlet_registry::testing;
use gauntlet_registry_sql::{EmbeddedRegistry, Options};

#[tokio::test]
async fn the_embedded_registry_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let registry =
        EmbeddedRegistry::open(&dir.path().join("registry"), Options::default()).await.unwrap();
    testing::suite(&registry, dir.path()).await;
}

#[tokio::test]
async fn the_registry_keeps_the_contract_on_postgresql() {
    let Some(database) = common::postgres().await else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let options = Options { database: Some(database), ..Options::default() };
    let registry = EmbeddedRegistry::open(&dir.path().join("registry"), options).await.unwrap();
    testing::suite(&registry, dir.path()).await;
}
