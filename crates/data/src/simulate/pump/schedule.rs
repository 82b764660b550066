//! When the pump failed and was repaired: the published times.

/// Milliseconds of the first row, 2018-04-01 00:00.
pub(super) const START_MS: i64 = 1_522_540_800_000;

/// The row of each failure, and how many rows the repair after it took.
pub(super) const FAILURES: [(usize, usize); 7] = [
    (17_155, 944),
    (24_510, 3_110),
    (69_318, 1_312),
    (77_790, 605),
    (128_040, 8_390),
    (141_131, 41),
    (166_440, 75),
];

/// Milliseconds of a row.
pub(super) fn time_ms(row: usize) -> i64 {
    START_MS + row as i64 * 60_000
}

/// What the status column says of a row.
pub(super) fn status(row: usize) -> &'static str {
    match FAILURES.iter().rev().find(|(at, _)| *at <= row) {
        Some((at, _)) if *at == row => "BROKEN",
        Some((at, repair)) if row <= at + repair => "RECOVERING",
        _ => "NORMAL",
    }
}

/// Rows since the last repair ended, or since the file began; nothing while the pump stands.
pub(super) fn rows_since_start(row: usize) -> Option<usize> {
    match FAILURES.iter().rev().find(|(at, _)| *at <= row) {
        None => Some(row),
        Some((at, repair)) => row.checked_sub(at + repair + 1),
    }
}
