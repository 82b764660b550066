//! A bundle as the registry sees it: a folder whose manifest lists every file, and whose manifest's
//! digest is its name. What the files mean is none of its business.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use gauntlet_core::{Digest, FileEntry, Hasher, MANIFEST_FORMAT, Manifest};

use crate::{RegistryError, Result, confine};

/// The manifest's file name.
pub(crate) const MANIFEST: &str = "manifest.json";

/// A manifest lists files; one of this size is something else.
const MANIFEST_LIMIT: u64 = 16 << 20;

/// What is wrong with a file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// The manifest lists it, but it is not there.
    Missing,
    /// It is there, but the manifest does not list it.
    Unlisted,
    /// It is a link or something else that holds no bytes of its own.
    NotAFile,
    /// It is longer or shorter than the manifest says.
    Size {
        /// Bytes the manifest says.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// Its bytes are others.
    Digest {
        /// Digest the manifest, or the caller, says.
        expected: Digest,
        /// Digest of the bytes.
        found: Digest,
    },
    /// Its path in the manifest would leave the bundle, or stands twice.
    Path(String),
    /// The manifest is of a format this release does not know.
    Format(u32),
    /// The manifest cannot be parsed.
    Manifest(String),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the file is missing"),
            Self::Unlisted => f.write_str("the manifest does not list this file"),
            Self::NotAFile => f.write_str("this is not a regular file"),
            Self::Size { expected, found } => {
                write!(f, "expected {expected} bytes, found {found}")
            }
            Self::Digest { expected, found } => write!(f, "expected {expected}, found {found}"),
            Self::Path(path) => write!(f, "the manifest lists `{path}` wrongly or twice"),
            Self::Format(found) => {
                write!(f, "manifest format {found} is not known, only {MANIFEST_FORMAT}")
            }
            Self::Manifest(problem) => write!(f, "the manifest cannot be read: {problem}"),
        }
    }
}

/// Reads the manifest of the bundle in `folder` and checks that it is the bundle called `digest`.
///
/// # Errors
/// No such folder, another digest, an unknown format, or a path in it that would leave the folder.
pub fn read_manifest(folder: &Path, digest: &Digest) -> Result<Manifest> {
    let path = folder.join(MANIFEST);
    let damaged = |damage| damaged(digest, &path, damage);
    let Ok(meta) = fs_err::symlink_metadata(&path) else {
        return Err(RegistryError::ArtifactNotFound { digest: *digest, path: folder.to_owned() });
    };
    if !meta.is_file() {
        return Err(damaged(Damage::NotAFile));
    }
    if meta.len() > MANIFEST_LIMIT {
        return Err(damaged(Damage::Size { expected: MANIFEST_LIMIT, found: meta.len() }));
    }
    let bytes = fs_err::read(&path)?;
    let found = Digest::of(&bytes);
    if found != *digest {
        return Err(damaged(Damage::Digest { expected: *digest, found }));
    }
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|e| damaged(Damage::Manifest(e.to_string())))?;
    if manifest.format != MANIFEST_FORMAT {
        return Err(damaged(Damage::Format(manifest.format)));
    }
    let mut seen = BTreeSet::from([MANIFEST]);
    for entry in &manifest.files {
        if !confine::is_plain(&entry.path) || !seen.insert(&entry.path) {
            return Err(damaged(Damage::Path(entry.path.clone())));
        }
    }
    Ok(manifest)
}

/// Hashes every file of the bundle in `folder` again: all that its manifest lists, and no others.
///
/// # Errors
/// Those of [`read_manifest`], and the first file that is missing, unlisted, or has other bytes.
pub fn verify_folder(folder: &Path, digest: &Digest) -> Result<Manifest> {
    let manifest = read_manifest(folder, digest)?;
    refuse_unlisted(folder, &manifest, digest)?;
    for entry in &manifest.files {
        read_entry(folder, entry, digest, |_| Ok(()))?;
    }
    Ok(manifest)
}

/// Reads one file piece by piece and checks its size and digest against the manifest at the end.
pub(crate) fn read_entry(
    folder: &Path,
    entry: &FileEntry,
    digest: &Digest,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let path = confine::join(folder, &entry.path)?;
    let damaged = |damage| damaged(digest, &path, damage);
    let meta = fs_err::symlink_metadata(&path).map_err(|_| damaged(Damage::Missing))?;
    if !meta.is_file() {
        return Err(damaged(Damage::NotAFile));
    }
    let mut file = fs_err::File::open(&path)?;
    let mut hasher = Hasher::default();
    let mut size = 0;
    let mut buffer = vec![0_u8; 64 << 10];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        size += read as u64;
        hasher.update(&buffer[..read]);
        take(&buffer[..read])?;
    }
    if size != entry.size {
        return Err(damaged(Damage::Size { expected: entry.size, found: size }));
    }
    let found = hasher.finish();
    if found != entry.sha256 {
        return Err(damaged(Damage::Digest { expected: entry.sha256, found }));
    }
    Ok(())
}

/// Looks for files in `folder` that the manifest does not list, and for links.
///
/// # Errors
/// The first one found.
pub fn refuse_unlisted(folder: &Path, manifest: &Manifest, digest: &Digest) -> Result<()> {
    let mut listed: BTreeSet<PathBuf> =
        manifest.files.iter().map(|f| folder.join(&f.path)).collect();
    listed.insert(folder.join(MANIFEST));
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs_err::read_dir(&next)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() {
                folders.push(path);
            } else if !kind.is_file() {
                return Err(damaged(digest, &path, Damage::NotAFile));
            } else if !listed.contains(&path) {
                return Err(damaged(digest, &path, Damage::Unlisted));
            }
        }
    }
    Ok(())
}

fn damaged(digest: &Digest, path: &Path, damage: Damage) -> RegistryError {
    RegistryError::Damaged { digest: *digest, path: path.to_owned(), damage: Box::new(damage) }
}

/// The dataset that a bundle was made from, as runs note it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainedOn {
    /// The gauntlet's name.
    pub name: String,
    /// The dataset's digest, as many digits as MLflow keeps.
    pub digest: String,
    /// Dataset, split and origin, as JSON.
    pub source: String,
}

impl TrainedOn {
    /// The kind of its source.
    pub const SOURCE_TYPE: &'static str = "gauntlet";

    /// What the manifest says.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let lineage = &manifest.lineage;
        let source = serde_json::json!({
            "dataset": lineage.dataset, "split": lineage.split, "origin": lineage.origin.to_string(),
        });
        let mut digest = lineage.dataset.hex();
        digest.truncate(32);
        Self { name: lineage.gauntlet.clone(), digest, source: source.to_string() }
    }
}
