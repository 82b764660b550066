//! From clips to features, on all cores, with one clip per core in memory.

use std::sync::{Mutex, PoisonError};

use gauntlet_core::Digest;
use gauntlet_features::audio::ClipExtractor;
use rayon::prelude::*;

use super::cache::Cached;
use super::find::FoundClip;
use super::problem::ClipProblem;
use super::reader::ClipReader;
use crate::error::DataError;

/// One clip, read.
#[derive(Debug)]
pub(super) struct ClipRead {
    pub(super) digest: Digest,
    /// Its features.
    pub(super) result: Result<Vec<f64>, ClipProblem>,
    /// Whether they were remembered.
    pub(super) remembered: bool,
}

/// What reads one clip after another.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    pub(super) reader: ClipReader,
    pub(super) extractor: ClipExtractor,
}

/// As many workers as threads have been at work at once.
#[derive(Debug)]
pub(super) struct Workers {
    first: Worker,
    resting: Mutex<Vec<Worker>>,
}

impl Workers {
    pub(super) fn new(first: Worker) -> Self {
        Self { first, resting: Mutex::default() }
    }

    /// Reads `clips` in their order; `done` is called after each.
    ///
    /// # Errors
    /// A file that cannot be opened. Damaged ones are values.
    pub(super) fn read(
        &self,
        clips: &[FoundClip],
        cached: &Cached,
        done: &(dyn Fn() + Sync),
    ) -> Result<Vec<ClipRead>, DataError> {
        let resting = || self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        clips
            .par_iter()
            .map(|clip| {
                let rested = resting().pop();
                let mut worker = rested.unwrap_or_else(|| self.first.clone());
                let read = worker.clip(clip, cached);
                resting().push(worker);
                done();
                read
            })
            .collect()
    }
}

impl Worker {
    fn clip(&mut self, clip: &FoundClip, cached: &Cached) -> Result<ClipRead, DataError> {
        let digest = self.reader.take(&clip.path)?;
        if let Some(known) = cached.get(&digest) {
            return Ok(ClipRead { digest, result: Ok(known.clone()), remembered: true });
        }
        Ok(ClipRead { digest, result: self.features(), remembered: false })
    }

    fn features(&mut self) -> Result<Vec<f64>, ClipProblem> {
        let clip = self.reader.decode()?;
        let mut values = vec![0.0; self.extractor.names().len()];
        self.extractor.extract(&clip, &mut values)?;
        Ok(values)
    }
}
