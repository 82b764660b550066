//! Opens the sealed rows once, runs the exported graphs on them, and packs the bundles with the result.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use gauntlet_bundle::{Draft, Parts};
use gauntlet_core::{Digest, Estimate, Lineage, Signature, Table, Train};
use gauntlet_learn::metrics::Metric;
use gauntlet_learn::tournament::Learner;
use gauntlet_learn::{Judged, TestScores, judge_scores};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Context;
use super::features::{self, Features};
use super::prepare::{self, Prepared, Rows};
use super::stamp::Stamp;
use super::train::{self, Finalist, Participant, Trained};
use crate::home;
use crate::seal;

/// The judgement of a run: all that the gate, the report and the registry need.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Judgement {
    pub(crate) info: Prepared,
    pub(crate) trained: Trained,
    /// By participant; contenders by the name of their finalist.
    pub(crate) judged: BTreeMap<String, Judged>,
    pub(crate) bundles: BTreeMap<String, BundleInfo>,
    /// F1 of the ceiling on all rows of the dataset.
    pub(crate) ceiling: Option<f64>,
    /// How often these sealed rows have been opened, this time included.
    pub(crate) openings: usize,
}

/// A packed bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BundleInfo {
    pub(crate) digest: Digest,
    pub(crate) size_bytes: u64,
}

impl Judgement {
    /// The judgement of a baseline beside a recipe.
    pub(crate) fn baseline(&self, context: &Context, name: &str, recipe: &str) -> Option<&Judged> {
        self.judged.get(&context.pipeline.baseline_id(name, recipe))
    }

    /// Test F1 over the ceiling's F1 on the same rows.
    pub(crate) fn ceiling_share(&self, context: &Context, id: &str) -> Option<f64> {
        let ceiling = context.pipeline.spec.judgement.ceiling.as_ref()?;
        let f1 = |id: &str| Some(self.judged.get(id)?.metrics.get(&Metric::F1)?.value);
        Some(f1(id)? / f1(ceiling)?)
    }

    /// How often the seal was opened, in words.
    pub(crate) fn opened(&self) -> String {
        times(self.openings)
    }

    /// Sealed rows and the failures among them.
    pub(crate) fn test_size(&self) -> (usize, usize) {
        let labels = self.judged.values().next().map(|judged| &judged.scores.label);
        labels.map_or((0, 0), |labels| (labels.len(), labels.iter().filter(|y| **y).count()))
    }

    /// A participant's scores on validation rows.
    pub(crate) fn participant(&self, id: &str) -> Option<&Participant> {
        self.trained.participants.iter().find(|p| p.id == id)
    }
}

/// Runs the stage; returns the test rows too, for a champion that has to be judged on them again.
pub(crate) fn run(context: &Context) -> Result<(Judgement, Table)> {
    let Rows { info, train, sealed } = prepare::read(context)?;
    let features = features::read(context, &info, &train)?;
    let (trained, _) = train::read(context, &info)?;
    let folder = folder(context);
    home::fresh(&folder)?;
    let drafts = drafts(context, &info, &train, &trained)?;

    let (test, opening) = sealed.open();
    let openings =
        seal::record(&context.home, context.pipeline.name(), context.pipeline.digest, &opening)?;
    context.progress.say(&format!(
        "judge     {} sealed rows; this test set has been opened {}",
        opening.rows,
        times(openings)
    ));
    let mut judged = BTreeMap::new();
    let bar = context.progress.bar("judging", (drafts.len() + trained.participants.len()) as u64);
    for (finalist, draft) in &drafts {
        let participant = find(&trained, &finalist.variant)?;
        let scores = draft.predict(&test.frame)?.probability;
        let scores = test_scores(&test, scores, participant);
        judged.insert(finalist.id.clone(), judge_scores(scores, &context.pipeline.bootstrap()));
        bar.inc(1);
    }
    for (id, scores) in baselines(context, &features, &test)? {
        let scores = test_scores(&test, scores, find(&trained, &id)?);
        judged.insert(id, judge_scores(scores, &context.pipeline.bootstrap()));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let mut judgement = Judgement {
        ceiling: ceiling(context, &features, &train, &test)?,
        info,
        trained,
        judged,
        bundles: BTreeMap::new(),
        openings,
    };
    for (finalist, draft) in &drafts {
        let packed = draft.pack(&report(context, &judgement, finalist)?)?;
        packed.write(&bundle_folder(context, &finalist.id))?;
        let size_bytes = packed.files().map(|(_, bytes)| bytes.len() as u64).sum();
        let info = BundleInfo { digest: packed.digest(), size_bytes };
        judgement.bundles.insert(finalist.id.clone(), info);
    }
    home::write_json(&folder.join("judgement.json"), &judgement)?;
    judgement.info.stamp().write(&folder)?;
    Ok((judgement, test))
}

fn times(openings: usize) -> String {
    if openings == 1 { "once".to_owned() } else { format!("{openings} times") }
}

/// Reads what the stage left.
pub(crate) fn read(context: &Context) -> Result<Judgement> {
    Stamp::read(context, "judge")?;
    home::read_json(&folder(context).join("judgement.json"))
}

/// The folder of a finalist's bundle.
pub(crate) fn bundle_folder(context: &Context, id: &str) -> PathBuf {
    folder(context).join("bundles").join(id)
}

fn folder(context: &Context) -> PathBuf {
    context.home.work(context.pipeline.name(), "judge")
}

fn find<'a>(trained: &'a Trained, id: &str) -> Result<&'a Participant> {
    let found = trained.participants.iter().find(|p| p.id == id);
    found.with_context(|| format!("`{id}` did not take part: run `gauntlet train` again"))
}

/// Every exportable finalist as a draft of its bundle.
fn drafts(
    context: &Context,
    info: &Prepared,
    train: &Train<Table>,
    trained: &Trained,
) -> Result<Vec<(Finalist, Draft)>> {
    let mut drafts = Vec::new();
    for finalist in trained.finalists.iter().filter(|f| f.not_exported.is_none()) {
        let own = train::folder(context).join(&finalist.id);
        let signature: Signature = home::read_json(&own.join("signature.json"))?;
        let parts = Parts {
            model: fs_err::read(own.join("model.onnx"))?,
            recipe: fs_err::read_to_string(own.join("recipe.toml"))?,
            signature,
            example: train.frame.take(&example_rows(train)),
            reference: home::read_json(&own.join("reference.json"))?,
            lineage: Lineage {
                gauntlet: info.gauntlet.clone(),
                kind: finalist.kind.clone(),
                recipe: finalist.recipe.clone(),
                origin: info.origin,
                dataset: info.digest,
                split: info.split,
                pipeline: info.pipeline,
                seed: info.seed,
            },
        };
        drafts.push((finalist.clone(), Draft::new(parts)?));
    }
    Ok(drafts)
}

/// The first three sound and the first two failing training rows.
fn example_rows(train: &Table) -> Vec<usize> {
    let of = |label: bool, count: usize| {
        (0..train.rows()).filter(move |&row| train.label[row] == label).take(count)
    };
    of(false, 3).chain(of(true, 2)).collect()
}

fn test_scores(test: &Table, score: Vec<f32>, participant: &Participant) -> TestScores {
    TestScores {
        row: test.row.clone(),
        group: test.group.clone(),
        label: test.label.clone(),
        score,
        f1_threshold: participant.f1_threshold,
        cost_threshold: participant.cost_threshold,
    }
}

/// Baselines fitted on all training rows, and their scores of the test rows.
fn baselines(
    context: &Context,
    features: &Features,
    test: &Table,
) -> Result<Vec<(String, Vec<f32>)>> {
    let entries = context.pipeline.entries()?;
    let baselines = entries.iter().filter(|e| matches!(e.learner, Learner::Baseline(_)));
    baselines
        .map(|entry| {
            let seed = context.pipeline.seed.derive("final fit", 0);
            let scorer = entry.learner.fit(&features.samples[&entry.recipe], seed)?;
            let x = features.recipes[&entry.recipe].apply(&test.frame)?;
            Ok((entry.id.clone(), scorer.scores(&x)?))
        })
        .collect()
}

/// F1 of the ceiling's rules on every row of the dataset. Rules are not fitted, so nothing leaks.
fn ceiling(
    context: &Context,
    features: &Features,
    train: &Table,
    test: &Table,
) -> Result<Option<f64>> {
    let Some(name) = &context.pipeline.spec.judgement.ceiling else { return Ok(None) };
    let Some(recipe) = features.recipes.get(name) else { return Ok(None) };
    let mut scores = gauntlet_learn::baselines::rule_scores(&recipe.apply(&train.frame)?);
    scores.extend(gauntlet_learn::baselines::rule_scores(&recipe.apply(&test.frame)?));
    let labels: Vec<bool> = train.label.iter().chain(&test.label).copied().collect();
    let ones = vec![1; labels.len()];
    Ok(Some(gauntlet_learn::metrics::Confusion::at(0.5, &scores, &labels, &ones).f1()))
}

/// `report.json` of a bundle: nothing in it changes between two runs on the same inputs.
fn report(
    context: &Context,
    judgement: &Judgement,
    finalist: &Finalist,
) -> Result<serde_json::Value> {
    let spec = &context.pipeline.spec;
    let recipe = &spec.recipes[&finalist.recipe];
    let names = recipe.blocking.iter().chain(&recipe.beside).chain(&spec.judgement.ceiling);
    let baselines: BTreeMap<&String, &BTreeMap<Metric, Estimate>> = names
        .filter_map(|name| {
            Some((name, &judgement.baseline(context, name, &finalist.recipe)?.metrics))
        })
        .collect();
    let waivers: Vec<_> = judgement.info.guard.waived().map(|(finding, _)| finding).collect();
    Ok(json!({
        "gauntlet": spec.name,
        "title": spec.title,
        "origin": judgement.info.origin,
        "dataset_notes": judgement.info.notes,
        "protocol": {
            "test_rows": judgement.judged[&finalist.id].scores.row.len(),
            "split": spec.split,
            "judgement": spec.judgement,
        },
        "hyperparameters": finalist.hyperparameters,
        "validation": judgement.participant(&finalist.variant),
        "test": judgement.judged[&finalist.id],
        "baselines": baselines,
        "ceiling_f1_all_rows": judgement.ceiling,
        "ceiling_share": judgement.ceiling_share(context, &finalist.id),
        "parity": finalist.parity,
        "label_shuffle": judgement.trained.shuffle,
        "waivers": waivers,
    }))
}
