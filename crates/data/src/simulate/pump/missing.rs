//! Which readings are missing: the published shares, in blocks around restarts.

use std::ops::Range;

use super::ROWS;
use super::schedule::FAILURES;

/// The row from which sensor 50 reads nothing any more: 34.96 % of all rows.
const DEAD: usize = 143_296;

/// Missing stretches of a sensor.
pub(super) fn stretches(sensor: usize) -> Vec<Range<usize>> {
    // Rows after the fifth failure, whose repair took longest, over which some sensors were off.
    let off = |share: f64| {
        let (row, _) = FAILURES[4];
        vec![row + 1..row + 1 + (share * ROWS as f64) as usize]
    };
    let scattered =
        || FAILURES.iter().map(|(row, repair)| row + repair..row + repair + 3).collect();
    match sensor {
        15 => vec![0..ROWS],
        50 => vec![DEAD..ROWS],
        51 => vec![110_000..110_000 + 15_378],
        0 => vec![off(0.0380)[0].clone(), 24_600..24_600 + 1_836],
        6 => off(0.0218),
        7 => off(0.0247),
        8 => off(0.0232),
        9 => off(0.0209),
        1 => vec![78_000..78_369],
        30 => vec![70_000..70_261],
        _ => scattered(),
    }
}
