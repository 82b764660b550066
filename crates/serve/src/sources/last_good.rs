//! `last-good.json`: of each wanted model, the one that passed its self-test last.
//!
//! Written beside and renamed, after the model's folder is safely on disk. It is what a server starts from
//! when its registry is gone.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use gauntlet_core::Digest;
use gauntlet_registry::Result;
use serde::{Deserialize, Serialize};

use super::located::Located;
use super::wanted::Wanted;

const FILE: &str = "last-good.json";
const UNFINISHED: &str = ".unfinished-last-good";
const FORMAT: u32 = 1;

/// Entries that are kept; those of models that nobody wants any more go first.
const MOST: usize = 64;

/// A model that was served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The source it came from.
    pub(super) place: String,
    /// What was asked for.
    pub(super) wanted: Wanted,
    /// What the source said.
    pub(super) located: Located,
    /// The model's folder in the state directory.
    pub(super) digest: Digest,
    /// When it passed its self-test, in milliseconds since 1970.
    pub(super) verified_ms: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    format: u32,
    models: Vec<Entry>,
}

/// The entries, and the file they are in.
#[derive(Debug, Default)]
pub(super) struct LastGood {
    home: Option<PathBuf>,
    entries: Vec<Entry>,
}

impl LastGood {
    /// The entries in the directory `home`. A file that cannot be read counts as none, with a warning.
    pub(super) fn open(home: Option<&Path>) -> Self {
        let Some(home) = home else { return Self::default() };
        let path = home.join(FILE);
        let mut entries = Vec::new();
        if path.is_file() {
            match read(&path) {
                Ok(found) => entries = found,
                Err(error) => tracing::warn!("{} is not used: {error}", path.display()),
            }
        }
        Self { home: Some(home.to_owned()), entries }
    }

    /// What was served last for `wanted` from `place`.
    pub(super) fn find(&self, place: &str, wanted: &Wanted) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.place == place && entry.wanted == *wanted)
    }

    /// All entries.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The digests of all entries.
    pub(super) fn digests(&self) -> BTreeSet<Digest> {
        self.entries.iter().map(|entry| entry.digest).collect()
    }

    /// Puts a model in the place of the one before it.
    ///
    /// # Errors
    /// The file cannot be written; then the old one stands.
    pub(super) fn put(
        &mut self,
        place: &str,
        wanted: &Wanted,
        located: &Located,
        digest: Digest,
    ) -> Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let entry = Entry {
            place: place.to_owned(),
            wanted: wanted.clone(),
            located: located.clone(),
            digest,
            verified_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        };
        let mut entries = self.entries.clone();
        entries.retain(|other| other.place != place || other.wanted != *wanted);
        entries.push(entry);
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.verified_ms));
        entries.truncate(MOST);
        if let Some(home) = &self.home {
            write(home, &entries)?;
        }
        self.entries = entries;
        Ok(())
    }
}

fn read(path: &Path) -> std::result::Result<Vec<Entry>, String> {
    let bytes = fs_err::read(path).map_err(|error| error.to_string())?;
    let file: File = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    if file.format != FORMAT {
        return Err(format!("format {} is not known, only {FORMAT}", file.format));
    }
    Ok(file.models)
}

fn write(home: &Path, entries: &[Entry]) -> Result<()> {
    let file = File { format: FORMAT, models: entries.to_vec() };
    let bytes = serde_json::to_vec_pretty(&file).map_err(std::io::Error::from)?;
    let unfinished = home.join(UNFINISHED);
    let written = (|| {
        let mut file = fs_err::File::create(&unfinished)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs_err::rename(&unfinished, home.join(FILE))
    })();
    if written.is_err() {
        // Half a file is of no use to anybody.
        let _ = fs_err::remove_file(&unfinished);
    }
    Ok(written?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gauntlet_core::Version;

    use super::*;

    fn located(version: u32) -> Located {
        Located {
            model: "m".parse().unwrap(),
            version: Version(version),
            alias: None,
            digest: None,
            origin: None,
            artifact: "a".into(),
            stamp: None,
            updated_ms: 0,
            run_id: None,
            description: None,
            tags: BTreeMap::new(),
        }
    }

    #[test]
    fn what_was_served_last_is_read_back_and_belongs_to_its_source() {
        let dir = tempfile::tempdir().unwrap();
        let wanted: Wanted = "m".parse().unwrap();
        let mut book = LastGood::open(Some(dir.path()));
        book.put("one", &wanted, &located(1), Digest::of(b"1")).unwrap();
        book.put("one", &wanted, &located(2), Digest::of(b"2")).unwrap();
        let book = LastGood::open(Some(dir.path()));
        let found = book.find("one", &wanted).unwrap();
        assert_eq!((found.digest, found.located.version), (Digest::of(b"2"), Version(2)));
        assert!(book.find("two", &wanted).is_none());
        assert_eq!((book.iter().count(), book.digests().len()), (1, 1));
    }

    #[test]
    fn a_damaged_file_counts_as_none_and_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "{", r#"{"format":9,"models":[]}"#] {
            fs_err::write(dir.path().join(FILE), text).unwrap();
            let mut book = LastGood::open(Some(dir.path()));
            assert_eq!(book.digests().len(), 0);
            book.put("one", &"m".parse().unwrap(), &located(1), Digest::of(b"1")).unwrap();
            assert_eq!(LastGood::open(Some(dir.path())).digests().len(), 1);
        }
    }

    #[test]
    fn models_that_nobody_wants_any_more_go_first() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = LastGood::open(Some(dir.path()));
        for number in 0..MOST + 5 {
            let wanted = format!("m{number}").parse().unwrap();
            book.put("one", &wanted, &located(1), Digest::of(b"1")).unwrap();
        }
        assert_eq!(book.iter().count(), MOST);
        assert!(book.find("one", &format!("m{}", MOST + 4).parse().unwrap()).is_some());
    }
}
