//! From scores to alarms.

use std::ops::Range;

use gauntlet_core::AlarmPolicy;
use serde::{Deserialize, Serialize};

use super::timeline::Timeline;

/// A threshold and a policy: what turns scores into alarms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// The score from which a line counts.
    pub threshold: f32,
    /// When lines that count become an alarm.
    pub policy: AlarmPolicy,
}

/// Lines among `lines` at which an alarm is raised; `scores` holds one of each line of the timeline, NaN where there is
/// none. Every uninterrupted run starts anew.
#[must_use]
pub fn alarms_of(
    timeline: &Timeline,
    scores: &[f32],
    lines: Range<usize>,
    operation: &Operation,
) -> Vec<usize> {
    let mut alarms = Vec::new();
    for run in timeline.runs(lines) {
        let counts: Vec<bool> =
            scores[run.clone()].iter().map(|s| *s >= operation.threshold).collect();
        alarms.extend(operation.policy.raised(&counts).into_iter().map(|at| run.start + at));
    }
    alarms
}

/// Lines among `lines` at which the condition of an alarm holds, rest or not.
#[must_use]
pub fn counts_of(
    timeline: &Timeline,
    scores: &[f32],
    lines: Range<usize>,
    operation: &Operation,
) -> Vec<usize> {
    let AlarmPolicy { needed, window, .. } = operation.policy;
    let mut holding = Vec::new();
    for run in timeline.runs(lines) {
        let mut counting = 0;
        for line in run.clone() {
            counting += u32::from(scores[line] >= operation.threshold);
            if line >= run.start + window as usize {
                counting -= u32::from(scores[line - window as usize] >= operation.threshold);
            }
            if counting >= needed {
                holding.push(line);
            }
        }
    }
    holding
}
