//! Any of the descriptors there are, told apart by their layout.

use std::path::Path;

use serde::Deserialize;

use crate::audio::{Sounds, SoundsLayout};
use crate::descriptor::Descriptor;
use crate::error::DataError;
use crate::events::{LAYOUT, LogDescriptor};
use crate::vibration::{Rig, RigLayout};

/// A described dataset.
#[derive(Debug, Clone, PartialEq)]
pub enum Described {
    /// One table of rows.
    Rows(Box<Descriptor>),
    /// Recordings of a rig.
    Rig(Box<Rig>),
    /// Sounds of machines.
    Sounds(Box<Sounds>),
    /// Sensors over time and failures in between.
    Log(Box<LogDescriptor>),
}

/// The keys by which descriptors are told apart: both rigs and sounds have tables of features, those of rigs list
/// their runs.
#[derive(Deserialize)]
struct Kind<L> {
    layout: L,
    runs: Option<toml::Value>,
}

impl Described {
    /// Reads and checks the descriptor at `path`, whichever it is.
    ///
    /// # Errors
    /// As for [`Descriptor::read`], [`Rig::read`], [`Sounds::read`] and [`LogDescriptor::read`].
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let text = fs_err::read_to_string(path)?;
        let layout = toml::from_str::<Kind<String>>(&text).map(|kind| kind.layout);
        let rig = toml::from_str::<Kind<RigLayout>>(&text);
        if rig.is_ok_and(|kind| kind.layout != RigLayout::FeatureTable || kind.runs.is_some()) {
            Rig::parse(path, &text).map(Box::new).map(Self::Rig)
        } else if toml::from_str::<Kind<SoundsLayout>>(&text).is_ok() {
            Sounds::parse(path, &text).map(Box::new).map(Self::Sounds)
        } else if layout.is_ok_and(|layout| layout == LAYOUT) {
            LogDescriptor::parse(path, &text).map(Box::new).map(Self::Log)
        } else {
            Descriptor::parse(path, &text).map(Box::new).map(Self::Rows)
        }
    }

    /// The folder's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Rows(rows) => &rows.name,
            Self::Rig(rig) => &rig.name,
            Self::Sounds(sounds) => &sounds.name,
            Self::Log(log) => &log.name,
        }
    }

    /// The dataset's `README.md`.
    #[must_use]
    pub fn readme(&self) -> String {
        match self {
            Self::Rows(rows) => rows.readme(),
            Self::Rig(rig) => rig.readme(),
            Self::Sounds(sounds) => sounds.readme(),
            Self::Log(log) => log.readme(),
        }
    }
}
