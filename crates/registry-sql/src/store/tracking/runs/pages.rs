//! What belongs to a page of runs, fetched for all of them at once.

use std::collections::BTreeMap;

use gauntlet_mlflow::{
    Backend, GetRun, KeyValue, Metric, ModelInput, ModelOutput, Result, Run, RunAnswer, RunData,
    RunInputs, RunOutputs,
};

use super::super::check::{self, Stored};
use super::super::{inputs, many};
use super::{NAME_TAG, RunRow, find};
use crate::Store;
use crate::db::{Conn, DbError, Row, sql};
use crate::store::errors::Failed;

impl Backend<GetRun> for Store {
    async fn call(&self, request: GetRun) -> Result<RunAnswer> {
        let run_id = check::run_id(request.run_id, request.run_uuid)?;
        let run = async {
            let mut db = self.read().await?;
            let run = find(&mut db, &run_id).await?;
            let mut runs = whole(&mut db, vec![run]).await?;
            if let [run] = runs.as_mut_slice()
                && let Some(inputs) = &mut run.inputs
            {
                inputs.model_inputs = model_inputs(&mut db, &run_id).await?;
            }
            Ok::<_, Failed>(runs.pop())
        };
        Ok(RunAnswer { run: run.await? })
    }
}

/// Runs with what they logged and made, and the datasets that they read.
pub(super) async fn whole(db: &mut Conn, rows: Vec<RunRow>) -> Result<Vec<Run>, Failed> {
    let ids: Vec<String> = rows.iter().map(|row| row.run_id.clone()).collect();
    let mut page = Page::new(&ids);
    for ids in ids.chunks(many::LONGEST_LIST) {
        page.add_metrics(db, ids).await?;
        page.add_pairs(db, "params", ids, |data| &mut data.params).await?;
        page.add_pairs(db, "tags", ids, |data| &mut data.tags).await?;
        page.add_outputs(db, ids).await?;
        inputs::datasets_of(db, ids, |run_id, input| {
            if let Some(parts) = page.parts(run_id) {
                parts.inputs.dataset_inputs.push(input);
            }
        })
        .await?;
    }
    Ok(rows.into_iter().zip(page.parts).map(|(row, parts)| parts.of(row)).collect())
}

/// What belongs to each run of a page, in the page's order.
struct Page {
    places: BTreeMap<String, usize>,
    parts: Vec<Parts>,
}

#[derive(Default)]
struct Parts {
    data: RunData,
    inputs: RunInputs,
    outputs: RunOutputs,
}

impl Parts {
    fn of(self, mut row: RunRow) -> Run {
        // Runs of releases before 1.30 have their name in the tag only.
        if row.name.as_ref().is_none_or(String::is_empty) {
            let tag = self.data.tags.iter().find(|tag| tag.key.as_deref() == Some(NAME_TAG));
            row.name = tag.and_then(|tag| tag.value.clone()).or(row.name);
        }
        Run {
            info: Some(row.info()),
            data: Some(self.data),
            inputs: Some(self.inputs),
            outputs: Some(self.outputs),
        }
    }
}

impl Page {
    fn new(ids: &[String]) -> Self {
        let places = ids.iter().cloned().enumerate().map(|(place, id)| (id, place)).collect();
        Self { places, parts: ids.iter().map(|_| Parts::default()).collect() }
    }

    fn parts(&mut self, run_id: &str) -> Option<&mut Parts> {
        self.parts.get_mut(*self.places.get(run_id)?)
    }

    /// Rows whose first column is the run's identifier.
    async fn add(
        &mut self,
        db: &mut Conn,
        select: &str,
        ids: &[String],
        add: impl Fn(&mut Parts, &Row) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let mut select = sql(select);
        many::push_in(&mut select, ids);
        // Rows of one run come together, so its place is rarely looked up.
        let mut last = (String::new(), None);
        for row in db.rows(select).await? {
            let run_id: String = row.get(0)?;
            if last.0 != run_id {
                let place = self.places.get(&run_id).copied();
                last = (run_id, place);
            }
            if let Some(parts) = last.1.and_then(|place| self.parts.get_mut(place)) {
                add(parts, &row)?;
            }
        }
        Ok(())
    }

    async fn add_metrics(&mut self, db: &mut Conn, ids: &[String]) -> Result<(), DbError> {
        let select = "SELECT run_uuid, key, value, is_nan, timestamp, step FROM latest_metrics WHERE run_uuid";
        let add = |parts: &mut Parts, row: &Row| {
            let stored = Stored { value: row.get(2)?, is_nan: row.get(3)? };
            parts.data.metrics.push(Metric {
                key: Some(row.get(1)?),
                value: Some(stored.read()),
                timestamp: Some(row.get::<Option<i64>>(4)?.unwrap_or_default()),
                step: Some(row.get(5)?),
                ..Metric::default()
            });
            Ok(())
        };
        self.add(db, select, ids, add).await
    }

    async fn add_pairs(
        &mut self,
        db: &mut Conn,
        table: &'static str,
        ids: &[String],
        list: fn(&mut RunData) -> &mut Vec<KeyValue>,
    ) -> Result<(), DbError> {
        let select = format!("SELECT run_uuid, key, value FROM {table} WHERE run_uuid");
        let add = |parts: &mut Parts, row: &Row| {
            let value: Option<String> = row.get(2)?;
            let pair = KeyValue { key: Some(row.get(1)?), value: Some(value.unwrap_or_default()) };
            list(&mut parts.data).push(pair);
            Ok(())
        };
        self.add(db, &select, ids, add).await
    }

    async fn add_outputs(&mut self, db: &mut Conn, ids: &[String]) -> Result<(), DbError> {
        let select = "SELECT source_id, destination_id, step FROM inputs
            WHERE source_type = 'RUN_OUTPUT' AND destination_type = 'MODEL_OUTPUT' AND source_id";
        let add = |parts: &mut Parts, row: &Row| {
            let output = ModelOutput { model_id: Some(row.get(1)?), step: Some(row.get(2)?) };
            parts.outputs.model_outputs.push(output);
            Ok(())
        };
        self.add(db, select, ids, add).await
    }
}

async fn model_inputs(db: &mut Conn, run_id: &str) -> Result<Vec<ModelInput>, DbError> {
    let select = sql("SELECT destination_id FROM inputs
        WHERE source_type = 'RUN_INPUT' AND source_id = ? AND destination_type = 'MODEL_INPUT'");
    let rows = db.rows(select.bind(run_id)).await?;
    rows.iter().map(|row| Ok(ModelInput { model_id: Some(row.get(0)?) })).collect()
}
