//! When a clip is an alarm: a quantile of normal clips that the detector did not learn from.

use gauntlet_core::{Seed, Train, quantile};
use serde::{Deserialize, Serialize};

use super::{ScoredTask, SoundError, clip_scores};
use crate::intervals::{Interval, clopper_pearson};
use crate::models::{Contender, training_scores};
use crate::{LearnError, Samples};

/// A threshold and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AlarmLevel {
    /// From this score on there is an alarm.
    pub threshold: f32,
    /// The median of the same scores.
    pub usual: f32,
    /// The share of normal clips below it that was asked for.
    pub quantile: f64,
    /// Training clips that it was chosen on.
    pub clips: usize,
    /// Parts in which they were held out.
    pub folds: usize,
}

/// The `quantile` (by linear interpolation; 0.95 say) of the scores of training clips, each by a fit on the
/// other parts of them. Rows of one group are one clip, whose score is their mean.
///
/// # Errors
/// A quantile that is not strictly between 0 and 1, fewer clips than two, or a fit that fails.
pub fn alarm_level(
    contender: &Contender,
    train: &Train<Samples>,
    level: f64,
    folds: usize,
    seed: Seed,
) -> Result<AlarmLevel, LearnError> {
    if !(level > 0.0 && level < 1.0) {
        let expected = "strictly between 0 and 1";
        return Err(SoundError::Setting { setting: "quantile", found: level, expected }.into());
    }
    let scores = training_scores(contender, train, folds, seed)?;
    let clips = clip_scores(&scores, &train.group);
    let mut values: Vec<f64> = clips.iter().map(|clip| f64::from(clip.score)).collect();
    values.sort_by(f64::total_cmp);
    let [threshold, usual] = [level, 0.5].map(|level| quantile(&values, level) as f32);
    Ok(AlarmLevel {
        threshold,
        usual,
        quantile: level,
        clips: clips.len(),
        folds: folds.min(clips.len()),
    })
}

/// What the alarms of a threshold are worth on test clips, with exact intervals over clips.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AlarmRates {
    /// The threshold.
    pub threshold: f32,
    /// Share of normal clips with an alarm.
    pub false_alarms: Interval,
    /// Share of abnormal clips with an alarm.
    pub detections: Interval,
}

impl AlarmRates {
    /// The rates of a task; `None` if it has no threshold.
    pub(super) fn of(task: &ScoredTask, level: f64) -> Result<Option<Self>, LearnError> {
        let Some(threshold) = task.threshold else { return Ok(None) };
        let rate = |abnormal: bool| {
            let own = || task.clips.iter().filter(|clip| clip.abnormal == abnormal);
            let alarms = own().filter(|clip| clip.score >= threshold).count();
            clopper_pearson(alarms as u64, own().count() as u64, level)
        };
        Ok(Some(Self { threshold, false_alarms: rate(false)?, detections: rate(true)? }))
    }
}
