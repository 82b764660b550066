//! One version of one model that answers.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use anyhow::{Context as _, bail};
use gauntlet_bundle::{Bundle, Explainer, Explanation, Tolerance};
use gauntlet_core::{Digest, Origin, Task};
use gauntlet_features::Signal;
use serde::Deserialize;

use super::Watching;
use crate::anomaly::Typical;
use crate::eyes::drift::monitor::Monitor;
use crate::eyes::model_metrics::ModelMetrics;
use crate::eyes::payload::Entry;
use crate::model::{self, Answered, Given2d, Model, Output};
use crate::problem::Problem;
use crate::read::Rows;
use crate::sources::{Fetched, Layout, Located};
use crate::time;

/// Rows from which a batch is long.
const LONG: usize = 512;

/// A model that was verified, answered its own example, and is ready.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) located: Located,
    pub(crate) digest: Digest,
    pub(crate) origin: Option<Origin>,
    pub(crate) model: Model,
    pub(crate) monitor: Option<Arc<Monitor>>,
    /// What training saw, of a model that finds anomalies.
    pub(crate) typical: Option<Typical>,
    /// How recordings become its features, of a model that hears recordings.
    pub(crate) signal: Option<Signal>,
    /// Names of the model's fields.
    names: Arc<[String]>,
    metrics: Arc<ModelMetrics>,
    fetched: Fetched,
    explainer: OnceLock<Result<Explainer, String>>,
}

impl Served {
    /// Opens what a source fetched: every file is what its manifest says, the bundle is the one that was
    /// located, and it answers its example as it did when it was made.
    ///
    /// # Errors
    /// Which of it is not so.
    pub(super) fn open(
        located: Located,
        fetched: Fetched,
        watching: &Watching,
    ) -> anyhow::Result<Self> {
        let (name, version) = (located.model.as_str(), located.version.to_string());
        let metrics = watching.metrics.model(name, &version);
        let (mut typical, mut signal) = (None, None);
        let (model, origin, monitor) = match fetched.layout {
            Layout::Bundle => {
                let bundle = proven(&located, &fetched)?;
                let monitor = watching.drift.as_ref().map(|settings| {
                    let (reference, now) = (bundle.reference()?, Instant::now());
                    let monitor = Monitor::new(bundle.signature(), &reference, settings, now)?;
                    anyhow::Ok(metrics.monitor_or(|| monitor))
                });
                let monitor = monitor.transpose().context("its reference cannot be used")?;
                if bundle.signature().task == Task::Anomaly {
                    let read = Typical::read(&bundle.signature().raw, &bundle.reference()?);
                    typical = Some(read.context("its reference cannot be used")?);
                }
                signal = heard(bundle.recipe()?).context("its recipe cannot be used")?;
                let origin = bundle.manifest().lineage.origin;
                (Model::Bundle(Box::new(bundle)), Some(origin), monitor)
            }
            Layout::Mlflow => (Model::foreign(&fetched.folder)?, None, None),
            Layout::Onnx => (Model::foreign(&onnx_file(&fetched)?)?, None, None),
        };
        let names = model.fields().iter().map(|field| field.name.clone()).collect();
        let digest = fetched.digest;
        let explainer = OnceLock::new();
        Ok(Self {
            located,
            digest,
            origin,
            model,
            monitor,
            typical,
            signal,
            names,
            metrics,
            fetched,
            explainer,
        })
    }

    /// Answers rows that were checked. Many of them take long enough to hold up other requests, so those
    /// are handed to other threads meanwhile.
    pub(crate) fn answer(&self, rows: &Rows, sensor: Option<&str>) -> Result<Answered, Problem> {
        let began = Instant::now();
        let answered = if rows.rows > LONG {
            tokio::task::block_in_place(|| self.model.answer(rows))
        } else {
            self.model.answer(rows)
        }?;
        let now = Instant::now();
        self.metrics.note(rows.rows, now.duration_since(began));
        if let Some(monitor) = &self.monitor {
            monitor.note(now, sensor, &rows.columns, answered.scores());
        }
        Ok(answered)
    }

    /// Answers tensors, with a model that has no named columns.
    pub(crate) fn answer_tensors(&self, tensors: Vec<Given2d<'_>>) -> Result<Vec<Output>, Problem> {
        let Model::Foreign(foreign) = &self.model else {
            return Err(Problem::unprocessable("this model takes named columns"));
        };
        let began = Instant::now();
        let outputs = tokio::task::block_in_place(|| foreign.answer_tensors(tensors))?;
        self.metrics.note(outputs.first().map_or(0, Output::rows), began.elapsed());
        Ok(outputs)
    }

    /// A request and its answer, for the payload log.
    pub(crate) fn entry(&self, id: &str, rows: &Rows, answered: &Answered) -> Entry {
        Entry {
            time: time::now(),
            request_id: id.to_owned(),
            model: self.located.model.to_string(),
            version: self.located.version.to_string(),
            digest: self.digest.to_string(),
            names: self.names.clone(),
            columns: rows.columns.clone(),
            scores: answered.scores_by_row(),
            labels: answered.labels().to_vec(),
        }
    }

    /// Explains the row `row`, or says why it cannot be explained.
    pub(crate) fn explain(
        &self,
        rows: &Rows,
        row: usize,
    ) -> Result<Result<Explanation, String>, Problem> {
        tokio::task::block_in_place(|| match self.explainer() {
            Ok(explainer) => model::explain(explainer, rows, row).map(Ok),
            Err(why) => Ok(Err(why.to_owned())),
        })
    }

    /// Where it was loaded from, as MLflow writes it.
    pub(crate) fn place(&self) -> String {
        let Located { model, version, alias, .. } = &self.located;
        match alias {
            Some(alias) => format!("models:/{model}@{alias}"),
            None if version.0 > 0 => format!("models:/{model}/{version}"),
            None => self.located.artifact.clone(),
        }
    }

    /// What explains its answers; prepared at the first call, which takes a while.
    fn explainer(&self) -> Result<&Explainer, &str> {
        let prepare = || self.model.explainer(&self.fetched.folder);
        self.explainer.get_or_init(prepare).as_ref().map_err(String::as_str)
    }
}

/// The bundle, once it is the one that was located and answers its example as it did when it was made.
fn proven(located: &Located, fetched: &Fetched) -> anyhow::Result<Bundle> {
    let bundle = Bundle::open(&fetched.folder)?;
    let digest = bundle.digest();
    if let Some(expected) = located.digest.filter(|expected| *expected != digest) {
        bail!("its pointer names {expected}, but {digest} is there");
    }
    bundle.self_test(Tolerance::Close).context("it does not answer as when it was made")?;
    let origin = bundle.manifest().lineage.origin;
    if let Some(said) = located.origin.filter(|said| *said != origin) {
        bail!("its pointer says {said} rows, its bundle {origin}");
    }
    if origin == Origin::Simulated {
        tracing::warn!(model = %located.model, "this model was trained on SIMULATED rows");
    }
    Ok(bundle)
}

/// The table `[signal]` of a recipe, if it has one.
fn heard(recipe: &str) -> anyhow::Result<Option<Signal>> {
    #[derive(Deserialize)]
    struct Tables {
        signal: Option<Signal>,
    }
    let Tables { signal } = toml::from_str(recipe)?;
    Ok(signal)
}

/// The only ONNX file of a folder.
fn onnx_file(fetched: &Fetched) -> anyhow::Result<PathBuf> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(&fetched.folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "onnx") {
            files.push(path);
        }
    }
    match files.as_slice() {
        [file] => Ok(file.clone()),
        _ => bail!("{} has not one .onnx file", fetched.folder.display()),
    }
}
