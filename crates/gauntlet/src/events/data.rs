//! `gauntlet data` for datasets of sensors over time.

use std::path::Path;

use anyhow::Result;
use gauntlet_core::{Digest, Origin, Seed};
use gauntlet_data::events::{LogDescriptor, find, load, show_time};
use gauntlet_data::simulate;
use serde_json::{Value, json};

use super::source::absent;
use crate::failure::Failure;
use crate::home::Home;

/// Whether real and simulated files are here.
pub(crate) fn here(described: &LogDescriptor, folder: &Path) -> Result<(bool, bool)> {
    let real = find(described, None, &folder.join("raw")).map_err(Failure::from)?;
    let simulated = find(described, None, &folder.join(simulate::FOLDER)).map_err(Failure::from)?;
    Ok((!real.is_empty(), !simulated.is_empty()))
}

/// Reads all tables and says what is in them.
pub(crate) fn verify(
    home: &Home,
    described: &LogDescriptor,
    data_dir: Option<&Path>,
    accept: Option<Digest>,
) -> Result<(Value, String)> {
    let raw = home.dataset(&described.name).join("raw");
    let found = find(described, data_dir, &raw).map_err(Failure::from)?;
    if found.is_empty() {
        return Err(absent(described, &raw).into());
    }
    let log = load(described, &found, Origin::Real, accept).map_err(Failure::from)?;
    let span = |at: Option<&i64>| at.map_or(String::new(), |ms| show_time(*ms));
    let mut text = format!(
        "{}: {} rows, {} sensors, {} failures, {} groups, from {} to {}, {}, as described",
        log.name,
        log.rows(),
        log.sensors.len(),
        log.events.len(),
        log.groups.len(),
        span(log.time_ms.iter().min()),
        span(log.time_ms.iter().max()),
        log.digest
    );
    log.notes.iter().for_each(|note| text += &format!("\n  note: {note}"));
    let value = json!({
        "dataset": log.name,
        "digest": log.digest,
        "rows": log.rows(),
        "failures": log.events,
        "grid": log.grid,
        "notes": log.notes,
    });
    Ok((value, text))
}

/// Draws the dataset.
pub(crate) fn draw(home: &Home, described: &LogDescriptor, seed: u64) -> Result<(Value, String)> {
    let folder = home.dataset(&described.name);
    let source = simulate::write_log(described, &folder, Seed(seed)).map_err(Failure::from)?;
    let value =
        json!({ "dataset": described.name, "path": source.path, "origin": Origin::Simulated });
    Ok((value, format!("{}: SIMULATED, in {}", described.name, source.path.display())))
}

/// Why nothing is downloaded: the files are fetched by hand.
pub(crate) fn by_hand(home: &Home, described: &LogDescriptor) -> Failure {
    absent(described, &home.dataset(&described.name).join("raw"))
}
