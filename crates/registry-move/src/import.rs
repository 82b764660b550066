//! Out of a folder, into a registry.

mod logged;
mod registered;
mod runs;

pub(crate) use runs::PARENT;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauntlet_core::Digest;
use gauntlet_mlflow::*;
use gauntlet_registry::LocalFiles;
use gauntlet_registry::rest::{Progress, copy_file};
use serde::{Deserialize, Serialize};

use crate::export::read_header;
use crate::journal::{Counts, Journal, Unit, parse, read_lines};
use crate::tracking::{End, Step, Tracking};
use crate::{MoveError, Result, verify};

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
        for unit in self.models_in_order(units)? {
            self.model(unit).await?;
            (self.told)(Step::Unit(unit.unit.clone()));
        }
        for unit in of(units, "logged-models/") {
            self.versions_of(unit).await?;
        }
        // Nothing can be logged in what is deleted.
        for unit in of(units, "experiments/") {
            self.end_experiment(unit).await?;
            (self.told)(Step::Unit(unit.unit.clone()));
        }
        Ok(())
    }

    /// The registered models, each after those that its versions are copies of.
    fn models_in_order<'u>(&self, units: &'u [Unit]) -> Result<Vec<&'u Unit>> {
        let mut waiting = Vec::new();
        for unit in of(units, "models/") {
            let (model, rest): (RegisteredModel, _) = self.first(unit)?;
            let mut needs = BTreeSet::new();
            for line in &rest {
                let version: ModelVersion = parse(&self.folder, unit, line)?;
                let source = version.source.as_deref().and_then(|s| s.strip_prefix("models:/"));
                needs.extend(
                    source.and_then(|s| s.split_once('/')).map(|(name, _)| name.to_owned()),
                );
            }
            waiting.push((unit, model.name.unwrap_or_default(), needs));
        }
        let mut ordered = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let names: BTreeSet<String> = waiting.iter().map(|(_, name, _)| name.clone()).collect();
            let ready = |(_, name, needs): &(&Unit, String, BTreeSet<String>)| {
                needs.iter().all(|need| need == name || !names.contains(need))
            };
            // Two models may be copies of each other's versions: then one has to be first.
            let place = waiting.iter().position(ready).unwrap_or(0);
            ordered.push(waiting.remove(place).0);
        }
        Ok(ordered)
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

    /// Compares everything that is there now with the export.
    async fn check(&self, units: &[Unit]) -> Result<()> {
        verify::experiments(self.to, &self.folder, of(units, "experiments/")).await?;
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
            let answer = self
                .to
                .ask("read a logged model", GetLoggedModel { model_id, ..Default::default() })
                .await?;
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

/// Tags without the mark of an earlier import, in whose place a new one goes.
fn own(tags: &[KeyValue], mark: &str) -> Vec<KeyValue> {
    tags.iter().filter(|tag| tag.key.as_deref() != Some(mark)).cloned().collect()
}

fn of<'a>(units: &'a [Unit], kind: &'static str) -> impl Iterator<Item = &'a Unit> {
    units.iter().filter(move |unit| unit.unit.starts_with(kind))
}

fn is_deleted(stage: Option<&str>) -> bool {
    stage == Some("deleted")
}
