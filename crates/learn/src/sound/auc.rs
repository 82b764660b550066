//! AUC and partial AUC per task, their mean over tasks, and differences of it.

use gauntlet_core::Estimate;
use serde::{Deserialize, Serialize};

use super::units::Units;
use super::{Protocol, ScoredTask, SoundError, Unit};
use crate::intervals::{Interval, Method};
use crate::metrics::Ranking;

/// What is measured of the order of scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The probability that an abnormal clip scores above a normal one.
    Auc,
    /// The area up to a false positive rate, standardised so that chance has 0.5 (McClish 1989).
    PartialAuc,
}

/// The clips of tasks, ranked once for all resamples.
#[derive(Debug)]
pub(super) struct Ranked {
    rankings: Vec<Ranking>,
    max_fpr: f64,
}

impl Ranked {
    /// # Errors
    /// No tasks, one of normal or of abnormal clips alone, or a score that is NaN.
    pub(super) fn new(tasks: &[ScoredTask], max_fpr: f64) -> Result<Self, SoundError> {
        if tasks.is_empty() {
            return Err(SoundError::Empty("tasks"));
        }
        let ranking = |task: &ScoredTask| {
            let place = || task.place.clone();
            let (normals, abnormals) = task.counts();
            if normals.min(abnormals) == 0 {
                return Err(SoundError::OneKind { place: place(), normals, abnormals });
            }
            if let Some(clip) = task.clips.iter().find(|clip| clip.score.is_nan()) {
                let (recording, score) = (clip.recording.clone(), clip.score);
                return Err(SoundError::Score { place: place(), recording, score });
            }
            let scores: Vec<f32> = task.clips.iter().map(|clip| clip.score).collect();
            let labels: Vec<bool> = task.clips.iter().map(|clip| clip.abnormal).collect();
            Ok(Ranking::new(&scores, &labels))
        };
        Ok(Self { rankings: tasks.iter().map(ranking).collect::<Result<_, _>>()?, max_fpr })
    }

    /// The measure of every task under weights per task and clip.
    pub(super) fn measure(&self, measure: Measure, weights: &[Vec<u32>]) -> Vec<f64> {
        let of = |(ranking, weights): (&Ranking, &Vec<u32>)| match measure {
            Measure::Auc => ranking.roc_auc(weights.as_slice()),
            Measure::PartialAuc => ranking.partial_roc_auc(self.max_fpr, weights.as_slice()),
        };
        self.rankings.iter().zip(weights).map(of).collect()
    }
}

/// A difference of means over tasks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// What is measured.
    pub measure: Measure,
    /// The mean over tasks of one set of scores less that of the other.
    pub interval: Interval,
    /// What the interval draws.
    pub unit: Unit,
    /// Tasks on which the difference is above 0.
    pub better: usize,
    /// Tasks.
    pub tasks: usize,
}

/// The mean over tasks of `scores` less that of `others`, on the same resamples of units within each machine
/// and label.
///
/// # Errors
/// Scores of other clips, and what [`super::judge_sound`] refuses.
pub fn paired_difference(
    scores: &[ScoredTask],
    others: &[ScoredTask],
    measure: Measure,
    protocol: &Protocol,
) -> Result<Difference, SoundError> {
    protocol.check()?;
    if scores.len() != others.len() {
        return Err(SoundError::OtherTasks);
    }
    if let Some((task, _)) = scores.iter().zip(others).find(|(a, b)| !a.same_clips(b)) {
        return Err(SoundError::OtherClips(task.place.clone()));
    }
    let mine = Ranked::new(scores, protocol.max_fpr)?;
    let theirs = Ranked::new(others, protocol.max_fpr)?;
    let units = Units::new(scores);
    let differences = |weights: &[Vec<u32>]| -> Vec<f64> {
        let pairs =
            mine.measure(measure, weights).into_iter().zip(theirs.measure(measure, weights));
        pairs.map(|(a, b)| a - b).collect()
    };
    let values = differences(&units.all());
    let Protocol { replicates, level, seed, .. } = *protocol;
    let drawn = units.resample(replicates, seed, |weights| mean(&differences(weights)));
    Ok(Difference {
        measure,
        interval: percentiles(mean(&values), &drawn, level, units.len()),
        unit: units.unit,
        better: values.iter().filter(|d| **d > 0.0).count(),
        tasks: values.len(),
    })
}

/// The percentile interval of replicates.
pub(super) fn percentiles(value: f64, drawn: &[f64], level: f64, units: usize) -> Interval {
    let estimate = Estimate::from_replicates(value, drawn, level);
    Interval { estimate, method: Method::Percentile, level, units }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
