//! The judgement of a detector's scores of test clips.

use gauntlet_core::Seed;
use serde::{Deserialize, Serialize};

use super::auc::{Measure, Ranked, percentiles};
use super::summary::{Replicates, summaries};
use super::units::Units;
use super::{AlarmRates, Place, ScoredTask, SoundError, Summary, Unit};
use crate::LearnError;
use crate::intervals::Interval;

/// How clips are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Protocol {
    /// False positive rate up to which the partial area counts.
    pub max_fpr: f64,
    /// Resamples of units.
    pub replicates: usize,
    /// Level of the intervals.
    pub level: f64,
    /// Source of the resamples.
    pub seed: Seed,
}

impl Protocol {
    /// A false positive rate of up to 0.1, and 2000 resamples at 95 %.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        Self { max_fpr: 0.1, replicates: 2000, level: 0.95, seed }
    }

    /// # Errors
    /// A number outside its range.
    pub(super) fn check(&self) -> Result<(), SoundError> {
        let setting =
            |setting, found, expected| Err(SoundError::Setting { setting, found, expected });
        if !(self.max_fpr > 0.0 && self.max_fpr <= 1.0) {
            return setting("max_fpr", self.max_fpr, "above 0 and at most 1");
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return setting("level", self.level, "strictly between 0 and 1");
        }
        if self.replicates == 0 {
            return setting("replicates", 0.0, "at least 1");
        }
        Ok(())
    }
}

/// How well a detector does on one machine under one ratio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskJudgement {
    /// Machine and ratio.
    pub place: Place,
    /// Normal test clips.
    pub normals: usize,
    /// Abnormal test clips.
    pub abnormals: usize,
    /// The area under the receiver operating characteristic.
    pub auc: Interval,
    /// The area up to [`Protocol::max_fpr`].
    pub partial_auc: Interval,
    /// What its alarms are worth, if it has a threshold.
    pub alarms: Option<AlarmRates>,
}

/// How well a detector does on all test clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SoundJudgement {
    /// Every task, in the order of the scores.
    pub tasks: Vec<TaskJudgement>,
    /// One per ratio, then one over all if there are several.
    pub summaries: Vec<Summary>,
    /// What the intervals draw.
    pub unit: Unit,
    /// False positive rate up to which the partial areas count.
    pub max_fpr: f64,
}

/// Judges scores of test clips. All intervals are percentiles of one set of resamples, in which the units of
/// each machine and label are drawn with replacement; a unit's clips under all ratios stay together.
///
/// # Errors
/// No tasks, a place twice, a task without normal or abnormal clips, a score that is NaN, or a setting
/// outside its range.
pub fn judge_sound(
    tasks: &[ScoredTask],
    protocol: &Protocol,
) -> Result<SoundJudgement, LearnError> {
    protocol.check()?;
    let ranked = Ranked::new(tasks, protocol.max_fpr)?;
    for (at, task) in tasks.iter().enumerate() {
        if tasks[..at].iter().any(|earlier| earlier.place == task.place) {
            return Err(SoundError::PlaceTwice(task.place.clone()).into());
        }
    }
    let units = Units::new(tasks);
    let both = |weights: &[Vec<u32>]| {
        [Measure::Auc, Measure::PartialAuc].map(|measure| ranked.measure(measure, weights))
    };
    let [auc, partial] = both(&units.all());
    let drawn = units.resample(protocol.replicates, protocol.seed, both);
    let replicates = |measure: usize| Replicates {
        values: if measure == 0 { &auc } else { &partial },
        drawn: drawn.iter().map(|both| both[measure].as_slice()).collect(),
        level: protocol.level,
        units: units.len(),
    };
    let (of_auc, of_partial) = (replicates(0), replicates(1));
    let judged = tasks.iter().enumerate().map(|(at, task)| {
        let (normals, abnormals) = task.counts();
        Ok(TaskJudgement {
            place: task.place.clone(),
            normals,
            abnormals,
            auc: of_auc.of_task(at, task),
            partial_auc: of_partial.of_task(at, task),
            alarms: AlarmRates::of(task, protocol.level)?,
        })
    });
    Ok(SoundJudgement {
        tasks: judged.collect::<Result<_, LearnError>>()?,
        summaries: summaries(tasks, &of_auc, &of_partial),
        unit: units.unit,
        max_fpr: protocol.max_fpr,
    })
}

impl Replicates<'_> {
    fn of_task(&self, at: usize, task: &ScoredTask) -> Interval {
        let drawn: Vec<f64> = self.drawn.iter().map(|values| values[at]).collect();
        percentiles(self.values[at], &drawn, self.level, task.clips.len())
    }
}
