//! What belongs to a page of runs, fetched for all of them at once.

use std::collections::BTreeMap;

use gauntlet_mlflow::{
    Backend, Double, GetRun, KeyValue, Metric, ModelInput, ModelOutput, Result, Run, RunAnswer,
    RunData, RunInputs, RunOutputs,
};

use super::super::check::{self, Stored};
use super::super::table::{self, Column, Line};
use super::super::{inputs, many};
use super::{NAME_TAG, RunRow, find};
use crate::Store;
use crate::db::{Conn, DbError, sql};
use crate::store::errors::Failed;

impl Backend<GetRun> for Store {
    async fn call(&self, request: GetRun) -> Result<RunAnswer> {
        let run_id = check::run_id(request.run_id, request.run_uuid);
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
        columns: &[Column],
        from: &str,
        ids: &[String],
        add: impl Fn(&mut Parts, &mut Line),
    ) -> Result<(), DbError> {
        let mut rest = sql(from);
        many::push_in(&mut rest, ids);
        for mut line in table::read(db, columns, rest).await? {
            if let Some(parts) = line.text(0).and_then(|run_id| self.parts(&run_id)) {
                add(parts, &mut line);
            }
        }
        Ok(())
    }

    async fn add_metrics(&mut self, db: &mut Conn, ids: &[String]) -> Result<(), DbError> {
        let columns = [
            Column::Text("run_uuid"),
            Column::Text("key"),
            Column::Real("value"),
            Column::Bool("is_nan"),
            Column::Int("timestamp"),
            Column::Int("step"),
        ];
        let add = |parts: &mut Parts, line: &mut Line| {
            let value = line.real(2);
            let stored = Stored { value: value.unwrap_or_default(), is_nan: line.flag(3) };
            parts.data.metrics.push(Metric {
                key: line.text(1),
                value: value.map(|_| stored.read()),
                timestamp: Some(line.int(4).unwrap_or_default()),
                step: line.int(5),
                ..Metric::default()
            });
        };
        self.add(db, &columns, "FROM latest_metrics WHERE run_uuid", ids, add).await?;
        self.add_extremes(db, ids).await
    }

    /// The values that did not come with their metrics.
    async fn add_extremes(&mut self, db: &mut Conn, ids: &[String]) -> Result<(), DbError> {
        let mut metrics = self.parts.iter().flat_map(|parts| &parts.data.metrics);
        if metrics.all(|metric| metric.value.is_some()) {
            return Ok(());
        }
        let mut select = sql(format!(
            "SELECT run_uuid, key, value FROM latest_metrics WHERE {} AND run_uuid",
            table::INEXACT
        ));
        many::push_in(&mut select, ids);
        for row in db.rows(select).await? {
            let (run_id, key): (String, String) = (row.get(0)?, row.get(1)?);
            let metrics = self.parts(&run_id).map(|parts| &mut parts.data.metrics);
            let mut found = metrics.into_iter().flatten();
            if let Some(metric) = found.find(|metric| metric.key.as_ref() == Some(&key)) {
                metric.value = Some(Double(row.get(2)?));
            }
        }
        Ok(())
    }

    async fn add_pairs(
        &mut self,
        db: &mut Conn,
        table: &'static str,
        ids: &[String],
        list: fn(&mut RunData) -> &mut Vec<KeyValue>,
    ) -> Result<(), DbError> {
        let columns = [Column::Text("run_uuid"), Column::Text("key"), Column::Text("value")];
        let from = format!("FROM {table} WHERE run_uuid");
        let add = |parts: &mut Parts, line: &mut Line| {
            let (key, value) = (line.text(1), line.text(2).unwrap_or_default());
            list(&mut parts.data).push(KeyValue { key, value: Some(value) });
        };
        self.add(db, &columns, &from, ids, add).await
    }

    async fn add_outputs(&mut self, db: &mut Conn, ids: &[String]) -> Result<(), DbError> {
        let columns =
            [Column::Text("source_id"), Column::Text("destination_id"), Column::Int("step")];
        let from =
            "FROM inputs WHERE source_type = 'RUN_OUTPUT' AND destination_type = 'MODEL_OUTPUT'
            AND source_id";
        let add = |parts: &mut Parts, line: &mut Line| {
            let output = ModelOutput { model_id: line.text(1), step: line.int(2) };
            parts.outputs.model_outputs.push(output);
        };
        self.add(db, &columns, from, ids, add).await
    }
}

async fn model_inputs(db: &mut Conn, run_id: &str) -> Result<Vec<ModelInput>, DbError> {
    let select = sql("SELECT destination_id FROM inputs
        WHERE source_type = 'RUN_INPUT' AND source_id = ? AND destination_type = 'MODEL_INPUT'");
    let rows = db.rows(select.bind(run_id)).await?;
    rows.iter().map(|row| Ok(ModelInput { model_id: Some(row.get(0)?) })).collect()
}
