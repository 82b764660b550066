//! The registered detectors: fitted on all rows, lowered, compared with their graphs, packed.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use gauntlet_bundle::{Answers, Draft, Parts};
use gauntlet_core::{
    Column, Digest, Field, FieldKind, Frame, Lineage, Origin, Plausible, Signature, Subset as _,
    Task, Train,
};
use gauntlet_features::Matrix;
use gauntlet_features::windows::{Kind, Recipe, Windows};
use gauntlet_learn::events::{FittedDetector, Operation, Phase, Timeline};
use gauntlet_learn::gate::Parity;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::spec::Participant;
use super::tournament::{Course, Judged};
use crate::home::Home;
use crate::stages::reference::reference;

/// Rows that describe the training distribution.
const REFERENCE_LINES: usize = 5000;
/// How far a graph's answer may lie from the detector's, as a share of it.
const TOLERANCE: f64 = 2e-5;

/// A packed bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Packed {
    pub(crate) digest: Digest,
    pub(crate) size_bytes: u64,
    pub(crate) parity: Parity,
    pub(crate) operation: Operation,
    pub(crate) inputs: usize,
    #[serde(skip)]
    pub(crate) folder: PathBuf,
}

/// What `recipe.toml` says: how a server turns the last raw rows into the graph's inputs.
#[derive(Debug, Serialize)]
struct RecipeFile<'a> {
    /// What computes the features: `windows` of the features crate.
    kind: &'static str,
    /// Seconds from row to row.
    step_s: f64,
    /// Raw rows up to the present one that a decision needs.
    history: usize,
    /// Fewest rows after a start.
    fewest: usize,
    name: &'a str,
    sensors: Vec<&'a str>,
    kinds: Vec<Kind>,
    windows: Windows,
}

/// What a bundle says of where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Source<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) origin: Origin,
    pub(super) dataset: Digest,
    pub(super) step_s: f64,
    pub(super) units: &'a [gauntlet_data::events::Sensor],
}

/// Fits a participant on all rows and packs it.
pub(super) fn pack(
    home: &Home,
    course: &Course<'_>,
    source: &Source<'_>,
    participant: &Participant,
    judged: &Judged,
) -> Result<Packed> {
    let lines = course.timeline.lines();
    // Nothing is left to be tested: the last line only completes the split.
    let train = course.timeline.before(lines - 1)?;
    let seed = course.final_seed().derive(&participant.spec.name, 0);
    let calibration = course.pipeline.calibration(&course.lengths);
    let known = course.known(lines - 1);
    let (calibrated, _) = course.fit(participant, &train, lines - 1)?;
    let fitted = participant.detector.fit(&train, &known, &calibration, seed)?;
    let operation = calibrated.operation;
    let model = fitted.graph(operation.threshold)?;
    let ready: Vec<usize> = (0..lines).filter(|&line| course.timeline.ready[line]).collect();
    let rows = fitted.narrowed(&course.timeline.x, &ready)?;
    let native = fitted.of_rows(&rows)?;
    let signature = signature(&rows, source, course, operation);
    let example = frame(&subset(&rows, &example_rows(course.timeline, &ready, &native)));
    let (features, scores) = sketch_rows(course.timeline, &fitted, &train, &calibrated.scores)?;
    let parts = Parts {
        model,
        recipe: recipe_file(&fitted, source, participant)?,
        signature,
        example,
        reference: reference(&frame(&features), &features, &scores),
        lineage: Lineage {
            gauntlet: course.pipeline.spec.name.clone(),
            kind: judged.kind.clone(),
            recipe: "windows".to_owned(),
            origin: source.origin,
            dataset: source.dataset,
            split: course.split,
            pipeline: course.pipeline.digest,
            seed: course.pipeline.seed,
        },
    };
    let draft = Draft::new(parts).with_context(|| format!("the bundle of `{}`", judged.name))?;
    let parity = parity(&draft, &rows, &native, operation.threshold)?;
    let report = json!({
        "gauntlet": course.pipeline.spec.name,
        "title": course.pipeline.spec.title,
        "origin": source.origin,
        "protocol": course.pipeline.spec.protocol,
        "judgement": course.pipeline.spec.judgement,
        "hyperparameters": participant.spec.detector,
        "features": participant.spec.features,
        "operation": operation,
        "test": judged.judgement,
        "tests": judged.tests,
        "validation": judged.validation,
        "parity": parity,
    });
    let packed = draft.pack(&report)?;
    let folder = home.work(&course.pipeline.spec.name, "bundles").join(&judged.name);
    packed.write(&folder)?;
    let size_bytes = packed.files().map(|(_, bytes)| bytes.len() as u64).sum();
    let inputs = fitted.inputs.len();
    Ok(Packed { digest: packed.digest(), size_bytes, parity, operation, inputs, folder })
}

fn signature(
    rows: &Matrix,
    source: &Source<'_>,
    course: &Course<'_>,
    operation: Operation,
) -> Signature {
    let unit = |feature: &str| {
        let of = source.units.iter().filter(|sensor| feature.starts_with(&sensor.name));
        of.max_by_key(|sensor| sensor.name.len())
            .map_or(String::new(), |sensor| sensor.unit.clone())
    };
    let field = |(name, column): (&String, &Vec<f32>)| Field {
        name: name.clone(),
        kind: FieldKind::Number,
        unit: unit(name),
        nullable: column.iter().any(|v| v.is_nan()),
        plausible: Plausible::default(),
    };
    Signature {
        raw: rows.names.iter().zip(&rows.columns).map(field).collect(),
        features: rows.names.clone(),
        threshold: operation.threshold,
        task: Task::Anomaly,
        alarm: Some(course.lengths.alarm),
        ..Signature::default()
    }
}

fn recipe_file(
    fitted: &FittedDetector,
    source: &Source<'_>,
    participant: &Participant,
) -> Result<String> {
    let read = |sensor: &&String| {
        let of = participant.spec.features.iter().map(|kind| format!("{sensor}_{}", kind.name()));
        of.into_iter().any(|name| fitted.inputs.contains(&name))
    };
    let file = RecipeFile {
        kind: "windows",
        step_s: source.step_s,
        history: source.recipe.history(),
        fewest: source.recipe.windows.middle,
        name: &participant.spec.name,
        sensors: source.recipe.sensors.iter().filter(read).map(String::as_str).collect(),
        kinds: participant.spec.features.clone(),
        windows: source.recipe.windows,
    };
    Ok(toml::to_string(&file)?)
}

fn subset(rows: &Matrix, positions: &[usize]) -> Matrix {
    rows.subset(positions)
}

/// Features as a server is sent them.
fn frame(rows: &Matrix) -> Frame {
    let column = |values: &Vec<f32>| Column::Number(values.iter().map(|v| f64::from(*v)).collect());
    let columns = rows.names.iter().cloned().zip(rows.columns.iter().map(column));
    // A recipe's names are distinct, and its columns have one length.
    Frame::new(columns).unwrap_or_default()
}

/// The first three rows, and the two oddest.
fn example_rows(timeline: &Timeline, ready: &[usize], scores: &[f32]) -> Vec<usize> {
    let ran: Vec<usize> =
        (0..ready.len()).filter(|&at| timeline.phase[ready[at]] == Phase::Normal).collect();
    let mut odd = ran.clone();
    odd.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    ran.iter().take(3).chain(odd.iter().take(2)).copied().collect()
}

/// Usual rows, evenly spread, and their scores by detectors that had not seen them.
fn sketch_rows(
    timeline: &Timeline,
    fitted: &FittedDetector,
    train: &Train<Timeline>,
    scores: &[f32],
) -> Result<(Matrix, Vec<f32>)> {
    let usual = |line: &usize| {
        timeline.ready[*line] && timeline.phase[*line] == Phase::Normal && !scores[*line].is_nan()
    };
    let usual: Vec<usize> = (0..train.lines()).filter(usual).collect();
    let stride = usual.len().div_ceil(REFERENCE_LINES).max(1);
    let usual: Vec<usize> = usual.into_iter().step_by(stride).collect();
    let scores = usual.iter().map(|&line| scores[line]).collect();
    Ok((fitted.narrowed(&timeline.x, &usual)?, scores))
}

/// Compares the graph with the detector on every row that has features.
fn parity(draft: &Draft, rows: &Matrix, native: &[f32], threshold: f32) -> Result<Parity> {
    let Answers::Anomaly(answers) = draft.answers(&frame(rows))? else {
        anyhow::bail!("a detector has to answer with scores")
    };
    let mut parity = Parity {
        rows: native.len(),
        largest: 0.0,
        labels_differ: 0,
        near_threshold: 0,
        tolerance: TOLERANCE,
    };
    for ((own, other), label) in native.iter().zip(&answers.score).zip(&answers.prediction) {
        let size = f64::from(own.abs()).max(1.0);
        parity.largest = parity.largest.max(f64::from((own - other).abs()) / size);
        let near = f64::from((own - threshold).abs()) <= TOLERANCE * size;
        parity.near_threshold += usize::from(near);
        parity.labels_differ += usize::from(!near && (*own >= threshold) != (*label == 1));
    }
    Ok(parity)
}
