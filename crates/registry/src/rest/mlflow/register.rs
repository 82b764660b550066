//! Registering a batch: everything is checked first, then written in an order that can be begun again.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use gauntlet_core::{Manifest, Version};
use gauntlet_mlflow::{
    CreateExperiment, CreateModelVersion, CreateRegisteredModel, CreateRun, Dataset, DatasetInput,
    Double, GetExperimentByName, KeyValue, LogBatch, LogInputs, Metric, RunInfo, RunStatus,
    UpdateRun,
};

use super::{FOLDER, MlflowRegistry, VERDICT};
use crate::rest::artifacts::{self, from_disk, with_retries};
use crate::rules::{Target, check_target};
use crate::{
    FileStore, Kind, NewVersion, Observer, Receipt, Registered, Registration, RegistryError,
    Result, Step, Tag, TrainedOn, bundle, verify_folder,
};

/// What MLflow takes in one call.
const METRICS: usize = 1000;
const PARAMS: usize = 100;

/// A version of the batch, after all checks.
struct Planned<'a> {
    new: &'a NewVersion,
    manifest: Manifest,
    existing: Option<Registered>,
    known: BTreeMap<gauntlet_core::Alias, Version>,
}

impl MlflowRegistry {
    pub(super) async fn register_all(
        &self,
        registration: &Registration,
        observer: &dyn Observer,
    ) -> Result<Receipt> {
        registration.check()?;
        let mut plan = Vec::new();
        for version in &registration.versions {
            plan.push(self.plan(version).await?);
        }
        let mut versions = Vec::new();
        let mut experiment = None;
        let mut runs = Vec::new();
        for planned in &plan {
            if planned.existing.is_some() {
                runs.push(None);
                continue;
            }
            let id = match &experiment {
                Some(id) => id,
                None => experiment.insert(self.experiment(&registration.experiment).await?),
            };
            runs.push(Some(self.run_of(registration, planned, id).await?));
        }
        observer.done(Step::ArtifactsStored);
        observer.done(Step::ArtifactsVerified);
        for (planned, run) in plan.iter().zip(runs) {
            let registered = match (&planned.existing, run) {
                (Some(existing), _) => existing.clone(),
                (None, run) => self.name(planned, run.unwrap_or_default()).await?,
            };
            for claim in &planned.new.aliases {
                let from = planned.known.get(&claim.alias).copied();
                if from != Some(registered.version) {
                    self.point(&planned.new.model, &claim.alias, from, registered.version).await?;
                }
            }
            versions.push(registered);
        }
        observer.done(Step::Committed);
        observer.done(Step::PointersPublished);
        Ok(Receipt { versions, events: Vec::new() })
    }

    /// Checks one version against its bundle, the rules, and where the aliases are.
    async fn plan<'a>(&self, new: &'a NewVersion) -> Result<Planned<'a>> {
        let manifest = verify_folder(&new.bundle, &new.digest)?;
        new.check_manifest(&manifest)?;
        let (known, existing) = match self.registered(&new.model).await {
            Ok(model) => (super::read::aliases(&model), self.existing(new).await?),
            Err(RegistryError::ModelNotFound { .. }) => Default::default(),
            Err(error) => return Err(error),
        };
        let version = existing.as_ref().map_or(Version(0), |existing| existing.version);
        for claim in &new.aliases {
            let target = Target {
                model: &new.model,
                version,
                origin: Some(new.origin()?),
                decision: Some(new.verdict.decision),
            };
            check_target(&claim.alias, target, claim.force)?;
            let found = known.get(&claim.alias).copied();
            // A batch that was registered before may be sent again.
            let done = existing.is_some() && found == Some(version);
            if found != claim.expect && !done {
                return Err(RegistryError::Conflict {
                    model: new.model.clone(),
                    alias: claim.alias.clone(),
                    expected: claim.expect,
                    found,
                });
            }
        }
        Ok(Planned { new, manifest, existing, known })
    }

    /// The version that this bundle is registered as already.
    async fn existing(&self, new: &NewVersion) -> Result<Option<Registered>> {
        let tag = format!("AND tags.`{}` = '{}'", crate::Tag::BUNDLE, new.digest);
        let found = self.search(&new.model, &tag).await?;
        let first = found.into_iter().filter_map(|version| {
            let number = Version(version.version.as_deref()?.parse().ok()?);
            Some((number, version.run_id.filter(|run| !run.is_empty())))
        });
        Ok(first.min().map(|(version, run_id)| Registered {
            model: new.model.clone(),
            version,
            digest: new.digest,
            existing: true,
            run_id,
        }))
    }

    async fn experiment(&self, name: &str) -> Result<String> {
        let request = GetExperimentByName { experiment_name: Some(name.to_owned()) };
        match self.client.ask(request).await {
            Ok(answer) => {
                let experiment = answer.experiment.unwrap_or_default();
                if experiment.lifecycle_stage.as_deref() == Some("deleted") {
                    return Err(RegistryError::ExperimentDeleted { experiment: name.to_owned() });
                }
                Ok(experiment.experiment_id.unwrap_or_default())
            }
            Err(error) if error.kind() == Kind::NotFound => {
                let request =
                    CreateExperiment { name: Some(name.to_owned()), ..CreateExperiment::default() };
                let made = self.client.ask(request).await?;
                Ok(made.experiment_id.unwrap_or_default())
            }
            Err(error) => Err(error),
        }
    }

    /// A run with everything it logs, and the bundle among its artefacts.
    async fn run_of(
        &self,
        registration: &Registration,
        planned: &Planned<'_>,
        experiment_id: &str,
    ) -> Result<RunInfo> {
        let new = planned.new;
        let started = registration.started_ms.unwrap_or_else(now_ms);
        let request = CreateRun {
            experiment_id: Some(experiment_id.to_owned()),
            user_id: Some(registration.who.clone()),
            run_name: Some(new.model.to_string()),
            start_time: Some(started),
            tags: vec![
                KeyValue::new("mlflow.user", &registration.who),
                KeyValue::new("mlflow.source.name", "gauntlet"),
                KeyValue::new("mlflow.source.type", "LOCAL"),
                KeyValue::new("mlflow.note.content", &new.description),
            ],
        };
        let info = self.client.ask(request).await?.run.and_then(|run| run.info).unwrap_or_default();
        let logged = match self.log(new, &planned.manifest, &info).await {
            Ok(()) => self.trials(registration, new, &info, started).await,
            failed => failed,
        };
        let (status, result) = match logged {
            Ok(()) => (RunStatus::Finished, Ok(info.clone())),
            Err(error) => (RunStatus::Failed, Err(error)),
        };
        let ended = UpdateRun {
            run_id: info.run_id,
            status: Some(status),
            end_time: Some(now_ms()),
            ..UpdateRun::default()
        };
        let ended = self.client.ask(ended).await;
        // Why logging failed is worth more than why the run could not be marked as failed.
        let info = result?;
        ended?;
        Ok(info)
    }

    /// The runs below a version's run.
    async fn trials(
        &self,
        registration: &Registration,
        new: &NewVersion,
        parent: &RunInfo,
        started: i64,
    ) -> Result<()> {
        for trial in &new.trials {
            let mut tags = vec![
                KeyValue::new("mlflow.user", &registration.who),
                KeyValue::new("mlflow.source.name", "gauntlet"),
                KeyValue::new("mlflow.source.type", "LOCAL"),
                KeyValue::new(Tag::PARENT, parent.run_id.as_deref().unwrap_or_default()),
            ];
            tags.extend(trial.failure.iter().map(|why| KeyValue::new(Tag::FAILURE, why)));
            let request = CreateRun {
                experiment_id: parent.experiment_id.clone(),
                user_id: Some(registration.who.clone()),
                run_name: Some(trial.name.clone()),
                start_time: Some(started),
                tags,
            };
            let made = self.client.ask(request).await?.run.and_then(|run| run.info);
            let run_id = made.unwrap_or_default().run_id;
            self.log_numbers(&run_id, &trial.metrics, &trial.params).await?;
            let failed = trial.failure.is_some();
            let ended = UpdateRun {
                run_id,
                status: Some(if failed { RunStatus::Failed } else { RunStatus::Finished }),
                end_time: Some(now_ms()),
                ..UpdateRun::default()
            };
            self.client.ask(ended).await?;
        }
        Ok(())
    }

    /// Metrics and parameters, as many at once as MLflow takes.
    async fn log_numbers(
        &self,
        run_id: &Option<String>,
        metrics: &BTreeMap<String, f64>,
        params: &BTreeMap<String, String>,
    ) -> Result<()> {
        let timestamp = Some(now_ms());
        let metrics: Vec<Metric> = metrics
            .iter()
            .map(|(key, value)| Metric {
                key: Some(key.clone()),
                value: Some(Double(*value)),
                timestamp,
                step: Some(0),
                ..Metric::default()
            })
            .collect();
        let params = pairs(params.iter());
        for metrics in metrics.chunks(METRICS) {
            let metrics = metrics.to_vec();
            let batch = LogBatch { run_id: run_id.clone(), metrics, ..LogBatch::default() };
            self.client.ask(batch).await?;
        }
        for params in params.chunks(PARAMS) {
            let params = params.to_vec();
            let batch = LogBatch { run_id: run_id.clone(), params, ..LogBatch::default() };
            self.client.ask(batch).await?;
        }
        Ok(())
    }

    async fn log(&self, new: &NewVersion, manifest: &Manifest, info: &RunInfo) -> Result<()> {
        let run_id = info.run_id.clone();
        self.log_numbers(&run_id, &new.metrics, &new.params).await?;
        let tags = pairs(new.tags.iter());
        for tags in tags.chunks(PARAMS) {
            let tags = tags.to_vec();
            let batch = LogBatch { run_id: run_id.clone(), tags, ..LogBatch::default() };
            self.client.ask(batch).await?;
        }
        let inputs =
            LogInputs { run_id, datasets: vec![dataset(manifest)], ..LogInputs::default() };
        self.client.ask(inputs).await?;
        self.upload(new, manifest, info).await
    }

    async fn upload(&self, new: &NewVersion, manifest: &Manifest, info: &RunInfo) -> Result<()> {
        let root = format!("{}/{FOLDER}", info.artifact_uri.as_deref().unwrap_or_default());
        let files = artifacts::open(&self.client, self.files.as_ref(), &root)?;
        let listed = manifest.files.iter().map(|entry| entry.path.as_str());
        for path in listed.chain([bundle::MANIFEST]) {
            put(files.as_ref(), path, &new.bundle.join(path)).await?;
        }
        Ok(())
    }

    /// The version under its name.
    async fn name(&self, planned: &Planned<'_>, run: RunInfo) -> Result<Registered> {
        let new = planned.new;
        let model = CreateRegisteredModel {
            name: Some(new.model.to_string()),
            ..CreateRegisteredModel::default()
        };
        match self.client.ask(model).await {
            Ok(_) => {}
            Err(error) if error.kind() == Kind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        let mut tags = pairs(new.tags.iter());
        let verdict =
            serde_json::to_string(&new.verdict).map_err(|error| RegistryError::Invalid {
                field: "verdict",
                value: String::new(),
                rule: error.to_string(),
            })?;
        tags.push(KeyValue::new(VERDICT, verdict));
        let version = CreateModelVersion {
            name: Some(new.model.to_string()),
            source: Some(format!("{}/{FOLDER}", run.artifact_uri.as_deref().unwrap_or_default())),
            run_id: run.run_id.clone(),
            tags,
            description: Some(new.description.clone()),
            ..CreateModelVersion::default()
        };
        let made = self.client.ask(version).await?.model_version.unwrap_or_default();
        let number = made.version.as_deref().and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| {
            self.client.transport().unreadable("register", "it named no number for the new version")
        })?;
        Ok(Registered {
            model: new.model.clone(),
            version: Version(number),
            digest: new.digest,
            existing: false,
            run_id: run.run_id,
        })
    }
}

async fn put(files: &dyn FileStore, path: &str, from: &std::path::Path) -> Result<()> {
    let silent: crate::rest::Progress = std::sync::Arc::new(|_| {});
    with_retries(|| async { files.put(path, from_disk(from, &silent).await?).await })
        .await
        .map(|_| ())
}

/// What the run was made from, as MLflow shows it.
fn dataset(manifest: &Manifest) -> DatasetInput {
    let TrainedOn { name, digest, source } = TrainedOn::of(manifest);
    DatasetInput {
        tags: vec![KeyValue::new("mlflow.data.context", "training")],
        dataset: Some(Dataset {
            name: Some(name),
            digest: Some(digest),
            source_type: Some(TrainedOn::SOURCE_TYPE.to_owned()),
            source: Some(source),
            ..Dataset::default()
        }),
    }
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<KeyValue> {
    pairs.map(|(key, value)| KeyValue::new(key, value)).collect()
}

/// Milliseconds since 1970; 0 on a clock that is set before.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
