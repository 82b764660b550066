//! The note beside simulated recordings: that they are simulated, and what is true of them.

use std::fmt;

use gauntlet_core::{Digest, Seed};
use gauntlet_features::vibration::Fault;
use serde::{Deserialize, Serialize};

use super::Scale;

/// Says that recordings are simulated, and by what, and when which bearing began to fail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Always true; for whoever opens the note.
    pub simulated: bool,
    /// The dataset.
    pub dataset: String,
    /// The simulator and its version; another version draws other signals.
    pub generator: String,
    /// The seed.
    pub seed: Seed,
    /// How much was drawn.
    pub scale: Scale,
    /// Samples of every snapshot.
    pub samples: usize,
    /// Snapshots.
    pub files: usize,
    /// The digest of all paths and files; nothing while they are written.
    pub digest: Option<Digest>,
    /// Every bearing of every run.
    pub bearings: Vec<Truth>,
}

/// What is true of one simulated bearing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// The run.
    pub run: String,
    /// The bearing.
    pub bearing: String,
    /// Whether it fails.
    pub failed: bool,
    /// Its damaged elements.
    pub faults: Vec<Fault>,
    /// When the damage begins, in hours from the run's first snapshot.
    pub onset_hours: Option<f64>,
    /// How the damage shows over time.
    pub course: Option<String>,
}

impl Note {
    /// What is true of a bearing.
    #[must_use]
    pub fn truth(&self, run: &str, bearing: &str) -> Option<&Truth> {
        self.bearings.iter().find(|truth| truth.run == run && truth.bearing == bearing)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { generator, seed, files, samples, .. } = self;
        write!(
            f,
            "simulated by {generator}, seed {}, {files} snapshots of {samples} samples",
            seed.0
        )
    }
}
