//! Runs: made first, filled when the logged models that they name are there.

use gauntlet_mlflow::*;

use super::{Importer, is_deleted};
use crate::journal::{Unit, parse};
use crate::tracking::Tracking;
use crate::{IMPORTED_RUN, MoveError, Result};

/// The tag that names a nested run's parent.
pub(crate) const PARENT: &str = "mlflow.parentRunId";

/// What servers take in one call.
const METRICS: usize = 1000;
const PAIRS: usize = 100;

impl<T: Tracking> Importer<'_, T> {
    /// Makes the run, or finds the one that was made of it before.
    pub(super) async fn begin_run(&mut self, unit: &Unit) -> Result<()> {
        let (run, _): (Run, _) = self.first(unit)?;
        let info = run.info.unwrap_or_default();
        let id = info.run_id.clone().unwrap_or_default();
        let experiment = self
            .target("experiments", info.experiment_id.as_deref())
            .ok_or_else(|| MoveError::Incomplete { path: self.folder.clone() })?;
        let filter = format!("tags.`{IMPORTED_RUN}` = '{id}'");
        let found = self.to.runs(&experiment, Some(filter)).await?.pop();
        let made = match found {
            Some(found) => {
                let made = found.info.unwrap_or_default();
                if is_deleted(made.lifecycle_stage.as_deref()) {
                    let request = RestoreRun { run_id: made.run_id.clone() };
                    self.to.ask(&format!("restore run {id}"), request).await?;
                }
                made
            }
            None => {
                let request = CreateRun {
                    experiment_id: Some(experiment),
                    user_id: info.user_id,
                    run_name: info.run_name,
                    start_time: info.start_time,
                    tags: vec![KeyValue::new(IMPORTED_RUN, &id)],
                };
                let made = self.to.ask(&format!("make run {id}"), request).await?;
                made.run.and_then(|run| run.info).unwrap_or_default()
            }
        };
        if let (Some(before), Some(after)) = (info.artifact_uri, made.artifact_uri) {
            self.roots.insert(before, after);
        }
        self.complete(unit, made.run_id.unwrap_or_default())
    }

    /// Logs all that the run logged; logging it again changes nothing.
    pub(super) async fn fill_run(&self, unit: &Unit) -> Result<()> {
        let (run, rest): (Run, _) = self.first(unit)?;
        let (info, data) = (run.info.unwrap_or_default(), run.data.unwrap_or_default());
        let run_id = self.target("runs", info.run_id.as_deref());
        let operation = format!("fill {}", unit.unit);
        let batch = || LogBatch { run_id: run_id.clone(), ..LogBatch::default() };
        for params in data.params.chunks(PAIRS) {
            self.to.ask(&operation, LogBatch { params: params.to_vec(), ..batch() }).await?;
        }
        let mut tags = super::own(&data.tags, IMPORTED_RUN);
        for tag in tags.iter_mut().filter(|tag| tag.key.as_deref() == Some(PARENT)) {
            // A parent that was not exported keeps its name: it may be there already.
            tag.value = self.target("runs", tag.value.as_deref()).or(tag.value.take());
        }
        for tags in tags.chunks(PAIRS) {
            self.to.ask(&operation, LogBatch { tags: tags.to_vec(), ..batch() }).await?;
        }
        let mut metrics = Vec::new();
        for line in &rest {
            let metric: Metric = parse(&self.folder, unit, line)?;
            let run = info.run_id.clone().unwrap_or_default();
            let logged = (run, metric.key.clone(), metric.timestamp, metric.step);
            match self.measured.get(&logged) {
                None => metrics.push(Metric { model_id: None, run_id: None, ..metric }),
                Some(models) => metrics.extend(models.iter().map(|model| Metric {
                    model_id: Some(model.clone()),
                    run_id: None,
                    ..metric.clone()
                })),
            }
        }
        for metrics in metrics.chunks(METRICS) {
            self.to.ask(&operation, LogBatch { metrics: metrics.to_vec(), ..batch() }).await?;
        }
        let inputs = run.inputs.unwrap_or_default();
        let models = inputs.model_inputs.iter().map(|input| ModelInput {
            model_id: self.target("logged-models", input.model_id.as_deref()),
        });
        let models: Vec<ModelInput> = models.filter(|input| input.model_id.is_some()).collect();
        if !inputs.dataset_inputs.is_empty() || !models.is_empty() {
            let run_id = run_id.clone();
            let request = LogInputs { run_id, datasets: inputs.dataset_inputs, models };
            self.to.ask(&operation, request).await?;
        }
        let outputs = run.outputs.unwrap_or_default().model_outputs;
        let models = outputs.into_iter().map(|output| ModelOutput {
            model_id: self.target("logged-models", output.model_id.as_deref()),
            ..output
        });
        let mut models: Vec<ModelOutput> =
            models.filter(|output| output.model_id.is_some()).collect();
        if !models.is_empty() {
            // The one thing that a server refuses to be told twice.
            let request = GetRun { run_id: run_id.clone(), run_uuid: None };
            let there = self.to.ask(&operation, request).await?.run.and_then(|run| run.outputs);
            let there = there.unwrap_or_default().model_outputs;
            models.retain(|output| !there.iter().any(|known| known.model_id == output.model_id));
        }
        if !models.is_empty() {
            self.to.ask(&operation, LogOutputs { run_id: run_id.clone(), models }).await?;
        }
        let root = info.artifact_uri.and_then(|root| self.roots.get(&root).cloned());
        self.upload(unit, root.as_deref()).await?;
        let request = UpdateRun {
            run_id: run_id.clone(),
            status: info.status,
            end_time: info.end_time,
            ..UpdateRun::default()
        };
        self.to.ask(&operation, request).await?;
        if is_deleted(info.lifecycle_stage.as_deref()) {
            self.to.ask(&operation, DeleteRun { run_id }).await?;
        }
        Ok(())
    }
}
