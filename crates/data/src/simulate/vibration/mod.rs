//! Simulated run-to-failure recordings, in exactly the layouts of the real ones, with the truth in a note.
//!
//! A run is planned first: which bearing fails how and from when on, which channel drifts, when the rig is
//! restarted. Every snapshot is then drawn from a seed of its own, so that the number of cores changes nothing.

mod course;
mod fault;
mod note;
mod plan;
mod snapshot;
mod voice;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use gauntlet_core::{Digest, Seed};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::vibration::{Rig, digest_of};
pub(super) use course::{Character, Course};
pub(crate) use note::{NOTE, read_note};
pub use note::{Note, Truth};
pub(super) use plan::{BearingPlan, ChannelPlan, Drift, FaultPlan, FilePlan, RunPlan};
pub(super) use snapshot::draw;
pub(super) use voice::Voice;

/// How much is drawn of what the real recordings hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// One snapshot in this many. Of IMS, the others are left out; XJTU-SY counts its snapshots, so lives are
    /// shortened, though none to under an hour that was longer.
    pub every: usize,
    /// Samples per snapshot.
    pub samples: usize,
}

impl Scale {
    /// A size for every day: under 300 MB on disk.
    ///
    /// # Errors
    /// A rig without a simulator.
    pub fn everyday(rig: &Rig) -> Result<Self, DataError> {
        Ok(simulator(rig)?.everyday)
    }

    /// As much as the real recordings hold.
    ///
    /// # Errors
    /// A rig without a simulator.
    pub fn full(rig: &Rig) -> Result<Self, DataError> {
        Ok(Self { every: 1, samples: simulator(rig)?.samples })
    }
}

/// One of the simulators.
pub(super) struct Simulator {
    pub(super) generator: &'static str,
    pub(super) everyday: Scale,
    /// Samples of a real snapshot.
    pub(super) samples: usize,
    pub(super) plan: fn(&Rig, Seed, Scale) -> Vec<RunPlan>,
    pub(super) text: fn(&[Vec<f64>]) -> String,
}

fn simulator(rig: &Rig) -> Result<Simulator, DataError> {
    match rig.name.as_str() {
        "ims" => Ok(super::ims::SIMULATOR),
        "xjtu_sy" => Ok(super::xjtu::SIMULATOR),
        _ => Err(DataError::NoSimulator { dataset: rig.name.clone() }),
    }
}

/// The fewest samples in which fault frequencies can be told apart.
const LEAST_SAMPLES: usize = 1024;

/// Draws recordings of `rig` by `seed` into `folder`, and returns their note.
///
/// The same seed and scale give the same bytes. Recordings of that seed and scale that are there already are
/// left as they are; others that a simulator wrote are replaced. `progress` is called after each file with
/// the number of files done and of all files.
///
/// # Errors
/// A rig without a simulator, a scale that cannot be drawn, or a folder that holds other files or cannot be
/// written.
pub fn write(
    rig: &Rig,
    folder: &Path,
    seed: Seed,
    scale: Scale,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Note, DataError> {
    let simulator = simulator(rig)?;
    let cannot = |problem: String| DataError::Simulate { dataset: rig.name.clone(), problem };
    if scale.every == 0 || scale.samples < LEAST_SAMPLES {
        let problem = format!("one in {} snapshots of {} samples", scale.every, scale.samples);
        return Err(cannot(format!("{problem}: at least one in 1 and {LEAST_SAMPLES} are needed")));
    }
    let runs = (simulator.plan)(rig, seed, scale);
    let mut note = Note {
        simulated: true,
        dataset: rig.name.clone(),
        generator: simulator.generator.to_owned(),
        seed,
        scale,
        samples: scale.samples,
        files: runs.iter().map(|run| run.files.len()).sum(),
        digest: None,
        bearings: runs.iter().flat_map(RunPlan::truth).collect(),
    };
    if folder.exists() {
        if let Some(there) = finished(folder, &note)? {
            return Ok(there);
        }
        if fs_err::read_dir(folder)?.next().is_some() {
            if !folder.join(NOTE).exists() {
                return Err(cannot(format!("{} holds files of others", folder.display())));
            }
            fs_err::remove_dir_all(folder)?;
        }
    }
    fs_err::create_dir_all(folder)?;
    // The note goes first: files of ours are never without one.
    note.write(folder)?;
    let done = AtomicU64::new(0);
    let mut digests = BTreeMap::new();
    for run in &runs {
        fs_err::create_dir_all(folder.join(&run.folder))?;
        let written: Result<Vec<(String, Digest)>, DataError> = (0..run.files.len())
            .into_par_iter()
            .map(|position| {
                let text = (simulator.text)(&draw(run, position, scale.samples, seed));
                let relative = format!("{}/{}", run.folder, run.files[position].name);
                fs_err::write(folder.join(&relative), text.as_bytes())?;
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, note.files as u64);
                Ok((relative, Digest::of(text.as_bytes())))
            })
            .collect();
        digests.extend(written?);
    }
    note.digest = Some(digest_of(&digests));
    note.write(folder)?;
    Ok(note)
}

/// The note in `folder`, if it is that of the very same recordings, all written.
fn finished(folder: &Path, wanted: &Note) -> Result<Option<Note>, DataError> {
    if !folder.join(NOTE).exists() {
        return Ok(None);
    }
    let there = fs_err::read(folder.join(NOTE))?;
    // A note that cannot be read is replaced.
    let Ok(there) = serde_json::from_slice::<Note>(&there) else { return Ok(None) };
    let same = Note { digest: None, ..there.clone() } == *wanted && there.digest.is_some();
    Ok(same.then_some(there))
}
