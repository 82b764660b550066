//! The state directory: models that were fetched, each under its digest.
//!
//! ```text
//! bundles/<64 hexadecimal digits>/    one model
//! bundles/.unfinished-*/              one that is being fetched
//! last-good.json                      what was served last, see `last_good`
//! lock                                held while a server uses this directory
//! ```
//!
//! A folder is written under another name and renamed once all of it was verified, so a kill, a full disk or a
//! broken line leaves nothing that could be taken for a model. Every use hashes the files again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::SystemTime;

use gauntlet_core::Digest;
use gauntlet_registry::Result;
use tempfile::TempDir;

use super::fetch;
use super::layout::Layout;

const BUNDLES: &str = "bundles";
const LOCK: &str = "lock";
const UNFINISHED: &str = ".unfinished-";

/// Models that are kept beside those in use, and their bytes.
const MOST_KEPT: usize = 16;
const MOST_BYTES: u64 = 1 << 30;

/// A model in a local folder, verified. Its folder stays while this is held.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The model's name: a bundle's digest, or that of its files' digests.
    pub(crate) digest: Digest,
    /// What the folder looks like.
    pub(crate) layout: Layout,
    _lease: Arc<()>,
}

impl Fetched {
    /// A verified folder that is not the state directory's.
    pub(super) fn in_place(folder: PathBuf, digest: Digest) -> Self {
        Self { layout: Layout::of(&folder), folder, digest, _lease: Arc::default() }
    }
}

/// The state directory, or, where there is none, a temporary folder that goes with the process.
#[derive(Debug)]
pub(crate) struct State {
    home: Option<PathBuf>,
    _lock: Option<std::fs::File>,
    temporary: OnceLock<TempDir>,
    leases: Mutex<BTreeMap<Digest, Weak<()>>>,
}

impl State {
    /// The state directory `given`, or the usual one; it is made if it does not exist. A directory that cannot be
    /// used is warned about once, and the server goes on without: it cannot start then while its source is gone.
    pub(crate) fn open(given: Option<PathBuf>) -> Self {
        let env = |key: &str| std::env::var_os(key).filter(|value| !value.is_empty());
        let Some(home) = given.or_else(|| usual(env)) else {
            tracing::warn!(
                "no state directory: name one with --state-dir to keep the last good models"
            );
            return Self::with(None, None);
        };
        match take(&home) {
            Ok(lock) => Self::with(Some(home), Some(lock)),
            Err(error) => {
                let home = home.display();
                tracing::warn!(%error, "state directory {home} is not used: the last good models are not kept");
                Self::with(None, None)
            }
        }
    }

    fn with(home: Option<PathBuf>, lock: Option<std::fs::File>) -> Self {
        Self { home, _lock: lock, temporary: OnceLock::new(), leases: Mutex::default() }
    }

    /// The directory, if there is one.
    pub(super) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The folder that models are kept in.
    fn bundles(&self) -> Result<PathBuf> {
        if let Some(home) = &self.home {
            return Ok(home.join(BUNDLES));
        }
        if self.temporary.get().is_none() {
            // Of two that are made at once, one is removed again.
            let _ =
                self.temporary.set(tempfile::Builder::new().prefix("gauntlet-serve-").tempdir()?);
        }
        Ok(self.temporary.get().map(|dir| dir.path().to_owned()).unwrap_or_default())
    }

    /// A model that was fetched before, hashed again. One that is damaged is removed.
    pub(super) fn find(&self, digest: &Digest) -> Option<Fetched> {
        let folder = self.bundles().ok()?.join(digest.hex());
        if !folder.is_dir() {
            return None;
        }
        let lease = self.lease(digest);
        if let Err(error) = fetch::verify(&folder, digest) {
            tracing::warn!(%error, "a model in the state directory is damaged and removed");
            // What cannot be removed is in the way of the next fetch, which says so.
            let _ = fs_err::remove_dir_all(&folder);
            return None;
        }
        touch(&folder);
        Some(Fetched { layout: Layout::of(&folder), folder, digest: *digest, _lease: lease })
    }

    /// An empty folder to fetch a model into; it is removed unless it is adopted.
    pub(super) fn begin(&self) -> Result<TempDir> {
        Ok(tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(self.bundles()?)?)
    }

    /// Gives a model that was fetched its name. It has been verified.
    pub(super) fn adopt(&self, unfinished: TempDir, digest: &Digest) -> Result<Fetched> {
        let folder = self.bundles()?.join(digest.hex());
        let lease = self.lease(digest);
        let renamed = fs_err::rename(unfinished.path(), &folder);
        match renamed {
            // What is not there any more need not be removed.
            Ok(()) => drop(unfinished.keep()),
            // The same model was fetched twice at once.
            Err(_) if folder.is_dir() => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Fetched { layout: Layout::of(&folder), folder, digest: *digest, _lease: lease })
    }

    /// Whether a folder is one of this directory's.
    pub(super) fn owns(&self, folder: &Path) -> bool {
        self.bundles().is_ok_and(|bundles| folder.starts_with(bundles))
    }

    fn lease(&self, digest: &Digest) -> Arc<()> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        leases.retain(|_, lease| lease.strong_count() > 0);
        if let Some(lease) = leases.get(digest).and_then(Weak::upgrade) {
            return lease;
        }
        let lease = Arc::default();
        leases.insert(*digest, Arc::downgrade(&lease));
        lease
    }

    /// Removes the models that were used longest ago, until few enough are left beside those in use and in `keep`.
    ///
    /// # Errors
    /// The directory cannot be read or written.
    pub(super) fn prune(&self, keep: &BTreeSet<Digest>) -> Result<()> {
        let Some(home) = &self.home else { return Ok(()) };
        let mut kept: Vec<(SystemTime, u64, Digest, PathBuf)> = Vec::new();
        for entry in fs_err::read_dir(home.join(BUNDLES))? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(digest) = name.to_str().and_then(|name| format!("sha256:{name}").parse().ok())
            else {
                continue;
            };
            let used = entry.metadata()?.modified()?;
            kept.push((used, bytes_in(&entry.path())?, digest, entry.path()));
        }
        kept.sort();
        let mut count = kept.len();
        let mut bytes: u64 = kept.iter().map(|(_, bytes, ..)| bytes).sum();
        for (_, size, digest, folder) in kept {
            if count <= MOST_KEPT && bytes <= MOST_BYTES {
                break;
            }
            // Held over the removal: nobody gets a lease on what is about to go.
            let leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
            let in_use = leases.get(&digest).is_some_and(|lease| lease.strong_count() > 0);
            if !in_use && !keep.contains(&digest) {
                fs_err::remove_dir_all(folder)?;
                (count, bytes) = (count - 1, bytes - size);
            }
        }
        Ok(())
    }
}

/// Where the state is unless the command line says: where the service manager wants it, or else the user's own
/// place for it. Never the working directory, which is somebody's project.
fn usual(env: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    if let Some(managed) = env("STATE_DIRECTORY") {
        return Some(PathBuf::from(managed));
    }
    let base = env("XDG_STATE_HOME").map(PathBuf::from).filter(|base| base.is_absolute());
    let base = base.or_else(|| Some(PathBuf::from(env("HOME")?).join(".local/state")))?;
    Some(base.join("gauntlet-serve"))
}

/// Makes the directory, locks it and sweeps what a killed server left.
fn take(home: &Path) -> std::io::Result<std::fs::File> {
    fs_err::create_dir_all(home.join(BUNDLES))?;
    let lock = std::fs::File::create(home.join(LOCK))?;
    lock.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => {
            let problem = "another server uses it; give each its own --state-dir";
            std::io::Error::new(std::io::ErrorKind::ResourceBusy, problem)
        }
        std::fs::TryLockError::Error(error) => error,
    })?;
    for folder in [home.to_owned(), home.join(BUNDLES)] {
        for entry in fs_err::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            if !name.is_some_and(|name| name.starts_with(UNFINISHED)) {
                continue;
            }
            if path.is_dir() { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) }?;
        }
    }
    Ok(lock)
}

/// Notes when a model was used. Where that fails it is only removed earlier.
fn touch(folder: &Path) {
    if let Ok(open) = std::fs::File::open(folder) {
        let _ = open.set_modified(SystemTime::now());
    }
}

fn bytes_in(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs_err::read_dir(folder)? {
        let (path, meta) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
        bytes += if meta.is_dir() { bytes_in(&path)? } else { meta.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
