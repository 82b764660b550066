use gauntlet_mlflow::*;
use gauntlet_registry_sql::Store;

use crate::support::*;

/// Runs `a`, `b`, `c` and `d`, begun in that order; `d` logged nothing.
async fn filled(store: &Store) -> String {
    let id = experiment(store, "search").await;
    for (name, start, loss, lr, tag) in [
        ("a", 10, 0.5, "0.1", "X"),
        ("b", 20, f64::NAN, "0.01", "x"),
        ("c", 20, -1.0, "ü%", "y"),
        ("d", 30, 0.0, "", ""),
    ] {
        let request = CreateRun {
            experiment_id: Some(id.clone()),
            run_name: some(name),
            start_time: Some(start),
            user_id: some(if name == "a" { "ann" } else { "bob" }),
            ..CreateRun::default()
        };
        let run = store.call(request).await.unwrap().run.unwrap().info.unwrap().run_id.unwrap();
        if name != "d" {
            let metrics = vec![metric("loss", loss, 1, 1), metric("a/b c", start as f64, 1, 1)];
            let (params, tags) = (pairs(&[("lr", lr)]), pairs(&[("t", tag)]));
            store.call(LogBatch { metrics, params, tags, ..batch(&run) }).await.unwrap();
        }
    }
    id
}

fn asked(id: &str, filter: &str, order_by: &[&str]) -> SearchRuns {
    SearchRuns {
        experiment_ids: vec![id.to_owned()],
        filter: some(filter),
        order_by: order_by.iter().map(|&text| text.to_owned()).collect(),
        ..SearchRuns::default()
    }
}

fn names(answer: SearchRunsAnswer) -> String {
    answer.runs.into_iter().map(|run| run.info.unwrap().run_name.unwrap()).collect()
}

#[tokio::test]
async fn runs_are_filtered_by_what_they_are_and_logged() {
    everywhere(|store| async move {
        let id = filled(&store).await;
        for (filter, expected) in [
            ("", "abcd"),
            ("metrics.loss > -2", "ac"),
            ("metrics.loss <= 0", "c"),
            ("metrics.loss = 0", ""),
            ("metrics.loss != 0.5", "bc"),
            ("metrics.`a/b c` >= 20", "bc"),
            ("metrics.none > 0", ""),
            ("params.lr = '0.1'", "a"),
            ("params.lr != '0.1'", "bc"),
            ("params.lr LIKE '0.%'", "ab"),
            ("params.lr = 'ü%'", "c"),
            ("params.lr IS NULL", "d"),
            ("params.lr IS NOT NULL", "abc"),
            ("tags.t = 'x'", "b"),
            ("tags.t ILIKE 'X'", "ab"),
            ("tags.t LIKE 'X'", "a"),
            ("tags.t IS NULL AND start_time >= 30", "d"),
            ("tags.t != 'x' AND metrics.loss < 100", "ac"),
            ("run_name = 'b'", "b"),
            ("attributes.`Run name` ILIKE 'B'", "b"),
            ("user_id = 'ann'", "a"),
            ("status = 'RUNNING'", "abcd"),
            ("created < 20", "a"),
            ("end_time > 0", ""),
            ("artifact_uri LIKE 's3://bucket/%'", "abcd"),
            ("params.lr = '0.1'' OR 1=1'", ""),
            ("run_id IN ('none')", ""),
            ("run_id NOT IN ('none')", "abcd"),
        ] {
            let answer = store.call(asked(&id, filter, &["start_time", "run_name"])).await.unwrap();
            let mut found: Vec<char> = names(answer).chars().collect();
            found.sort_unstable();
            assert_eq!(found.into_iter().collect::<String>(), expected, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn runs_are_sorted_with_nan_after_numbers_and_nothing_last() {
    everywhere(|store| async move {
        let id = filled(&store).await;
        for (order_by, expected) in [
            (&["metrics.loss"][..], "cabd"),
            (&["metrics.loss DESC"], "acbd"),
            (&["metrics.`a/b c` desc", "metrics.loss"], "cbad"),
            (&["params.lr"], "bacd"),
            (&["params.lr DESC"], "cabd"),
            (&["tags.t DESC", "start_time"], ""),
            (&["start_time", "metrics.loss DESC"], "acbd"),
            (&["start_time DESC", "run_name DESC"], "dcba"),
            (&["run_name DESC"], "dcba"),
            (&["end_time DESC", "run_name"], "abcd"),
        ] {
            let found = names(store.call(asked(&id, "", order_by)).await.unwrap());
            // Databases order letters of either case differently; what is missing comes last in all.
            if order_by[0].starts_with("tags") {
                assert!(found.ends_with('d'), "{found}");
            } else {
                assert_eq!(found, expected, "{order_by:?}");
            }
        }
        let ids = |answer: SearchRunsAnswer| -> Vec<(i64, String)> {
            let infos = answer.runs.into_iter().map(|run| run.info.unwrap());
            infos.map(|info| (-info.start_time.unwrap(), info.run_id.unwrap())).collect()
        };
        // Unless something else is asked for: the newest first, then by identifier.
        let found = ids(store.call(asked(&id, "", &[])).await.unwrap());
        assert!(found.is_sorted(), "{found:?}");
        let code = ErrorCode::InvalidParameterValue;
        refused(
            store.call(asked(&id, "", &["created", "start_time"])).await,
            code,
            "duplicate fields",
        );
        refused(store.call(asked(&id, "", &["dataset.name"])).await, code, "");
    })
    .await;
}

#[tokio::test]
async fn runs_come_in_pages_each_run_once() {
    everywhere(|store| async move {
        let id = experiment(&store, "pages").await;
        for number in 0..23 {
            run(&store, &id, number % 3).await;
        }
        let mut seen = Vec::new();
        let mut request = SearchRuns { max_results: Some(5), ..asked(&id, "", &["metrics.none"]) };
        loop {
            let answer = store.call(request.clone()).await.unwrap();
            assert!(answer.runs.len() <= 5);
            seen.extend(answer.runs.into_iter().map(|run| run.info.unwrap().run_id.unwrap()));
            request.page_token = answer.next_page_token;
            if request.page_token.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 23);
        let unique: std::collections::BTreeSet<&String> = seen.iter().collect();
        assert_eq!(unique.len(), 23);
        for size in [0, -1, 50_001] {
            let request = SearchRuns { max_results: Some(size), ..asked(&id, "", &[]) };
            refused(store.call(request).await, ErrorCode::InvalidParameterValue, "'max_results'");
        }
        let request = SearchRuns { page_token: some("e30="), ..asked(&id, "", &[]) };
        refused(store.call(request).await, ErrorCode::InvalidParameterValue, "Invalid page token");
    })
    .await;
}

#[tokio::test]
async fn more_runs_than_one_list_holds_come_whole() {
    everywhere(|store| async move {
        let id = experiment(&store, "large").await;
        for number in 0..1100 {
            run(&store, &id, number).await;
        }
        let request = SearchRuns { max_results: Some(1050), ..asked(&id, "", &[]) };
        let answer = store.call(request).await.unwrap();
        assert_eq!(answer.runs.len(), 1050);
        assert!(answer.runs.iter().all(|run| run.data.as_ref().unwrap().tags.len() == 1));
        assert!(answer.next_page_token.is_some());
        assert_eq!(store.call(asked(&id, "", &[])).await.unwrap().runs.len(), 1000);
    })
    .await;
}

#[tokio::test]
async fn views_show_active_or_deleted_runs_of_the_experiments_that_are_named() {
    everywhere(|store| async move {
        let id = filled(&store).await;
        let first = store.call(asked(&id, "run_name = 'a'", &[])).await.unwrap().runs.remove(0);
        store.call(DeleteRun { run_id: first.info.unwrap().run_id }).await.unwrap();
        for (view, expected) in [
            (None, "bcd"),
            (Some(ViewType::ActiveOnly), "bcd"),
            (Some(ViewType::DeletedOnly), "a"),
            (Some(ViewType::All), "abcd"),
        ] {
            let request = SearchRuns { run_view_type: view, ..asked(&id, "", &["run_name"]) };
            assert_eq!(names(store.call(request).await.unwrap()), expected);
        }
        let mut request = asked("0", "", &[]);
        assert_eq!(names(store.call(request.clone()).await.unwrap()), "");
        request.experiment_ids = vec![];
        assert_eq!(names(store.call(request.clone()).await.unwrap()), "");
        request.experiment_ids = vec![id, "0".into(), "99999999999999999999".into()];
        assert_eq!(store.call(request.clone()).await.unwrap().runs.len(), 3);
        request.experiment_ids = vec!["x".into()];
        refused(
            store.call(request).await,
            ErrorCode::InvalidParameterValue,
            "Invalid experiment ID 'x'",
        );
    })
    .await;
}
