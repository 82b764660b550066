//! What a load gives: features over time, channel by channel.

use std::collections::BTreeMap;

use gauntlet_core::{Digest, Hasher, Origin};
use gauntlet_features::vibration::Fault;

use super::problem::Damaged;

/// The features of all snapshots of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Recordings {
    /// The dataset.
    pub dataset: String,
    /// Real or simulated.
    pub origin: Origin,
    /// The digest of the paths and digests of all files that were read.
    pub digest: Digest,
    /// Names of the features, the same for every series.
    pub features: Vec<String>,
    /// The channels: by run, bearing and channel in the descriptor's order.
    pub series: Vec<Series>,
    /// Files that were left out.
    pub damaged: Vec<Damaged>,
    /// What a report should mention, in sentences.
    pub notes: Vec<String>,
}

/// One channel of one bearing of one run, in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The run.
    pub run: String,
    /// The bearing.
    pub bearing: String,
    /// The channel of the bearing.
    pub channel: String,
    /// The file of each snapshot, relative to the dataset's folder; of a table of features, the time as it
    /// stands there.
    pub files: Vec<String>,
    /// Hours from the run's first snapshot to each.
    pub hours: Vec<f64>,
    /// Values by feature, then by snapshot.
    pub values: Vec<Vec<f64>>,
    /// Whether the rig stood still: the standard deviation of every channel of the run (or what the table has in
    /// its place: `rms`, `mean_abs`) is under a tenth of its median over all earlier snapshots.
    pub stopped: Vec<bool>,
    /// Mean temperature in degrees Celsius while each snapshot was taken, NaN where unknown; nothing for rigs
    /// without a thermometer.
    pub temperature: Option<Vec<f64>>,
    /// Elements of the bearing that were found damaged: empty for a survivor.
    pub faults: Vec<Fault>,
    /// Whether the bearing failed at the end of the run.
    pub failed: bool,
    /// When the fault began, in hours from the run's first snapshot, by the simulator or a published label.
    pub onset_hours: Option<f64>,
}

/// The digest of files by relative path and digest of their bytes.
pub(crate) fn digest_of(files: &BTreeMap<String, Digest>) -> Digest {
    let mut hasher = Hasher::default();
    for (path, digest) in files {
        hasher.update(path.as_bytes());
        hasher.update(b"\0");
        hasher.update(digest.bytes());
    }
    hasher.finish()
}
