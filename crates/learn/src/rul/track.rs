//! The degradation indicator of a bearing and its course since the start of degradation.

use super::growth::{log_growth, trailing_means, window_starts};
use super::line::Line;
use super::{Life, Setup};

/// What is known at each snapshot, from the past alone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Track {
    /// Smoothed logarithmic growth of each feature, `[feature][snapshot]`.
    pub(super) smooth: Vec<Vec<f64>>,
    /// The indicator: the mean of the smoothed growth of its features.
    pub(super) level: Vec<f64>,
    /// The snapshot that counts as the start of degradation: before it, the present one.
    pub(super) start: Vec<usize>,
    /// Least-squares growth of the indicator since the start, per minute.
    pub(super) slope: Vec<f64>,
    /// Squared distances of the times since the start from their mean, in minutes squared: how much the
    /// slope rests on.
    pub(super) spread: Vec<f64>,
    /// Variance of the indicator around that line.
    pub(super) noise: Vec<f64>,
}

impl Track {
    /// Follows a checked life whose degradation starts at `start`.
    pub(super) fn follow(life: &Life, start: Option<usize>, setup: &Setup) -> Self {
        let starts = window_starts(&life.minutes, setup.short_minutes);
        let smooth: Vec<Vec<f64>> = (0..life.features.len())
            .map(|feature| trailing_means(&log_growth(life, feature, setup), &starts))
            .collect();
        let chosen = setup.indicator_features();
        let mean = |snapshot: usize| {
            let sum: f64 = chosen.iter().map(|&feature| smooth[feature][snapshot]).sum();
            sum / chosen.len().max(1) as f64
        };
        let level: Vec<f64> = (0..life.snapshots()).map(mean).collect();
        let started = |snapshot: usize| start.filter(|&start| start <= snapshot);
        let mut line = Line::default();
        let lines: Vec<Line> = (0..life.snapshots())
            .map(|snapshot| {
                if started(snapshot).is_some() {
                    line.push(life.minutes[snapshot], level[snapshot]);
                }
                line
            })
            .collect();
        Self {
            start: (0..life.snapshots()).map(|now| started(now).unwrap_or(now)).collect(),
            slope: lines.iter().map(Line::slope).collect(),
            spread: lines.iter().map(Line::spread).collect(),
            noise: lines.iter().map(Line::noise).collect(),
            smooth,
            level,
        }
    }
}
