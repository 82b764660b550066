//! Decisions in order of time: the lines that detectors score.

use gauntlet_core::{Split, SplitError, Subset, Train};
use gauntlet_features::Matrix;

/// What the machine was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It ran.
    Normal,
    /// It had failed.
    Failed,
    /// It was neither failed nor at work.
    Excluded,
}

/// One line per decision, group by group, in order of time within a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Features; a line without any is before the first decision after a start.
    pub x: Matrix,
    /// When the decision was made, in milliseconds.
    pub time_ms: Vec<i64>,
    /// The uninterrupted run it belongs to.
    pub run: Vec<u32>,
    /// The group it belongs to.
    pub group: Vec<u32>,
    /// What the machine was doing.
    pub phase: Vec<Phase>,
    /// Row number in the dataset.
    pub row: Vec<u32>,
    /// Whether there are features.
    pub ready: Vec<bool>,
}

/// A failure that is to be announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// The group it belongs to.
    pub group: u32,
    /// When it began, in milliseconds.
    pub at_ms: i64,
    /// Until when an alarm still counts; just before the beginning, where a failure has to be foreseen.
    pub until_ms: i64,
}

impl Timeline {
    /// Number of lines.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.time_ms.len()
    }

    /// The first line of a failure's group that is not before it; the end of the group if all are.
    #[must_use]
    pub fn line_of(&self, failure: &Failure) -> usize {
        let first = self.group.partition_point(|group| *group < failure.group);
        let end = self.group.partition_point(|group| *group <= failure.group);
        first + self.time_ms[first..end].partition_point(|time| *time < failure.at_ms)
    }

    /// Whether `line` lies within `horizon_ms` before a failure, or in it while an alarm counts.
    #[must_use]
    pub fn announces(&self, line: usize, failure: &Failure, horizon_ms: i64) -> bool {
        let time = self.time_ms[line];
        self.group[line] == failure.group
            && (failure.at_ms - horizon_ms..=failure.until_ms).contains(&time)
    }

    /// The lines before `end`, and nothing else, to fit on: the others are sealed away.
    ///
    /// # Errors
    /// No lines on one side.
    pub fn before(&self, end: usize) -> Result<Train<Self>, SplitError> {
        let lines = self.lines() as u32;
        let split = Split { train: (0..end as u32).collect(), test: (end as u32..lines).collect() };
        Ok(split.seal(self, self.lines())?.0)
    }

    /// Lines of uninterrupted runs within `lines`, in order.
    pub fn runs(&self, lines: std::ops::Range<usize>) -> Vec<std::ops::Range<usize>> {
        let mut runs = Vec::new();
        let mut start = lines.start;
        for line in lines.clone() {
            if line > start && self.run[line] != self.run[line - 1] {
                runs.push(start..line);
                start = line;
            }
        }
        if start < lines.end {
            runs.push(start..lines.end);
        }
        runs
    }
}

impl Subset for Timeline {
    fn subset(&self, positions: &[usize]) -> Self {
        fn take<T: Copy>(values: &[T], positions: &[usize]) -> Vec<T> {
            positions.iter().map(|&p| values[p]).collect()
        }
        Self {
            x: self.x.subset(positions),
            time_ms: take(&self.time_ms, positions),
            run: take(&self.run, positions),
            group: take(&self.group, positions),
            phase: take(&self.phase, positions),
            row: take(&self.row, positions),
            ready: take(&self.ready, positions),
        }
    }
}
