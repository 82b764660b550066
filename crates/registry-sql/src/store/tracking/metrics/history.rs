//! All values of a metric.

use gauntlet_mlflow::{
    Backend, Error, GetMetricHistory, GetMetricHistoryAnswer, GetMetricHistoryBulk,
    GetMetricHistoryBulkAnswer, Metric, MetricWithRunId, PageToken, Result,
};

use super::super::check::{self, Stored};
use super::super::many;
use crate::Store;
use crate::db::{DbError, Row, Sql, sql};
use crate::store::errors::Failed;

/// The most that one request for several runs is answered with.
const BULK: i64 = 25_000;
const BULK_RUNS: usize = 100;

impl Backend<GetMetricHistory> for Store {
    async fn call(&self, request: GetMetricHistory) -> Result<GetMetricHistoryAnswer> {
        let run_id = check::run_id(request.run_id, request.run_uuid);
        let key = request.metric_key.unwrap_or_default();
        let size = request.max_results.map(i64::from);
        if let Some(size) = size.filter(|size| *size <= 0) {
            return Err(Error::invalid(format!(
                "Invalid value {size} for parameter 'max_results' supplied. It must be a positive integer."
            )));
        }
        let start = PageToken::read(request.page_token.as_deref())?.0;
        let mut select = sql("SELECT value, is_nan, timestamp, step FROM metrics
            WHERE run_uuid = ? AND key = ? ORDER BY timestamp, step, value LIMIT ? OFFSET ?")
        .bind(run_id)
        .bind(&key);
        select = select.bind(size.map_or(i64::MAX, |size| size + 1)).bind(start);
        let rows = self.rows(select).await?;
        let more = size.filter(|size| rows.len() as i64 > *size);
        let page = rows.iter().take(size.map_or(usize::MAX, |size| size as usize));
        let metrics = page.map(|row| {
            let Point { value, timestamp, step } = Point::read(row, 0)?;
            let (timestamp, step) = (Some(timestamp), Some(step));
            let value = Some(value.read());
            Ok(Metric { key: Some(key.clone()), value, timestamp, step, ..Metric::default() })
        });
        let metrics: Result<_, DbError> = metrics.collect();
        Ok(GetMetricHistoryAnswer {
            metrics: metrics.map_err(Failed::from)?,
            next_page_token: more.map(|size| PageToken(start + size).write()),
        })
    }
}

impl Backend<GetMetricHistoryBulk> for Store {
    async fn call(&self, request: GetMetricHistoryBulk) -> Result<GetMetricHistoryBulkAnswer> {
        let runs = request.run_id;
        if runs.is_empty() {
            return Err(Error::invalid(
                "GetMetricHistoryBulk request must specify at least one run_id.",
            ));
        }
        if runs.len() > BULK_RUNS {
            return Err(Error::invalid(format!(
                "GetMetricHistoryBulk request cannot specify more than {BULK_RUNS} run_ids. Received {} run_ids.",
                runs.len()
            )));
        }
        let Some(key) = request.metric_key else {
            return Err(Error::invalid("GetMetricHistoryBulk request must specify a metric_key."));
        };
        let size = request.max_results.map_or(BULK, i64::from).clamp(0, BULK);
        let mut select =
            sql("SELECT run_uuid, value, is_nan, timestamp, step FROM metrics WHERE key = ?
            AND run_uuid")
            .bind(&key);
        many::push_in(&mut select, &runs);
        select.push(" ORDER BY run_uuid, timestamp, step, value LIMIT ").push_bind(size);
        let rows = self.rows(select).await?;
        let metrics = rows.iter().map(|row| Ok(Point::read(row, 1)?.of(row.get(0)?, &key)));
        let metrics: Result<_, DbError> = metrics.collect();
        Ok(GetMetricHistoryBulkAnswer { metrics: metrics.map_err(Failed::from)? })
    }
}

impl Store {
    pub(super) async fn rows(&self, select: Sql) -> Result<Vec<Row>, Failed> {
        Ok(self.read().await?.rows(select).await?)
    }
}

/// One value of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) value: Stored,
    pub(super) timestamp: i64,
    pub(super) step: i64,
}

impl Point {
    /// Reads value, `is_nan`, timestamp and step, which begin at a column.
    pub(super) fn read(row: &Row, at: usize) -> Result<Self, DbError> {
        Ok(Self {
            value: Stored { value: row.get(at)?, is_nan: row.get(at + 1)? },
            timestamp: row.get(at + 2)?,
            step: row.get(at + 3)?,
        })
    }

    pub(super) fn of(self, run_id: String, key: &str) -> MetricWithRunId {
        MetricWithRunId {
            key: Some(key.to_owned()),
            value: Some(self.value.read()),
            timestamp: Some(self.timestamp),
            step: Some(self.step),
            run_id: Some(run_id),
        }
    }
}
