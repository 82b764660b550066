//! What a contender must beat: the usual life, and things going on as they went so far.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::median;
use super::pool::median_life;

/// A forecast that needs no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulBaseline {
    /// The median life of the training bearings less the bearing's age.
    MedianLife,
    /// The indicator's ratio to normal rises at its mean rate since the start until it reaches the median
    /// ratio at which training bearings ended; the median life where it does not rise.
    ConstantRate,
}

impl RulBaseline {
    /// Every baseline.
    pub const ALL: [Self; 2] = [Self::MedianLife, Self::ConstantRate];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MedianLife => "median_life",
            Self::ConstantRate => "constant_rate",
        }
    }

    /// Remaining minutes at the scored snapshots; a bearing whose start was missed has its median life.
    pub(super) fn forecast(self, case: &Case<'_>, training: &[&Case<'_>]) -> Vec<f64> {
        let life = median_life(training);
        let first = case.life.minutes[0];
        let usual = |at: usize| (life - (case.life.minutes[at] - first)).max(0.0);
        if self == Self::MedianLife || case.missed {
            return case.scored.iter().map(|&at| usual(at)).collect();
        }
        let failure = median(training.iter().map(|case| case.last_level().exp()).collect());
        let longest = training.iter().map(|case| case.life.end_minutes).fold(0.0, f64::max);
        let extrapolated = |&at: &usize| {
            let start = case.track.start[at];
            let ratio = case.track.level[at].exp();
            let risen = ratio - case.track.level[start].exp();
            let passed = case.life.minutes[at] - case.life.minutes[start];
            let rate = risen / passed;
            if passed > 0.0 && rate > 0.0 {
                ((failure - ratio) / rate).clamp(0.0, longest)
            } else {
                usual(at)
            }
        };
        case.scored.iter().map(extrapolated).collect()
    }
}
