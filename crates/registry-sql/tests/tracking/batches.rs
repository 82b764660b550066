use gauntlet_mlflow::*;

use crate::support::*;

#[tokio::test]
async fn a_batch_logs_everything_in_it() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let metrics = (0..800).map(|n| metric(&format!("m/{n}"), n as f64, n, 0)).collect();
        let params: Vec<KeyValue> =
            (0..100).map(|n| KeyValue::new(format!("p{n}"), "é".repeat(n))).collect();
        let tags: Vec<KeyValue> = (0..100).map(|n| KeyValue::new(format!("t{n}"), "🦀")).collect();
        store.call(LogBatch { metrics, params, tags, ..batch(&id) }).await.unwrap();
        let data = get(&store, &id).await.data.unwrap();
        assert_eq!((data.metrics.len(), data.params.len(), data.tags.len()), (800, 100, 101));
        assert_eq!(value(&data.params, "p0"), Some(""));
        assert_eq!(value(&data.params, "p3"), Some("ééé"));
        store.call(batch(&id)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_batch_has_limits() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let many = |count: usize, what: &str| -> Vec<KeyValue> {
            (0..count).map(|n| KeyValue::new(format!("{what}{n}"), "v")).collect()
        };
        let metrics = |count: i64| (0..count).map(|n| metric("m", 0.0, n, n)).collect::<Vec<_>>();
        let code = ErrorCode::InvalidParameterValue;
        let send =
            |metrics, params, tags| store.call(LogBatch { metrics, params, tags, ..batch(&id) });
        refused(
            send(metrics(1001), vec![], vec![]).await,
            code,
            "at most 1000 metrics. Got 1001 metrics.",
        );
        refused(
            send(vec![], many(101, "p"), vec![]).await,
            code,
            "at most 100 params. Got 101 params.",
        );
        refused(
            send(vec![], vec![], many(101, "t")).await,
            code,
            "at most 100 tags. Got 101 tags.",
        );
        let all = send(metrics(900), many(50, "p"), many(51, "t")).await;
        refused(all, code, "at most 1000 metrics, params, and tags. Got 1001");
        send(metrics(900), many(50, "p"), many(50, "t")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_mistake_in_a_batch_is_named_by_its_place_and_nothing_of_it_is_logged() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let code = ErrorCode::InvalidParameterValue;
        let good = || metric("good", 1.0, 1, 1);
        let negative = Metric { timestamp: Some(-1), ..good() };
        for (bad, message) in [
            (metric("a?", 1.0, 1, 1), "Invalid value \"a?\" for parameter 'metrics[1].name' supplied: Names may only"),
            (metric("a//b", 1.0, 1, 1), "would resolve to 'a/b'"),
            (metric(&"m".repeat(251), 1.0, 1, 1), "'Metric name' exceeds the maximum length of 250"),
            (
                negative,
                "Invalid value -1 for parameter 'metrics[1].timestamp' supplied: metric 'good' (value=1.0).",
            ),
            (Metric { key: None, ..good() }, "parameter 'metrics[1].key'. See the API docs"),
            (Metric { value: None, ..good() }, "parameter 'metrics[1].value'"),
            (Metric { timestamp: None, ..good() }, "parameter 'metrics[1].timestamp'"),
        ] {
            let metrics = vec![good(), bad];
            refused(store.call(LogBatch { metrics, ..batch(&id) }).await, code, message);
        }
        let params = pairs(&[("a", "1"), ("b", "2"), ("a", "1")]);
        let message = "Duplicate parameter keys have been submitted: ['a'].";
        refused(store.call(LogBatch { params, ..batch(&id) }).await, code, message);
        let tags = pairs(&[("", "1")]);
        refused(store.call(LogBatch { tags, ..batch(&id) }).await, code, "'tags[0].key'");
        refused(store.call(batch("a/b")).await, code, "Invalid value \"a/b\" for parameter 'run_id' supplied.");
        let model = Metric { model_id: some("m-none"), ..good() };
        let metrics = vec![good(), model];
        refused(store.call(LogBatch { metrics, ..batch(&id) }).await, ErrorCode::BadRequest, "");
        let data = get(&store, &id).await.data.unwrap();
        assert!(data.metrics.is_empty() && data.params.is_empty());
    })
    .await;
}
