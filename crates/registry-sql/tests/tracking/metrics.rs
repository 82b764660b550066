use gauntlet_mlflow::*;
use gauntlet_registry_sql::Store;

use crate::support::*;

async fn log(store: &Store, run_id: &str, metrics: Vec<Metric>) {
    store.call(LogBatch { metrics, ..batch(run_id) }).await.unwrap();
}

async fn latest(store: &Store, run_id: &str) -> Vec<Metric> {
    get(store, run_id).await.data.unwrap().metrics
}

async fn history(store: &Store, run_id: &str, key: &str) -> Vec<Metric> {
    let (run_id, metric_key) = (some(run_id), some(key));
    let request = GetMetricHistory { run_id, metric_key, ..GetMetricHistory::default() };
    store.call(request).await.unwrap().metrics
}

#[tokio::test]
async fn the_latest_value_has_the_largest_step_then_time_then_value() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        for (logged, expected) in [
            (metric("m", 1.0, 10, 5), metric("m", 1.0, 10, 5)),
            (metric("m", 9.0, 99, 4), metric("m", 1.0, 10, 5)),
            (metric("m", 2.0, 9, 5), metric("m", 1.0, 10, 5)),
            (metric("m", 0.5, 11, 5), metric("m", 0.5, 11, 5)),
            (metric("m", 0.7, 11, 5), metric("m", 0.7, 11, 5)),
            (metric("m", -1.0, 11, 6), metric("m", -1.0, 11, 6)),
        ] {
            let request = LogMetric {
                run_id: some(&id),
                key: logged.key.clone(),
                value: logged.value,
                timestamp: logged.timestamp,
                step: logged.step,
                ..LogMetric::default()
            };
            store.call(request).await.unwrap();
            assert_eq!(latest(&store, &id).await, [expected], "{logged:?}");
        }
        assert_eq!(history(&store, &id, "m").await.len(), 6);
        let other = run(&store, "0", 1).await;
        let all = vec![metric("m", 1.0, 1, 3), metric("m", 2.0, 1, 7), metric("m", 3.0, 9, 3)];
        log(&store, &other, all).await;
        assert_eq!(latest(&store, &other).await, [metric("m", 2.0, 1, 7)]);
    })
    .await;
}

#[tokio::test]
async fn what_is_logged_twice_is_there_once() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let twice =
            vec![metric("m", 1.0, 1, 1), metric("m", 1.0, 1, 1), metric("n", f64::NAN, 1, 1)];
        log(&store, &id, twice.clone()).await;
        log(&store, &id, twice).await;
        log(&store, &id, vec![metric("n", f64::NAN, 1, 1), metric("n", 0.0, 1, 1)]).await;
        assert_eq!(history(&store, &id, "m").await.len(), 1);
        assert_eq!(history(&store, &id, "n").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn nan_reads_back_as_nan_and_infinity_as_the_largest_number() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let odd = vec![
            metric("nan", f64::NAN, 1, -5),
            metric("inf", f64::INFINITY, 1, 0),
            metric("ninf", f64::NEG_INFINITY, 1, i64::MAX),
            metric("tiny", 5e-324, 1, 0),
        ];
        log(&store, &id, odd).await;
        let value = |metrics: &[Metric], key: &str| {
            metrics.iter().find(|m| m.key.as_deref() == Some(key)).unwrap().value.unwrap().0
        };
        let found = latest(&store, &id).await;
        assert!(value(&found, "nan").is_nan());
        assert_eq!(value(&found, "inf"), f64::MAX);
        assert_eq!(value(&found, "ninf"), f64::MIN);
        assert_eq!(value(&found, "tiny"), 5e-324);
        assert!(history(&store, &id, "nan").await[0].value.unwrap().0.is_nan());
    })
    .await;
}

#[tokio::test]
async fn histories_come_whole_or_in_pages() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        let values = (0..7).map(|n| metric("m", n as f64, 100 - n, n)).collect();
        log(&store, &id, values).await;
        let times: Vec<i64> =
            history(&store, &id, "m").await.iter().map(|m| m.timestamp.unwrap()).collect();
        assert_eq!(times, (94..=100).collect::<Vec<_>>());
        let mut seen = Vec::new();
        let mut request = GetMetricHistory {
            run_uuid: some(&id),
            metric_key: some("m"),
            max_results: Some(3),
            ..GetMetricHistory::default()
        };
        loop {
            let answer = store.call(request.clone()).await.unwrap();
            assert!(answer.metrics.len() <= 3);
            seen.extend(answer.metrics.into_iter().map(|m| m.timestamp.unwrap()));
            request.page_token = answer.next_page_token;
            if request.page_token.is_none() {
                break;
            }
        }
        assert_eq!(seen, times);
        request.max_results = Some(0);
        refused(
            store.call(request.clone()).await,
            ErrorCode::InvalidParameterValue,
            "positive integer",
        );
        request.max_results = None;
        request.page_token = some("?");
        refused(store.call(request).await, ErrorCode::InvalidParameterValue, "Invalid page token");
        assert!(history(&store, "none", "m").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn histories_of_several_runs_are_sampled_evenly_with_their_ends() {
    everywhere(|store| async move {
        let (a, b) = (run(&store, "0", 1).await, run(&store, "0", 2).await);
        log(&store, &a, (0..100).map(|n| metric("m", n as f64, n, n)).collect()).await;
        log(&store, &b, vec![metric("m", 5.0, 1, 3)]).await;
        let ask = |max: i32, steps: Option<(i32, i32)>| GetMetricHistoryBulkInterval {
            run_ids: vec![a.clone(), b.clone()],
            metric_key: some("m"),
            start_step: steps.map(|s| s.0),
            end_step: steps.map(|s| s.1),
            max_results: Some(max),
        };
        let steps = |answer: GetMetricHistoryBulkIntervalAnswer| {
            answer.metrics.into_iter().map(|m| m.step.unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(steps(store.call(ask(4, None)).await.unwrap()), [0, 25, 50, 99, 3]);
        assert_eq!(steps(store.call(ask(1, None)).await.unwrap()), [99, 3]);
        assert_eq!(steps(store.call(ask(9, Some((10, 12)))).await.unwrap()), [10, 11, 12]);
        let code = ErrorCode::InvalidParameterValue;
        refused(store.call(ask(2501, None)).await, code, "between 1 and 2500");
        refused(store.call(ask(9, Some((3, 2)))).await, code, "end_step must be greater");
        let mut half = ask(9, Some((1, 2)));
        half.end_step = None;
        refused(store.call(half).await, code, "both must be specified");
        let bulk = GetMetricHistoryBulk {
            run_id: vec![b.clone(), a.clone()],
            metric_key: some("m"),
            max_results: Some(3),
        };
        let found = store.call(bulk).await.unwrap().metrics;
        assert_eq!(found.len(), 3);
        assert!(found.is_sorted_by_key(|m| (m.run_id.clone(), m.timestamp)));
        let none =
            GetMetricHistoryBulk { metric_key: some("m"), ..GetMetricHistoryBulk::default() };
        refused(store.call(none).await, code, "at least one run_id");
    })
    .await;
}

#[tokio::test]
async fn every_bit_of_a_value_is_kept() {
    everywhere(|store| async move {
        let id = run(&store, "0", 1).await;
        // A fixed sequence of any doubles and of common ones, and the bounds between them.
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        let mut values = vec![f64::MIN_POSITIVE, 5e-324, 1e15, 1e-15, -1e15 - 0.125, 1e16, -0.1];
        while values.len() < 900 {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let any = f64::from_bits(bits ^ (bits >> 29));
            let common = (bits >> 11) as f64 / (1_u64 << (bits % 64)) as f64;
            values.extend([any, common].into_iter().filter(|value| value.is_finite()));
        }
        let metrics = values.iter().enumerate();
        let metrics: Vec<Metric> =
            metrics.map(|(n, v)| metric(&format!("m{n}"), *v, 1, 0)).collect();
        log(&store, &id, metrics).await;
        for found in latest(&store, &id).await {
            let place: usize = found.key.unwrap()[1..].parse().unwrap();
            assert_eq!(
                found.value.unwrap().0.to_bits(),
                values[place].to_bits(),
                "{}",
                values[place]
            );
        }
    })
    .await;
}
