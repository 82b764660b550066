//! How each failure announces itself.

use gauntlet_core::Seed;
use rand::RngExt;
use rand::seq::SliceRandom;

use super::schedule::{FAILURES, time_ms};
use super::sensors::{self, COUNT};
use crate::events::{Mode, TrueEvent, Truth};

/// Share of failures without any announcement.
const ABRUPT: f64 = 0.3;
/// Share of those announced half an hour to two hours ahead.
const PRECURSOR: f64 = 0.4;

/// A failure and its announcement.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// Its row.
    pub(super) row: usize,
    pub(super) mode: Mode,
    /// The first row that differs.
    pub(super) onset: usize,
    /// Sensors, with the height at the failure in deviations of the sensor's own noise.
    pub(super) shown: Vec<(usize, f64)>,
}

/// Draws all failures.
pub(super) fn draw(seed: Seed) -> Vec<Failure> {
    FAILURES
        .iter()
        .enumerate()
        .map(|(number, (row, _))| {
            let mut rng = seed.derive("failure", number as u64).rng();
            let draw: f64 = rng.random();
            let mode = if draw < ABRUPT {
                Mode::Abrupt
            } else if draw < ABRUPT + PRECURSOR {
                Mode::Precursor
            } else {
                Mode::Drift
            };
            let lead = match mode {
                Mode::Abrupt => 0,
                Mode::Precursor => rng.random_range(30..=120),
                Mode::Drift => rng.random_range(6 * 60..=72 * 60),
            };
            // One part of the pump wears: the sensors that show it are neighbours.
            let first = rng.random_range(0..COUNT);
            let mut near: Vec<usize> = (0..COUNT)
                .filter(|s| sensors::block(*s) == sensors::block(first) && !matches!(s, 15 | 50))
                .collect();
            near.shuffle(&mut rng);
            let count = rng.random_range(2..=4_usize);
            let mut height = || {
                let size = rng.random_range(14.0..30.0);
                if rng.random_bool(0.5) { size } else { -size }
            };
            let shown = match mode {
                Mode::Abrupt => Vec::new(),
                _ => near.into_iter().take(count).map(|sensor| (sensor, height())).collect(),
            };
            Failure { row: *row, mode, onset: row - lead, shown }
        })
        .collect()
}

impl Failure {
    /// The share of its height that a sensor shows at `row`.
    pub(super) fn profile(&self, row: usize) -> f64 {
        if row < self.onset || row >= self.row {
            return 0.0;
        }
        let lead = (self.row - self.onset) as f64;
        let share = (row - self.onset) as f64 / lead;
        match self.mode {
            Mode::Abrupt => 0.0,
            // It leaves the band within a few minutes and goes on rising, as the published file's second failure.
            Mode::Precursor => (share * 5.0).min(0.6 + 0.4 * share),
            Mode::Drift => share,
        }
    }
}

/// What `truth.json` says.
pub(super) fn truth(failures: &[Failure]) -> Truth {
    let event = |failure: &Failure| TrueEvent {
        at_ms: time_ms(failure.row),
        mode: failure.mode,
        onset_ms: time_ms(failure.onset),
        sensors: failure.shown.iter().map(|(sensor, _)| format!("sensor_{sensor:02}")).collect(),
    };
    Truth { events: failures.iter().map(event).collect() }
}
