//! What the simulator knows of its bearings, in a note beside the files.

use std::path::{Path, PathBuf};

use gauntlet_core::Seed;
use gauntlet_features::vibration::Fault;
use serde::{Deserialize, Serialize};

use super::Plan;
use crate::error::DataError;
use crate::place;

/// The note's name. It stands in the folder that holds the runs.
const NAME: &str = "simulated.json";

/// The note of simulated recordings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// Always true; for whoever opens the note.
    pub simulated: bool,
    /// The dataset.
    pub dataset: String,
    /// The simulator and its version; another version draws other files.
    pub generator: String,
    /// The seed.
    pub seed: Seed,
    /// Rows of each file.
    pub samples: usize,
    /// Every how many snapshots one is written.
    pub every: usize,
    /// Whether all files were written: the note goes first, and is written again at the end.
    pub complete: bool,
    /// Every bearing.
    pub bearings: Vec<Known>,
}

/// A bearing and its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The folder of its run, relative to the dataset.
    pub run: String,
    /// The bearing's name.
    pub bearing: String,
    /// Damaged elements; none of a survivor.
    pub faults: Vec<Fault>,
    /// Hours from the run's first snapshot to the first of damage; none of a survivor.
    pub onset_hours: Option<f64>,
}

impl Truth {
    /// Whether these are the recordings that a simulator would write now.
    #[must_use]
    pub fn is_of(&self, dataset: &str, seed: Seed, plan: &Plan) -> bool {
        let plan_fits = self.samples == plan.samples && (self.every == plan.every || dataset != "ims");
        self.complete && self.dataset == dataset && self.seed == seed && plan_fits
    }

    /// Writes the note into `folder`.
    pub(super) fn write(&self, folder: &Path) -> Result<(), DataError> {
        let mut text = serde_json::to_string_pretty(self).map_err(std::io::Error::from)?;
        text.push('\n');
        Ok(place::write(&path(folder), text.as_bytes())?)
    }

    /// Reads the note of `folder`; `None` if there is none.
    ///
    /// # Errors
    /// A note that cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, DataError> {
        let path = path(folder);
        if !path.is_file() {
            return Ok(None);
        }
        let text = fs_err::read_to_string(&path)?;
        let truth = serde_json::from_str(&text).map_err(|error| DataError::Note {
            note: path.clone(),
            problem: format!("it cannot be read: {error}"),
        })?;
        Ok(Some(truth))
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}
