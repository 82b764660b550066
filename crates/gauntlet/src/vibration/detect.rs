//! Participants on their way into bundles: an indicator by formula, and detectors fitted on the first hours.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use gauntlet_bundle::{Answers, Draft, Parts};
use gauntlet_core::{Digest, Frame, Lineage, Origin, Signature, Table, Task as Answer, Train};
use gauntlet_features::{Recipe, RecipePlan};
use gauntlet_learn::condition::quiet_threshold;
use gauntlet_learn::gate::Parity;
use gauntlet_learn::models::{ContenderSpec, Fitted};
use gauntlet_learn::{LearnError, Samples, Target, build_graph, build_indicator};

use super::spec::VibrationPipeline;
use super::watched::Watched;
use crate::failure::Failure;
use crate::stages::reference::reference;

/// Rounding to single precision, of scores up to 1; larger scores are compared relative to their size.
const TOLERANCE: f64 = 2e-6;

/// What every participant is made from.
pub(super) struct Workshop<'a> {
    pub(super) pipeline: &'a VibrationPipeline,
    pub(super) watched: &'a Watched,
    pub(super) train: &'a Train<Table>,
    pub(super) origin: Origin,
    pub(super) dataset: Digest,
    pub(super) split: Digest,
    /// The dataset's way from samples to features, as TOML, where there are samples.
    pub(super) signal: Option<String>,
}

/// A participant whose bundle can be judged.
pub(super) struct Contender {
    /// Kind, such as `isolationforest`, or `health_indicator`.
    pub(super) id: String,
    pub(super) recipe: String,
    pub(super) hyperparameters: serde_json::Value,
    pub(super) threshold: f32,
    pub(super) draft: Draft,
    pub(super) parity: Parity,
}

impl Workshop<'_> {
    /// The first of `recipes` whose columns are all there.
    fn recipe(&self, recipes: &[String]) -> Result<Recipe> {
        let spec = &self.pipeline.spec;
        let mut refused = None;
        for name in recipes {
            let frame = &self.train.frame;
            match RecipePlan::check(name, &spec.recipes[name], &spec.derived, frame) {
                Ok(plan) => return Ok(plan.fit(self.train)?),
                Err(error) => refused = Some(error),
            }
        }
        let refused = refused.context("a recipe is needed")?;
        Err(Failure::Usage(refused.to_string()).into())
    }

    /// The health indicator.
    pub(super) fn indicator(&self) -> Result<Contender> {
        let spec = &self.pipeline.spec.indicator;
        let recipe = self.recipe(&spec.recipes)?;
        let model = build_indicator(&recipe, spec.threshold)?;
        let scores = recipe.apply(&self.train.frame)?.columns.swap_remove(0);
        let hyperparameters = serde_json::json!({
            "formula": recipe.features[0].expr.to_string(),
            "threshold": spec.threshold,
        });
        let native: Vec<f64> = scores.iter().map(|s| f64::from(*s)).collect();
        let made = Made { id: "health_indicator", recipe, model, threshold: spec.threshold };
        self.finish(made, hyperparameters, &native)
    }

    /// Every detector of the pipeline file.
    pub(super) fn detectors(&self, step: &dyn Fn()) -> Result<Vec<Contender>> {
        let Some(spec) = &self.pipeline.spec.detectors else { return Ok(Vec::new()) };
        let recipe = self.recipe(&spec.recipes)?;
        let samples = self.train.try_map(|table| {
            let target = Target::None(table.rows());
            let x = recipe.apply(&table.frame)?;
            let (group, row) = (table.group.clone(), table.row.clone());
            Ok::<_, LearnError>(Samples::new(x, target, group, row))
        })?;
        let mut made = Vec::new();
        for contender in &spec.contenders {
            made.push(self.detector(
                contender,
                &recipe,
                &samples,
                spec.margin[contender.kind()],
            )?);
            step();
        }
        Ok(made)
    }

    fn detector(
        &self,
        spec: &ContenderSpec,
        recipe: &Recipe,
        samples: &Train<Samples>,
        margin: f64,
    ) -> Result<Contender> {
        let id = spec.kind();
        let seed = self.pipeline.seed.derive("final fit", 0).derive(id, 0);
        let contender = spec.check()?;
        let fitted = contender.fit(samples, seed)?;
        let again: Fitted = contender.fit(samples, seed)?;
        anyhow::ensure!(
            fitted.digest(&samples.x)? == again.digest(&samples.x)?,
            "{id} is not reproducible: refitting gave another model"
        );
        let native: Vec<f64> = fitted.outputs(&samples.x)?.column(0).collect();
        let threshold = self.threshold(&native, margin).context("there are no training rows")?;
        let model = build_graph(recipe, &fitted, threshold)?;
        let hyperparameters = serde_json::to_value(spec)?;
        let made = Made { id, recipe: recipe.clone(), model, threshold };
        self.finish(made, hyperparameters, &native)
    }

    /// `margin` times as far from the median of the training rows' scores as the alarm policy needs to stay quiet
    /// on them.
    fn threshold(&self, scores: &[f64], margin: f64) -> Option<f32> {
        let scores: Vec<f32> = scores.iter().map(|s| *s as f32).collect();
        let tracks = self.watched.tracks_within(&self.train.row);
        let rows: Vec<_> = tracks.into_iter().map(|track| track.rows).collect();
        let quiet = quiet_threshold(&scores, &rows, &self.pipeline.spec.alarm)?;
        let mut sorted = scores;
        sorted.sort_by(f32::total_cmp);
        let median = f64::from(*sorted.get(sorted.len() / 2)?);
        Some((median + margin * (f64::from(quiet) - median)) as f32)
    }

    /// Makes the draft of the bundle and compares it with the native scores of the training rows.
    fn finish(
        &self,
        made: Made<'_>,
        hyperparameters: serde_json::Value,
        native: &[f64],
    ) -> Result<Contender> {
        let Made { id, recipe, model, threshold } = made;
        let signature = Signature {
            raw: recipe.fields(|_| Default::default()),
            features: recipe.features.iter().map(|f| f.name.clone()).collect(),
            threshold,
            task: Answer::Anomaly,
            alarm: Some(self.pipeline.spec.alarm),
            ..Signature::default()
        };
        let inputs: Vec<String> = recipe.inputs.iter().map(|i| i.name.clone()).collect();
        let raw = self.train.frame.select(&inputs)?;
        let features = recipe.apply(&raw)?;
        let scores: Vec<f32> = native.iter().map(|s| *s as f32).collect();
        let mut recipe_toml = recipe.to_toml();
        if let Some(signal) = &self.signal {
            recipe_toml += signal;
        }
        let parts = Parts {
            model,
            recipe: recipe_toml,
            signature,
            example: raw.take(&example_rows(&scores)),
            reference: reference(&raw, &features, &scores),
            lineage: Lineage {
                gauntlet: self.pipeline.spec.name.clone(),
                kind: id.to_owned(),
                recipe: recipe.name.clone(),
                origin: self.origin,
                dataset: self.dataset,
                split: self.split,
                pipeline: self.pipeline.digest,
                seed: self.pipeline.seed,
            },
        };
        let draft = Draft::new(parts)?;
        let parity = compare(&draft, &raw, native, threshold)?;
        let (id, recipe) = (id.to_owned(), recipe.name);
        Ok(Contender { id, recipe, hyperparameters, threshold, draft, parity })
    }
}

/// A model before it is a bundle.
struct Made<'a> {
    id: &'a str,
    recipe: Recipe,
    model: Vec<u8>,
    threshold: f32,
}

/// The scores that a bundle gives to rows.
pub(super) fn scores(draft: &Draft, frame: &Frame) -> Result<Vec<f32>> {
    match draft.answers(frame)? {
        Answers::Anomaly(answers) => Ok(answers.score),
        _ => anyhow::bail!("the bundle is no anomaly detector"),
    }
}

fn compare(draft: &Draft, rows: &Frame, native: &[f64], threshold: f32) -> Result<Parity> {
    let exported = scores(draft, rows)?;
    let threshold = f64::from(threshold);
    let tolerance = TOLERANCE;
    let mut parity =
        Parity { rows: rows.rows(), largest: 0.0, labels_differ: 0, near_threshold: 0, tolerance };
    for (native, exported) in native.iter().zip(exported) {
        let exported = f64::from(exported);
        let size = native.abs().max(1.0);
        parity.largest = parity.largest.max((native - exported).abs() / size);
        let near = (native - threshold).abs() <= tolerance * size;
        parity.near_threshold += usize::from(near);
        let differs = (*native >= threshold) != (exported >= threshold);
        parity.labels_differ += usize::from(!near && differs);
    }
    Ok(parity)
}

/// The rows with the smallest, the middle and the largest score.
fn example_rows(scores: &[f32]) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..scores.len()).collect();
    rows.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(a.cmp(b)));
    match rows.as_slice() {
        [] => Vec::new(),
        [only] => vec![*only],
        rows => vec![rows[0], rows[rows.len() / 2], rows[rows.len() - 1]],
    }
}

/// The scores of the baselines, which are formulas, on the rows of `frame`.
pub(super) fn baselines(
    pipeline: &VibrationPipeline,
    train: &Train<Table>,
    frame: &Frame,
) -> Result<BTreeMap<String, (Vec<f32>, f32)>> {
    let spec = &pipeline.spec;
    let of = |(name, fixed): (&String, &super::spec::FixedSpec)| {
        let features = std::slice::from_ref(&fixed.feature);
        let plan = RecipePlan::check(name, features, &spec.derived, frame)
            .map_err(|e| Failure::Usage(e.to_string()))?;
        let scores = plan.fit(train)?.apply(frame)?.columns.swap_remove(0);
        Ok((name.clone(), (scores, fixed.threshold)))
    };
    spec.baselines.iter().map(of).collect()
}
