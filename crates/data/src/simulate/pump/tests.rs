//! The drawn file against what is published of the real one.

use std::path::Path;

use gauntlet_core::Origin;

use super::*;
use crate::events::{Found, LogDescriptor, State, load};

fn descriptor() -> LogDescriptor {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/pump/dataset.toml");
    LogDescriptor::read(&path).unwrap()
}

#[test]
fn the_drawn_file_has_the_published_layout_counts_and_missing_shares() {
    let drawn = simulate(Seed(7));
    let text = std::str::from_utf8(&drawn.bytes).unwrap();
    assert_eq!(text.lines().count(), 1 + ROWS);
    assert!(text.lines().all(|line| line.split(',').count() == 55));
    assert!(text.starts_with(",timestamp,sensor_00,"));
    assert!((100_000_000..140_000_000).contains(&text.len()), "{}", text.len());
    assert_eq!(drawn.counts["NORMAL"], 205_836);
    assert_eq!(drawn.counts["RECOVERING"], 14_477);
    assert_eq!(drawn.counts["BROKEN"], 7);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sensor.csv");
    fs_err::write(&path, &drawn.bytes).unwrap();
    let found = Found { path, group: "sensor".to_owned(), rule: 0 };
    let log = load(&descriptor(), &[found], Origin::Real, None).unwrap();
    assert_eq!((log.rows(), log.sensors.len(), log.events.len()), (ROWS, 52, 7));
    assert_eq!(log.starts.len(), 8);
    assert_eq!((log.grid.gaps, log.grid.duplicates), (0, 0));
    let at = |row: usize| crate::events::show_time(log.time_ms[row]);
    assert_eq!(at(0), "2018-04-01 00:00:00");
    assert_eq!(at(log.events[4].row), "2018-06-28 22:00:00");
    assert_eq!(at(log.starts[2]), "2018-04-20 04:21:00");
    let missing = |name: &str| log.grid.missing.iter().find(|(n, _)| n == name).unwrap().1;
    for (name, share) in [
        ("sensor_15", 1.0),
        ("sensor_50", 0.3496),
        ("sensor_51", 0.0698),
        ("sensor_00", 0.0463),
        ("sensor_07", 0.0247),
    ] {
        assert!((missing(name) - share).abs() < 0.001, "{name}: {}", missing(name));
    }
    // At work near the published medians, at rest far below.
    let median = |sensor: usize, state: State| {
        let rows = (0..ROWS).filter(|row| log.state[*row] == state);
        let mut values: Vec<f64> =
            rows.map(|row| log.readings[sensor][row]).filter(|v| !v.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    for (sensor, published) in [(1, 48.1), (2, 51.6), (3, 44.2), (4, 632.6), (5, 75.6)] {
        let ratio = median(sensor, State::Normal) / published;
        assert!((0.85..1.15).contains(&ratio), "sensor {sensor}: {ratio}");
        assert!(median(sensor, State::Excluded) < 0.5 * published);
    }
}

#[test]
fn a_seed_gives_the_same_failures_and_modes_come_in_their_shares() {
    let shares: Vec<_> = (0..400)
        .flat_map(|seed| faults::draw(Seed(seed)))
        .map(|failure| failure.mode)
        .fold(BTreeMap::new(), |mut counts, mode| {
            *counts.entry(mode).or_insert(0) += 1;
            counts
        })
        .into_values()
        .map(|count: i32| f64::from(count) / 2800.0)
        .collect();
    for (share, expected) in shares.iter().zip([0.3, 0.4, 0.3]) {
        assert!((share - expected).abs() < 0.04, "{shares:?}");
    }
    let rows = |seed| faults::truth(&faults::draw(Seed(seed)));
    assert_eq!(rows(3), rows(3));
    assert_ne!(rows(3), rows(4));
}

#[test]
fn nothing_differs_before_the_onset_and_abrupt_failures_show_nothing() {
    let failures = faults::draw(Seed(11));
    let quiet: Vec<faults::Failure> =
        failures.iter().map(|f| faults::Failure { shown: Vec::new(), ..f.clone() }).collect();
    let (loud, quiet) = (process::columns(&failures, Seed(11)), process::columns(&quiet, Seed(11)));
    let bits = |columns: &[Vec<f32>], row: usize| -> Vec<u32> {
        columns.iter().map(|c| c[row].to_bits()).collect()
    };
    for failure in &failures {
        assert_eq!(
            bits(&loud, failure.onset.saturating_sub(1)),
            bits(&quiet, failure.onset.saturating_sub(1))
        );
        let last = failure.row - 1;
        assert_eq!(bits(&loud, last) == bits(&quiet, last), failure.shown.is_empty());
    }
}
