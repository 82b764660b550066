//! The wrong protocol that gives the famous number, beside the honest one: rows divided at random, and the pump that stands
//! counted as one that fails. Nothing here is exported or can reach the registry.

use std::fmt;

use anyhow::{Context as _, Result};
use gauntlet_core::{Digest, Origin, Split};
use gauntlet_data::events::{Log, State};
use gauntlet_features::Matrix;
use gauntlet_learn::events::walk_forward;
use gauntlet_learn::metrics::Confusion;
use gauntlet_learn::models::{ContenderSpec, gradientboosting};
use gauntlet_learn::{Samples, Target};
use rand::seq::SliceRandom;
use serde::Serialize;

use super::spec::EventsPipeline;
use super::tournament::{Course, Judged};
use super::{decisions, few};
use crate::progress::Progress;

/// Rows that the trap is shown on.
const ROWS: usize = 24_000;
/// Of four rows one is tested.
const PARTS: usize = 4;

/// The trap score beside the honest one.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    title: String,
    origin: Origin,
    /// Of rows that were divided at random.
    accuracy: f64,
    f1: f64,
    recall: f64,
    /// Of saying that the machine never fails.
    constant_accuracy: f64,
    honest: Judged,
}

/// Runs the trap and the honest protocol on the first contender.
pub(super) fn run(progress: Progress, pipeline: &EventsPipeline, log: &Log) -> Result<Shown> {
    let stride = log.rows().div_ceil(ROWS).max(1);
    let rows: Vec<usize> = (0..log.rows()).step_by(stride).collect();
    let labels: Vec<bool> = rows.iter().map(|&row| log.state[row] != State::Normal).collect();
    let take = |readings: &Vec<f64>| rows.iter().map(|&row| readings[row] as f32).collect();
    let x = Matrix {
        names: log.sensors.iter().map(|sensor| sensor.name.clone()).collect(),
        columns: log.readings.iter().map(take).collect(),
        limits: vec![None; log.sensors.len()],
    };
    let mut order: Vec<u32> = (0..rows.len() as u32).collect();
    order.shuffle(&mut pipeline.seed.derive("trap", 0).rng());
    let (test, train) = order.split_at(rows.len() / PARTS);
    let mut split = Split { train: train.to_vec(), test: test.to_vec() };
    split.train.sort_unstable();
    split.test.sort_unstable();
    let samples = Samples::independent(x, Target::Binary(labels));
    let (train, sealed) = split.seal(&samples, rows.len())?;
    let (test, _) = sealed.open();
    let spec = gradientboosting::Spec { trees: 60, ..gradientboosting::Spec::default() };
    let fitted = ContenderSpec::from(spec).check()?.fit(&train, pipeline.seed)?;
    let scores = fitted.outputs(&test.x)?.scores();
    let labels = test.labels()?;
    let confusion = Confusion::at(0.5, &scores, labels, &vec![1; labels.len()]);
    let fails = labels.iter().filter(|y| **y).count() as f64;
    progress.say("trap      rows divided at random; now the honest protocol");

    let lengths = super::lengths(log, pipeline)?;
    let recipe = decisions::recipe(log, pipeline, &lengths)?;
    let timeline = decisions::timeline(log, &recipe);
    super::long_enough(log, pipeline, &timeline)?;
    let failures = decisions::failures(log);
    let steps =
        walk_forward(&timeline, &failures, &pipeline.spec.protocol).map_err(|_| few(log))?;
    let mut first = pipeline.clone();
    first.participants.truncate(1);
    let split = Digest::of(b"trap");
    let course = Course {
        pipeline: &first,
        timeline: &timeline,
        failures: &failures,
        steps: &steps,
        split,
        lengths,
    };
    let honest = course.run(&|| ()).into_iter().next().context("there is no contender")?;
    Ok(Shown {
        title: pipeline.spec.title.clone(),
        origin: log.origin,
        accuracy: confusion.accuracy(),
        f1: confusion.f1(),
        recall: confusion.recall(),
        constant_accuracy: 1.0 - fails / labels.len() as f64,
        honest,
    })
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nTRAP: {} ({} data)", self.title, self.origin)?;
        writeln!(
            f,
            "\ntrap      rows divided at random, boosted trees on raw readings, a machine under repair counts as failed:"
        )?;
        writeln!(
            f,
            "          accuracy {:.2} %, F1 {:.4}, recall {:.4} (constant \"never\": accuracy {:.2} %)",
            100.0 * self.accuracy,
            self.f1,
            self.recall,
            100.0 * self.constant_accuracy
        )?;
        match self.honest.figures() {
            Some(at) => writeln!(
                f,
                "honest    `{}` by event, walking forward: {} of {} failures announced within {} h, {} (95 % interval of \
                 the share), {:.2} false alarms per week",
                self.honest.name,
                at.hits,
                at.failures,
                at.horizon_h,
                at.detected,
                at.false_per_week.value
            )?,
            None => writeln!(f, "honest    `{}` could not be judged", self.honest.name)?,
        }
        writeln!(
            f,
            "\nThe trap is worthless: neighbouring rows say the same and lie on both sides, and it recognises a machine \
             that stands, which everybody sees."
        )?;
        write!(f, "Nothing was exported or registered, and nothing of it can be.")
    }
}
