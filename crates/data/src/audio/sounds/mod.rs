//! The typed descriptor of sounds of machines: how clips are recorded, and how they are laid out.
//!
//! Read from `datasets/<name>/dataset.toml`, like [`crate::Descriptor`], of which it is the sibling for sound. What
//! serde cannot check is checked once in [`Sounds::read`].

mod check;
mod readme;
mod table;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::descriptor::{Download, Provenance, Statistic, Trap};
use crate::error::DataError;
use crate::toml_text::parse_toml;
pub use table::{ClipTable, Labels, PathColumn};
pub(super) use table::{LABEL, RECORDING, Role};

/// Sounds of machines, described.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sounds {
    /// The folder's name.
    pub name: String,
    /// The title it was published under.
    pub title: String,
    /// One sentence for readers.
    pub summary: String,
    /// How the files are laid out.
    pub layout: SoundsLayout,
    /// Folders, relative to one that holds datasets, under which it may be found besides its name.
    #[serde(default)]
    pub also: Vec<String>,
    /// Who published it, and on which terms.
    pub origin: Provenance,
    /// Official addresses.
    #[serde(default)]
    pub download: Vec<Download>,
    /// How clips are recorded; only a table of features does without.
    pub recording: Option<Recording>,
    /// How the files of `clip_table` look.
    pub table: Option<ClipTable>,
    /// Protocols that flatter, and data that deceives.
    #[serde(default)]
    pub traps: Vec<Trap>,
    /// Counts and scores known of the published files.
    #[serde(default)]
    pub statistics: Vec<Statistic>,
}

/// How files are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoundsLayout {
    /// MIMII: `<snr>_<machine>/<machine>/id_XX/{normal,abnormal}/NNNNNNNN.wav`.
    Mimii,
    /// DCASE 2020, task 2: `<machine>/{train,test}/{normal,anomaly}_id_XX_NNNNNNNN.wav`.
    Dcase2020,
    /// Features that were computed elsewhere, as `[table]` says: one row a clip. Of sounds it may be called
    /// `feature_table` too, as tables of rigs are.
    #[serde(alias = "feature_table")]
    ClipTable,
}

/// How clips are recorded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Samples per second.
    pub sampling_rate_hz: u32,
    /// Channels of every file.
    pub channels: usize,
    /// Samples of a channel; without it clips may be of any length.
    pub samples: Option<u64>,
}

impl SoundsLayout {
    /// As it stands in descriptors.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mimii => "mimii",
            Self::Dcase2020 => "dcase2020",
            Self::ClipTable => "clip_table",
        }
    }

    /// Where a clip lies.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Self::Mimii => "0_dB_fan/fan/id_00/normal/00000000.wav",
            Self::Dcase2020 => "fan/train/normal_id_00_00000000.wav",
            Self::ClipTable => "a table as `[table]` describes it",
        }
    }
}

impl Sounds {
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
    /// As for [`Sounds::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, DataError> {
        let sounds: Self = parse_toml(path, text)?;
        sounds.check().map_err(|(key, problem)| DataError::Descriptor {
            path: path.to_owned(),
            key,
            problem,
        })?;
        Ok(sounds)
    }

    /// The dataset's `README.md`, made from nothing but this descriptor.
    #[must_use]
    pub fn readme(&self) -> String {
        readme::render(self)
    }
}
