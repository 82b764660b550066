//! Batches of metrics, parameters and tags, all of them or none.

use futures_util::FutureExt as _;
use gauntlet_mlflow::{Backend, Empty, Error, KeyValue, LogBatch, Metric, Result};

use super::check::{self, Checked};
use super::runs::active;
use super::{metrics, params, tags};
use crate::Store;
use crate::db::Conn;
use crate::store::errors::Failed;

const METRICS: usize = 1000;
const PARAMS_OR_TAGS: usize = 100;
const ALL: usize = 1000;

/// A batch that was checked.
struct Batch {
    run_id: String,
    metrics: Vec<Checked>,
    params: Vec<(String, String)>,
    tags: Vec<(String, String)>,
}

impl Backend<LogBatch> for Store {
    async fn call(&self, request: LogBatch) -> Result<Empty> {
        let batch = checked(request)?;
        self.write(move |db| async move { log(db, batch).await }.boxed()).await
    }
}

async fn log(db: &mut Conn, batch: Batch) -> Result<Empty, Failed> {
    let run = active(db, &batch.run_id).await?;
    params::log_all(db, &batch.run_id, &batch.params).await?;
    metrics::log_all(db, &run, batch.metrics).await?;
    tags::set(db, &batch.run_id, batch.tags).await?;
    Ok(Empty {})
}

fn checked(request: LogBatch) -> Result<Batch> {
    all_there(&request.metrics, &request.params, &request.tags)?;
    let run_id = check::run_id(request.run_id, None);
    check::strict_run_id(&run_id)?;
    let numbered = |what: &str, index: usize| format!("{what}[{index}]");
    let of = |pairs: Vec<KeyValue>,
              what: &str,
              check: fn(KeyValue, &str) -> Result<(String, String)>| {
        let pairs = pairs.into_iter().enumerate();
        pairs.map(|(index, pair)| check(pair, &numbered(what, index))).collect::<Result<Vec<_>>>()
    };
    let metrics = request.metrics.into_iter().enumerate();
    let metrics = metrics.map(|(index, metric)| check::metric(metric, &numbered("metrics", index)));
    let batch = Batch {
        run_id,
        metrics: metrics.collect::<Result<_>>()?,
        params: of(request.params, "params", check::param)?,
        tags: of(request.tags, "tags", check::tag)?,
    };
    let (metrics, params, tags) = (batch.metrics.len(), batch.params.len(), batch.tags.len());
    at_most("metrics", METRICS, metrics)?;
    at_most("params", PARAMS_OR_TAGS, params)?;
    at_most("tags", PARAMS_OR_TAGS, tags)?;
    at_most("metrics, params, and tags", ALL, metrics + params + tags)?;
    params::once_each(&batch.params)?;
    Ok(batch)
}

/// Fields that MLflow's server asks for before it looks at any value.
fn all_there(metrics: &[Metric], params: &[KeyValue], tags: &[KeyValue]) -> Result<()> {
    let keyed = |key: &Option<String>, path: String| match key {
        Some(key) if !key.is_empty() => Ok(()),
        _ => Err(check::missing_field(&path)),
    };
    for (index, metric) in metrics.iter().enumerate() {
        keyed(&metric.key, format!("metrics[{index}].key"))?;
        if metric.value.is_none() {
            return Err(check::missing_field(&format!("metrics[{index}].value")));
        }
        if metric.timestamp.is_none() {
            return Err(check::missing_field(&format!("metrics[{index}].timestamp")));
        }
    }
    for (what, pairs) in [("params", params), ("tags", tags)] {
        for (index, pair) in pairs.iter().enumerate() {
            keyed(&pair.key, format!("{what}[{index}].key"))?;
        }
    }
    Ok(())
}

fn at_most(what: &str, limit: usize, found: usize) -> Result<()> {
    if found <= limit {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "A batch logging request can contain at most {limit} {what}. Got {found} {what}. Please split up {what} \
        across multiple requests and try again."
    )))
}
