//! Logging metrics.
//!
//! A value that is there already, to the last field, is logged once. The latest value of a metric is the
//! largest by step, time and value, and is kept in a table of its own.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use gauntlet_mlflow::{Backend, Empty, LogMetric, Metric, Result};

use super::super::check::{self, Checked};
use super::super::many;
use super::super::runs::{RunRow, active};
use crate::Store;
use crate::db::{Conn, DbError, Value};
use crate::store::errors::Failed;

impl Backend<LogMetric> for Store {
    async fn call(&self, request: LogMetric) -> Result<Empty> {
        let run_id = check::run_id(request.run_id, request.run_uuid);
        let metric = Metric {
            key: request.key,
            value: request.value,
            timestamp: request.timestamp,
            step: request.step,
            model_id: request.model_id,
            dataset_name: request.dataset_name,
            dataset_digest: request.dataset_digest,
            run_id: None,
        };
        let metric = check::metric(metric, "")?;
        self.write(move |db| {
            async move {
                let run = active(db, &run_id).await?;
                log_all(db, &run, vec![metric]).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        })
        .await
    }
}

/// Logs metrics of an active run.
pub(in super::super) async fn log_all(
    db: &mut Conn,
    run: &RunRow,
    metrics: Vec<Checked>,
) -> Result<(), DbError> {
    log_values(db, &run.run_id, &metrics).await?;
    log_latest(db, &run.run_id, &metrics).await?;
    log_for_models(db, run, metrics).await
}

async fn log_values(db: &mut Conn, run_id: &str, metrics: &[Checked]) -> Result<(), DbError> {
    let rows = metrics.iter().map(|metric| -> [Value; 6] {
        [
            (&metric.key).into(),
            metric.stored.value.into(),
            metric.timestamp.into(),
            run_id.into(),
            metric.step.into(),
            metric.stored.is_nan.into(),
        ]
    });
    let head = "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES";
    many::insert(db, head, " ON CONFLICT DO NOTHING", rows.collect()).await?;
    Ok(())
}

async fn log_latest(db: &mut Conn, run_id: &str, metrics: &[Checked]) -> Result<(), DbError> {
    let mut latest: BTreeMap<&str, &Checked> = BTreeMap::new();
    for metric in metrics {
        let known = latest.entry(&metric.key).or_insert(metric);
        if age(metric) > age(known) {
            *known = metric;
        }
    }
    let rows = latest.into_iter().map(|(key, metric)| -> [Value; 6] {
        [
            key.into(),
            metric.stored.value.into(),
            metric.timestamp.into(),
            metric.step.into(),
            metric.stored.is_nan.into(),
            run_id.into(),
        ]
    });
    let head = "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES";
    let tail = " ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value,
            timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan
        WHERE (excluded.step, excluded.timestamp, excluded.value)
            > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)";
    many::insert(db, head, tail, rows.collect()).await?;
    Ok(())
}

/// What the latest value has the largest of.
fn age(metric: &Checked) -> (i64, i64, f64) {
    (metric.step, metric.timestamp, metric.stored.value)
}

async fn log_for_models(db: &mut Conn, run: &RunRow, metrics: Vec<Checked>) -> Result<(), DbError> {
    let rows = metrics.into_iter().filter_map(|metric| -> Option<[Value; 9]> {
        Some([
            metric.model_id?.into(),
            metric.key.into(),
            metric.timestamp.into(),
            metric.step.into(),
            metric.stored.value.into(),
            run.experiment_id.into(),
            run.run_id.as_str().into(),
            metric.dataset_name.into(),
            metric.dataset_digest.into(),
        ])
    });
    let head =
        "INSERT INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step,
        metric_value, experiment_id, run_id, dataset_name, dataset_digest) VALUES";
    many::insert(db, head, " ON CONFLICT DO NOTHING", rows.collect()).await?;
    Ok(())
}
