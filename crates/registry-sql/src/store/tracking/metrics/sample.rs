//! Samples of long histories, for plots: spread evenly over the values, the first and the last among them.

use gauntlet_mlflow::{
    Backend, Error, GetMetricHistoryBulkInterval, GetMetricHistoryBulkIntervalAnswer, Result,
};

use super::super::check;
use super::history::Point;
use crate::Store;
use crate::db::{Conn, DbError, Sql, sql};
use crate::store::errors::Failed;

const RUNS: usize = 100;
/// Values of each run.
const POINTS: i32 = 2500;

impl Backend<GetMetricHistoryBulkInterval> for Store {
    async fn call(
        &self,
        request: GetMetricHistoryBulkInterval,
    ) -> Result<GetMetricHistoryBulkIntervalAnswer> {
        let runs = &request.run_ids;
        if runs.is_empty() {
            return Err(check::missing_field("run_ids"));
        }
        if runs.len() > RUNS {
            return Err(Error::invalid(format!(
                "GetMetricHistoryBulkInterval request must specify at most {RUNS} run_ids. Received {} run_ids. \
                See the API docs for more information about request parameters.",
                runs.len()
            )));
        }
        let points = request.max_results.unwrap_or(POINTS);
        if !(1..=POINTS).contains(&points) {
            return Err(Error::invalid(format!(
                "max_results must be between 1 and {POINTS}. See the API docs for more information about request \
                parameters."
            )));
        }
        let steps = interval(request.start_step, request.end_step)?;
        let key = request.metric_key.unwrap_or_default();
        let found = async {
            let mut db = self.read().await?;
            let mut metrics = Vec::new();
            for run_id in runs {
                let sample = sample(&mut db, run_id, &key, points.into(), steps).await?;
                metrics.extend(sample.into_iter().map(|point| point.of(run_id.clone(), &key)));
            }
            Ok::<_, Failed>(metrics)
        };
        Ok(GetMetricHistoryBulkIntervalAnswer { metrics: found.await? })
    }
}

fn interval(start: Option<i32>, end: Option<i32>) -> Result<Option<(i64, i64)>> {
    match (start, end) {
        (None, None) => Ok(None),
        (Some(start), Some(end)) if start <= end => Ok(Some((start.into(), end.into()))),
        (Some(start), Some(end)) => Err(Error::invalid(format!(
            "end_step must be greater than start_step. Found start_step={start} and end_step={end}."
        ))),
        _ => Err(Error::invalid(
            "If either start step or end step are specified, both must be specified.",
        )),
    }
}

/// The first value of each of so many equal parts of a history, and the last value of all.
async fn sample(
    db: &mut Conn,
    run_id: &str,
    key: &str,
    points: i64,
    steps: Option<(i64, i64)>,
) -> Result<Vec<Point>, DbError> {
    let from = |mut select: Sql| {
        select.push(" FROM metrics WHERE run_uuid = ").push_bind(run_id);
        select.push(" AND key = ").push_bind(key);
        if let Some((start, end)) = steps {
            select.push(" AND step BETWEEN ").push_bind(start).push(" AND ").push_bind(end);
        }
        select
    };
    let buckets = sql("SELECT value, is_nan, timestamp, step, ntile(CAST(? AS INTEGER))
        OVER (ORDER BY step, timestamp, value, is_nan) AS bucket");
    let mut select = sql("SELECT value, is_nan, timestamp, step FROM (
        SELECT value, is_nan, timestamp, step, row_number() OVER
            (PARTITION BY bucket ORDER BY step, timestamp, value, is_nan) AS place FROM (");
    select.push_sql(from(buckets.bind(points)));
    select.push(") b) f WHERE place = 1 ORDER BY step, timestamp, value, is_nan");
    let rows = db.rows(select).await?;
    let mut sample =
        rows.iter().map(|row| Point::read(row, 0)).collect::<Result<Vec<_>, DbError>>()?;
    let mut last = from(sql("SELECT value, is_nan, timestamp, step"));
    last.push(" ORDER BY step DESC, timestamp DESC, value DESC, is_nan DESC LIMIT 1");
    if let Some(row) = db.row(last).await? {
        let last = Point::read(&row, 0)?;
        if sample.last() != Some(&last) {
            if sample.len() as i64 >= points {
                sample.pop();
            }
            sample.push(last);
        }
    }
    Ok(sample)
}
