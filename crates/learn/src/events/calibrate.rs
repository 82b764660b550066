//! The threshold: from training lines alone, by a budget of false alarms.

use gauntlet_core::{AlarmPolicy, Seed, Train};
use serde::{Deserialize, Serialize};

use super::alarms::{Operation, alarms_of};
use super::detector::Detector;
use super::protocol::fit_lines;
use super::timeline::{Failure, Phase, Timeline};
use crate::LearnError;

/// How thresholds are set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// When scores above the threshold become an alarm.
    pub alarm: AlarmPolicy,
    /// False alarms per week that training lines may have.
    pub budget_per_week: f64,
    /// How much further than that the threshold lies from the middling score, as a share: the next weeks hold more than
    /// the ones before.
    pub margin: f64,
    /// Consecutive parts of the training lines; each is scored by a detector that was fitted on the others.
    pub blocks: usize,
    /// Most lines that a detector is fitted on.
    pub most_lines: usize,
    /// Hours before a failure that count as announcing it.
    pub horizon_h: f64,
}

/// A threshold, and the scores it was set on.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// The threshold with its policy.
    pub operation: Operation,
    /// Of each training line the score of a detector that was not fitted on its part; NaN where there is none.
    pub scores: Vec<f32>,
}

impl Calibration {
    /// The horizon in milliseconds.
    #[must_use]
    pub fn horizon_ms(&self) -> i64 {
        (self.horizon_h * 3.6e6) as i64
    }
}

/// Scores the training lines by parts and sets the threshold.
///
/// `failures` are those within the training lines. The threshold is the lowest at which the lines on which the
/// machine ran, and no failure followed, hold no more alarms than the budget; then it is moved away by the margin.
///
/// # Errors
/// Too few lines to fit on, or what the detector refuses.
pub fn calibrate(
    detector: &Detector,
    train: &Train<Timeline>,
    failures: &[Failure],
    calibration: &Calibration,
    seed: Seed,
) -> Result<Calibrated, LearnError> {
    let lines = train.lines();
    let mut scores = vec![f32::NAN; lines];
    let blocks = calibration.blocks.max(2);
    let usual = fit_lines(train, failures, 0..lines, calibration.horizon_ms(), usize::MAX);
    if usual.len() < 2 * blocks {
        return Err(LearnError::Empty);
    }
    for block in 0..blocks {
        // Parts hold the same number of usual lines, not of lines: a repair must not empty one.
        let first = if block == 0 { 0 } else { usual[block * usual.len() / blocks] };
        let end =
            if block + 1 == blocks { lines } else { usual[(block + 1) * usual.len() / blocks] };
        let others = (0..lines).filter(|line| !(first..end).contains(line));
        let fit: Vec<usize> = others.collect();
        let (part, rest) = train.part(&fit, &(first..end).collect::<Vec<_>>());
        let seed = seed.derive("block", block as u64);
        let fitted = match detector.fit(&part, failures, calibration, seed) {
            Ok(fitted) => fitted,
            // The only failure there is to learn from lies in this part: it stays without scores.
            Err(LearnError::OneClass { .. }) => continue,
            Err(error) => return Err(error),
        };
        scores[first..end].copy_from_slice(&fitted.scores(&rest)?);
    }
    if scores.iter().all(|score| score.is_nan()) {
        return Err(LearnError::OneClass { rows: lines });
    }
    let operation = threshold(train, &scores, failures, calibration);
    Ok(Calibrated { operation, scores })
}

/// The operating point on training scores.
fn threshold(
    train: &Timeline,
    scores: &[f32],
    failures: &[Failure],
    calibration: &Calibration,
) -> Operation {
    let horizon = calibration.horizon_ms();
    let usual = |line: usize| {
        train.phase[line] == Phase::Normal
            && !failures.iter().any(|f| train.announces(line, f, horizon))
    };
    let masked: Vec<f32> = scores
        .iter()
        .enumerate()
        .map(|(line, s)| if usual(line) { *s } else { f32::NAN })
        .collect();
    let mut sorted: Vec<f32> = masked.iter().copied().filter(|s| !s.is_nan()).collect();
    sorted.sort_by(f32::total_cmp);
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    sorted.dedup();
    let allowed = (calibration.budget_per_week * weeks(train, &masked)).floor() as usize;
    let at = |threshold: f32| Operation { threshold, policy: calibration.alarm };
    let few = |threshold: f32| {
        alarms_of(train, &masked, 0..train.lines(), &at(threshold)).len() <= allowed
    };
    // More alarms at a higher threshold can only come from rests that fall otherwise: the highest score that has too many
    // bounds the threshold.
    let position = sorted.partition_point(|score| !few(*score));
    let level = sorted.get(position).or(sorted.last()).copied().unwrap_or(0.0);
    at(level + (level - middle) * calibration.margin as f32)
}

/// Weeks that the scored lines stand for.
fn weeks(timeline: &Timeline, scores: &[f32]) -> f64 {
    let together = |line: &usize| timeline.run[*line] == timeline.run[*line - 1];
    let scored = (1..timeline.lines()).filter(together).filter(|line| !scores[*line].is_nan());
    let ms: i64 = scored.map(|line| timeline.time_ms[line] - timeline.time_ms[line - 1]).sum();
    ms as f64 / 6.048e8
}
