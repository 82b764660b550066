//! Metrics and their histories.

use super::Empty;
use crate::Double;
use crate::macros::{endpoints, messages};

messages! {
    /// One value of a metric.
    Metric {
        key: optional String,
        value: optional Double,
        timestamp: optional i64,
        step: optional i64,
        dataset_name: optional String,
        dataset_digest: optional String,
        model_id: optional String,
        run_id: optional String,
    }
    /// Logs one value.
    LogMetric {
        run_id: optional String,
        run_uuid: optional String,
        key: required String,
        value: required Double,
        timestamp: required i64,
        step: optional i64,
        model_id: optional String,
        dataset_name: optional String,
        dataset_digest: optional String,
    }

    /// Asks for all values of a metric.
    GetMetricHistory {
        run_id: optional String,
        run_uuid: optional String,
        metric_key: required String,
        page_token: optional String,
        max_results: optional i32,
    }
    /// A page of values.
    GetMetricHistoryAnswer { metrics: repeated Metric, next_page_token: optional String }

    /// Asks for a sample of the values of a metric over several runs.
    GetMetricHistoryBulkInterval {
        run_ids: repeated String,
        metric_key: required String,
        start_step: optional i32,
        end_step: optional i32,
        max_results: optional i32,
    }
    /// One value of a metric of a run.
    MetricWithRunId {
        key: optional String,
        value: optional Double,
        timestamp: optional i64,
        step: optional i64,
        run_id: optional String,
    }
    /// The sample.
    GetMetricHistoryBulkIntervalAnswer { metrics: repeated MetricWithRunId }

    /// Asks for all values of a metric over several runs, for plots.
    GetMetricHistoryBulk { run_id: repeated String, metric_key: required String, max_results: optional i32 }
    /// Those values.
    GetMetricHistoryBulkAnswer { metrics: repeated MetricWithRunId }
}

endpoints! {
    LogMetric Post "/2.0/mlflow/runs/log-metric" => Empty;
    GetMetricHistory Get "/2.0/mlflow/metrics/get-history" => GetMetricHistoryAnswer;
    GetMetricHistoryBulkInterval Get "/2.0/mlflow/metrics/get-history-bulk-interval"
        => GetMetricHistoryBulkIntervalAnswer;
    GetMetricHistoryBulk Get "/2.0/mlflow/metrics/get-history-bulk" => GetMetricHistoryBulkAnswer;
}
