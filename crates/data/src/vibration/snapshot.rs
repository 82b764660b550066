//! One raw file, for plots.

use std::io::Read as _;
use std::path::Path;

use super::problem::{Damaged, SnapshotProblem};
use super::rig::{Bearing, Rig, Run};
use super::samples::Samples;
use crate::error::DataError;

/// The samples of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The samples of each channel, under its [`channel_label`].
    pub channels: Vec<(String, Vec<f64>)>,
}

/// How a channel of a snapshot is called: bearing and channel with a slash between.
#[must_use]
pub fn channel_label(bearing: &str, channel: &str) -> String {
    format!("{bearing}/{channel}")
}

/// Reads the file at `path`.
///
/// The run, and so the bearings, are those whose folder the file lies in.
///
/// # Errors
/// A file that cannot be read, or is damaged.
pub fn snapshot(rig: &Rig, path: &Path) -> Result<Snapshot, DataError> {
    let mut reader = SnapshotReader::new(rig);
    reader.read(path)?;
    let mut channels = Vec::new();
    for bearing in bearings(rig, path) {
        for (position, &column) in bearing.channels.iter().enumerate() {
            let label = channel_label(&bearing.name, &rig.channel_name(position));
            let samples = reader.samples.take(column);
            channels.push((label, samples.map_err(|problem| damaged(path, problem))?));
        }
    }
    Ok(Snapshot { channels })
}

/// Reads one file after another in the memory of the one before.
#[derive(Debug)]
pub struct SnapshotReader<'a> {
    rig: &'a Rig,
    bytes: Vec<u8>,
    samples: Samples,
}

impl<'a> SnapshotReader<'a> {
    /// A reader of the files of `rig`.
    #[must_use]
    pub fn new(rig: &'a Rig) -> Self {
        Self { rig, bytes: Vec::new(), samples: Samples::default() }
    }

    /// Reads the file at `path`, and tells how many rows it has.
    ///
    /// # Errors
    /// A file that cannot be read, or is damaged.
    pub fn read(&mut self, path: &Path) -> Result<usize, DataError> {
        self.bytes.clear();
        fs_err::File::open(path)?.read_to_end(&mut self.bytes)?;
        let read = self.samples.read(&self.bytes, self.rig.has_header());
        read.map(|()| self.samples.rows()).map_err(|problem| damaged(path, problem))
    }

    /// The columns of the file that was read last.
    pub fn columns(&self) -> impl Iterator<Item = &[f64]> {
        self.samples.columns()
    }
}

fn damaged(path: &Path, problem: SnapshotProblem) -> DataError {
    let path = path.display().to_string();
    DataError::Damaged { allowed: 0, damaged: vec![Damaged { path, problem }] }
}

fn bearings<'a>(rig: &'a Rig, path: &Path) -> &'a [Bearing] {
    let folder = path.parent().unwrap_or(Path::new(""));
    let lies_in =
        |run: &&Run| run.places().iter().chain(&run.truncated).any(|place| folder.ends_with(place));
    match rig.runs.iter().find(lies_in) {
        Some(run) if !run.bearings.is_empty() => &run.bearings,
        _ => &rig.bearings,
    }
}
