//! From the files of one run to features, on all cores, with one file per core in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use gauntlet_core::Digest;
use gauntlet_features::vibration::{Extractor, Setup, SignalError};
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

/// Extractors that wait for a snapshot of their length.
type Pool = Mutex<BTreeMap<usize, Vec<Extractor>>>;

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
        let pool = Pool::default();
        run.files
            .par_iter()
            .map(|file| {
                let read = self.file(file, &pool);
                done();
                read
            })
            .collect()
    }

    fn file(&self, file: &FoundFile, pool: &Pool) -> Result<FileRead, DataError> {
        let bytes = fs_err::read(&file.path)?;
        let digest = Digest::of(&bytes);
        if let Some(known) = self.cached.get(&digest) {
            let result = self.right_length(known.samples).map(|()| known.clone());
            return Ok(FileRead { digest, result, remembered: true });
        }
        let result = self.features(&bytes, pool);
        Ok(FileRead { digest, result, remembered: false })
    }

    fn right_length(&self, found: usize) -> Result<(), SnapshotProblem> {
        match self.samples {
            Some(expected) if expected != found => Err(SnapshotProblem::Rows { found, expected }),
            _ => Ok(()),
        }
    }

    fn features(&self, bytes: &[u8], pool: &Pool) -> Result<Measured, SnapshotProblem> {
        let samples = Samples::parse(bytes, self.rig.has_header())?;
        let rows = samples.rows();
        self.right_length(rows)?;
        let clock = match self.rig.layout {
            RigLayout::Femto => Some(femto::time_of_day(&samples)?),
            _ => None,
        };
        let at = |column| move |problem| SnapshotProblem::Signal { column, problem };
        let mut extractor = self.extractor(rows, pool).map_err(at(self.columns[0]))?;
        let mut values = vec![0.0; self.features * self.columns.len()];
        for (&column, out) in self.columns.iter().zip(values.chunks_exact_mut(self.features)) {
            extractor.extract(&samples.column(column)?, out).map_err(at(column))?;
        }
        let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.entry(rows).or_default().push(extractor);
        Ok(Measured { samples: rows, clock, values })
    }

    fn extractor(&self, samples: usize, pool: &Pool) -> Result<Extractor, SignalError> {
        let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
        match pool.get_mut(&samples).and_then(Vec::pop) {
            Some(extractor) => Ok(extractor),
            None => Extractor::new(self.setup, samples),
        }
    }
}
