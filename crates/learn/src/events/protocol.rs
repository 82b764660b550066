//! Walk forward, failure by failure: fit on what came before, test on the way to the next one.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::timeline::{Failure, Phase, Timeline};
use crate::LearnError;

/// How lines are divided.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtocolSpec {
    /// Failures that are only learned from, where there are more.
    pub burn_in: usize,
    /// Where no failure can be spared: the share of the lines before the first one that is only learned from.
    pub initial_share: f64,
    /// Most tests; failures that follow one another share one where there are more.
    pub steps: usize,
}

/// One test: the lines before it may be fitted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Lines that may be fitted on: all before this one.
    pub train: usize,
    /// Lines that are tested.
    pub test: Range<usize>,
    /// Failures within them.
    pub failures: Vec<usize>,
}

/// The tests, in order. Together they hold every line after the first training lines once.
///
/// Where there are several groups (machines, or runs of one), a test begins and ends with whole groups.
///
/// # Errors
/// Too few lines to fit on and test.
pub fn walk_forward(
    timeline: &Timeline,
    failures: &[Failure],
    spec: &ProtocolSpec,
) -> Result<Vec<Step>, LearnError> {
    let lines = timeline.lines();
    let groups = timeline.group.last().map_or(0, |last| *last as usize + 1);
    let ends: Vec<usize> =
        failures.iter().map(|failure| end_of(timeline, failure, groups > 1)).collect();
    let burn_in = spec.burn_in.min(failures.len().saturating_sub(1));
    let first = if burn_in > 0 {
        ends[..burn_in].iter().copied().max().unwrap_or(0)
    } else {
        let before = failures.iter().map(|f| timeline.line_of(f)).min().unwrap_or(lines);
        (before as f64 * spec.initial_share) as usize
    };
    let mut cuts: Vec<usize> =
        ends.iter().copied().filter(|end| *end > first && *end < lines).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let most = spec.steps.max(1);
    let keep = cuts.len().div_ceil(most).max(1);
    let mut cuts: Vec<usize> =
        cuts.chunks(keep).filter_map(|chunk| chunk.last().copied()).collect();
    cuts.insert(0, first);
    cuts.push(lines);
    let steps: Vec<Step> = cuts
        .windows(2)
        .filter(|pair| pair[0] < pair[1])
        .map(|pair| {
            let test = pair[0]..pair[1];
            let inside = |&failure: &usize| {
                let line = timeline.line_of(&failures[failure]).min(lines - 1);
                test.contains(&line)
            };
            let failures = (0..failures.len()).filter(inside).collect();
            Step { train: pair[0], test: test.clone(), failures }
        })
        .collect();
    if first == 0 || steps.is_empty() {
        return Err(LearnError::Empty);
    }
    Ok(steps)
}

/// The first line after a failure at which the machine runs again, or the end of its group.
fn end_of(timeline: &Timeline, failure: &Failure, whole_group: bool) -> usize {
    let end = timeline.group.partition_point(|group| *group <= failure.group);
    if whole_group {
        return end;
    }
    let from = timeline.line_of(failure);
    let again = |line: &usize| {
        timeline.phase[*line] == Phase::Normal && timeline.time_ms[*line] > failure.until_ms
    };
    // A moment between two decisions belongs to the later one, though the machine may run there again.
    (from + 1..end).find(again).unwrap_or(end)
}

/// The lines among `lines` on which a detector of what is usual may be fitted: the machine ran, there are features, and no
/// failure follows within `horizon_ms`. At most `most`, evenly spread.
#[must_use]
pub fn fit_lines(
    timeline: &Timeline,
    failures: &[Failure],
    lines: impl Iterator<Item = usize>,
    horizon_ms: i64,
    most: usize,
) -> Vec<usize> {
    let usual: Vec<usize> = lines
        .filter(|&line| timeline.phase[line] == Phase::Normal && timeline.ready[line])
        .filter(|&line| !failures.iter().any(|f| timeline.announces(line, f, horizon_ms)))
        .collect();
    let stride = usual.len().div_ceil(most.max(1)).max(1);
    usual.into_iter().step_by(stride).collect()
}
