//! The pump of Kaggle's `sensor.csv`, drawn anew: 220,320 minutes of 52 sensors and seven failures, in exactly the published
//! layout, with failures whose announcement is known.
//!
//! Three latent processes (load, ambient, wear) reach the sensors through a sparse matrix, blocks of sensors share
//! a process of their own, and each sensor adds autocorrelated noise, a slow drift, quantisation, stuck stretches
//! and spikes. Times of failures and repairs, and the shares of missing readings, are the published ones; how each
//! failure announces itself is drawn: not at all, half an hour to two hours ahead, or over hours to days. Which it was
//! stands in the truth and nowhere in the table, so what no method can foresee is known.

mod faults;
mod layout;
mod missing;
mod process;
mod schedule;
mod sensors;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use gauntlet_core::Seed;

use crate::events::Truth;

/// The simulator and its version.
pub const GENERATOR: &str = "pump/1";

/// Rows of the published file.
pub const ROWS: usize = 220_320;

/// A drawn file.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// The file's bytes, in exactly the published layout.
    pub bytes: Vec<u8>,
    /// How each failure announced itself.
    pub truth: Truth,
    /// Rows by status, failures by mode.
    pub counts: BTreeMap<String, usize>,
}

/// Draws the whole file by `seed`; the same seed gives the same bytes.
#[must_use]
pub fn simulate(seed: Seed) -> Simulated {
    let failures = faults::draw(seed.derive("faults", 0));
    let columns = process::columns(&failures, seed);
    let bytes = layout::write(&columns);
    let mut counts = BTreeMap::new();
    for row in 0..ROWS {
        *counts.entry(schedule::status(row).to_owned()).or_insert(0) += 1;
    }
    for failure in &failures {
        *counts.entry(failure.mode.name().to_owned()).or_insert(0) += 1;
    }
    Simulated { bytes, truth: faults::truth(&failures), counts }
}
