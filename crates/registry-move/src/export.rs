//! Out of a registry, into a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauntlet_core::Digest;
use gauntlet_mlflow::{Experiment, LoggedModel, RegisteredModel, Run};
use gauntlet_registry::LocalFiles;
use gauntlet_registry::rest::{Progress, copy_file};
use serde::{Deserialize, Serialize};

use crate::journal::{Counts, FileRecord, Journal, Unit, json, write};
use crate::tracking::{End, Step, Tracking, walk};
use crate::{MoveError, Result, verify};

/// The format this release writes.
const FORMAT: u32 = 1;

/// What an export is of, and whether it is complete.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Header {
    format: u32,
    pub(crate) source: String,
    /// Everything that was exported; `None` until that is complete.
    pub(crate) counts: Option<Counts>,
}

/// Exports all of a registry into `folder`, going on where an earlier call stopped, and hashes every file of the
/// folder again at the end.
///
/// # Errors
/// The registry cannot be read, the folder holds something else, or a file is damaged.
pub async fn export<T: Tracking>(
    from: &End<T>,
    folder: &Path,
    told: Arc<dyn Fn(Step) + Send + Sync>,
) -> Result<Counts> {
    fs_err::create_dir_all(folder)?;
    let header = match read_header(folder)? {
        Some(header) if header.source != from.address => {
            return Err(MoveError::OtherSource {
                path: folder.to_owned(),
                found: header.source,
                expected: from.address.clone(),
            });
        }
        Some(header) => header,
        None => Header { format: FORMAT, source: from.address.clone(), counts: None },
    };
    write_header(folder, &header)?;
    let journal = Journal::open(folder.join("journal.jsonl"), |unit: &Unit| unit.unit.clone())?;
    let bytes_told = told.clone();
    let progress: Progress = Arc::new(move |bytes| bytes_told(Step::Bytes(bytes)));
    let mut exporter = Exporter { from, folder: folder.to_owned(), journal, told, progress };
    exporter.all().await?;
    let counts = verify::folder(folder, &exporter.journal)?;
    write_header(folder, &Header { counts: Some(counts), ..header })?;
    Ok(counts)
}

pub(crate) fn read_header(folder: &Path) -> Result<Option<Header>> {
    let path = folder.join("export.json");
    if !path.is_file() {
        return Ok(None);
    }
    let damaged = |problem: String| MoveError::Damaged { path: path.clone(), problem };
    let header: Header = serde_json::from_slice(&fs_err::read(&path)?)
        .map_err(|error| damaged(error.to_string()))?;
    if header.format != FORMAT {
        return Err(damaged(format!("format {} is not known, only {FORMAT}", header.format)));
    }
    Ok(Some(header))
}

fn write_header(folder: &Path, header: &Header) -> Result<()> {
    let path = folder.join("export.json");
    write(&path, &json(&path, header)?)
}

struct Exporter<'a, T> {
    from: &'a End<T>,
    folder: PathBuf,
    journal: Journal<Unit>,
    told: Arc<dyn Fn(Step) + Send + Sync>,
    progress: Progress,
}

impl<T: Tracking> Exporter<'_, T> {
    async fn all(&mut self) -> Result<()> {
        let experiments = self.from.experiments().await?;
        let models = self.from.models().await?;
        (self.told)(Step::Found((experiments.len() + models.len()) as u64));
        for experiment in experiments {
            self.experiment(experiment).await?;
        }
        for model in models {
            self.registered(model).await?;
        }
        Ok(())
    }

    async fn experiment(&mut self, experiment: Experiment) -> Result<()> {
        let id = experiment.experiment_id.clone().unwrap_or_default();
        let runs = self.from.runs(&id, None).await?;
        (self.told)(Step::Found(runs.len() as u64));
        for run in runs {
            self.run(run).await?;
        }
        let models = self.from.logged_models(&id, None).await?;
        (self.told)(Step::Found(models.len() as u64));
        for model in models {
            self.logged_model(model).await?;
        }
        let counts = Counts { experiments: 1, ..Counts::default() };
        self.complete(format!("experiments/{id}"), &[line(&experiment)?], counts, Vec::new())
    }

    async fn run(&mut self, run: Run) -> Result<()> {
        let info = run.info.clone().unwrap_or_default();
        let id = info.run_id.unwrap_or_default();
        let unit = format!("runs/{id}");
        // A run that is still running may have logged more since.
        let ended = info.end_time.is_some();
        if ended && self.journal.lines.contains_key(&unit) {
            (self.told)(Step::Unit(unit));
            return Ok(());
        }
        let data = run.data.clone().unwrap_or_default();
        let mut lines = vec![line(&run)?];
        let mut metrics = 0;
        for key in data.metrics.iter().filter_map(|metric| metric.key.as_deref()) {
            for value in self.from.history(&id, key).await? {
                lines.push(line(&value)?);
                metrics += 1;
            }
        }
        let files = self.files(&unit, info.artifact_uri.as_deref()).await?;
        let counts = Counts {
            runs: 1,
            params: data.params.len() as u64,
            metrics,
            tags: data.tags.len() as u64,
            datasets: run.inputs.as_ref().map_or(0, |inputs| inputs.dataset_inputs.len() as u64),
            ..of_files(&files)
        };
        self.complete(unit, &lines, counts, files)
    }

    async fn logged_model(&mut self, model: LoggedModel) -> Result<()> {
        let info = model.info.clone().unwrap_or_default();
        let unit = format!("logged-models/{}", info.model_id.unwrap_or_default());
        let files = self.files(&unit, info.artifact_uri.as_deref()).await?;
        let counts = Counts { logged_models: 1, ..of_files(&files) };
        self.complete(unit, &[line(&model)?], counts, files)
    }

    async fn registered(&mut self, model: RegisteredModel) -> Result<()> {
        let name = model.name.clone().unwrap_or_default();
        let versions = self.from.versions(&name).await?;
        let counts = Counts {
            models: 1,
            versions: versions.len() as u64,
            aliases: model.aliases.len() as u64,
            ..Counts::default()
        };
        let mut lines = vec![line(&model)?];
        for version in &versions {
            lines.push(line(version)?);
        }
        // A name is not always a file name.
        let unit = format!("models/{}", Digest::of(name.as_bytes()).short());
        self.complete(unit, &lines, counts, Vec::new())
    }

    /// Copies all files below `root` and hashes them on the way.
    async fn files(&self, unit: &str, root: Option<&str>) -> Result<Vec<FileRecord>> {
        let Some(root) = root.filter(|root| !root.is_empty()) else { return Ok(Vec::new()) };
        let source = self.from.open(unit, root)?;
        let target = LocalFiles::new(self.folder.join("artifacts").join(unit));
        let mut files = Vec::new();
        for (path, _) in walk(unit, source.as_ref()).await? {
            let copied =
                copy_file((source.as_ref(), &path), (&target, &path), &self.progress).await;
            let (size, sha256) = copied.map_err(|source| MoveError::Artefact {
                owner: unit.to_owned(),
                source: Box::new(source),
            })?;
            files.push(FileRecord { path, size, sha256 });
        }
        Ok(files)
    }

    fn complete(
        &mut self,
        unit: String,
        lines: &[Vec<u8>],
        counts: Counts,
        files: Vec<FileRecord>,
    ) -> Result<()> {
        let bytes: Vec<u8> = lines.concat();
        write(&self.folder.join(format!("{unit}.jsonl")), &bytes)?;
        let record = Unit { unit: unit.clone(), sha256: Digest::of(&bytes), counts, files };
        if self.journal.lines.get(&unit) != Some(&record) {
            self.journal.append(unit.clone(), record)?;
        }
        (self.told)(Step::Unit(unit));
        Ok(())
    }
}

fn of_files(files: &[FileRecord]) -> Counts {
    Counts {
        files: files.len() as u64,
        bytes: files.iter().map(|file| file.size).sum(),
        ..Counts::default()
    }
}

fn line(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = json(Path::new("export"), value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
