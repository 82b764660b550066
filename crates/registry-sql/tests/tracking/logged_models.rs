use gauntlet_mlflow::*;
use gauntlet_registry_sql::Store;

use crate::support::*;

async fn create(store: &Store, name: &str) -> String {
    let request = CreateLoggedModel {
        experiment_id: some("0"),
        name: some(name),
        params: pairs(&[("lr", "0.1")]),
        tags: pairs(&[("t", name)]),
        ..CreateLoggedModel::default()
    };
    store.call(request).await.unwrap().model.unwrap().info.unwrap().model_id.unwrap()
}

async fn find(store: &Store, model_id: &str) -> Result<LoggedModel> {
    Ok(store
        .call(GetLoggedModel { model_id: some(model_id), ..Default::default() })
        .await?
        .model
        .unwrap())
}

fn asked(filter: &str) -> SearchLoggedModels {
    SearchLoggedModels {
        experiment_ids: vec!["0".into()],
        filter: some(filter),
        ..SearchLoggedModels::default()
    }
}

async fn names(store: &Store, request: SearchLoggedModels) -> Result<String> {
    let models = store.call(request).await?.models;
    Ok(models.into_iter().map(|model| model.info.unwrap().name.unwrap()).collect())
}

async fn log(store: &Store, model_id: &str, value: f64, time: i64, dataset: Option<(&str, &str)>) {
    let run_id = run(store, "0", 1).await;
    let request = LogMetric {
        run_id: Some(run_id),
        key: some("acc"),
        value: Some(Double(value)),
        timestamp: Some(time),
        model_id: some(model_id),
        dataset_name: dataset.map(|(name, _)| name.to_owned()),
        dataset_digest: dataset.map(|(_, digest)| digest.to_owned()),
        ..LogMetric::default()
    };
    store.call(request).await.unwrap();
}

#[tokio::test]
async fn a_logged_model_is_begun_ended_changed_and_deleted() {
    everywhere(|store| async move {
        let id = create(&store, "a").await;
        let model = find(&store, &id).await.unwrap();
        let info = model.info.unwrap();
        assert!(id.starts_with("m-") && id.len() == 34);
        assert_eq!(
            info.artifact_uri,
            Some(format!("s3://bucket/root/0/models/{id}/artifacts?a=b"))
        );
        assert_eq!(info.status, Some(LoggedModelStatus::Pending));
        assert_eq!((info.model_type, info.source_run_id), (some(""), some("")));
        assert_eq!(model.data.unwrap().params, pairs(&[("lr", "0.1")]));
        let end =
            FinalizeLoggedModel { model_id: some(&id), status: Some(LoggedModelStatus::Ready) };
        let ended = store.call(end).await.unwrap().model.unwrap().info.unwrap();
        assert_eq!(ended.status, Some(LoggedModelStatus::Ready));
        let tags = pairs(&[("t", "1"), ("u", "2"), ("t", "3")]);
        store.call(SetLoggedModelTags { model_id: some(&id), tags }).await.unwrap();
        let tags = find(&store, &id).await.unwrap().info.unwrap().tags;
        assert_eq!((value(&tags, "t"), value(&tags, "u")), (Some("3"), Some("2")));
        let delete = DeleteLoggedModelTag { model_id: some(&id), tag_key: some("t") };
        store.call(delete.clone()).await.unwrap();
        let message = format!("No tag with key 't' found for model with ID '{id}'.");
        refused(store.call(delete).await, ErrorCode::ResourceDoesNotExist, &message);
        let param =
            |key: &str| LogLoggedModelParams { model_id: some(&id), params: pairs(&[(key, "1")]) };
        store.call(param("new")).await.unwrap();
        refused(store.call(param("new")).await, ErrorCode::BadRequest, "key");
        store.call(DeleteLoggedModel { model_id: some(&id) }).await.unwrap();
        let message = format!("Logged model with ID '{id}' not found.");
        refused(find(&store, &id).await, ErrorCode::ResourceDoesNotExist, &message);
        assert_eq!(names(&store, asked("")).await.unwrap(), "");
    })
    .await;
}

#[tokio::test]
async fn names_of_logged_models_are_invented_or_checked() {
    everywhere(|store| async move {
        let request = |name: &str| CreateLoggedModel {
            experiment_id: some("0"),
            name: some(name),
            ..CreateLoggedModel::default()
        };
        let made = store.call(request("")).await.unwrap().model.unwrap().info.unwrap();
        assert!(!made.name.unwrap().is_empty());
        for bad in ["a/b", "a:b", "a.b", "a%", "\"", "it's"] {
            let result = store.call(request(bad)).await;
            refused(result, ErrorCode::InvalidParameterValue, "Invalid model name (");
        }
        let unknown = CreateLoggedModel { experiment_id: some("9"), ..request("a") };
        refused(
            store.call(unknown).await,
            ErrorCode::ResourceDoesNotExist,
            "No Experiment with id=9",
        );
    })
    .await;
}

#[tokio::test]
async fn metrics_of_a_model_are_its_own_and_its_runs() {
    everywhere(|store| async move {
        let id = create(&store, "a").await;
        log(&store, &id, 0.5, 3, Some(("d", "1"))).await;
        let metrics = find(&store, &id).await.unwrap().data.unwrap().metrics;
        assert_eq!(metrics.len(), 1);
        assert_eq!(metrics[0].model_id.as_ref(), Some(&id));
        assert_eq!(metrics[0].dataset_name.as_deref(), Some("d"));
        let run = get(&store, metrics[0].run_id.as_ref().unwrap()).await;
        assert_eq!(run.data.unwrap().metrics, [metric("acc", 0.5, 3, 0)]);
    })
    .await;
}

#[tokio::test]
async fn logged_models_are_searched_and_sorted() {
    everywhere(|store| async move {
        let a = create(&store, "a").await;
        let b = create(&store, "b").await;
        let c = create(&store, "c").await;
        log(&store, &a, 0.9, 1, Some(("d", "1"))).await;
        log(&store, &a, 0.1, 2, Some(("e", "1"))).await;
        log(&store, &b, 0.5, 1, None).await;
        let end =
            FinalizeLoggedModel { model_id: some(&b), status: Some(LoggedModelStatus::Ready) };
        store.call(end).await.unwrap();
        let by_name = |ascending: bool| SearchLoggedModelsOrderBy {
            field_name: some("name"),
            ascending: Some(ascending),
            ..SearchLoggedModelsOrderBy::default()
        };
        for (filter, expected) in [
            ("", "abc"),
            ("name = 'a'", "a"),
            ("attributes.name != 'a'", "bc"),
            ("name IN ('a', 'c')", "ac"),
            ("metrics.acc > 0.4", "ab"),
            ("metrics.acc > 0.4 AND metrics.acc < 0.4", "a"),
            ("params.lr = 0.1", "abc"),
            ("tags.t ILIKE 'B'", "b"),
            ("status = 'READY'", "b"),
            ("status != 'LOGGED_MODEL_READY'", "ac"),
            ("creation_time > 5", "abc"),
            ("last_updated_timestamp < 5", ""),
        ] {
            let request = SearchLoggedModels { order_by: vec![by_name(true)], ..asked(filter) };
            assert_eq!(names(&store, request).await.unwrap(), expected, "{filter}");
        }
        let by_metric = |ascending: bool, dataset: Option<&str>| {
            let order = SearchLoggedModelsOrderBy {
                field_name: some("metrics.acc"),
                ascending: Some(ascending),
                dataset_name: dataset.map(str::to_owned),
                ..SearchLoggedModelsOrderBy::default()
            };
            SearchLoggedModels { order_by: vec![order, by_name(true)], ..asked("") }
        };
        assert_eq!(names(&store, by_metric(true, None)).await.unwrap(), "abc");
        assert_eq!(names(&store, by_metric(false, None)).await.unwrap(), "bac");
        assert_eq!(names(&store, by_metric(false, Some("d"))).await.unwrap(), "abc");
        let of = |name: &str, digest: Option<&str>, filter: &str| {
            let dataset = SearchLoggedModelsDataset {
                dataset_name: some(name),
                dataset_digest: digest.map(str::to_owned),
            };
            SearchLoggedModels { datasets: vec![dataset], ..asked(filter) }
        };
        assert_eq!(names(&store, of("d", Some("1"), "")).await.unwrap(), "a");
        assert_eq!(names(&store, of("e", Some("1"), "metrics.acc > 0.4")).await.unwrap(), "");
        assert_eq!(names(&store, of("d", Some("2"), "")).await.unwrap(), "");
        let code = ErrorCode::InvalidParameterValue;
        refused(names(&store, of("", None, "")).await, code, "`dataset_name`");
        refused(names(&store, asked("foo.a = 'x'")).await, code, "Invalid entity type: 'foo'");
        let none = SearchLoggedModels { experiment_ids: vec![], ..asked("") };
        assert!(names(&store, none).await.unwrap().is_empty());
        assert!(find(&store, &c).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn logged_models_come_in_pages_of_one_search() {
    everywhere(|store| async move {
        for name in ["a", "b", "c", "d", "e"] {
            create(&store, name).await;
        }
        let mut request = SearchLoggedModels { max_results: Some(2), ..asked("") };
        let mut seen = Vec::new();
        loop {
            let answer = store.call(request.clone()).await.unwrap();
            seen.extend(answer.models.into_iter().map(|m| m.info.unwrap().name.unwrap()));
            if answer.next_page_token.is_none() {
                break;
            }
            request.page_token = answer.next_page_token;
        }
        seen.sort();
        assert_eq!(seen.concat(), "abcde");
        request.filter = some("name = 'a'");
        let message = "Filter string in the page token does not match";
        refused(store.call(request).await, ErrorCode::InvalidParameterValue, message);
    })
    .await;
}
