//! Trials of a search: runs below the run of the version they led to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use std::collections::BTreeMap;

use gauntlet_core::Decision;
use gauntlet_mlflow::{Backend as _, SearchRuns};
use gauntlet_registry::testing::new_version;
use gauntlet_registry::{Tag, TrialRun};
use gauntlet_registry_sql::{Store, StoreSettings};

fn trial(name: &str, failure: Option<&str>) -> TrialRun {
    TrialRun {
        name: name.to_owned(),
        params: BTreeMap::from([("alpha".to_owned(), "0.25".to_owned())]),
        metrics: BTreeMap::from([("objective".to_owned(), -0.5)]),
        failure: failure.map(str::to_owned),
    }
}

#[tokio::test]
async fn trials_are_found_by_the_run_they_belong_to() {
    let place = common::Place::new();
    let registry = place.open().await;
    let mut version = new_version(place.scratch(), "searched", "searched", Decision::Promote);
    version.trials = vec![trial("trial 0", None), trial("trial 1", Some("too few rows"))];
    let receipt = common::register(&registry, vec![version.clone()]).await;
    let parent = receipt.versions[0].run_id.clone().unwrap();
    // A second registration of the same bundle adds nothing.
    common::register(&registry, vec![version]).await;

    let settings = StoreSettings { default_artifact_root: "mlflow-artifacts:".into() };
    let store = Store::new(registry.database().clone(), settings);
    let request = SearchRuns {
        experiment_ids: vec!["1".to_owned()],
        filter: Some(format!("tags.`{}` = '{parent}'", Tag::PARENT)),
        order_by: vec!["attributes.run_name".to_owned()],
        ..SearchRuns::default()
    };
    let runs = store.call(request).await.unwrap().runs;
    let names: Vec<&str> =
        runs.iter().map(|run| run.info.as_ref().unwrap().run_name.as_deref().unwrap()).collect();
    assert_eq!(names, ["trial 0", "trial 1"]);
    let data = runs[1].data.as_ref().unwrap();
    assert_eq!(data.params[0].value.as_deref(), Some("0.25"));
    assert_eq!(data.metrics[0].value.unwrap().0, -0.5);
    let failed = format!("{:?}", runs[1].info.as_ref().unwrap().status);
    assert!(failed.contains("Failed"), "{failed}");
    assert!(data.tags.iter().any(|tag| tag.value.as_deref() == Some("too few rows")));
    assert_eq!(place.count("SELECT COUNT(*) FROM runs").await, 3);
}
