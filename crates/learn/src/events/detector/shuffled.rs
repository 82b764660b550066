//! Failures at other times: labels whose connection with the readings is cut.

use gauntlet_core::Seed;
use rand::RngExt;

use super::learned::Labelled;
use crate::events::timeline::Timeline;

/// The labels moved along by a random part of all lines: neighbours stay together, as they do in time, and nothing
/// else of what they said stays.
pub(super) fn shuffle(labelled: Labelled, timeline: &Timeline, seed: Seed) -> Labelled {
    let rows = labelled.lines.len();
    if rows < 4 || timeline.lines() == 0 {
        return labelled;
    }
    let by = seed.rng().random_range(rows / 4..3 * rows / 4);
    let mut fails = labelled.fails;
    fails.rotate_right(by);
    Labelled { lines: labelled.lines, fails }
}
