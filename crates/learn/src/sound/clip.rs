//! What a clip is, and what was said of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A machine under one ratio of signal to noise: what a detector is fitted for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Type of the machine, such as `fan`.
    pub machine: String,
    /// Which machine of the type, such as `id_00`.
    pub id: String,
    /// Ratio of signal to noise, such as `-6dB`; empty if the dataset knows none.
    pub snr: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.snr.is_empty() { "" } else { " " };
        write!(f, "{} {}{gap}{}", self.machine, self.id, self.snr)
    }
}

/// Whether clips are learned from or judged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Learned from.
    Train,
    /// Judged on.
    Test,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Train => "train",
            Self::Test => "test",
        })
    }
}

/// A clip of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// Machine and ratio.
    pub place: Place,
    /// The recording, by a name that is unique within the machine and the same under every ratio: with the
    /// label in it (`normal/00000000.wav`), since MIMII counts both kinds from 0.
    pub recording: String,
    /// Whether something was wrong with the machine.
    pub abnormal: bool,
    /// The side that the dataset itself gives, if it gives one.
    pub given: Option<Side>,
}

/// A judged clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoredClip {
    /// The recording, as in [`Clip`].
    pub recording: String,
    /// The session it was recorded in, where known: clips of a session are alike for reasons that have
    /// nothing to do with the fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Whether something was wrong with the machine.
    pub abnormal: bool,
    /// The detector's answer, higher for stranger clips.
    pub score: f32,
}

/// The judged clips of one machine under one ratio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoredTask {
    /// Machine and ratio.
    pub place: Place,
    /// From which score on there is an alarm, chosen on training clips ([`super::alarm_level`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// The test clips.
    pub clips: Vec<ScoredClip>,
}

impl ScoredTask {
    /// The same clips, all with the same score: what knows nothing.
    #[must_use]
    pub fn constant(&self) -> Self {
        let clip = |clip: &ScoredClip| ScoredClip { score: 0.0, ..clip.clone() };
        Self {
            place: self.place.clone(),
            threshold: None,
            clips: self.clips.iter().map(clip).collect(),
        }
    }

    /// Normal and abnormal clips.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let abnormal = self.clips.iter().filter(|clip| clip.abnormal).count();
        (self.clips.len() - abnormal, abnormal)
    }

    /// Whether both hold the same clips in the same order.
    pub(super) fn same_clips(&self, other: &Self) -> bool {
        let pairs = self.clips.iter().zip(&other.clips);
        self.place == other.place
            && self.clips.len() == other.clips.len()
            && pairs.into_iter().all(|(a, b)| {
                a.recording == b.recording && a.session == b.session && a.abnormal == b.abnormal
            })
    }
}
