//! Exponential degradation: a course that is straight on the logarithmic scale, up to a failure level.
//!
//! As in Gebraeel et al. (2005), the rate of a new bearing starts as that of the bearings known so far and
//! moves to its own as its course is seen: the posterior mean of a normal prior and normal errors. The
//! failure level is the median of the levels at which known bearings ended.

use super::case::Case;
use super::median;
use super::track::Track;

/// Growth per minute that no bearing falls below: one that does not grow would never fail.
const SLOWEST: f64 = 1e-6;

/// What known bearings say of a new one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exponential {
    /// Mean growth of the indicator per minute, and its variance from bearing to bearing.
    rate: f64,
    rate_variance: f64,
    /// Variance of the indicator around a bearing's line.
    noise: f64,
    /// The indicator at failure.
    failure: f64,
    /// The longest remaining life seen, in minutes.
    longest: f64,
}

impl Exponential {
    /// Learns from bearings whose start was seen; there is at least one.
    pub(super) fn fit(cases: &[&Case<'_>]) -> Self {
        let n = cases.len() as f64;
        let last = |of: fn(&Track) -> &Vec<f64>| -> Vec<f64> {
            cases.iter().map(|case| of(&case.track)[case.life.snapshots() - 1]).collect()
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
        let rates = last(|track| &track.slope);
        let rate = mean(&rates);
        let squares: f64 = rates.iter().map(|r| (r - rate).powi(2)).sum();
        let remaining = cases.iter().filter_map(|case| case.remaining().first().copied());
        Self {
            rate,
            rate_variance: squares / (n - 1.0).max(1.0),
            noise: mean(&last(|track| &track.noise)),
            failure: median(cases.iter().map(|case| case.last_level()).collect()),
            longest: remaining.fold(0.0, f64::max),
        }
    }

    /// Remaining life at a snapshot, in minutes.
    pub(super) fn remaining(&self, track: &Track, snapshot: usize) -> f64 {
        let known = self.noise * self.rate;
        let seen = self.rate_variance * track.spread[snapshot];
        let weight = self.noise + seen;
        let rate =
            if weight > 0.0 { (known + seen * track.slope[snapshot]) / weight } else { self.rate };
        let minutes = (self.failure - track.level[snapshot]) / rate.max(SLOWEST);
        minutes.clamp(0.0, self.longest)
    }
}
