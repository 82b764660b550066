//! How samples become the feature vector, written into the bundle's recipe so that a server can do the same.

use anyhow::Result;
use gauntlet_data::vibration::{Recordings, Rig, RigLayout};
use gauntlet_features::vibration::Setup;
use serde::Serialize;

#[derive(Serialize)]
struct Signal<'a> {
    signal: Kind<'a>,
}

/// The table `[signal]` of a recipe.
#[derive(Serialize)]
struct Kind<'a> {
    kind: &'static str,
    setup: &'a Setup,
}

/// The table `[signal]` as TOML; nothing for a dataset whose features were computed elsewhere.
pub(super) fn toml(rig: &Rig, recordings: &Recordings) -> Result<Option<String>> {
    if rig.layout == RigLayout::FeatureTable {
        return Ok(None);
    }
    let Some(first) = recordings.series.first() else { return Ok(None) };
    let signal = Signal { signal: Kind { kind: "vibration", setup: rig.setup(&first.run) } };
    Ok(Some(format!("\n{}", toml::to_string(&signal)?)))
}
