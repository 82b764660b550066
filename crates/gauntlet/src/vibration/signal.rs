//! How samples become the feature vector, written into the bundle's recipe so that a server can do the same.

use anyhow::Result;
use gauntlet_data::vibration::{Recordings, Rig, RigLayout};
use gauntlet_features::Signal;
use serde::Serialize;

/// A recipe's table `[signal]`.
#[derive(Serialize)]
struct Table {
    signal: Signal,
}

/// The table `[signal]` as TOML; nothing for a dataset whose features were computed elsewhere.
pub(super) fn toml(rig: &Rig, recordings: &Recordings) -> Result<Option<String>> {
    if rig.layout == RigLayout::FeatureTable {
        return Ok(None);
    }
    let Some(first) = recordings.series.first() else { return Ok(None) };
    let table = Table { signal: Signal::Vibration { setup: rig.setup(&first.run).clone() } };
    Ok(Some(format!("\n{}", toml::to_string(&table)?)))
}
