//! Which readings are missing: the published shares, in blocks around restarts.

use std::ops::Range;

use super::ROWS;
use super::schedule::FAILURES;

/// The row from which sensor 50 reads nothing any more: 34.96 % of all rows.
const DEAD: usize = 143_296;

/// Missing stretches of a sensor.
pub(super) fn stretches(sensor: usize) -> Vec<Range<usize>> {
    let one = |rows: Range<usize>| -> Vec<Range<usize>> { std::iter::once(rows).collect() };
    // Rows after the fifth failure, whose repair took longest, over which some sensors were off.
    let off = |share: f64| {
        let first = FAILURES[4].0 + 1;
        first..first + (share * ROWS as f64) as usize
    };
    let scattered = FAILURES.iter().map(|(row, repair)| row + repair..row + repair + 3);
    match sensor {
        15 => one(0..ROWS),
        50 => one(DEAD..ROWS),
        51 => one(110_000..110_000 + 15_378),
        0 => vec![off(0.0380), 24_600..24_600 + 1_836],
        6 => one(off(0.0218)),
        7 => one(off(0.0247)),
        8 => one(off(0.0232)),
        9 => one(off(0.0209)),
        1 => one(78_000..78_369),
        30 => one(70_000..70_261),
        _ => scattered.collect(),
    }
}
