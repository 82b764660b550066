//! The typed descriptor of a rig: bearings, the channels that measure them, and how their snapshots are laid out.
//!
//! Read from `datasets/<name>/dataset.toml`, like [`crate::Descriptor`], of which it is the sibling for signals.
//! What serde cannot check is checked once in [`Rig::read`].

mod check;
mod readme;

use std::collections::BTreeMap;
use std::path::Path;

use gauntlet_features::vibration::{Fault, Geometry, Setup};
use serde::{Deserialize, Serialize};

use super::clock::TimePattern;
use crate::descriptor::{Download, Provenance, Statistic, Trap};
use crate::error::DataError;
use crate::toml_text::parse_toml;

/// A rig and its recordings, described.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rig {
    /// The folder's name.
    pub name: String,
    /// The title it was published under.
    pub title: String,
    /// One sentence for readers.
    pub summary: String,
    /// How the files are laid out.
    pub layout: RigLayout,
    /// Folders, relative to one that holds datasets, under which it may be found besides its name.
    #[serde(default)]
    pub also: Vec<String>,
    /// Who published it, and on which terms.
    pub origin: Provenance,
    /// Official addresses.
    #[serde(default)]
    pub download: Vec<Download>,
    /// How snapshots are taken; only a table of features does without.
    pub recording: Option<Recording>,
    /// The bearings' geometry; without it there are no features of its fault frequencies.
    pub geometry: Option<Geometry>,
    /// How the files of `csv_snapshots` look.
    pub snapshots: Option<SnapshotFiles>,
    /// How the files of `feature_table` look.
    pub table: Option<FeatureTable>,
    /// The runs; without them every folder of `csv_snapshots` is one.
    #[serde(default)]
    pub runs: Vec<Run>,
    /// The bearings of runs that list none.
    #[serde(default)]
    pub bearings: Vec<Bearing>,
    /// Protocols that flatter, and data that deceives.
    #[serde(default)]
    pub traps: Vec<Trap>,
    /// Counts known of the published files.
    #[serde(default)]
    pub statistics: Vec<Statistic>,
    /// Filled in once the descriptor is read.
    #[serde(skip)]
    setups: Setups,
}

/// How files are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RigLayout {
    /// NASA IMS: a file without header a snapshot, named by its time stamp.
    Ims,
    /// XJTU-SY: `1.csv`, `2.csv`, ... with a header, one a minute.
    Xjtu,
    /// PRONOSTIA: `acc_00001.csv`, ... whose rows carry the time of day, and `temp_00001.csv`, ... .
    Femto,
    /// One file a snapshot, as `[snapshots]` says.
    CsvSnapshots,
    /// Features that were computed elsewhere, as `[table]` says: one file a run.
    FeatureTable,
}

/// How snapshots are taken.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Samples per second.
    pub sampling_rate_hz: f64,
    /// Samples per snapshot; without it most snapshots of a run decide.
    pub samples: Option<usize>,
    /// Unit of the samples.
    pub unit: String,
    /// Turns of the shaft per minute, for runs that name none.
    pub rpm: Option<f64>,
    /// Names of a bearing's channels, in the order of its columns; without it `1`, `2`, ... .
    #[serde(default)]
    pub channels: Vec<String>,
}

/// The files of `csv_snapshots`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotFiles {
    /// Whether files start with a header line.
    pub header: bool,
    /// How file names tell the time.
    pub time: Option<TimePattern>,
    /// Seconds from one file to the next in the order of their names, if these don't tell the time.
    pub every_seconds: Option<f64>,
}

/// The files of `feature_table`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureTable {
    /// Header of the column that tells the time.
    pub time: String,
    /// How it tells the time: a pattern, or `hours` for a number of hours.
    pub time_format: TimeFormat,
    /// How headers spell bearing, channel and feature, such as `Bearing{bearing}_ch{channel}_{feature}`.
    pub pattern: Option<String>,
    /// Names that features of the pattern have here.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// Headers one by one.
    #[serde(default)]
    pub columns: Vec<FeatureColumn>,
}

/// How a column tells the time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum TimeFormat {
    /// A number of hours.
    Hours,
    /// A time stamp.
    Stamp(TimePattern),
}

/// One column of a table of features.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureColumn {
    /// Its header.
    pub header: String,
    /// The bearing.
    pub bearing: String,
    /// The bearing's channel.
    pub channel: String,
    /// The feature.
    pub feature: String,
}

/// One recording from start to end.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// Where it may lie, the best place first; without it a folder of its name.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Where a part of it may lie that ends before the failure.
    #[serde(default)]
    pub truncated: Vec<String>,
    /// Its file, of a table of features.
    pub file: Option<String>,
    /// Turns of the shaft per minute.
    pub rpm: Option<f64>,
    /// Load and speed, in words.
    #[serde(default)]
    pub condition: String,
    /// Whether it may be missing.
    #[serde(default)]
    pub optional: bool,
    /// Its bearings; without them the rig's.
    #[serde(default)]
    pub bearings: Vec<Bearing>,
}

/// One bearing of a run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bearing {
    /// Its name.
    pub name: String,
    /// The columns that measure it, from 1; not for a table of features.
    #[serde(default)]
    pub channels: Vec<usize>,
    /// Elements that were found damaged.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// Whether it failed.
    #[serde(default)]
    pub failed: bool,
    /// The snapshot, from 1 and in the order of time, at which a published label sees the fault begin.
    pub onset_file: Option<usize>,
}

/// The setup of every run.
#[derive(Debug, Clone, PartialEq)]
struct Setups {
    by_run: BTreeMap<String, Setup>,
    other: Setup,
}

impl Default for Setups {
    fn default() -> Self {
        let other = Setup { sampling_rate_hz: 0.0, shaft_hz: 0.0, geometry: None };
        Self { by_run: BTreeMap::new(), other }
    }
}

impl TryFrom<String> for TimeFormat {
    type Error = super::clock::TimePatternError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "hours" { Ok(Self::Hours) } else { text.parse().map(Self::Stamp) }
    }
}

impl Rig {
    /// Reads and checks the descriptor at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key (the nearest known one is named), or an entry that contradicts
    /// another.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        Self::parse(path, &fs_err::read_to_string(path)?)
    }

    /// Parses and checks `text`, which was read from `path`.
    ///
    /// # Errors
    /// As for [`Rig::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, DataError> {
        let mut rig: Self = parse_toml(path, text)?;
        rig.check().map_err(|(key, problem)| DataError::Descriptor {
            path: path.to_owned(),
            key,
            problem,
        })?;
        rig.setups = Setups {
            by_run: rig.runs.iter().map(|run| (run.name.clone(), rig.made(run.rpm))).collect(),
            other: rig.made(None),
        };
        Ok(rig)
    }

    /// What the snapshots of `run` are taken with.
    ///
    /// A table of features whose descriptor has no `[recording]` gives rates of zero, which no extractor takes.
    #[must_use]
    pub fn setup(&self, run: &str) -> &Setup {
        self.setups.by_run.get(run).unwrap_or(&self.setups.other)
    }

    /// Load and speed of `run` in words, if described.
    #[must_use]
    pub fn condition(&self, run: &str) -> &str {
        self.runs.iter().find(|r| r.name == run).map_or("", |r| &r.condition)
    }

    /// The dataset's `README.md`, made from nothing but this descriptor.
    #[must_use]
    pub fn readme(&self) -> String {
        readme::render(self)
    }

    /// The name of a bearing's channel at `position` from 0.
    pub(super) fn channel_name(&self, position: usize) -> String {
        let names = self.recording.as_ref().map_or(&[][..], |recording| &recording.channels);
        names.get(position).cloned().unwrap_or_else(|| (position + 1).to_string())
    }

    /// Whether files of snapshots start with a header line.
    pub(super) fn has_header(&self) -> bool {
        match self.layout {
            RigLayout::Xjtu => true,
            RigLayout::CsvSnapshots => self.snapshots.as_ref().is_some_and(|files| files.header),
            RigLayout::Ims | RigLayout::Femto | RigLayout::FeatureTable => false,
        }
    }

    fn made(&self, rpm: Option<f64>) -> Setup {
        let Some(recording) = &self.recording else { return Setups::default().other };
        Setup {
            sampling_rate_hz: recording.sampling_rate_hz,
            shaft_hz: rpm.or(recording.rpm).unwrap_or_default() / 60.0,
            geometry: self.geometry.clone(),
        }
    }
}

impl Run {
    /// Where it may lie whole, the best place first.
    pub(super) fn places(&self) -> &[String] {
        if self.folders.is_empty() { std::slice::from_ref(&self.name) } else { &self.folders }
    }
}
