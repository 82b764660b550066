//! Finished trials as lines of JSON, so that a search goes on where it stopped.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SearchError;

/// A trial on a rung: what was tried, and how it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The rung, from 0.
    pub rung: usize,
    /// The trial, from 0: the pipeline file's own choice.
    pub trial: usize,
    /// Share of the resource that it got.
    pub share: f64,
    /// The values of the space's dimensions; none for trial 0.
    pub values: BTreeMap<String, Value>,
    /// The objective on each fold.
    pub scores: Vec<f64>,
    /// Why there are no scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl Trial {
    /// The mean objective; nothing if the trial failed.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let count = self.scores.len() as f64;
        let mean = self.scores.iter().sum::<f64>() / count;
        (self.failure.is_none() && mean.is_finite()).then_some(mean)
    }
}

/// The trials of one search that are done, in a file or in memory only.
#[derive(Debug)]
pub struct Journal {
    done: BTreeMap<(usize, usize), Trial>,
    file: Option<(PathBuf, Mutex<fs_err::File>)>,
}

impl Journal {
    /// A journal that is forgotten.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { done: BTreeMap::new(), file: None }
    }

    /// The journal at `path`, with the trials that are in it. A last line that a kill cut off is dropped.
    ///
    /// # Errors
    /// A file that cannot be read or written, or that holds something else.
    pub fn open(path: &Path) -> Result<Self, SearchError> {
        let read = |source| SearchError::Journal { path: path.to_owned(), verb: "read", source };
        let written =
            |source| SearchError::Journal { path: path.to_owned(), verb: "written", source };
        let bytes = match fs_err::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(read(error)),
        };
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        let mut done = BTreeMap::new();
        for (at, line) in bytes[..whole].split(|b| *b == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            let trial: Trial = serde_json::from_slice(line).map_err(|e| SearchError::Damaged {
                path: path.to_owned(),
                line: at + 1,
                reason: e.to_string(),
            })?;
            done.insert((trial.rung, trial.trial), trial);
        }
        let file = fs_err::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|file| file.set_len(whole as u64).map(|()| file))
            .map_err(written)?;
        Ok(Self { done, file: Some((path.to_owned(), Mutex::new(file))) })
    }

    /// A trial that is done.
    pub(super) fn find(&self, rung: usize, trial: usize) -> Option<&Trial> {
        self.done.get(&(rung, trial))
    }

    /// Writes a trial down, in one piece.
    pub(super) fn write(&self, trial: &Trial) -> Result<(), SearchError> {
        let Some((path, file)) = &self.file else { return Ok(()) };
        let failed = |source| SearchError::Journal { path: path.clone(), verb: "written", source };
        let mut line = serde_json::to_vec(trial).map_err(|e| failed(e.into()))?;
        line.push(b'\n');
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line).and_then(|()| file.flush()).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(number: usize) -> Trial {
        let values = BTreeMap::from([("alpha".to_owned(), Value::from(0.1 + number as f64 / 3.0))]);
        Trial { rung: 0, trial: number, share: 1.0, values, scores: vec![1.0 / 3.0], failure: None }
    }

    #[test]
    fn written_trials_come_back_bit_by_bit_and_a_cut_line_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let journal = Journal::open(&path).unwrap();
        journal.write(&trial(0)).unwrap();
        journal.write(&trial(1)).unwrap();
        let bytes = fs_err::read(&path).unwrap();
        fs_err::write(&path, &bytes[..bytes.len() - 3]).unwrap();
        let again = Journal::open(&path).unwrap();
        assert_eq!(again.find(0, 0), Some(&trial(0)));
        assert_eq!(again.find(0, 1), None);
        again.write(&trial(1)).unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), bytes);
    }

    #[test]
    fn a_line_that_is_no_trial_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        fs_err::write(&path, "\n{\"rung\": 1}\n").unwrap();
        let error = Journal::open(&path).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("delete the file"), "{error}");
    }
}
