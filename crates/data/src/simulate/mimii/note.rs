//! The note beside simulated clips: that they are simulated, and what is true of them.

use std::fmt;

use gauntlet_core::{Digest, Seed};
use serde::{Deserialize, Serialize};

use super::Scale;
use crate::audio::ClipRow;

/// Says that clips are simulated, and by what, and which were recorded in one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Always true; for whoever opens the note.
    pub simulated: bool,
    /// The dataset.
    pub dataset: String,
    /// The simulator and its version; another version draws other sounds.
    pub generator: String,
    /// The seed.
    pub seed: Seed,
    /// How much was drawn.
    pub scale: Scale,
    /// Clips.
    pub files: usize,
    /// The digest of all paths and files; nothing while they are written.
    pub digest: Option<Digest>,
    /// Every session of every machine, the same under all SNRs.
    pub sessions: Vec<Session>,
}

/// Clips that were recorded one after another, with the same microphone in the same place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Its name, unique among the machine's and id's.
    pub name: String,
    /// The type of machine.
    pub machine: String,
    /// Which one of its type.
    pub id: String,
    /// Whether the machine is broken.
    pub abnormal: bool,
    /// The number of its first clip.
    pub first: usize,
    /// How many clips it has.
    pub clips: usize,
    /// What is broken.
    pub fault: Option<String>,
    /// How far, from 0 to 1, clip by clip.
    pub strengths: Vec<f64>,
}

impl Note {
    /// The session of a clip.
    #[must_use]
    pub fn session(&self, row: &ClipRow) -> Option<String> {
        let number: usize = row.recording.parse().ok()?;
        let its = |session: &&Session| {
            (session.first..session.first + session.clips).contains(&number)
                && session.abnormal == row.abnormal
                && session.machine == row.machine
                && session.id == row.id
        };
        self.sessions.iter().find(its).map(|session| session.name.clone())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { generator, seed, files, sessions, .. } = self;
        let sessions = sessions.len();
        write!(f, "simulated by {generator}, seed {}, {files} clips of {sessions} sessions", seed.0)
    }
}
