//! Remaining useful life: judged bearing by bearing left out, exported as the model fitted on all.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use gauntlet_bundle::{Answers, Bundle, Draft, Parts};
use gauntlet_core::{
    Column, Digest, Frame, Lineage, ModelName, Origin, Seed, Signature, Task as Answer, Verdict,
};
use gauntlet_data::vibration::{Recordings, Series};
use gauntlet_features::{Expr, Feature, RawInput, RawKind, Recipe};
use gauntlet_learn::build_graph;
use gauntlet_learn::condition::BearingOutcome;
use gauntlet_learn::gate::{Evidence, Parity};
use gauntlet_learn::models::ContenderSpec;
use gauntlet_learn::rul::{
    BearingScores, Life, Measure, Protocol, RulContender, RulJudgement, RulPolicy, SELECTED, Setup,
    decide, fit_final, judge, vectors,
};
use gauntlet_registry::{ModelVersion, Tag};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::judge::bundle_folder;
use super::spec::VibrationPipeline;
use crate::enrol::Candidate;
use crate::home::Home;
use crate::registries::Opened;
use crate::stages::reference::reference;

/// What the table `[remaining_life]` can say.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemainingSpec {
    pub(crate) registered_name: ModelName,
    pub(crate) setup: Setup,
    /// Level of the predictions' intervals.
    pub(crate) level: f64,
    /// Besides them an exponential fit takes part, which cannot be exported.
    pub(crate) contenders: Vec<ContenderSpec>,
}

/// The judgement of remaining life, and the bundle that was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Remaining {
    pub(crate) judgement: RulJudgement,
    pub(crate) parity: Parity,
    pub(crate) bundle: Digest,
    pub(crate) size_bytes: u64,
    /// Factor by which the interval's bounds lie from the value.
    pub(crate) factor: f64,
}

/// Name of its bundle among those of the run.
pub(super) const ID: &str = "remaining_life";

/// What the stage is given.
pub(super) struct Course<'a> {
    pub(super) home: &'a Home,
    pub(super) pipeline: &'a VibrationPipeline,
    pub(super) spec: &'a RemainingSpec,
    pub(super) recordings: &'a Recordings,
    /// The health indicator's word on every bearing.
    pub(super) onsets: &'a [BearingOutcome],
    pub(super) split: Digest,
}

/// Judges all contenders and packs the winner, fitted on all bearings.
pub(super) fn run(course: &Course<'_>) -> Result<Remaining> {
    let Course { spec, pipeline, recordings, .. } = *course;
    let lives = lives(course)?;
    let seed = pipeline.seed.derive("remaining life", 0);
    let protocol = Protocol { level: spec.level, ..Protocol::new(spec.setup.clone(), seed) };
    let mut contenders = vec![("exponential".to_owned(), RulContender::Exponential)];
    for contender in &spec.contenders {
        contenders.push((contender.kind().to_owned(), RulContender::learned(contender)?));
    }
    let judgement = judge(&lives, &contenders, &protocol)?;
    let winner = &judgement.onset.winner;
    let (_, contender) =
        contenders.iter().find(|(name, _)| name == winner).context("the winner took no part")?;
    let fitted = fit_final(&lives, contender, &protocol)?;
    let recipe = plain(&fitted.names);
    let model = build_graph(&recipe, &fitted.model, 0.0)?;
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); fitted.names.len()];
    for life in &lives {
        let of_life = vectors(life, &spec.setup)?;
        let from = life.onset.unwrap_or(life.snapshots());
        for (all, column) in columns.iter_mut().zip(of_life.columns) {
            all.extend_from_slice(&column[from..]);
        }
    }
    let named = fitted.names.iter().cloned().zip(columns.into_iter().map(Column::Number));
    let frame = Frame::new(named)?;
    let matrix = recipe.apply(&frame)?;
    let native = fitted.model.outputs(&matrix)?;
    let values: Vec<f32> = native.column(0).map(|v| v as f32).collect();
    let signature = Signature {
        raw: recipe.fields(|_| Default::default()),
        features: fitted.names.clone(),
        task: Answer::Regression { unit: "min".to_owned(), interval: true },
        ..Signature::default()
    };
    let rows = frame.rows();
    let draft = Draft::new(Parts {
        model,
        recipe: recipe.to_toml(),
        signature,
        example: frame.take(&[0, rows / 2, rows - 1]),
        reference: reference(&frame, &matrix, &values),
        lineage: Lineage {
            gauntlet: pipeline.spec.name.clone(),
            kind: winner.clone(),
            recipe: ID.to_owned(),
            origin: recordings.origin,
            dataset: recordings.digest,
            split: course.split,
            pipeline: pipeline.digest,
            seed: pipeline.seed,
        },
    })?;
    let Answers::Regression(answers) = draft.answers(&frame)? else {
        anyhow::bail!("the bundle is no regression")
    };
    let bounds = answers.interval.context("the bundle has no interval")?;
    let exported = [&answers.prediction, &bounds.lower, &bounds.upper];
    let mut parity = Parity {
        rows,
        largest: 0.0,
        labels_differ: 0,
        near_threshold: 0,
        tolerance: fitted.model.tolerance(),
    };
    for (column, exported) in exported.into_iter().enumerate() {
        for (native, exported) in native.column(column).zip(exported) {
            let difference = (native - f64::from(*exported)).abs() / native.abs().max(1.0);
            parity.largest = parity.largest.max(difference);
        }
    }
    let packed = draft.pack(&json!({
        "gauntlet": pipeline.spec.name,
        "title": pipeline.spec.title,
        "protocol": { "remaining_life": spec, "alarm": pipeline.spec.alarm },
        "winner": winner,
        "leave_one_bearing_out": scores(&judgement),
        "parity": parity,
    }))?;
    let folder = bundle_folder(course.home, &pipeline.spec.name, ID);
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    packed.write(&folder)?;
    let size_bytes = packed.files().map(|(_, bytes)| bytes.len() as u64).sum();
    let (bundle, factor) = (packed.digest(), fitted.factor);
    Ok(Remaining { judgement, parity, bundle, size_bytes, factor })
}

/// Per-bearing scores of the nested choice: those that carry no selection.
fn scores(judgement: &RulJudgement) -> &[BearingScores] {
    judgement.onset.participants.get(SELECTED).map_or(&[], |p| &p.scores)
}

/// A recipe that takes the features as they are.
fn plain(names: &[String]) -> Recipe {
    let input =
        |name: &String| RawInput { name: name.clone(), kind: RawKind::Number, nullable: false };
    let feature = |name: &String| Feature {
        name: name.clone(),
        expr: Expr::Column(name.clone()),
        unit: String::new(),
        limit: None,
    };
    Recipe {
        name: ID.to_owned(),
        inputs: names.iter().map(input).collect(),
        features: names.iter().map(feature).collect(),
    }
}

/// The failed bearings as lives: channels merged by their maximum, hours as minutes.
fn lives(course: &Course<'_>) -> Result<Vec<Life>> {
    let recordings = course.recordings;
    let names = &course.spec.setup.feature_names;
    let places = names
        .iter()
        .map(|name| {
            let place = recordings.features.iter().position(|known| known == name);
            place.with_context(|| format!("[remaining_life] the dataset has no feature {name}"))
        })
        .collect::<Result<Vec<_>>>()?;
    let mut lives = Vec::new();
    for outcome in course.onsets.iter().filter(|outcome| outcome.bearing.failed) {
        let bearing = &outcome.bearing;
        let is_own = |s: &&Series| s.run == bearing.run && s.bearing == bearing.name;
        let channels: Vec<&Series> = recordings.series.iter().filter(is_own).collect();
        let Some(first) = channels.first() else { continue };
        let running: Vec<usize> = (0..first.hours.len()).filter(|i| !first.stopped[*i]).collect();
        let most = |place: usize, i: usize| {
            channels.iter().map(|s| s.values[place][i]).fold(f64::MIN, f64::max)
        };
        let features =
            places.iter().map(|p| running.iter().map(|i| most(*p, *i)).collect()).collect();
        let minutes: Vec<f64> = running.iter().map(|i| 60.0 * first.hours[*i]).collect();
        let at = |hours: f64| minutes.partition_point(|m| *m < 60.0 * hours);
        // A false alarm starts the clock too: nobody would have known.
        let onset = outcome.alarm.as_ref().map(|alarm| at(alarm.hours));
        lives.push(Life {
            bearing: if bearing.run == bearing.name {
                bearing.name.clone()
            } else {
                format!("{} {}", bearing.run, bearing.name)
            },
            condition: bearing.run.split('/').next().unwrap_or_default().to_owned(),
            end_minutes: minutes.last().copied().unwrap_or_default(),
            onset: onset.filter(|at| *at < minutes.len()),
            common_start: bearing.onset_hours.map(at).filter(|at| *at < minutes.len()),
            minutes,
            features,
        });
    }
    Ok(lives)
}

/// The candidate for the registry, gated against baselines and the champion's recorded scores.
pub(super) async fn candidate(
    course: &Course<'_>,
    remaining: &Remaining,
    opened: &Opened,
    model: ModelName,
    champion: Option<&ModelVersion>,
) -> Result<Candidate> {
    let origin = course.recordings.origin;
    let verdict = verdict(course, remaining, opened, champion).await?;
    let judgement = &remaining.judgement.onset;
    let mut metrics = BTreeMap::new();
    if let Some(selected) = judgement.participants.get(SELECTED) {
        for measure in Measure::ALL {
            metrics.insert(format!("lobo_{}", measure.name()), selected.mean(measure));
        }
    }
    metrics.retain(|_, value| value.is_finite());
    let params = BTreeMap::from([
        ("kind".to_owned(), judgement.winner.clone()),
        ("level".to_owned(), course.spec.level.to_string()),
    ]);
    let tags = BTreeMap::from([
        (Tag::ORIGIN.to_owned(), origin.to_string()),
        (Tag::BUNDLE.to_owned(), remaining.bundle.to_string()),
        ("gauntlet.kind".to_owned(), judgement.winner.clone()),
        ("gauntlet.dataset_digest".to_owned(), course.recordings.digest.to_string()),
        ("gauntlet.pipeline_digest".to_owned(), course.pipeline.digest.to_string()),
        ("gauntlet.seed".to_owned(), course.pipeline.seed.0.to_string()),
        ("gauntlet.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    Ok(Candidate {
        model,
        label: ID.to_owned(),
        bundle: bundle_folder(course.home, &course.pipeline.spec.name, ID),
        digest: remaining.bundle,
        verdict,
        params,
        metrics,
        tags,
        description: format!(
            "{}: remaining minutes by {}, {origin} data",
            course.pipeline.spec.title, judgement.winner
        ),
    })
}

async fn verdict(
    course: &Course<'_>,
    remaining: &Remaining,
    opened: &Opened,
    champion: Option<&ModelVersion>,
) -> Result<Verdict> {
    let judgement = &remaining.judgement;
    let mut caveat = None;
    let mut rival: Option<Vec<BearingScores>> = None;
    if let Some(champion) = champion.filter(|c| c.digest != Some(remaining.bundle)) {
        let name = format!("champion {} version {}", champion.model, champion.version);
        let folder = opened.bundle(champion).await?;
        let bundle = Bundle::open(&folder.with_context(|| format!("{name} has no bundle"))?)?;
        if bundle.manifest().lineage.dataset != course.recordings.digest {
            caveat = Some("the champion's scores are of other recordings".to_owned());
        }
        let recorded = bundle.report()?["leave_one_bearing_out"].clone();
        rival = Some(
            serde_json::from_value(recorded)
                .with_context(|| format!("{name}: its report holds no scores by bearing"))?,
        );
    }
    let baselines: BTreeMap<String, Vec<BearingScores>> = judgement
        .onset
        .participants
        .iter()
        .map(|(name, participant)| (name.clone(), participant.scores.clone()))
        .collect();
    let evidence =
        Evidence { parity: remaining.parity, waivers: BTreeMap::new(), champion_caveat: caveat };
    let seed: Seed = course.pipeline.seed.derive("remaining life gate", 0);
    let policy = RulPolicy::new(course.recordings.origin == Origin::Real, seed);
    Ok(decide(scores(judgement), &baselines, rival.as_deref(), &evidence, &policy))
}
