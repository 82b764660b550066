//! What is complete: one JSON line per unit, appended and synchronised after its files are written.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use gauntlet_core::Digest;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{MoveError, Result};

/// How much of everything there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Experiments, deleted ones included.
    pub experiments: u64,
    /// Runs, deleted ones included.
    pub runs: u64,
    /// Parameters of runs.
    pub params: u64,
    /// Values of metrics, all of every history.
    pub metrics: u64,
    /// Tags of runs.
    pub tags: u64,
    /// Datasets that runs read.
    pub datasets: u64,
    /// Logged models.
    pub logged_models: u64,
    /// Registered models.
    pub models: u64,
    /// Versions of registered models.
    pub versions: u64,
    /// Aliases.
    pub aliases: u64,
    /// Files.
    pub files: u64,
    /// Bytes of files.
    pub bytes: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.experiments += other.experiments;
        self.runs += other.runs;
        self.params += other.params;
        self.metrics += other.metrics;
        self.tags += other.tags;
        self.datasets += other.datasets;
        self.logged_models += other.logged_models;
        self.models += other.models;
        self.versions += other.versions;
        self.aliases += other.aliases;
        self.files += other.files;
        self.bytes += other.bytes;
    }
}

/// A file of a run or logged model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) sha256: Digest,
}

/// A unit that is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unit {
    /// Its kind and number, such as `runs/1f…`: also the name of its file of JSON lines.
    pub(crate) unit: String,
    /// The digest of that file.
    pub(crate) sha256: Digest,
    pub(crate) counts: Counts,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<FileRecord>,
}

/// Lines of one kind in a file that only grows.
#[derive(Debug)]
pub(crate) struct Journal<T> {
    path: PathBuf,
    pub(crate) lines: BTreeMap<String, T>,
}

impl<T: Serialize + DeserializeOwned + Clone> Journal<T> {
    /// Reads what is there; a last line that was cut off by a kill is dropped.
    pub(crate) fn open(path: PathBuf, key: impl Fn(&T) -> String) -> Result<Self> {
        let mut lines = BTreeMap::new();
        if path.is_file() {
            let text = fs_err::read_to_string(&path)?;
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            for line in text[..whole].lines() {
                let value: T = serde_json::from_str(line).map_err(|error| MoveError::Damaged {
                    path: path.clone(),
                    problem: error.to_string(),
                })?;
                lines.insert(key(&value), value);
            }
            if whole < text.len() {
                fs_err::OpenOptions::new().write(true).open(&path)?.set_len(whole as u64)?;
            }
        }
        Ok(Self { path, lines })
    }

    pub(crate) fn append(&mut self, key: String, value: T) -> Result<()> {
        let mut line = json(&self.path, &value)?;
        line.push(b'\n');
        let mut file = fs_err::OpenOptions::new().create(true).append(true).open(&self.path)?;
        file.write_all(&line)?;
        file.sync_data()?;
        self.lines.insert(key, value);
        Ok(())
    }
}

/// Compact JSON.
pub(crate) fn json(path: &Path, value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value)
        .map_err(|error| MoveError::Damaged { path: path.to_owned(), problem: error.to_string() })
}

/// Writes bytes beside `path` and renames them into place.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let beside = path.with_extension("unfinished");
    let mut file = fs_err::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(fs_err::rename(&beside, path)?)
}

/// Reads JSON lines whose digest is known.
pub(crate) fn read_lines(folder: &Path, unit: &Unit) -> Result<Vec<String>> {
    let path = folder.join(format!("{}.jsonl", unit.unit));
    let bytes = fs_err::read(&path)?;
    let damaged = |problem: String| MoveError::Damaged { path: path.clone(), problem };
    let found = Digest::of(&bytes);
    if found != unit.sha256 {
        return Err(damaged(format!("expected {}, found {found}", unit.sha256)));
    }
    let text = String::from_utf8(bytes).map_err(|error| damaged(error.to_string()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// One line of JSON.
pub(crate) fn parse<T: DeserializeOwned>(folder: &Path, unit: &Unit, line: &str) -> Result<T> {
    serde_json::from_str(line).map_err(|error| MoveError::Damaged {
        path: folder.join(format!("{}.jsonl", unit.unit)),
        problem: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_forgets_only_the_line_that_was_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let unit = |name: &str| Unit {
            unit: name.to_owned(),
            sha256: Digest::of(b""),
            counts: Counts::default(),
            files: vec![],
        };
        let key = |unit: &Unit| unit.unit.clone();
        let mut journal = Journal::open(path.clone(), key).unwrap();
        journal.append("a".into(), unit("a")).unwrap();
        journal.append("b".into(), unit("b")).unwrap();
        let text = fs_err::read_to_string(&path).unwrap();
        fs_err::write(&path, &text[..text.len() - 5]).unwrap();
        let mut journal = Journal::open(path.clone(), key).unwrap();
        assert_eq!(journal.lines.keys().collect::<Vec<_>>(), ["a"]);
        journal.append("c".into(), unit("c")).unwrap();
        let journal = Journal::open(path, key).unwrap();
        assert_eq!(journal.lines.keys().collect::<Vec<_>>(), ["a", "c"]);
    }
}
