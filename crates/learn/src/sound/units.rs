//! What intervals draw: recordings, or sessions where they are known, within each machine and label.

use std::collections::{BTreeMap, BTreeSet};

use gauntlet_core::Seed;
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::ScoredTask;

/// The unit of independence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A recording, under whichever ratios.
    Recording,
    /// A session of recordings.
    Session,
}

/// The units of the clips of several tasks.
#[derive(Debug, Clone)]
pub(super) struct Units {
    pub(super) unit: Unit,
    /// Per task and clip, the position of its unit.
    of_clip: Vec<Vec<usize>>,
    /// Positions of the units that are drawn among each other.
    strata: Vec<Vec<usize>>,
    count: usize,
}

impl Units {
    /// Sessions if every clip has one and each machine has two or more of normal and of abnormal clips,
    /// else recordings. What is normal and what is not are drawn apart, so that no resample lacks one.
    pub(super) fn new(tasks: &[ScoredTask]) -> Self {
        let unit = if Self::sessions_suffice(tasks) { Unit::Session } else { Unit::Recording };
        let mut position: BTreeMap<(&str, &str, bool, &str), usize> = BTreeMap::new();
        for key in tasks.iter().flat_map(|task| Self::keys(task, unit)) {
            position.insert(key, 0);
        }
        let mut strata: BTreeMap<(&str, &str, bool), Vec<usize>> = BTreeMap::new();
        for (at, ((machine, id, abnormal, _), place)) in position.iter_mut().enumerate() {
            *place = at;
            strata.entry((*machine, *id, *abnormal)).or_default().push(at);
        }
        let of_clip = tasks
            .iter()
            .map(|task| Self::keys(task, unit).map(|key| position[&key]).collect())
            .collect();
        Self { unit, of_clip, strata: strata.into_values().collect(), count: position.len() }
    }

    /// Number of units.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Hands `statistic` each resample as weights per task and clip. Replicate `i` depends on the seed and
    /// `i` alone: sets of scores of the same clips see the same resamples.
    pub(super) fn resample<T: Send>(
        &self,
        replicates: usize,
        seed: Seed,
        statistic: impl Fn(&[Vec<u32>]) -> T + Sync,
    ) -> Vec<T> {
        (0..replicates)
            .into_par_iter()
            .map(|replicate| {
                let mut rng = seed.derive("sound", replicate as u64).rng();
                let mut drawn = vec![0_u32; self.count];
                for stratum in &self.strata {
                    for _ in stratum {
                        drawn[stratum[rng.random_range(0..stratum.len())]] += 1;
                    }
                }
                statistic(&self.weights(|unit| drawn[unit]))
            })
            .collect()
    }

    /// Every clip once.
    pub(super) fn all(&self) -> Vec<Vec<u32>> {
        self.weights(|_| 1)
    }

    fn weights(&self, of: impl Fn(usize) -> u32) -> Vec<Vec<u32>> {
        let task = |units: &Vec<usize>| units.iter().map(|&unit| of(unit)).collect();
        self.of_clip.iter().map(task).collect()
    }

    fn keys(task: &ScoredTask, unit: Unit) -> impl Iterator<Item = (&str, &str, bool, &str)> {
        task.clips.iter().map(move |clip| {
            let name = match (unit, &clip.session) {
                (Unit::Session, Some(session)) => session,
                _ => &clip.recording,
            };
            (task.place.machine.as_str(), task.place.id.as_str(), clip.abnormal, name.as_str())
        })
    }

    fn sessions_suffice(tasks: &[ScoredTask]) -> bool {
        let mut sessions: BTreeMap<(&str, &str, bool), BTreeSet<&str>> = BTreeMap::new();
        for task in tasks {
            for clip in &task.clips {
                let Some(session) = &clip.session else { return false };
                let key = (task.place.machine.as_str(), task.place.id.as_str(), clip.abnormal);
                sessions.entry(key).or_default().insert(session);
            }
        }
        sessions.values().all(|own| own.len() > 1)
    }
}
