//! All lives whose start was seen as rows to learn from.

use std::collections::BTreeMap;

use gauntlet_core::{Opening, Split, SplitError, Train};
use gauntlet_features::Matrix;

use super::case::Case;
use super::{RulError, median};
use crate::models::LogScale;
use crate::{Samples, Target};

/// Scored snapshots of many lives; the target is the logarithm of the remaining minutes.
#[derive(Debug)]
pub(super) struct Pool<'a> {
    pub(super) cases: &'a [Case<'a>],
    samples: Samples,
    /// The snapshot of each row of `samples`; its case is the row's group.
    snapshots: Vec<usize>,
}

impl<'a> Pool<'a> {
    pub(super) fn new(cases: &'a [Case<'a>], offset: f64) -> Result<Self, RulError> {
        let seen = || cases.iter().enumerate().filter(|(_, case)| !case.missed);
        let mut parts = seen().map(|(_, case)| case.vectors.rows(&case.scored));
        let Some(mut x) = parts.next() else { return Err(RulError::Few { found: 0, needed: 1 }) };
        parts.for_each(|part| append(&mut x, part));
        let rows = x.rows() as u32;
        let scores = seen()
            .flat_map(|(_, case)| case.remaining())
            .map(|minutes| LogScale::score(offset, minutes));
        let target = Target::Values(scores.collect());
        let group = seen().flat_map(|(at, case)| case.scored.iter().map(move |_| at as u32));
        let samples = Samples::new(x, target, group.collect(), (0..rows).collect());
        let snapshots = seen().flat_map(|(_, case)| case.scored.iter().copied()).collect();
        Ok(Self { cases, samples, snapshots })
    }

    /// Positions among all cases of those that have rows.
    pub(super) fn seen(&self) -> Vec<usize> {
        (0..self.cases.len()).filter(|&at| !self.cases[at].missed).collect()
    }

    /// The rows of all others, and of one case.
    pub(super) fn hold_out(
        &self,
        case: usize,
    ) -> Result<(Train<Samples>, Samples, Opening), SplitError> {
        let (test, train) = self
            .samples
            .row
            .iter()
            .partition(|&&row| self.samples.group[row as usize] == case as u32);
        let (train, sealed) = Split { train, test }.seal(&self.samples, self.samples.rows())?;
        let (held_out, opening) = sealed.open();
        Ok((train, held_out, opening))
    }

    /// The rows of all cases, but for each life's last one, which stays sealed.
    pub(super) fn all(&self) -> Result<Train<Samples>, SplitError> {
        let group = &self.samples.group;
        let is_last = |row: &u32| {
            let row = *row as usize;
            group.get(row + 1) != Some(&group[row]) && row > 0 && group[row - 1] == group[row]
        };
        let (test, train) = self.samples.row.iter().partition(|row| is_last(row));
        Ok(Split { train, test }.seal(&self.samples, self.samples.rows())?.0)
    }

    /// The cases that rows are of, in order.
    pub(super) fn cases_of<'b>(&'b self, rows: &Samples) -> Vec<&'b Case<'a>> {
        rows_by_group(rows).into_keys().map(|at| &self.cases[at as usize]).collect()
    }

    /// The case and snapshot of each row.
    pub(super) fn origins<'b>(
        &'b self,
        rows: &'b Samples,
    ) -> impl Iterator<Item = (&'b Case<'a>, usize)> + 'b {
        let pairs = rows.group.iter().zip(&rows.row);
        pairs.map(|(&case, &row)| (&self.cases[case as usize], self.snapshots[row as usize]))
    }
}

/// Positions of each group's rows.
pub(super) fn rows_by_group(rows: &Samples) -> BTreeMap<u32, Vec<usize>> {
    let mut of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    rows.group.iter().enumerate().for_each(|(row, group)| of.entry(*group).or_default().push(row));
    of
}

/// The same number of rows of every bearing, evenly over its time, some of them more than once where it
/// has fewer: each bearing counts the same for every kind, whether it follows weights or not.
pub(super) fn even_rows(train: &Train<Samples>, each: usize) -> Train<Samples> {
    let spread = |rows: Vec<usize>| {
        let last = (rows.len() - 1) as f64;
        let step = last / (each.max(2) - 1) as f64;
        (0..each).map(move |i| rows[(i as f64 * step).round() as usize]).collect::<Vec<_>>()
    };
    let positions: Vec<usize> = rows_by_group(train).into_values().flat_map(spread).collect();
    train.part(&positions, &[]).0
}

/// The scale of a model fitted on these rows, without a margin yet.
pub(super) fn scale_of(train: &Samples, offset: f64) -> Result<LogScale, crate::LearnError> {
    let targets = train.target.values()?.iter().copied();
    Ok(LogScale { offset, ceiling: targets.fold(f64::NEG_INFINITY, f64::max), margin: 0.0 })
}

/// The median time of failure, in minutes.
pub(super) fn median_life(cases: &[&Case<'_>]) -> f64 {
    median(cases.iter().map(|case| case.life.end_minutes).collect())
}

fn append(x: &mut Matrix, part: Matrix) {
    x.columns.iter_mut().zip(part.columns).for_each(|(column, more)| column.extend(more));
}
