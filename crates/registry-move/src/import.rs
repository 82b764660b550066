//! Out of a folder, into a registry.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauntlet_core::Digest;
use gauntlet_mlflow::*;
use gauntlet_registry::LocalFiles;
use gauntlet_registry::rest::{Progress, copy_file};
use serde::{Deserialize, Serialize};

use crate::export::read_header;
use crate::journal::{Counts, Journal, Unit, parse, read_lines};
use crate::tracking::{End, Step, Tracking, number};
use crate::{IMPORTED_MODEL, IMPORTED_RUN, IMPORTED_VERSION, MoveError, Result, verify};

/// What servers take in one call.
const METRICS: usize = 1000;
const PAIRS: usize = 100;

/// A unit that was imported, and its number there.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Done {
    unit: String,
    target: String,
}

/// Imports the export in `folder` into a registry, going on where an earlier call stopped, and compares everything at
/// the end. What was imported before is found by its tags, and not made a second time.
///
/// # Errors
/// The folder holds no complete export, the registry refuses something, or what is there afterwards differs.
pub async fn import<T: Tracking>(
    folder: &Path,
    to: &End<T>,
    told: Arc<dyn Fn(Step) + Send + Sync>,
) -> Result<Counts> {
    let header = read_header(folder)?.filter(|header| header.counts.is_some());
    let header = header.ok_or_else(|| MoveError::Incomplete { path: folder.to_owned() })?;
    let units = Journal::open(folder.join("journal.jsonl"), |unit: &Unit| unit.unit.clone())?;
    let counts = verify::folder(folder, &units)?;
    if header.counts != Some(counts) {
        return Err(MoveError::Incomplete { path: folder.to_owned() });
    }
    let name = format!("imported-{}.jsonl", Digest::of(to.address.as_bytes()).short());
    let done = Journal::open(folder.join(name), |done: &Done| done.unit.clone())?;
    let bytes_told = told.clone();
    let progress: Progress = Arc::new(move |bytes| bytes_told(Step::Bytes(bytes)));
    told(Step::Found(units.lines.len() as u64));
    let units: Vec<Unit> = units.lines.into_values().collect();
    let mut importer = Importer {
        to,
        folder: folder.to_owned(),
        done,
        told,
        progress,
        roots: BTreeMap::new(),
        measured: BTreeMap::new(),
    };
    importer.all(&units).await?;
    importer.check(&units).await?;
    Ok(counts)
}

struct Importer<'a, T> {
    to: &'a End<T>,
    folder: PathBuf,
    done: Journal<Done>,
    told: Arc<dyn Fn(Step) + Send + Sync>,
    progress: Progress,
    /// Where artefacts were, and where they are now.
    roots: BTreeMap<String, String>,
    /// The logged models, by their numbers there, that values of runs' metrics are about. The histories do not tell.
    measured: BTreeMap<Logged, Vec<String>>,
}

/// A run here, and key, time and step of a value that it logged.
type Logged = (String, Option<String>, Option<i64>, Option<i64>);

impl<T: Tracking> Importer<'_, T> {
    async fn all(&mut self, units: &[Unit]) -> Result<()> {
        // Runs before logged models, which name them; then what runs logged, which names logged models.
        for unit in of(units, "experiments/") {
            self.experiment(unit).await?;
        }
        for unit in of(units, "runs/") {
            self.begin_run(unit).await?;
        }
        for unit in of(units, "logged-models/") {
            self.logged_model(unit).await?;
            (self.told)(Step::Unit(unit.unit.clone()));
        }
        for unit in of(units, "runs/") {
            self.fill_run(unit).await?;
            (self.told)(Step::Unit(unit.unit.clone()));
        }
        for unit in of(units, "models/") {
            self.model(unit).await?;
            (self.told)(Step::Unit(unit.unit.clone()));
        }
        // Nothing can be logged in what is deleted.
        for unit in of(units, "experiments/") {
            self.end_experiment(unit).await?;
            (self.told)(Step::Unit(unit.unit.clone()));
        }
        Ok(())
    }

    fn first<M: serde::de::DeserializeOwned>(&self, unit: &Unit) -> Result<(M, Vec<String>)> {
        let mut lines = read_lines(&self.folder, unit)?;
        let rest = if lines.is_empty() { Vec::new() } else { lines.split_off(1) };
        let first = lines.pop().unwrap_or_default();
        Ok((parse(&self.folder, unit, &first)?, rest))
    }

    fn target(&self, kind: &str, id: Option<&str>) -> Option<String> {
        self.done.lines.get(&format!("{kind}/{}", id?)).map(|done| done.target.clone())
    }

    fn complete(&mut self, unit: &Unit, target: String) -> Result<()> {
        let known = self.done.lines.get(&unit.unit).is_some_and(|done| done.target == target);
        if known {
            return Ok(());
        }
        let done = Done { unit: unit.unit.clone(), target };
        self.done.append(unit.unit.clone(), done)
    }

    async fn experiment(&mut self, unit: &Unit) -> Result<()> {
        let (experiment, _): (Experiment, _) = self.first(unit)?;
        let name = experiment.name.clone().unwrap_or_default();
        let request = GetExperimentByName { experiment_name: Some(name.clone()) };
        let found = match self.to.ask(&format!("look for experiment `{name}`"), request).await {
            Ok(answer) => answer.experiment,
            Err(MoveError::Refused { source, .. })
                if source.code == ErrorCode::ResourceDoesNotExist =>
            {
                None
            }
            Err(error) => return Err(error),
        };
        let id = match found {
            Some(found) => {
                let id = found.experiment_id.clone().unwrap_or_default();
                if is_deleted(found.lifecycle_stage.as_deref()) {
                    let request = RestoreExperiment { experiment_id: Some(id.clone()) };
                    self.to.ask(&format!("restore experiment `{name}`"), request).await?;
                }
                id
            }
            None => {
                let request = CreateExperiment { name: Some(name.clone()), ..Default::default() };
                let made = self.to.ask(&format!("make experiment `{name}`"), request).await?;
                made.experiment_id.unwrap_or_default()
            }
        };
        for tag in experiment.tags {
            let request = SetExperimentTag {
                experiment_id: Some(id.clone()),
                key: tag.key,
                value: tag.value,
            };
            self.to.ask(&format!("tag experiment `{name}`"), request).await?;
        }
        self.complete(unit, id)
    }

    async fn end_experiment(&self, unit: &Unit) -> Result<()> {
        let (experiment, _): (Experiment, _) = self.first(unit)?;
        if !is_deleted(experiment.lifecycle_stage.as_deref()) {
            return Ok(());
        }
        let experiment_id = self.target("experiments", experiment.experiment_id.as_deref());
        let name = experiment.name.unwrap_or_default();
        let request = DeleteExperiment { experiment_id };
        self.to.ask(&format!("delete experiment `{name}`"), request).await.map(|_| ())
    }

    /// Makes the run, or finds the one that was made of it before.
    async fn begin_run(&mut self, unit: &Unit) -> Result<()> {
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
    async fn fill_run(&self, unit: &Unit) -> Result<()> {
        let (run, rest): (Run, _) = self.first(unit)?;
        let (info, data) = (run.info.unwrap_or_default(), run.data.unwrap_or_default());
        let run_id = self.target("runs", info.run_id.as_deref());
        let operation = format!("fill {}", unit.unit);
        let batch = || LogBatch { run_id: run_id.clone(), ..LogBatch::default() };
        for params in data.params.chunks(PAIRS) {
            self.to.ask(&operation, LogBatch { params: params.to_vec(), ..batch() }).await?;
        }
        for tags in data.tags.chunks(PAIRS) {
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

    async fn logged_model(&mut self, unit: &Unit) -> Result<()> {
        let (model, _): (LoggedModel, _) = self.first(unit)?;
        let (info, data) = (model.info.unwrap_or_default(), model.data.unwrap_or_default());
        let id = info.model_id.clone().unwrap_or_default();
        let experiment = self
            .target("experiments", info.experiment_id.as_deref())
            .ok_or_else(|| MoveError::Incomplete { path: self.folder.clone() })?;
        let operation = format!("import logged model {id}");
        let filter = format!("tags.`{IMPORTED_MODEL}` = '{id}'");
        let made = match self.to.logged_models(&experiment, Some(filter)).await?.pop() {
            Some(found) => found.info.unwrap_or_default(),
            None => {
                let mut tags = info.tags.clone();
                tags.push(KeyValue::new(IMPORTED_MODEL, &id));
                let request = CreateLoggedModel {
                    experiment_id: Some(experiment),
                    name: info.name.clone(),
                    model_type: info.model_type.clone(),
                    source_run_id: self.target("runs", info.source_run_id.as_deref()),
                    params: data.params,
                    tags,
                };
                let made = self.to.ask(&operation, request).await?;
                made.model.and_then(|model| model.info).unwrap_or_default()
            }
        };
        let target = made.model_id.clone().unwrap_or_default();
        if let (Some(before), Some(after)) = (&info.artifact_uri, &made.artifact_uri) {
            self.roots.insert(before.clone(), after.clone());
        }
        self.upload(unit, made.artifact_uri.as_deref()).await?;
        for metric in data.metrics {
            if let Some(run) = metric.run_id.clone() {
                let logged = (run, metric.key, metric.timestamp, metric.step);
                self.measured.entry(logged).or_default().push(target.clone());
            }
        }
        let ended =
            matches!(info.status, Some(LoggedModelStatus::Ready | LoggedModelStatus::UploadFailed));
        if ended && made.status != info.status {
            let request =
                FinalizeLoggedModel { model_id: Some(target.clone()), status: info.status };
            self.to.ask(&operation, request).await?;
        }
        self.complete(unit, target)
    }

    /// Copies the files of a unit that are not there with the same size.
    async fn upload(&self, unit: &Unit, root: Option<&str>) -> Result<()> {
        if unit.files.is_empty() {
            return Ok(());
        }
        let owner = unit.unit.as_str();
        let target = self.to.open(owner, root.unwrap_or_default())?;
        let source = LocalFiles::new(self.folder.join("artifacts").join(owner));
        let there: BTreeMap<String, u64> =
            crate::tracking::walk(owner, target.as_ref()).await?.into_iter().collect();
        for file in &unit.files {
            if there.get(&file.path) == Some(&file.size) {
                continue;
            }
            let path = file.path.as_str();
            let copied = copy_file((&source, path), (target.as_ref(), path), &self.progress).await;
            copied.map_err(|source| MoveError::Artefact {
                owner: owner.to_owned(),
                source: Box::new(source),
            })?;
        }
        Ok(())
    }

    async fn model(&mut self, unit: &Unit) -> Result<()> {
        let (model, rest): (RegisteredModel, _) = self.first(unit)?;
        let name = model.name.clone().unwrap_or_default();
        let operation = format!("import model {name}");
        let request = CreateRegisteredModel {
            name: model.name.clone(),
            tags: model.tags.clone(),
            description: model.description.clone(),
        };
        match self.to.ask(&operation, request).await {
            Ok(_) => {}
            Err(MoveError::Refused { source, .. })
                if source.code == ErrorCode::ResourceAlreadyExists => {}
            Err(error) => return Err(error),
        }
        let there = self.to.versions(&name).await?;
        let mut next = there.last().map_or(1, |version| number(version) + 1);
        for line in &rest {
            let version: ModelVersion = parse(&self.folder, unit, line)?;
            let wanted = number(&version);
            let marker = format!("{name}/{wanted}");
            if let Some(found) = there.iter().find(|found| number(found) == wanted) {
                let imported = found.tags.iter().any(|tag| {
                    tag.key.as_deref() == Some(IMPORTED_VERSION)
                        && tag.value.as_deref() == Some(&marker)
                });
                if imported {
                    continue;
                }
                return Err(MoveError::Taken {
                    what: format!("version {wanted} of model `{name}`"),
                    remedy: "rename that model there, or import into another registry".to_owned(),
                });
            }
            // Numbers that were deleted before stay unused.
            while next < wanted {
                let made = self.create(&operation, &name, &version, None).await?;
                next = made + 1;
                if made >= wanted {
                    break;
                }
                let request = DeleteModelVersion {
                    name: Some(name.clone()),
                    version: Some(made.to_string()),
                };
                self.to.ask(&operation, request).await?;
            }
            let made = self.create(&operation, &name, &version, Some(marker)).await?;
            if made != wanted {
                return Err(MoveError::Taken {
                    what: format!("version {wanted} of model `{name}`"),
                    remedy: format!(
                        "its next number there is {made}: remove the model, or import into another registry"
                    ),
                });
            }
            next = made + 1;
            let stage = version.current_stage.filter(|stage| stage != "None" && !stage.is_empty());
            if let Some(stage) = stage {
                let request = TransitionModelVersionStage {
                    name: Some(name.clone()),
                    version: Some(made.to_string()),
                    stage: Some(stage),
                    archive_existing_versions: Some(false),
                };
                self.to.ask(&operation, request).await?;
            }
        }
        for alias in model.aliases {
            let request = SetRegisteredModelAlias {
                name: Some(name.clone()),
                alias: alias.alias,
                version: alias.version,
            };
            self.to.ask(&operation, request).await?;
        }
        self.complete(unit, name)
    }

    /// Makes a version, with its tags if it is to stay, and returns its number.
    async fn create(
        &self,
        operation: &str,
        name: &str,
        version: &ModelVersion,
        marker: Option<String>,
    ) -> Result<u64> {
        let mut tags = Vec::new();
        if let Some(marker) = marker {
            tags.clone_from(&version.tags);
            tags.push(KeyValue::new(IMPORTED_VERSION, marker));
        }
        // Servers do not tell a version's logged model, unless its source does.
        let of_source = version.source.as_deref().and_then(|s| s.strip_prefix("models:/"));
        let logged = version.model_id.as_deref().filter(|id| !id.is_empty()).or(of_source);
        let request = CreateModelVersion {
            name: Some(name.to_owned()),
            source: version.source.as_deref().map(|source| self.source(source)),
            run_id: self.target("runs", version.run_id.as_deref()),
            tags,
            run_link: version.run_link.clone(),
            description: version.description.clone(),
            model_id: self.target("logged-models", logged),
        };
        let made = self.to.ask(operation, request).await?.model_version.unwrap_or_default();
        Ok(number(&made))
    }

    /// Where a version's files are now, if they were moved.
    fn source(&self, source: &str) -> String {
        if let Some(id) = source.strip_prefix("models:/") {
            let moved = self.target("logged-models", Some(id));
            return moved.map_or_else(|| source.to_owned(), |id| format!("models:/{id}"));
        }
        for (before, after) in &self.roots {
            if let Some(rest) = source.strip_prefix(before.as_str())
                && (rest.is_empty() || rest.starts_with('/'))
            {
                return format!("{after}{rest}");
            }
        }
        source.to_owned()
    }

    /// Compares everything that is there now with the export.
    async fn check(&self, units: &[Unit]) -> Result<()> {
        for unit in of(units, "runs/") {
            let id = unit.unit.strip_prefix("runs/");
            let target = self.target("runs", id).unwrap_or_default();
            let store = verify::run(self.to, &self.folder, unit, &target).await?;
            if !unit.files.is_empty() {
                verify::files(unit, store.as_ref()).await?;
            }
        }
        for unit in of(units, "logged-models/").filter(|unit| !unit.files.is_empty()) {
            let model_id = self.target("logged-models", unit.unit.strip_prefix("logged-models/"));
            let answer = self.to.ask("read a logged model", GetLoggedModel { model_id, ..Default::default() }).await?;
            let info = answer.model.and_then(|model| model.info).unwrap_or_default();
            let root = info.artifact_uri.unwrap_or_default();
            verify::files(unit, self.to.open(&unit.unit, &root)?.as_ref()).await?;
        }
        for unit in of(units, "models/") {
            verify::model(self.to, &self.folder, unit).await?;
        }
        Ok(())
    }
}

fn of<'a>(units: &'a [Unit], kind: &'static str) -> impl Iterator<Item = &'a Unit> {
    units.iter().filter(move |unit| unit.unit.starts_with(kind))
}

fn is_deleted(stage: Option<&str>) -> bool {
    stage == Some("deleted")
}
