//! One raw file, for plots.

use std::path::Path;

use super::problem::Damaged;
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
    let damaged = |problem| DataError::Damaged {
        allowed: 0,
        damaged: vec![Damaged { path: path.display().to_string(), problem }],
    };
    let samples = Samples::parse(&fs_err::read(path)?, rig.has_header()).map_err(damaged)?;
    let mut channels = Vec::new();
    for bearing in bearings(rig, path) {
        for (position, &column) in bearing.channels.iter().enumerate() {
            let label = channel_label(&bearing.name, &rig.channel_name(position));
            channels.push((label, samples.column(column).map_err(damaged)?));
        }
    }
    Ok(Snapshot { channels })
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
