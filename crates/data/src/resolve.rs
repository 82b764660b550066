//! Where a run's data comes from: real bytes that are there, else a download, else the simulator.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use gauntlet_core::Origin;
use serde::{Deserialize, Serialize};

use crate::descriptor::{Descriptor, Download};
use crate::error::DataError;
use crate::vibration::Rig;

/// Which data a run asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Real data if it can be had, else simulated.
    #[default]
    Auto,
    /// Real data or nothing.
    Real,
    /// Simulated data, whatever is there.
    Simulated,
}

/// A file and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// Real or simulated.
    pub origin: Origin,
}

/// Where a run's data comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Real bytes are there. They are used even if they turn out to be damaged: then the run fails.
    Found(Source),
    /// No real bytes are there; they may be downloaded.
    Absent(Absent),
    /// The simulator was asked for.
    Simulate,
}

/// Real data is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    pub(crate) looked: Vec<PathBuf>,
    pub(crate) mode: Mode,
}

impl Absent {
    /// Whether the simulator may stand in if a download fails too.
    #[must_use]
    pub fn may_simulate(&self) -> bool {
        self.mode == Mode::Auto
    }

    /// The error of a run that cannot go on without real data.
    #[must_use]
    pub fn into_error(self, descriptor: &Descriptor) -> DataError {
        self.missing(&descriptor.name, &descriptor.download)
    }

    /// The error of a run that cannot go on without real recordings of `rig`.
    #[must_use]
    pub fn into_rig_error(self, rig: &Rig) -> DataError {
        self.missing(&rig.name, &rig.download)
    }

    fn missing(self, dataset: &str, download: &[Download]) -> DataError {
        DataError::Missing {
            dataset: dataset.to_owned(),
            looked: self.looked,
            urls: download.iter().map(|d| d.url.clone()).collect(),
        }
    }
}

/// Looks for the real file of `descriptor`, first in `data_dir`, then in `raw`.
///
/// `data_dir` may be the file itself, the folder that holds it, or a folder of datasets by name.
///
/// # Errors
/// A `data_dir` that does not exist: who names a place means it.
pub fn resolve(
    descriptor: &Descriptor,
    mode: Mode,
    data_dir: Option<&Path>,
    raw: &Path,
) -> Result<Decision, DataError> {
    if mode == Mode::Simulated {
        return Ok(Decision::Simulate);
    }
    let file = &descriptor.file().path;
    let mut looked = Vec::new();
    if let Some(given) = data_dir {
        if !given.exists() {
            return Err(DataError::NoSuchPlace { path: given.to_owned() });
        }
        if given.is_file() {
            return Ok(real(given.to_owned()));
        }
        looked.push(given.join(file));
        looked.push(given.join(&descriptor.name).join(file));
    }
    looked.push(raw.join(file));
    // Anything under that name counts, so that a folder or a dead link in its place is an error later on.
    match looked.iter().position(|path| path.symlink_metadata().is_ok()) {
        Some(found) => Ok(real(looked.swap_remove(found))),
        None => Ok(Decision::Absent(Absent { looked, mode })),
    }
}

fn real(path: PathBuf) -> Decision {
    Decision::Found(Source { path, origin: Origin::Real })
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "real" => Ok(Self::Real),
            "simulated" => Ok(Self::Simulated),
            _ => Err(format!("`{text}` is not one of auto, real, simulated")),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Real => "real",
            Self::Simulated => "simulated",
        })
    }
}
