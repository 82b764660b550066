//! Contenders of one type of machine: a detector for each machine under each ratio, all in one bundle.

use anyhow::{Context as _, Result};
use gauntlet_bundle::{Answers, Draft, Parts};
use gauntlet_core::{
    Digest, Field, FieldKind, Frame, Lineage, Origin, Plausible, Signature, Table, Task as Answer,
    Train,
};
use gauntlet_features::{Matrix, Recipe, RecipePlan, Signal};
use gauntlet_learn::gate::Parity;
use gauntlet_learn::models::ContenderSpec;
use gauntlet_learn::sound::{
    AlarmLevel, Candidate, Choice, Place, TrainingClips, alarm_level, choose,
};
use gauntlet_learn::{LearnError, Samples, Specialist, Target, build_specialists};
use serde::{Deserialize, Serialize};

use super::heard::{Heard, UNIT, unit};
use super::spec::{SoundPipeline, SummarySpec};
use crate::stages::reference::reference;

/// Rounding to single precision, of scores up to 1; larger ones are compared relative to their size.
const TOLERANCE: f64 = 2e-6;

/// What the contenders of one type of machine are made from.
pub(super) struct Workshop<'a> {
    pub(super) pipeline: &'a SoundPipeline,
    pub(super) heard: &'a Heard,
    pub(super) machine: &'a str,
    /// The machine's rows that may be learned from.
    pub(super) train: Train<Table>,
    pub(super) origin: Origin,
    pub(super) dataset: Digest,
    pub(super) split: Digest,
    /// Whether there are sounds, or only features that others computed.
    pub(super) has_sounds: bool,
}

/// The threshold of one machine under one ratio.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Level {
    pub(crate) place: Place,
    #[serde(flatten)]
    pub(crate) alarm: AlarmLevel,
}

/// A contender whose bundle can be judged.
pub(super) struct Contender {
    pub(super) id: String,
    /// The summary that it learns from, or `frames`.
    pub(super) summary: String,
    pub(super) hyperparameters: serde_json::Value,
    pub(super) levels: Vec<Level>,
    pub(super) draft: Draft,
    pub(super) parity: Parity,
}

/// What a contender learns from.
pub(super) struct Material {
    pub(super) recipe: Recipe,
    /// The training rows of every place, in the recipe's features; rows of one group are one clip.
    pub(super) of_place: Vec<(Place, Train<Samples>)>,
    /// Parts in which clips are held out.
    pub(super) folds: usize,
    pub(super) signal: Option<Signal>,
}

impl Workshop<'_> {
    /// The summaries whose features the dataset has; all features, where it has none of them.
    pub(super) fn summaries(&self) -> Vec<SummarySpec> {
        let spec = &self.pipeline.spec;
        let here: Vec<SummarySpec> = spec
            .summaries
            .iter()
            .filter_map(|summary| {
                let all = summary.features.iter();
                let found = all.map(|pattern| matching(pattern, &self.heard.features));
                let found: Option<Vec<Vec<String>>> =
                    found.map(|names| (!names.is_empty()).then_some(names)).collect();
                let features = found?.concat();
                Some(SummarySpec { name: summary.name.clone(), features })
            })
            .collect();
        if here.is_empty() {
            let (name, features) = ("all".to_owned(), self.heard.features.clone());
            return vec![SummarySpec { name, features }];
        }
        here
    }

    /// The training rows in the features of a summary.
    pub(super) fn material(&self, summary: &SummarySpec) -> Result<Material> {
        let derived = Default::default();
        let frame = &self.train.frame;
        let plan = RecipePlan::check(&summary.name, &summary.features, &derived, frame)?;
        let recipe = plan.fit(&self.train)?;
        let of = |place: Place| {
            let rows = self.train.part(&self.heard.of_place(&self.train, &place), &[]).0;
            let samples = rows.try_map(|table| {
                let target = Target::None(table.rows());
                let x = recipe.apply(&table.frame)?;
                let (group, row) = (table.group.clone(), table.row.clone());
                Ok::<_, LearnError>(Samples::new(x, target, group, row))
            })?;
            anyhow::Ok((place, samples))
        };
        let of_place =
            self.heard.places(self.machine).into_iter().map(of).collect::<Result<_>>()?;
        let spec = &self.pipeline.spec;
        let signal = self
            .has_sounds
            .then(|| Signal::Audio { channel: spec.channel, clip: spec.clip.clone() });
        Ok(Material { recipe, of_place, folds: spec.judgement.folds, signal })
    }

    /// Chooses a summary by training clips alone, with the first contender.
    pub(super) fn choose(&self, summaries: &[SummarySpec]) -> Result<(Choice, Material)> {
        let spec = &self.pipeline.spec;
        let contender = spec.contenders.first().context("there is no contender")?.check()?;
        let mut materials = Vec::new();
        for summary in summaries {
            materials.push(self.material(summary)?);
        }
        let clips: Vec<Vec<TrainingClips>> = materials.iter().map(Material::clips).collect();
        let candidates: Vec<Candidate<'_>> = summaries
            .iter()
            .zip(&clips)
            .map(|(s, clips)| Candidate { name: s.name.clone(), contender: &contender, clips })
            .collect();
        let seed = self.pipeline.seed.derive("summary", 0).derive(self.machine, 0);
        let choice = choose(&candidates, spec.judgement.folds, seed)?;
        let material = materials.swap_remove(choice.at);
        Ok((choice, material))
    }

    /// Fits a contender for every place and puts all into one bundle.
    pub(super) fn contender(
        &self,
        spec: &ContenderSpec,
        material: &Material,
        summary: &str,
    ) -> Result<Contender> {
        let id = spec.kind();
        let contender = spec.check()?;
        let seed = self.pipeline.seed.derive("final fit", 0).derive(id, 0).derive(self.machine, 0);
        let quantile = self.pipeline.spec.judgement.quantile;
        let (mut levels, mut fitted) = (Vec::new(), Vec::new());
        for (place, samples) in &material.of_place {
            let seed = seed.derive(&unit(place), 0);
            let failed = || format!("{id} of {place}");
            let alarm = alarm_level(&contender, samples, quantile, material.folds, seed)
                .with_context(failed)?;
            let model = contender.fit(samples, seed).with_context(failed)?;
            levels.push(Level { place: place.clone(), alarm });
            fitted.push(model);
        }
        let names: Vec<String> = levels.iter().map(|level| unit(&level.place)).collect();
        let specialists: Vec<Specialist<'_>> = levels
            .iter()
            .zip(&fitted)
            .zip(&names)
            .map(|((level, model), name)| {
                let (usual, alarm) = (level.alarm.usual, level.alarm.threshold);
                Specialist { name, model, usual: f64::from(usual), alarm: f64::from(alarm) }
            })
            .collect();
        let (draft, parity) = self.draft(id, material, &specialists)?;
        let hyperparameters = serde_json::to_value(spec)?;
        let (id, summary) = (id.to_owned(), summary.to_owned());
        Ok(Contender { id, summary, hyperparameters, levels, draft, parity })
    }

    fn draft(
        &self,
        kind: &str,
        material: &Material,
        specialists: &[Specialist<'_>],
    ) -> Result<(Draft, Parity)> {
        let recipe = &material.recipe;
        let model = build_specialists(recipe, UNIT, specialists)?;
        let values = specialists.iter().map(|s| s.name.to_owned()).collect();
        let mut raw = recipe.fields(|_| Default::default());
        raw.push(Field {
            name: UNIT.to_owned(),
            kind: FieldKind::Category { values },
            unit: String::new(),
            nullable: false,
            plausible: Plausible::default(),
        });
        let signature = Signature {
            raw,
            features: recipe.features.iter().map(|f| f.name.clone()).collect(),
            threshold: 1.0,
            task: Answer::Anomaly,
            ..Signature::default()
        };
        let shown = shown(material, specialists)?;
        let scores: Vec<f32> = shown.native.iter().map(|score| *score as f32).collect();
        let mut recipe_toml = recipe.to_toml();
        if let Some(signal) = &material.signal {
            recipe_toml += &format!("\n{}", toml::to_string(&HasSignal { signal })?);
        }
        let parts = Parts {
            model,
            recipe: recipe_toml,
            signature,
            example: shown.frame.take(&example_rows(&scores)),
            reference: reference(&shown.frame, &shown.features, &scores),
            lineage: Lineage {
                gauntlet: self.pipeline.spec.name.clone(),
                kind: kind.to_owned(),
                recipe: recipe.name.clone(),
                origin: self.origin,
                dataset: self.dataset,
                split: self.split,
                pipeline: self.pipeline.digest,
                seed: self.pipeline.seed,
            },
        };
        let draft = Draft::new(parts)?;
        let parity = compare(&draft, &shown)?;
        Ok((draft, parity))
    }
}

/// A recipe's table `[signal]`.
#[derive(Serialize)]
struct HasSignal<'a> {
    signal: &'a Signal,
}

impl Material {
    fn clips(&self) -> Vec<TrainingClips> {
        let of = |(place, rows): &(Place, Train<Samples>)| TrainingClips {
            id: place.id.clone(),
            snr: place.snr.clone(),
            rows: rows.clone(),
        };
        self.of_place.iter().map(of).collect()
    }
}

/// Training rows as a bundle sees them, beside what the fitted models say of them.
struct Shown {
    frame: Frame,
    features: Matrix,
    native: Vec<f64>,
    /// How large the numbers are that a scaled score is the difference of.
    size: Vec<f64>,
}

/// Rows of each place that are shown at most.
const ROWS: usize = 2000;

fn shown(material: &Material, specialists: &[Specialist<'_>]) -> Result<Shown> {
    let names = &material.recipe.inputs;
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    let (mut units, mut native, mut size) = (Vec::new(), Vec::new(), Vec::new());
    for ((_, samples), specialist) in material.of_place.iter().zip(specialists) {
        let step = samples.rows().div_ceil(ROWS).max(1);
        let rows: Vec<usize> = (0..samples.rows()).step_by(step).collect();
        let part = samples.part(&rows, &[]).0;
        for (all, input) in columns.iter_mut().zip(names) {
            let at = part.x.names.iter().position(|name| *name == input.name);
            let at = at.with_context(|| format!("no feature is named {}", input.name))?;
            all.extend(part.x.columns[at].iter().map(|value| f64::from(*value)));
        }
        units.extend(rows.iter().map(|_| specialist.name.to_owned()));
        let room = (specialist.usual / (specialist.alarm - specialist.usual)).abs();
        for score in specialist.model.outputs(&part.x)?.column(0) {
            let scaled = specialist.scaled(score);
            native.push(scaled);
            size.push(scaled.abs().max(room).max(1.0));
        }
    }
    let columns = names.iter().zip(columns);
    let columns = columns.map(|(input, v)| (input.name.clone(), gauntlet_core::Column::Number(v)));
    let units = (UNIT.to_owned(), gauntlet_core::Column::Text(units));
    let frame = Frame::new(columns.chain([units]))?;
    let features = material.recipe.apply(&frame)?;
    Ok(Shown { frame, features, native, size })
}

fn compare(draft: &Draft, shown: &Shown) -> Result<Parity> {
    let exported = scores(draft.answers(&shown.frame)?)?;
    let tolerance = TOLERANCE;
    let rows = exported.len();
    let mut parity = Parity { rows, largest: 0.0, labels_differ: 0, near_threshold: 0, tolerance };
    for ((native, size), exported) in shown.native.iter().zip(&shown.size).zip(exported) {
        let exported = f64::from(exported);
        parity.largest = parity.largest.max((native - exported).abs() / size);
        let near = (native - 1.0).abs() <= tolerance * size;
        parity.near_threshold += usize::from(near);
        parity.labels_differ += usize::from(!near && (*native >= 1.0) != (exported >= 1.0));
    }
    Ok(parity)
}

/// The scores of a detector's answers.
pub(super) fn scores(answers: Answers) -> Result<Vec<f32>> {
    match answers {
        Answers::Anomaly(answers) => Ok(answers.score),
        _ => anyhow::bail!("the bundle is no anomaly detector"),
    }
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

/// The names that a pattern with at most one `*` matches.
fn matching(pattern: &str, names: &[String]) -> Vec<String> {
    let fits = |name: &&String| match pattern.split_once('*') {
        None => *name == pattern,
        Some((head, tail)) => {
            name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
        }
    };
    names.iter().filter(fits).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        let names = ["mel_00_mean", "mel_01_mean", "mel_00_max", "rms_mean"].map(str::to_owned);
        assert_eq!(matching("mel_*_mean", &names), ["mel_00_mean", "mel_01_mean"]);
        assert_eq!(matching("*", &names).len(), 4);
        assert_eq!(matching("rms_mean", &names), ["rms_mean"]);
        assert!(matching("mean*mean", &["mean".to_owned()]).is_empty());
    }
}
