//! The note beside simulated recordings: that they are simulated, and what is true of them.

use std::fmt;
use std::path::{Path, PathBuf};

use gauntlet_core::{Digest, Origin, Seed};
use gauntlet_features::vibration::Fault;
use serde::{Deserialize, Serialize};

use super::Scale;
use crate::error::DataError;
use crate::place;

/// The note's name in the folder of the runs.
pub(crate) const NOTE: &str = "simulated.json";

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

    /// Refuses files that are not those the simulator wrote into `folder`.
    pub(crate) fn check(&self, folder: &Path, found: Digest) -> Result<(), DataError> {
        let problem = match self.digest {
            Some(digest) if digest == found => return Ok(()),
            Some(digest) => format!("it vouches for {digest}, but the files have {found}"),
            None => "the simulator did not finish".to_owned(),
        };
        Err(DataError::Note { note: folder.join(NOTE), problem })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), DataError> {
        let mut text = serde_json::to_string_pretty(self).map_err(std::io::Error::from)?;
        text.push('\n');
        Ok(place::write(&folder.join(NOTE), text.as_bytes())?)
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

/// The note in `folder`, if recordings of that origin have one.
///
/// # Errors
/// Simulated recordings without a note, real ones with one, or a note that cannot be read.
pub(crate) fn read_note(folder: &Path, origin: Origin) -> Result<Option<Note>, DataError> {
    let at: PathBuf = folder.join(NOTE);
    match (origin, at.exists()) {
        (Origin::Real, false) => Ok(None),
        (Origin::Real, true) => {
            Err(DataError::SimulatedAsReal { path: folder.to_owned(), note: at })
        }
        (Origin::Simulated, false) => Err(DataError::Note {
            note: at,
            problem: "there is no note that these files are simulated".to_owned(),
        }),
        (Origin::Simulated, true) => serde_json::from_slice(&fs_err::read(&at)?)
            .map(Some)
            .map_err(|error| DataError::Note { note: at, problem: error.to_string() }),
    }
}
