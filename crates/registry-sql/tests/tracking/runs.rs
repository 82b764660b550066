use gauntlet_mlflow::*;
use gauntlet_registry_sql::Store;

use crate::support::*;

#[tokio::test]
async fn a_new_run_is_what_a_later_request_sees() {
    everywhere(|store| async move {
        let request = CreateRun {
            experiment_id: some("0"),
            user_id: some("ann"),
            start_time: Some(123),
            tags: pairs(&[("k", "v")]),
            ..CreateRun::default()
        };
        let made = store.call(request).await.unwrap().run.unwrap();
        let info = made.info.clone().unwrap();
        let id = info.run_id.clone().unwrap();
        assert_eq!(id.len(), 32);
        assert_eq!(info.run_uuid.as_ref(), Some(&id));
        assert_eq!(info.status, Some(RunStatus::Running));
        assert_eq!((info.start_time, info.end_time), (Some(123), None));
        assert_eq!(info.artifact_uri, Some(format!("s3://bucket/root/0/{id}/artifacts?a=b")));
        let mut found = get(&store, &id).await;
        assert_eq!(found.outputs.take(), Some(RunOutputs::default()));
        assert_eq!(found, made);
        let tags = &found.data.unwrap().tags;
        assert_eq!(value(tags, "mlflow.runName"), info.run_name.as_deref());
        let by_old_name = GetRun { run_id: None, run_uuid: Some(id) };
        assert!(store.call(by_old_name).await.unwrap().run.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_runs_name_and_its_tag_are_one() {
    everywhere(|store| async move {
        let create = |name: Option<&str>, tag: Option<&str>| {
            let tags = tag.map(|tag| KeyValue::new("mlflow.runName", tag)).into_iter().collect();
            store.call(CreateRun {
                run_name: name.map(str::to_owned),
                tags,
                ..CreateRun::default()
            })
        };
        for (name, tag) in [(Some("a"), None), (None, Some("a")), (Some("a"), Some("a"))] {
            let run = create(name, tag).await.unwrap().run.unwrap();
            assert_eq!(run.info.unwrap().run_name.as_deref(), Some("a"));
            assert_eq!(value(&run.data.unwrap().tags, "mlflow.runName"), Some("a"));
        }
        let message = "Both 'run_name' argument and 'mlflow.runName' tag are specified";
        refused(create(Some("a"), Some("b")).await, ErrorCode::InvalidParameterValue, message);

        let id = run(&store, "0", 1).await;
        let names = || async {
            let run = get(&store, &id).await;
            let tag = value(&run.data.unwrap().tags, "mlflow.runName").unwrap().to_owned();
            (run.info.unwrap().run_name.unwrap(), tag)
        };
        let update = UpdateRun { run_id: some(&id), run_name: some("b"), ..UpdateRun::default() };
        let info = store.call(update).await.unwrap().run_info.unwrap();
        assert_eq!(info.run_name.as_deref(), Some("b"));
        assert_eq!(names().await, ("b".into(), "b".into()));
        let set = |name: &str| SetTag {
            run_id: some(&id),
            key: some("mlflow.runName"),
            value: some(name),
            run_uuid: None,
        };
        store.call(set("c")).await.unwrap();
        assert_eq!(names().await, ("c".into(), "c".into()));
        store.call(set("")).await.unwrap();
        assert_eq!(names().await, ("c".into(), "c".into()));
        let tags = pairs(&[("mlflow.runName", "x"), ("mlflow.runName", "d")]);
        store.call(LogBatch { tags, ..batch(&id) }).await.unwrap();
        assert_eq!(names().await, ("d".into(), "d".into()));
    })
    .await;
}

#[tokio::test]
async fn runs_end_and_keep_what_an_update_does_not_name() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let update = UpdateRun {
            run_id: some(&id),
            status: Some(RunStatus::Finished),
            end_time: Some(9),
            ..UpdateRun::default()
        };
        store.call(update).await.unwrap();
        let again = UpdateRun { run_uuid: some(&id), ..UpdateRun::default() };
        let info = store.call(again).await.unwrap().run_info.unwrap();
        assert_eq!((info.status, info.end_time), (Some(RunStatus::Finished), Some(9)));
        let none = UpdateRun::default();
        refused(store.call(none).await, ErrorCode::ResourceDoesNotExist, "Run with id= not found");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_logged_to_a_deleted_run() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        store.call(DeleteRun { run_id: some(&id) }).await.unwrap();
        let code = ErrorCode::InvalidParameterValue;
        let message =
            format!("The run {id} must be in the 'active' state. Current state is deleted.");
        let (run_id, key, value) = (some(&id), some("k"), some("v"));
        let (run_uuid, number) = (None, Some(Double(1.0)));
        let param = LogParam {
            run_id: run_id.clone(),
            run_uuid: run_uuid.clone(),
            key: key.clone(),
            value: value.clone(),
        };
        refused(store.call(param).await, code, &message);
        let tag = SetTag { run_id: run_id.clone(), run_uuid, key: key.clone(), value };
        refused(store.call(tag).await, code, &message);
        refused(store.call(batch(&id)).await, code, &message);
        let update = UpdateRun { run_id: run_id.clone(), ..UpdateRun::default() };
        refused(store.call(update).await, code, &message);
        let metric =
            LogMetric { run_id, key, value: number, timestamp: Some(1), ..LogMetric::default() };
        refused(store.call(metric.clone()).await, code, &message);
        refused(
            store.call(LogInputs { run_id: some(&id), ..LogInputs::default() }).await,
            code,
            &message,
        );
        store.call(RestoreRun { run_id: some(&id) }).await.unwrap();
        store.call(metric).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn runs_that_are_not_there_are_missing_everywhere() {
    everywhere(|store| async move {
        let code = ErrorCode::ResourceDoesNotExist;
        let message = "Run with id=none not found";
        let run_id = some("none");
        refused(store.call(GetRun { run_id: run_id.clone(), run_uuid: None }).await, code, message);
        refused(store.call(DeleteRun { run_id: run_id.clone() }).await, code, message);
        refused(store.call(RestoreRun { run_id: run_id.clone() }).await, code, message);
        refused(store.call(batch("none")).await, code, message);
        let tag = DeleteTag { run_id, key: some("k") };
        refused(store.call(tag).await, code, message);
    })
    .await;
}

#[tokio::test]
async fn parameters_are_logged_once() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let log = |value: &str| LogParam {
            run_id: some(&id),
            run_uuid: None,
            key: some("p"),
            value: some(value),
        };
        store.call(log("1")).await.unwrap();
        store.call(log("1")).await.unwrap();
        let message = format!(
            "Changing param values is not allowed. Param with key='p' was already logged with value='1' for run \
            ID='{id}'. Attempted logging new value '2'."
        );
        refused(store.call(log("2")).await, ErrorCode::InvalidParameterValue, &message);
        let params = pairs(&[("q", "new"), ("p", "it's")]);
        let result = store.call(LogBatch { params, ..batch(&id) }).await;
        let message = format!(
            "Changing param values is not allowed. Params were already logged='[{{'key': 'p', 'old_value': '1', \
            'new_value': \"it's\"}}]' for run ID='{id}'."
        );
        refused(result, ErrorCode::InvalidParameterValue, &message);
        assert_eq!(get(&store, &id).await.data.unwrap().params, pairs(&[("p", "1")]));
    })
    .await;
}

#[tokio::test]
async fn tags_are_replaced_cut_and_removed() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let set = |key: &str, value: String| {
            let (run_id, key) = (some(&id), some(key));
            store.call(SetTag { run_id, run_uuid: None, key, value: Some(value) })
        };
        set("k", "1".into()).await.unwrap();
        set("k", "é".repeat(9000)).await.unwrap();
        let tags = get(&store, &id).await.data.unwrap().tags;
        assert_eq!(value(&tags, "k").unwrap().chars().count(), 8000);
        refused(
            set("a?", String::new()).await,
            ErrorCode::InvalidParameterValue,
            "Names may only contain",
        );
        let delete = DeleteTag { run_id: some(&id), key: some("k") };
        store.call(delete.clone()).await.unwrap();
        let message = format!("No tag with name: k in run with id {id}");
        refused(store.call(delete).await, ErrorCode::ResourceDoesNotExist, &message);
    })
    .await;
}

#[tokio::test]
async fn a_run_is_begun_whole_or_not_at_all() {
    everywhere(|store| async move {
        let tags = pairs(&[("k", "1"), ("k", "2")]);
        let twice = CreateRun { tags, ..CreateRun::default() };
        refused(store.call(twice).await, ErrorCode::BadRequest, "more than once");
        let unknown = CreateRun { experiment_id: some("77"), ..CreateRun::default() };
        refused(
            store.call(unknown).await,
            ErrorCode::ResourceDoesNotExist,
            "No Experiment with id=77",
        );
        let search = SearchRuns { experiment_ids: vec!["0".into()], ..SearchRuns::default() };
        assert!(store.call(search).await.unwrap().runs.is_empty());
    })
    .await;
}

#[tokio::test]
async fn models_of_release_2_are_kept_in_a_tag() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let log = |path: &str| {
            let json = format!(
                r#"{{"artifact_path":"{path}","flavors":{{"f":{{"config":1,"x":2}}}},"utc_time_created":"t","run_id":"r"}}"#
            );
            store.call(LogModel { run_id: some(&id), model_json: Some(json) })
        };
        log("a").await.unwrap();
        log("b").await.unwrap();
        let tags = get(&store, &id).await.data.unwrap().tags;
        let kept: serde_json::Value =
            serde_json::from_str(value(&tags, "mlflow.log-model.history").unwrap()).unwrap();
        assert_eq!(kept[0]["artifact_path"], "a");
        assert_eq!(kept[1]["artifact_path"], "b");
        assert_eq!(kept[1]["flavors"]["f"], serde_json::json!({"x": 2}));
        let bad = LogModel { run_id: some(&id), model_json: some("[") };
        refused(store.call(bad).await, ErrorCode::InvalidParameterValue, "Malformed model info.");
    })
    .await;
}

async fn forty_at_once(store: &Store, id: &str) {
    let logs = (0..40).map(|number: i64| {
        let (store, id) = (store.clone(), id.to_owned());
        tokio::spawn(async move {
            let metrics = vec![metric("m", number as f64, number, number)];
            let tags = pairs(&[("shared", "x"), (&format!("t{number}"), "y")]);
            store.call(LogBatch { metrics, tags, ..batch(&id) }).await
        })
    });
    for log in logs.collect::<Vec<_>>() {
        log.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_writers_of_one_run_lose_nothing() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        forty_at_once(&store, &id).await;
        let data = get(&store, &id).await.data.unwrap();
        assert_eq!(data.tags.len(), 42);
        assert_eq!(data.metrics, [metric("m", 39.0, 39, 39)]);
    })
    .await;
}
