//! Means over machines, and the worst of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::auc::{mean, percentiles};
use super::{Place, ScoredTask};
use crate::intervals::Interval;

/// The machine on which a detector does worst.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Worst {
    /// Machine and ratio.
    pub place: Place,
    /// The area under its receiver operating characteristic. The interval is that of the smallest area of
    /// each resample, whichever machine's it is, for which was worst is known afterwards only.
    pub auc: Interval,
}

/// Several tasks together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The ratio of the tasks; nothing if they are of all ratios.
    pub snr: Option<String>,
    /// Tasks.
    pub tasks: usize,
    /// The mean area over tasks, each counting the same.
    pub auc: Interval,
    /// The mean area up to a false positive rate.
    pub partial_auc: Interval,
    /// The worst task.
    pub worst: Worst,
}

/// A measure of every task, on all clips and on each resample.
#[derive(Debug)]
pub(super) struct Replicates<'a> {
    pub(super) values: &'a [f64],
    pub(super) drawn: Vec<&'a [f64]>,
    pub(super) level: f64,
    pub(super) units: usize,
}

impl Replicates<'_> {
    fn over(&self, tasks: &[usize], statistic: impl Fn(&[f64]) -> f64) -> Interval {
        let of = |values: &[f64]| {
            statistic(&tasks.iter().map(|&task| values[task]).collect::<Vec<f64>>())
        };
        let drawn: Vec<f64> = self.drawn.iter().map(|values| of(values)).collect();
        percentiles(of(self.values), &drawn, self.level, self.units)
    }
}

/// One summary per ratio, in order, and one over all if there are several.
pub(super) fn summaries(
    tasks: &[ScoredTask],
    auc: &Replicates<'_>,
    partial: &Replicates<'_>,
) -> Vec<Summary> {
    let ratios: BTreeSet<&str> = tasks.iter().map(|task| task.place.snr.as_str()).collect();
    let of = |snr: Option<&str>| {
        let own: Vec<usize> = (0..tasks.len())
            .filter(|&at| snr.is_none_or(|snr| tasks[at].place.snr == snr))
            .collect();
        let worst = own.iter().copied().min_by(|&a, &b| auc.values[a].total_cmp(&auc.values[b]))?;
        let smallest = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
        Some(Summary {
            snr: snr.map(str::to_owned),
            tasks: own.len(),
            auc: auc.over(&own, mean),
            partial_auc: partial.over(&own, mean),
            worst: Worst { place: tasks[worst].place.clone(), auc: auc.over(&own, smallest) },
        })
    };
    let all = (ratios.len() > 1).then_some(None);
    ratios.iter().map(|snr| Some(*snr)).chain(all).filter_map(of).collect()
}
