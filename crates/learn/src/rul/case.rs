//! A life as it is judged: from which snapshot, and what is known at each.

use super::track::Track;
use super::vectors::{Vectors, of_track};
use super::{Life, Setup};

/// From where predictions count.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// From the snapshot at which degradation was noticed.
    Onset,
    /// From a start that all methods are given, for comparison with each other.
    Common,
}

/// A checked life with the snapshots to be scored.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) life: &'a Life,
    pub(super) track: Track,
    pub(super) vectors: Vectors,
    /// Whether no start was seen while life was left.
    pub(super) missed: bool,
    /// Snapshots with life left: from the start, or of a missed one from the common start or from the end
    /// of the first minutes.
    pub(super) scored: Vec<usize>,
}

impl<'a> Case<'a> {
    pub(super) fn new(life: &'a Life, start: Start, setup: &Setup) -> Self {
        let with_life = (0..life.snapshots()).filter(|&at| life.remaining(at) > 0.0).count();
        let given = match start {
            Start::Onset => life.onset,
            Start::Common => life.common_start,
        };
        let seen = given.filter(|&start| start < with_life);
        let from = seen.or(life.common_start.filter(|&start| start < with_life));
        let from = from.unwrap_or_else(|| {
            let normal = |t: &f64| t - life.minutes[0] < setup.baseline_minutes;
            // A life that ends within them is scored at its last chance.
            life.minutes.partition_point(normal).min(with_life - 1)
        });
        let track = Track::follow(life, seen, setup);
        let vectors = of_track(life, &track, setup);
        Self { life, vectors, track, missed: seen.is_none(), scored: (from..with_life).collect() }
    }

    /// Remaining life at the scored snapshots, in minutes.
    pub(super) fn remaining(&self) -> Vec<f64> {
        self.scored.iter().map(|&at| self.life.remaining(at)).collect()
    }

    /// The indicator at the end.
    pub(super) fn last_level(&self) -> f64 {
        self.track.level[self.life.snapshots() - 1]
    }
}
