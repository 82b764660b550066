//! Loading: run by run, file by file on all cores, only features are kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use gauntlet_core::{Digest, Origin};
use gauntlet_features::vibration::{self, SignalError};

use super::cache::{Cached, Place};
use super::femto::{self, Thermometer};
use super::find::{self, FoundFile, FoundRun};
use super::measure::{FileRead, Measure, Measured};
use super::problem::{Damaged, RecordingsProblem, SnapshotProblem};
use super::recordings::{Recordings, Series, digest_of};
use super::rig::{Rig, RigLayout};
use super::stopped::{LEVELS, stopped};
use super::table;
use crate::error::DataError;
use crate::simulate::vibration::{Note, read_note};

/// How to load.
pub struct Options<'a> {
    /// How many damaged files are left out before it is an error.
    pub skip_damaged: usize,
    /// Where features are kept between runs.
    pub cache: Option<&'a Path>,
    /// Called after each file with the number of files done and of all files.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { skip_damaged, cache, .. } = self;
        f.debug_struct("Options").field("skip_damaged", skip_damaged).field("cache", cache).finish()
    }
}

/// Reads the recordings of `rig` in `folder`.
///
/// Memory holds one file a core, and all features. The same folder gives the same recordings on any number
/// of cores, with or without a cache.
///
/// # Errors
/// More damaged files than are tolerated, each named with its row; runs that are missing or empty; two
/// snapshots of one time; a simulated folder given as real, or one that is not what its simulator wrote.
pub fn load(
    rig: &Rig,
    folder: &Path,
    origin: Origin,
    options: &Options<'_>,
) -> Result<Recordings, DataError> {
    let note = read_note(folder, origin)?;
    if rig.layout == RigLayout::FeatureTable {
        return table::load(rig, folder, origin);
    }
    let found = find::runs(rig, folder)?;
    let mut loader = Loader {
        rig,
        folder,
        options,
        note: note.as_ref(),
        total: found.runs.iter().map(|run| run.files.len() as u64).sum(),
        done: AtomicU64::new(0),
        digests: BTreeMap::new(),
        damaged: Vec::new(),
        notes: found.notes,
    };
    let mut series = Vec::new();
    for run in &found.runs {
        series.extend(loader.run(run)?);
    }
    let digest = digest_of(&loader.digests);
    if let Some(note) = &note {
        note.check(folder, digest)?;
        loader.notes.push(note.to_string());
    }
    let features = vibration::names(rig.setup(&found.runs[0].name));
    Ok(Recordings {
        dataset: rig.name.clone(),
        origin,
        digest,
        features,
        series,
        damaged: loader.damaged,
        notes: loader.notes,
    })
}

struct Loader<'a> {
    rig: &'a Rig,
    folder: &'a Path,
    options: &'a Options<'a>,
    note: Option<&'a Note>,
    total: u64,
    done: AtomicU64,
    digests: BTreeMap<String, Digest>,
    damaged: Vec<Damaged>,
    notes: Vec<String>,
}

/// The snapshots of a run that could be read.
#[derive(Default)]
struct Kept<'a> {
    files: Vec<&'a FoundFile>,
    measured: Vec<Measured>,
}

impl Loader<'_> {
    fn run(&mut self, run: &FoundRun<'_>) -> Result<Vec<Series>, DataError> {
        let setup = self.rig.setup(&run.name);
        let features = vibration::names(setup);
        let columns: Vec<usize> =
            run.bearings.iter().flat_map(|bearing| bearing.channels.iter().copied()).collect();
        let layout = format!("{:?} {}", self.rig.layout, self.rig.has_header());
        let place = self
            .options
            .cache
            .map(|cache| Place::new(cache, &run.name, setup, &columns, &features, &layout));
        let cached = place.as_ref().map(Place::read).unwrap_or_default();
        let described = self.rig.recording.as_ref().and_then(|recording| recording.samples);
        let measure = Measure {
            rig: self.rig,
            setup,
            columns,
            samples: self.note.map(|note| note.samples).or(described),
            features: features.len(),
            cached: &cached,
        };
        let read = measure.files(run, &|| {
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            (self.options.progress)(done, self.total);
        })?;
        if let Some(place) = place {
            remember(&place, &read, cached.len())?;
        }
        let kept = self.keep(run, read)?;
        if kept.files.is_empty() {
            let problem = RecordingsProblem::NothingReadable { run: run.name.clone() };
            return Err(DataError::Recordings { path: self.folder.to_owned(), problem });
        }
        self.series(run, &kept, &features)
    }

    /// Takes the damaged files out, among them those that are not as long as most.
    fn keep<'f>(
        &mut self,
        run: &'f FoundRun<'_>,
        read: Vec<FileRead>,
    ) -> Result<Kept<'f>, DataError> {
        let expected = usual_length(&read);
        let mut kept = Kept::default();
        for (file, FileRead { digest, result, .. }) in run.files.iter().zip(read) {
            self.digests.insert(file.relative.clone(), digest);
            let found = match &result {
                Ok(measured) => measured.samples,
                // So short that it has no features, but above all shorter than others.
                Err(SnapshotProblem::Signal {
                    problem: SignalError::TooShort { samples, .. },
                    ..
                }) if expected > 0 => *samples,
                Err(_) => expected,
            };
            let result = if found == expected {
                result
            } else {
                Err(SnapshotProblem::Rows { found, expected })
            };
            match result {
                Ok(measured) => {
                    kept.files.push(file);
                    kept.measured.push(measured);
                }
                Err(problem) => {
                    self.damaged.push(Damaged { path: file.relative.clone(), problem });
                }
            }
        }
        if self.damaged.len() > self.options.skip_damaged {
            let damaged = std::mem::take(&mut self.damaged);
            return Err(DataError::Damaged { allowed: self.options.skip_damaged, damaged });
        }
        Ok(kept)
    }

    fn series(
        &mut self,
        run: &FoundRun<'_>,
        kept: &Kept<'_>,
        features: &[String],
    ) -> Result<Vec<Series>, DataError> {
        let (seconds, start) = self.times(run, kept);
        let hours: Vec<f64> = seconds.iter().map(|&second| (second - start) / 3600.0).collect();
        let temperature = self.temperature(run, kept)?;
        let mut all = Vec::new();
        let mut offset = 0;
        for bearing in run.bearings {
            let truth = self.note.and_then(|note| note.truth(&run.name, &bearing.name));
            let (faults, failed) = match truth {
                Some(truth) => (truth.faults.clone(), truth.failed),
                None if run.truncated => (Vec::new(), false),
                None => (bearing.faults.clone(), bearing.failed),
            };
            let labelled = bearing.onset_file.filter(|_| self.note.is_none()).and_then(|onset| {
                let file = kept.files.iter().position(|file| file.number >= onset)?;
                Some(hours[file])
            });
            for position in 0..bearing.channels.len() {
                let column = |feature: usize| {
                    let at = offset + feature;
                    kept.measured.iter().map(|measured| measured.values[at]).collect()
                };
                all.push(Series {
                    run: run.name.clone(),
                    bearing: bearing.name.clone(),
                    channel: self.rig.channel_name(position),
                    files: kept.files.iter().map(|file| file.relative.clone()).collect(),
                    hours: hours.clone(),
                    values: (0..features.len()).map(column).collect(),
                    stopped: Vec::new(),
                    temperature: temperature.clone(),
                    faults: faults.clone(),
                    failed,
                    onset_hours: truth.map_or(labelled, |truth| truth.onset_hours),
                });
                offset += features.len();
            }
        }
        mark_stopped(&mut all, features, &mut self.notes);
        Ok(all)
    }

    /// When each snapshot was taken and when the run's first one was, in seconds from the same moment.
    fn times(&mut self, run: &FoundRun<'_>, kept: &Kept<'_>) -> (Vec<f64>, f64) {
        if self.rig.layout != RigLayout::Femto {
            let seconds = kept.files.iter().map(|file| file.seconds.unwrap_or_default());
            return (seconds.collect(), run.files[0].seconds.unwrap_or_default());
        }
        let (seconds, stuck) = femto::elapsed(&clocks(kept));
        if stuck > 0 {
            let name = &run.name;
            self.notes
                .push(format!("run `{name}`: {stuck} clocks do not move on from the file before"));
        }
        (seconds, 0.0)
    }

    fn temperature(
        &mut self,
        run: &FoundRun<'_>,
        kept: &Kept<'_>,
    ) -> Result<Option<Vec<f64>>, DataError> {
        if run.temperatures.is_empty() {
            return Ok(None);
        }
        for file in &run.temperatures {
            let digest = Digest::of(&fs_err::read(&file.path)?);
            self.digests.insert(file.relative.clone(), digest);
        }
        let (thermometer, unread) = Thermometer::read(&run.temperatures);
        if !unread.is_empty() {
            self.notes.push(format!("no temperature can be read from {}", unread.join(", ")));
        }
        Ok(Some(thermometer.at(&clocks(kept))))
    }
}

fn clocks(kept: &Kept<'_>) -> Vec<f64> {
    kept.measured.iter().map(|measured| measured.clock.unwrap_or_default()).collect()
}

/// Keeps what was computed, unless all of it was kept already.
fn remember(place: &Place, read: &[FileRead], kept: usize) -> Result<(), DataError> {
    let mut now = Cached::new();
    for FileRead { digest, result, .. } in read {
        if let Ok(measured) = result {
            now.insert(*digest, measured.clone());
        }
    }
    let fresh = read.iter().any(|file| !file.remembered && file.result.is_ok());
    if fresh || now.len() != kept { place.write(&now) } else { Ok(()) }
}

/// The number of samples that most snapshots have; of several, the largest.
fn usual_length(read: &[FileRead]) -> usize {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for measured in read.iter().filter_map(|file| file.result.as_ref().ok()) {
        *counts.entry(measured.samples).or_default() += 1;
    }
    counts.into_iter().max_by_key(|&(_, count)| count).map_or(0, |(samples, _)| samples)
}

/// Marks the snapshots of one run in which the rig stands still, and says so.
pub(super) fn mark_stopped(run: &mut [Series], features: &[String], notes: &mut Vec<String>) {
    let level = LEVELS.iter().find_map(|name| features.iter().position(|feature| feature == name));
    let Some(level) = level else { return };
    let levels: Vec<&[f64]> = run.iter().map(|series| series.values[level].as_slice()).collect();
    let stopped = stopped(&levels);
    let count = stopped.iter().filter(|&&stopped| stopped).count();
    if let (true, Some(series)) = (count > 0, run.first()) {
        let files: Vec<&str> = stopped
            .iter()
            .zip(&series.files)
            .filter(|(stopped, _)| **stopped)
            .map(|(_, file)| file.as_str())
            .take(5)
            .collect();
        let more = if count > files.len() { ", ..." } else { "" };
        notes.push(format!(
            "run `{}`: the rig stands still in {count} snapshots: {}{more}",
            series.run,
            files.join(", ")
        ));
    }
    for series in run {
        series.stopped.clone_from(&stopped);
    }
}
