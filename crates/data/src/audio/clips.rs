//! What a load gives: one row of features a clip.

use std::path::PathBuf;

use gauntlet_core::{Digest, Origin};

use super::names::decibels_of;
use super::problem::Damaged;

/// The features of all clips of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Clips {
    /// The dataset.
    pub dataset: String,
    /// Real or simulated.
    pub origin: Origin,
    /// The digest of the paths and digests of all files that were read.
    pub digest: Digest,
    /// Names of the features.
    pub features: Vec<String>,
    /// The clips: by machine, id and SNR, normal ones first, then by recording.
    pub rows: Vec<ClipRow>,
    /// Features of each clip, `rows x features`, finite.
    pub values: Vec<f64>,
    /// Files that were left out.
    pub damaged: Vec<Damaged>,
    /// What a report should mention, in sentences.
    pub notes: Vec<String>,
}

/// What is known of one clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipRow {
    /// The type of machine, such as `fan`.
    pub machine: String,
    /// Which one of its type, such as `00`.
    pub id: String,
    /// Power of the machine over that of the noise in decibels, such as `-6`, as far as it is told.
    pub snr: Option<String>,
    /// The recording: the same under all SNRs, and unique among normal or abnormal clips of one machine, id and set.
    pub recording: String,
    /// Whether the machine is broken.
    pub abnormal: bool,
    /// The side that the publisher put it on.
    pub set: Option<Given>,
    /// The session in which it was recorded, of simulated clips and of tables that tell.
    pub session: Option<String>,
    /// The WAV file; nothing for a row of a table.
    pub file: Option<PathBuf>,
}

/// A side of a split that the publisher made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// To train on.
    Train,
    /// To test on.
    Test,
}

impl Clips {
    /// The features of the clip in `row`, which has to be one of the rows.
    #[must_use]
    pub fn features_of(&self, row: usize) -> &[f64] {
        let width = self.features.len();
        &self.values[row * width..(row + 1) * width]
    }
}

impl ClipRow {
    /// What must stay on one side of a split: the recording with its machine, id and label, whatever the SNR.
    #[must_use]
    pub fn unit(&self) -> String {
        let Self { machine, id, recording, .. } = self;
        let set = match self.set {
            Some(Given::Train) => "train/",
            Some(Given::Test) => "test/",
            None => "",
        };
        format!("{machine}/{set}id_{id}/{}/{recording}", label(self.abnormal))
    }

    /// The SNR in decibels, where there is one that is a number.
    #[must_use]
    pub fn snr_db(&self) -> Option<f64> {
        self.snr.as_deref().and_then(decibels_of)
    }

    /// Brings clips into order: see [`Clips::rows`].
    pub(super) fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |row: &Self| (row.machine.clone(), row.id.clone());
        let snr = |row: &Self| row.snr_db().unwrap_or(f64::INFINITY);
        key(self)
            .cmp(&key(other))
            .then_with(|| snr(self).total_cmp(&snr(other)))
            .then_with(|| self.snr.cmp(&other.snr))
            .then_with(|| self.set.cmp(&other.set))
            .then_with(|| self.abnormal.cmp(&other.abnormal))
            .then_with(|| crate::natural(&self.recording, &other.recording))
    }
}

/// How a folder of such clips is called.
pub(crate) fn label(abnormal: bool) -> &'static str {
    if abnormal { "abnormal" } else { "normal" }
}
