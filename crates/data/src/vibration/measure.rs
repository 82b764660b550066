//! From the files of one run to features, on all cores, with one file per core in memory.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Read as _;
use std::sync::{Mutex, PoisonError};

use gauntlet_core::Digest;
use gauntlet_features::vibration::{Extractor, Setup};
use rayon::prelude::*;

use super::cache::Cached;
use super::femto;
use super::find::{FoundFile, FoundRun};
use super::problem::SnapshotProblem;
use super::rig::{Rig, RigLayout};
use super::samples::Samples;
use crate::error::DataError;

/// The features of one file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    /// Samples per channel.
    pub(super) samples: usize,
    /// The time of day in seconds that stands in the file, if one does.
    pub(super) clock: Option<f64>,
    /// Feature after feature of channel after channel.
    pub(super) values: Vec<f64>,
}

/// One file, read.
#[derive(Debug)]
pub(super) struct FileRead {
    pub(super) digest: Digest,
    pub(super) result: Result<Measured, SnapshotProblem>,
    /// Whether the features were remembered.
    pub(super) remembered: bool,
}

/// What reads one file after another, in the memory of the one before.
#[derive(Default)]
struct Worker {
    bytes: Vec<u8>,
    samples: Samples,
    /// By the number of samples.
    extractors: BTreeMap<usize, Extractor>,
}

/// How the files of a run become features.
pub(super) struct Measure<'a> {
    pub(super) rig: &'a Rig,
    pub(super) setup: &'a Setup,
    /// The columns of the run's channels, one after another.
    pub(super) columns: Vec<usize>,
    /// Samples that every snapshot has, where known.
    pub(super) samples: Option<usize>,
    pub(super) features: usize,
    pub(super) cached: &'a Cached,
}

impl Measure<'_> {
    /// Reads all files of `run` in their order; `done` is called after each.
    ///
    /// # Errors
    /// A file that cannot be opened. Damaged ones are values.
    pub(super) fn files(
        &self,
        run: &FoundRun<'_>,
        done: &(dyn Fn() + Sync),
    ) -> Result<Vec<FileRead>, DataError> {
        // There will be as many as threads.
        let workers: Mutex<Vec<Worker>> = Mutex::default();
        let resting = || workers.lock().unwrap_or_else(PoisonError::into_inner);
        run.files
            .par_iter()
            .map(|file| {
                let mut worker = resting().pop().unwrap_or_default();
                let read = self.file(file, &mut worker);
                resting().push(worker);
                done();
                read
            })
            .collect()
    }

    fn file(&self, file: &FoundFile, worker: &mut Worker) -> Result<FileRead, DataError> {
        worker.bytes.clear();
        fs_err::File::open(&file.path)?.read_to_end(&mut worker.bytes)?;
        let digest = Digest::of(&worker.bytes);
        if let Some(known) = self.cached.get(&digest) {
            let result = self.right_length(known.samples).map(|()| known.clone());
            return Ok(FileRead { digest, result, remembered: true });
        }
        let result = self.features(worker);
        Ok(FileRead { digest, result, remembered: false })
    }

    fn right_length(&self, found: usize) -> Result<(), SnapshotProblem> {
        match self.samples {
            Some(expected) if expected != found => Err(SnapshotProblem::Rows { found, expected }),
            _ => Ok(()),
        }
    }

    fn features(&self, worker: &mut Worker) -> Result<Measured, SnapshotProblem> {
        let Worker { bytes, samples, extractors } = worker;
        samples.read(bytes, self.rig.has_header())?;
        let rows = samples.rows();
        self.right_length(rows)?;
        let clock = match self.rig.layout {
            RigLayout::Femto => Some(femto::time_of_day(samples)?),
            _ => None,
        };
        let at = |column| move |problem| SnapshotProblem::Signal { column, problem };
        let extractor = match extractors.entry(rows) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert(Extractor::new(self.setup, rows).map_err(at(self.columns[0]))?)
            }
        };
        let mut values = vec![0.0; self.features * self.columns.len()];
        for (&column, out) in self.columns.iter().zip(values.chunks_exact_mut(self.features)) {
            extractor.extract(samples.column(column)?, out).map_err(at(column))?;
        }
        Ok(Measured { samples: rows, clock, values })
    }
}
