//! The note beside a simulated file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use gauntlet_core::{Digest, Seed};
use serde::{Deserialize, Serialize};

use super::ai4i::Draws;
use crate::error::DataError;
use crate::place;

/// The note's name. It stands in the folder of the file it speaks of.
const NAME: &str = "simulated.json";

/// Says that a file is simulated, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Always true; for whoever opens the note.
    pub simulated: bool,
    /// The dataset.
    pub dataset: String,
    /// The file's name.
    pub file: String,
    /// The digest of its bytes.
    pub sha256: Digest,
    /// The simulator and its version; another version draws other rows.
    pub generator: String,
    /// The seed.
    pub seed: Seed,
    /// Number of rows.
    pub rows: usize,
    /// How many drafts were drawn until one met the published counts.
    pub draws: Draws,
    /// What the rows hold, by name.
    pub counts: BTreeMap<String, usize>,
}

impl Note {
    /// Writes the note beside the file at `path`.
    pub(super) fn write(&self, path: &Path) -> Result<(), DataError> {
        let mut text = serde_json::to_string_pretty(self).map_err(std::io::Error::from)?;
        text.push('\n');
        Ok(place::write(&note_path(path), text.as_bytes())?)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { generator, seed, rows, .. } = self;
        write!(f, "simulated by {generator}, seed {}, {rows} rows", seed.0)
    }
}

/// Where the note of the file at `path` stands.
pub(crate) fn note_path(path: &Path) -> PathBuf {
    path.with_file_name(NAME)
}

/// The note that speaks of the file at `path` (by name, or by `digest` if the file was renamed), and where it is.
///
/// # Errors
/// A note that is there and cannot be read.
pub(crate) fn read_note(path: &Path, digest: Digest) -> Result<Option<(PathBuf, Note)>, DataError> {
    let at = note_path(path);
    if !at.exists() {
        return Ok(None);
    }
    let note: Note = serde_json::from_slice(&fs_err::read(&at)?)
        .map_err(|error| DataError::Note { note: at.clone(), problem: error.to_string() })?;
    let named = path.file_name().is_some_and(|name| name.to_string_lossy() == note.file);
    Ok((named || note.sha256 == digest).then_some((at, note)))
}
