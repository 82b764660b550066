use gauntlet_mlflow::*;
use gauntlet_registry_sql::Store;

use crate::support::*;

fn input(name: &str, digest: &str, context: Option<&str>) -> DatasetInput {
    let tag = context.map(|context| KeyValue::new("mlflow.data.context", context));
    DatasetInput {
        tags: tag.into_iter().collect(),
        dataset: Some(Dataset {
            name: some(name),
            digest: some(digest),
            source_type: some("local"),
            source: some("{}"),
            schema: None,
            profile: some("p"),
        }),
    }
}

async fn log(store: &Store, run_id: &str, datasets: Vec<DatasetInput>) -> Result<Empty> {
    store.call(LogInputs { run_id: some(run_id), datasets, models: vec![] }).await
}

async fn read(store: &Store, run_id: &str) -> Vec<DatasetInput> {
    get(store, run_id).await.inputs.unwrap().dataset_inputs
}

#[tokio::test]
async fn a_dataset_is_one_whoever_reads_it() {
    everywhere(|store| async move {
        let (a, b) = (run(&store, "0", 1).await, run(&store, "0", 2).await);
        let both = vec![
            input("d", "1", Some("train")),
            input("d", "1", Some("ignored")),
            input("e", "1", None),
        ];
        log(&store, &a, both).await.unwrap();
        // Once an input is there, its tags stay.
        log(&store, &a, vec![input("d", "1", Some("test"))]).await.unwrap();
        log(&store, &b, vec![input("d", "1", Some("test"))]).await.unwrap();
        let expected = vec![input("d", "1", Some("train")), input("e", "1", None)];
        assert_eq!(read(&store, &a).await, expected);
        assert_eq!(read(&store, &b).await, [input("d", "1", Some("test"))]);
        let request = SearchDatasets { experiment_ids: vec!["0".into()] };
        let found = store.call(request).await.unwrap().dataset_summaries;
        let found: Vec<_> =
            found.into_iter().map(|s| (s.name.unwrap(), s.digest.unwrap(), s.context)).collect();
        assert_eq!(found.len(), 3);
        assert!(found.contains(&("d".into(), "1".into(), some("test"))));
        assert!(found.contains(&("e".into(), "1".into(), None)));
        let code = ErrorCode::InvalidParameterValue;
        refused(store.call(SearchDatasets::default()).await, code, "at least one experiment_id");
        let many = SearchDatasets { experiment_ids: vec!["0".into(); 21] };
        refused(store.call(many).await, code, "more than 20");
    })
    .await;
}

#[tokio::test]
async fn runs_are_found_by_the_datasets_that_they_read() {
    everywhere(|store| async move {
        let (a, b) = (run(&store, "0", 1).await, run(&store, "0", 2).await);
        log(&store, &a, vec![input("one", "x", Some("train"))]).await.unwrap();
        log(&store, &b, vec![input("two", "y", Some("train")), input("one", "z", None)])
            .await
            .unwrap();
        let find = |filter: &str| SearchRuns {
            experiment_ids: vec!["0".into()],
            filter: some(filter),
            order_by: vec!["start_time".into()],
            ..SearchRuns::default()
        };
        for (filter, expected) in [
            ("dataset.name = 'one'", vec![&a, &b]),
            ("dataset.name = 'one' AND dataset.digest = 'x'", vec![&a]),
            ("datasets.name != 'one'", vec![&b]),
            ("dataset.name LIKE 'tw%'", vec![&b]),
            ("dataset.digest IN ('x', 'y')", vec![&a, &b]),
            ("dataset.context ILIKE 'TRAIN'", vec![&a, &b]),
            ("dataset.context NOT IN ('train')", vec![]),
        ] {
            let runs = store.call(find(filter)).await.unwrap().runs;
            let ids: Vec<String> =
                runs.into_iter().map(|r| r.info.unwrap().run_id.unwrap()).collect();
            assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn datasets_have_limits() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let code = ErrorCode::InvalidParameterValue;
        let long = |length: usize| "x".repeat(length);
        for (bad, message) in [
            (input(&long(501), "1", None), "'name' exceeds the maximum length of 500"),
            (input("d", &long(37), None), "'digest' exceeds the maximum length of 36"),
            (input("d", "1", Some(&long(501))), "'value' exceeds the maximum length of 500"),
        ] {
            refused(log(&store, &id, vec![input("good", "1", None), bad]).await, code, message);
        }
        assert!(read(&store, &id).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn models_are_inputs_and_outputs_of_runs() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let model = |id: &str| ModelInput { model_id: some(id) };
        let models = vec![model("m-1"), model("m-2"), model("m-1")];
        let request = LogInputs { run_id: some(&id), datasets: vec![], models };
        store.call(request.clone()).await.unwrap();
        store.call(request).await.unwrap();
        let output = ModelOutput { model_id: some("m-3"), step: Some(7) };
        let request = LogOutputs { run_id: some(&id), models: vec![output.clone()] };
        store.call(request.clone()).await.unwrap();
        refused(store.call(request).await, ErrorCode::BadRequest, "key");
        let found = get(&store, &id).await;
        assert_eq!(found.inputs.unwrap().model_inputs, [model("m-1"), model("m-2")]);
        assert_eq!(found.outputs.unwrap().model_outputs, std::slice::from_ref(&output));
        let search = SearchRuns { experiment_ids: vec!["0".into()], ..SearchRuns::default() };
        let found = store.call(search).await.unwrap().runs.remove(0);
        assert_eq!(found.outputs.unwrap().model_outputs, [output]);
        let none = LogOutputs { run_id: some(&id), models: vec![] };
        refused(store.call(none).await, ErrorCode::InvalidParameterValue, "'models'");
    })
    .await;
}
