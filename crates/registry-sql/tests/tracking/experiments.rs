use gauntlet_mlflow::*;
use gauntlet_registry_sql::Store;

use crate::support::*;

async fn find(store: &Store, id: &str) -> Result<Experiment> {
    let request = GetExperiment { experiment_id: some(id) };
    Ok(store.call(request).await?.experiment.unwrap())
}

async fn search(store: &Store, filter: &str, order_by: &[&str]) -> Result<Vec<String>> {
    let request = SearchExperiments {
        max_results: Some(100),
        filter: some(filter),
        order_by: order_by.iter().map(|&text| text.to_owned()).collect(),
        view_type: Some(ViewType::All),
        ..SearchExperiments::default()
    };
    let found = store.call(request).await?.experiments;
    Ok(found.into_iter().map(|experiment| experiment.name.unwrap()).collect())
}

#[tokio::test]
async fn experiment_0_is_there_with_its_artefacts_below_the_default_root() {
    everywhere(|store| async move {
        let default = find(&store, "0").await.unwrap();
        assert_eq!(default.name.as_deref(), Some("Default"));
        assert_eq!(default.artifact_location.as_deref(), Some("s3://bucket/root/0?a=b"));
        run(&store, "0", 1).await;
        let mut settings = settings();
        settings.default_artifact_root = "/elsewhere".into();
        let moved = Store::new(store.database().clone(), settings);
        moved.ensure_default_experiment().await.unwrap();
        // It has a run by now, whose artefacts would be lost.
        assert_eq!(find(&store, "0").await.unwrap(), default);
    })
    .await;
}

#[tokio::test]
async fn experiments_are_made_once_and_found_by_number_and_name() {
    everywhere(|store| async move {
        let request = CreateExperiment {
            name: some("größe 模型"),
            artifact_location: None,
            tags: pairs(&[("a", "b"), ("c", "ü")]),
        };
        let id = store.call(request.clone()).await.unwrap().experiment_id.unwrap();
        assert_eq!(id, "1");
        refused(store.call(request).await, ErrorCode::ResourceAlreadyExists, "already exists");
        let found = find(&store, " +1 ").await.unwrap();
        let by_name = GetExperimentByName { experiment_name: some("größe 模型") };
        assert_eq!(store.call(by_name).await.unwrap().experiment.unwrap(), found);
        assert_eq!(found.artifact_location.as_deref(), Some("s3://bucket/root/1?a=b"));
        assert_eq!(found.tags, pairs(&[("a", "b"), ("c", "ü")]));
        assert_eq!(found.lifecycle_stage.as_deref(), Some("active"));
        assert!(found.creation_time.unwrap() > 1_600_000_000_000);
        assert_eq!(found.creation_time, found.last_update_time);
        assert_eq!(found.workspace.as_deref(), Some("default"));
    })
    .await;
}

#[tokio::test]
async fn numbers_that_no_experiment_has_are_missing_and_what_is_no_number_is_refused() {
    everywhere(|store| async move {
        for id in ["7", "-1", "99999999999", "99999999999999999999999"] {
            refused(
                find(&store, id).await,
                ErrorCode::ResourceDoesNotExist,
                "No Experiment with id=",
            );
        }
        let invalid = "Experiment ID must be a valid integer.";
        for id in ["x", "1.5", "1; DROP TABLE runs", "é"] {
            refused(find(&store, id).await, ErrorCode::InvalidParameterValue, invalid);
        }
        let request = GetExperimentByName { experiment_name: some("none") };
        let message = "Could not find experiment with name 'none'";
        refused(store.call(request).await, ErrorCode::ResourceDoesNotExist, message);
    })
    .await;
}

#[tokio::test]
async fn names_and_locations_are_checked() {
    everywhere(|store| async move {
        let create = |name: String, location: &str| {
            let artifact_location = Some(location.to_owned());
            store.call(CreateExperiment { name: Some(name), artifact_location, tags: vec![] })
        };
        let invalid = ErrorCode::InvalidParameterValue;
        refused(create(String::new(), "").await, invalid, "Invalid experiment name: ''");
        refused(create("x".repeat(501), "").await, invalid, "maximum length of 500");
        for location in ["s3://b/x#y", "runs:/a", "s3://b?a=%2e%2e/x", "file://host/x"] {
            refused(create("a".into(), location).await, invalid, "");
        }
        let id = create("a".into(), "/data/a").await.unwrap().experiment_id.unwrap();
        let run = get(&store, &run(&store, &id, 1).await).await.info.unwrap();
        let uri = format!("/data/a/{}/artifacts", run.run_id.unwrap());
        assert_eq!(run.artifact_uri, Some(uri));
    })
    .await;
}

#[tokio::test]
async fn deleting_an_experiment_deletes_its_runs_and_keeps_its_name() {
    everywhere(|store| async move {
        let id = experiment(&store, "a").await;
        let run_id = run(&store, &id, 1).await;
        let delete = DeleteExperiment { experiment_id: some(&id) };
        store.call(delete.clone()).await.unwrap();
        refused(
            store.call(delete).await,
            ErrorCode::ResourceDoesNotExist,
            "No Experiment with id=1",
        );
        let stage = |run: Run| run.info.unwrap().lifecycle_stage.unwrap();
        assert_eq!(stage(get(&store, &run_id).await), "deleted");
        assert_eq!(find(&store, &id).await.unwrap().lifecycle_stage.as_deref(), Some("deleted"));
        let again = CreateExperiment { name: some("a"), ..CreateExperiment::default() };
        refused(store.call(again).await, ErrorCode::ResourceAlreadyExists, "already exists");
        let begin = CreateRun { experiment_id: some(&id), ..CreateRun::default() };
        let message = "The experiment 1 must be in the 'active' state. Current state is deleted.";
        refused(store.call(begin).await, ErrorCode::InvalidParameterValue, message);
        let rename = UpdateExperiment { experiment_id: some(&id), new_name: some("b") };
        refused(store.call(rename).await, ErrorCode::InvalidState, "non-active");
        let restore = RestoreExperiment { experiment_id: some(&id) };
        store.call(restore.clone()).await.unwrap();
        refused(
            store.call(restore).await,
            ErrorCode::ResourceDoesNotExist,
            "No Experiment with id=1",
        );
        assert_eq!(stage(get(&store, &run_id).await), "active");
    })
    .await;
}

#[tokio::test]
async fn experiments_are_renamed_but_not_to_a_name_that_is_taken() {
    everywhere(|store| async move {
        let id = experiment(&store, "a").await;
        let rename = |name: &str| {
            store.call(UpdateExperiment { experiment_id: some("1"), new_name: some(name) })
        };
        rename("b").await.unwrap();
        assert_eq!(find(&store, &id).await.unwrap().name.as_deref(), Some("b"));
        refused(rename("Default").await, ErrorCode::BadRequest, "Default");
        refused(rename("").await, ErrorCode::InvalidParameterValue, "'new_name'");
    })
    .await;
}

#[tokio::test]
async fn tags_of_experiments_are_set_replaced_and_removed() {
    everywhere(|store| async move {
        let id = experiment(&store, "a").await;
        let set = |key: &str, value: String| {
            let (experiment_id, key) = (some("1"), some(key));
            store.call(SetExperimentTag { experiment_id, key, value: Some(value) })
        };
        set("k", "1".into()).await.unwrap();
        set("k", "2".into()).await.unwrap();
        set("long", "é".repeat(20_000)).await.unwrap();
        let invalid = ErrorCode::InvalidParameterValue;
        refused(set("long", "x".repeat(20_001)).await, invalid, "maximum length of 20000");
        refused(set("../k", String::new()).await, invalid, "would resolve to '../k'");
        assert_eq!(value(&find(&store, &id).await.unwrap().tags, "k"), Some("2"));
        let delete = DeleteExperimentTag { experiment_id: some(&id), key: some("k") };
        store.call(delete.clone()).await.unwrap();
        let message = "No tag with name: k in experiment with id 1";
        refused(store.call(delete).await, ErrorCode::ResourceDoesNotExist, message);
    })
    .await;
}

#[tokio::test]
async fn experiments_are_searched_by_name_number_time_and_tag() {
    everywhere(|store| async move {
        for name in ["alpha", "Beta", "beta2"] {
            experiment(&store, name).await;
        }
        let tag = SetExperimentTag { experiment_id: some("2"), key: some("k"), value: some("v") };
        store.call(tag).await.unwrap();
        let by_id = &["experiment_id"][..];
        for (filter, names) in [
            ("", &["Default", "alpha", "Beta", "beta2"][..]),
            ("name = 'alpha'", &["alpha"]),
            ("name != 'alpha'", &["Default", "Beta", "beta2"]),
            ("attribute.name LIKE 'b%'", &["beta2"]),
            ("name ILIKE 'b%'", &["Beta", "beta2"]),
            ("experiment_id IN ('1', '3')", &["alpha", "beta2"]),
            ("experiment_id NOT IN ('0')", &["alpha", "Beta", "beta2"]),
            ("experiment_id = '2'", &["Beta"]),
            ("creation_time > 1000", &["Default", "alpha", "Beta", "beta2"]),
            ("last_update_time <= 1000", &[]),
            ("tags.k = 'v'", &["Beta"]),
            ("tags.k != 'v'", &[]),
            ("tags.k IS NULL AND name LIKE '%a'", &["alpha"]),
            ("tag.k IS NOT NULL", &["Beta"]),
        ] {
            assert_eq!(search(&store, filter, by_id).await.unwrap(), names, "{filter}");
        }
        assert_eq!(
            search(&store, "", &["name DESC"]).await.unwrap().first().map(String::as_str),
            Some("beta2")
        );
        for bad in ["metrics.a > 1", "name IN ('x')", "experiment_id = 'x'", "creation_time > 1.5"]
        {
            refused(search(&store, bad, by_id).await, ErrorCode::InvalidParameterValue, "");
        }
        refused(search(&store, "", &["tags.k"]).await, ErrorCode::InvalidParameterValue, "");
    })
    .await;
}

#[tokio::test]
async fn experiments_come_in_pages_the_newest_first() {
    everywhere(|store| async move {
        for number in 1..=5 {
            experiment(&store, &format!("e{number}")).await;
        }
        let mut seen = Vec::new();
        let mut page_token = None;
        loop {
            let request = SearchExperiments {
                max_results: Some(4),
                page_token: page_token.clone(),
                filter: some("name LIKE 'e%'"),
                order_by: vec!["experiment_id DESC".into()],
                ..SearchExperiments::default()
            };
            let answer = store.call(request).await.unwrap();
            seen.extend(answer.experiments.into_iter().map(|e| e.experiment_id.unwrap()));
            page_token = answer.next_page_token;
            if page_token.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["5", "4", "3", "2", "1"]);
        for size in [None, Some(0), Some(-1), Some(50_001)] {
            let request = SearchExperiments { max_results: size, ..SearchExperiments::default() };
            refused(store.call(request).await, ErrorCode::InvalidParameterValue, "'max_results'");
        }
    })
    .await;
}
