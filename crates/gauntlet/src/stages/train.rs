//! The tournament on training rows, and the export of each contender's best.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use gauntlet_bundle::Predictor;
use gauntlet_core::{Estimate, Seed, Signature, Table, Task, Train};
use gauntlet_features::Recipe;
use gauntlet_learn::gate::Parity;
use gauntlet_learn::guard::{ShuffleCheck, shuffled_labels};
use gauntlet_learn::metrics::Metric;
use gauntlet_learn::models::{Contender, ContenderSpec};
use gauntlet_learn::search::Trial;
use gauntlet_learn::tournament::{CrossValidation, Entry, Learner, cross_validate};
use gauntlet_learn::{LearnError, Samples, build_graph};
use serde::{Deserialize, Serialize};

use super::features::{self, Features};
use super::prepare::{self, Known, Prepared, Rows};
use super::{Context, parity, reference};
use crate::failure::Failure;
use crate::home;
use crate::pipeline::base_id;

/// What the tournament found, for every later stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Trained {
    pub(crate) participants: Vec<Participant>,
    pub(crate) finalists: Vec<Finalist>,
    /// The finalist with the best primary metric on validation rows.
    pub(crate) winner: String,
    pub(crate) shuffle: ShuffleCheck,
}

/// A contender or baseline on validation rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Participant {
    pub(crate) id: String,
    pub(crate) recipe: String,
    pub(crate) baseline: bool,
    pub(crate) validation: BTreeMap<Metric, Estimate>,
    /// PR-AUC when whole groups are held out.
    pub(crate) grouped_pr_auc: Estimate,
    pub(crate) f1_threshold: f32,
    pub(crate) cost_threshold: f32,
}

/// A contender's best variant on a recipe.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Finalist {
    /// Kind and recipe, such as `randomforest_engineered`.
    pub(crate) id: String,
    /// The participant it is; differs from `id` where a kind has several variants.
    pub(crate) variant: String,
    pub(crate) kind: String,
    pub(crate) recipe: String,
    pub(crate) hyperparameters: serde_json::Value,
    pub(crate) parity: Option<Parity>,
    /// Why nothing is exported; absent where a model was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_exported: Option<NotExported>,
    /// What the search for its hyperparameters tried on all training rows; empty if there was none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) trials: Vec<Trial>,
}

/// Why a finalist takes part in the tournament and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub(crate) enum NotExported {
    /// Refitting gave another model.
    NotReproducible,
    /// No graph can hold the model.
    JudgeOnly {
        /// The reason.
        reason: String,
    },
}

impl std::fmt::Display for NotExported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotReproducible => f.write_str("not reproducible: refitting gave another model"),
            Self::JudgeOnly { reason } => write!(f, "judge only: {reason}"),
        }
    }
}

/// Wall seconds of the final fits: kept apart, because they differ from run to run.
pub(crate) type Timings = BTreeMap<String, f64>;

/// How often a final fit is repeated to see whether it gives the same model.
const REFITS: usize = 2;

/// Runs the stage.
pub(crate) fn run(context: &Context) -> Result<Trained> {
    let Rows { info, train, .. } = prepare::read(context)?;
    let features = features::read(context, &info, &train)?;
    let pipeline = &context.pipeline;
    let shuffle = check_shuffled(context, &features)?;
    let mut entries = pipeline.entries()?;
    let journals = context.home.work(pipeline.name(), "search");
    for entry in &mut entries {
        if let Learner::Search { journals: of_entry, .. } = &mut entry.learner {
            *of_entry = Some(journals.join(entry.id.replace('#', "_")));
        }
    }
    let protocol = pipeline.protocol();
    let units = entries.len() * protocol.folds * (protocol.repeats + 1);
    let bar = context.progress.bar("cross-validation", units as u64);
    let results = cross_validate(&entries, &features.samples, &protocol, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let folder = folder(context);
    home::fresh(&folder)?;
    let chosen = best_variants(&entries, &results, pipeline.spec.judgement.primary);
    let bar = context.progress.bar("final fits", chosen.len() as u64);
    let (mut finalists, mut timings) = (Vec::new(), Timings::new());
    for &index in &chosen {
        let entry = &entries[index];
        let seed = pipeline.seed.derive("final fit", 0).derive(&entry.id, 0);
        let samples = &features.samples[&entry.recipe];
        let Some(choice) = Choice::of(context, entry, samples, seed)? else { continue };
        let export = Export {
            entry,
            choice: &choice,
            recipe: &features.recipes[&entry.recipe],
            samples,
            threshold: results[index].thresholds.cost,
            scores: results[index].out_of_fold.first().map_or(&[], Vec::as_slice),
            seed,
            known: &info.known,
        };
        let (finalist, seconds) = export.run(context, &train, &folder)?;
        timings.insert(finalist.id.clone(), seconds);
        finalists.push(finalist);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let winner = chosen
        .iter()
        .zip(&finalists)
        .filter(|(_, finalist)| finalist.not_exported.is_none())
        .reduce(|best, next| {
            let primary = pipeline.spec.judgement.primary;
            if better(&results[*next.0], &results[*best.0], primary) { next } else { best }
        })
        .map(|(_, finalist)| finalist.id.clone())
        .context("no contender can be exported: each is judge only or not reproducible")?;
    let participants = entries.iter().zip(&results).map(|(e, r)| participant(e, r)).collect();
    let trained = Trained { participants, finalists, winner, shuffle };
    home::write_json(&folder.join("trained.json"), &trained)?;
    home::write_json(&folder.join("timings.json"), &timings)?;
    info.stamp().write(&folder)?;
    context.progress.say(&format!(
        "train     {} participants, {} x {} folds on {} rows; best on validation rows: {}",
        trained.participants.len(),
        protocol.repeats,
        protocol.folds,
        train.rows(),
        trained.winner
    ));
    Ok(trained)
}

/// Reads what the stage left for this run.
pub(crate) fn read(context: &Context, info: &Prepared) -> Result<(Trained, Timings)> {
    info.stamp().check(context, "train")?;
    let folder = folder(context);
    let timings = home::read_json(&folder.join("timings.json"))?;
    Ok((home::read_json(&folder.join("trained.json"))?, timings))
}

/// Where the stage leaves its files, and those of finalist `id`.
pub(crate) fn folder(context: &Context) -> PathBuf {
    context.home.work(context.pipeline.name(), "train")
}

fn check_shuffled(context: &Context, features: &Features) -> Result<ShuffleCheck> {
    let widest = context
        .pipeline
        .spec
        .recipes
        .keys()
        .max_by_key(|name| features.recipes[*name].features.len())
        .context("there is no recipe")?;
    let seed = context.pipeline.seed.derive("guard", 0);
    let folds = context.pipeline.spec.split.folds;
    let check = shuffled_labels(&features.samples[widest], folds, seed)?;
    if check.holds() {
        return Ok(check);
    }
    let evidence = format!(
        "  shuffle: on shuffled labels the protocol finds ROC-AUC {:.3}, chance is 0.5 +- {:.3}",
        check.roc_auc, check.standard_error
    );
    Err(Failure::Leak(evidence).into())
}

/// Of each contender's variants on each recipe the best, in order of first appearance.
fn best_variants(entries: &[Entry], results: &[CrossValidation], primary: Metric) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if matches!(entry.learner, Learner::Baseline(_)) {
            continue;
        }
        let same = |&&i: &&usize| base_id(&entries[i].id) == base_id(&entry.id);
        match chosen.iter().position(|i| same(&i)) {
            None => chosen.push(index),
            Some(at) if better(&results[index], &results[chosen[at]], primary) => {
                chosen[at] = index;
            }
            Some(_) => {}
        }
    }
    chosen
}

fn better(a: &CrossValidation, b: &CrossValidation, metric: Metric) -> bool {
    let (a, b) = (a.estimate(metric).value, b.estimate(metric).value);
    if metric.rises() { a > b } else { a < b }
}

fn participant(entry: &Entry, result: &CrossValidation) -> Participant {
    Participant {
        id: entry.id.clone(),
        recipe: entry.recipe.clone(),
        baseline: matches!(entry.learner, Learner::Baseline(_)),
        validation: Metric::ALL.into_iter().map(|m| (m, result.estimate(m))).collect(),
        grouped_pr_auc: result.grouped_estimate(),
        f1_threshold: result.thresholds.f1,
        cost_threshold: result.thresholds.cost,
    }
}

/// The hyperparameters of a finalist: those of the file, or those that its search finds on all training
/// rows.
struct Choice {
    spec: ContenderSpec,
    contender: Contender,
    trials: Vec<Trial>,
}

impl Choice {
    fn of(
        context: &Context,
        entry: &Entry,
        samples: &Train<Samples>,
        seed: Seed,
    ) -> Result<Option<Self>> {
        if let Some(tuned) = entry.learner.tuned(samples, seed)? {
            let contender = tuned.best.check()?;
            return Ok(Some(Self { spec: tuned.best, contender, trials: tuned.trials }));
        }
        let Learner::Contender(contender) = &entry.learner else { return Ok(None) };
        let mut specs = context.pipeline.spec.contenders.iter().filter(|s| s.search.is_none());
        let spec = specs
            .find(|spec| spec.check().is_ok_and(|checked| checked == **contender))
            .with_context(|| format!("`{}` is not in the pipeline file", entry.id))?;
        let (spec, contender) = (spec.clone(), (**contender).clone());
        Ok(Some(Self { spec, contender, trials: Vec::new() }))
    }
}

/// One finalist on its way into a graph.
struct Export<'a> {
    entry: &'a Entry,
    choice: &'a Choice,
    recipe: &'a Recipe,
    samples: &'a Train<Samples>,
    threshold: f32,
    /// Of each training row, by the model of the fold that it was kept out of.
    scores: &'a [f32],
    seed: Seed,
    known: &'a BTreeMap<String, Known>,
}

impl Export<'_> {
    /// Fits on all training rows, checks that refitting changes nothing, lowers, compares and writes.
    fn run(
        &self,
        context: &Context,
        train: &Train<Table>,
        folder: &Path,
    ) -> Result<(Finalist, f64)> {
        let start = Instant::now();
        let fitted = self.choice.contender.fit(self.samples, self.seed)?;
        let seconds = start.elapsed().as_secs_f64();
        let digest = fitted.digest(&self.samples.x)?;
        let mut reproducible = true;
        for _ in 0..REFITS {
            let again = self.choice.contender.fit(self.samples, self.seed)?;
            reproducible &= again.digest(&self.samples.x)? == digest;
        }
        let model = match build_graph(self.recipe, &fitted, self.threshold) {
            Ok(model) if reproducible => Ok(model),
            Ok(_) => Err(NotExported::NotReproducible),
            Err(LearnError::JudgeOnly { reason, .. }) => {
                Err(NotExported::JudgeOnly { reason: reason.to_owned() })
            }
            Err(error) => return Err(error.into()),
        };
        let id = base_id(&self.entry.id).to_owned();
        let mut finalist = Finalist {
            kind: self.choice.spec.kind().to_owned(),
            recipe: self.entry.recipe.clone(),
            variant: self.entry.id.clone(),
            hyperparameters: serde_json::to_value(&self.choice.spec)?,
            parity: None,
            not_exported: None,
            trials: self.choice.trials.clone(),
            id,
        };
        let model = match model {
            Ok(model) => model,
            Err(why) => {
                context.progress.say(&format!("          {} is not exported: {why}", finalist.id));
                finalist.not_exported = Some(why);
                return Ok((finalist, seconds));
            }
        };
        let signature = Signature {
            raw: self.recipe.fields(|column| {
                let Known { unit, plausible } = self.known.get(column).cloned().unwrap_or_default();
                (unit, plausible)
            }),
            features: self.recipe.features.iter().map(|f| f.name.clone()).collect(),
            threshold: self.threshold,
            task: Task::Binary,
            implausible: context.pipeline.spec.serving.implausible,
            alarm: None,
        };
        let predictor = Predictor::new(&model, signature.clone())?;
        let rows = parity::probe(&train.frame, self.recipe, &fitted)?;
        let (compared, answers) = parity::compare(&rows, self.recipe, &fitted, &predictor)?;
        finalist.parity = Some(compared);
        let own = folder.join(&finalist.id);
        let exact = fitted.is_exact();
        parity::write_case(&own.join("parity"), &model, &rows, &answers, exact)?;
        let inputs: Vec<String> = self.recipe.inputs.iter().map(|i| i.name.clone()).collect();
        let raw = train.frame.select(&inputs)?;
        let sketch = reference::reference(&raw, &self.samples.x, self.scores);
        home::write(&own.join("model.onnx"), &model)?;
        home::write(&own.join("recipe.toml"), self.recipe.to_toml().as_bytes())?;
        home::write_json(&own.join("signature.json"), &signature)?;
        home::write_json(&own.join("reference.json"), &sketch)?;
        Ok((finalist, seconds))
    }
}
