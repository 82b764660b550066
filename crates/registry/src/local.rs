//! The artefact store in a folder: `<root>/<artifacts>/bundles/<64 hexadecimal digits>/`.
//!
//! The files of a run are hard links to those of its bundle. Nobody writes into a file that is there (files
//! are written beside and renamed), so replacing one of a run leaves the bundle as it was.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use gauntlet_core::{Digest, Manifest};

use crate::{ArtifactStore, RegistryError, Result, bundle, confine, verify_folder, write};

/// Folders that are being written start with this; digests never do.
const UNFINISHED: &str = ".unfinished-";

/// Tells apart two copies that one process writes at once.
static COPIES: AtomicU64 = AtomicU64::new(0);

/// Bundles in a local folder.
///
/// Its work is done on the calling thread, so its futures are ready when first polled: a caller that must
/// not block runs them on a thread of their own.
#[derive(Debug, Clone)]
pub struct LocalStore {
    artifacts: PathBuf,
    bundles: PathBuf,
    location: String,
}

impl LocalStore {
    /// The store below `artifacts`, a path relative to the registry's `root`. Nothing is created yet.
    ///
    /// # Errors
    /// `artifacts` leaves the root.
    pub fn new(root: &Path, artifacts: &str) -> Result<Self> {
        let folder = confine::resolve(root, artifacts)?;
        let bundles = folder.join("bundles");
        Ok(Self { artifacts: folder, bundles, location: format!("{artifacts}/bundles") })
    }

    fn folder(&self, digest: &Digest) -> PathBuf {
        self.bundles.join(digest.hex())
    }

    fn copy(&self, from: &Path, to: &Path, digest: &Digest) -> Result<()> {
        let manifest = bundle::read_manifest(from, digest)?;
        bundle::refuse_unlisted(from, &manifest, digest)?;
        fs_err::create_dir(to)?;
        for entry in &manifest.files {
            let path = confine::join(to, &entry.path)?;
            if let Some(folder) = path.parent() {
                fs_err::create_dir_all(folder)?;
            }
            let mut file = fs_err::File::create(&path)?;
            bundle::read_entry(from, entry, digest, |bytes| Ok(file.write_all(bytes)?))?;
            file.sync_all()?;
        }
        // Copied last and read again: a manifest that changed meanwhile is no part of this bundle.
        let bytes = fs_err::read(from.join(bundle::MANIFEST))?;
        let mut file = fs_err::File::create(to.join(bundle::MANIFEST))?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        bundle::read_manifest(to, digest)?;
        sync_folders(to)
    }
}

#[async_trait]
impl ArtifactStore for LocalStore {
    async fn put(&self, folder: &Path, digest: &Digest) -> Result<bool> {
        let target = self.folder(digest);
        if target.is_dir() {
            return Ok(false);
        }
        fs_err::create_dir_all(&self.bundles)?;
        let copy = COPIES.fetch_add(1, Ordering::Relaxed);
        let name = format!("{UNFINISHED}{}-{}-{copy}", digest.short(), std::process::id());
        let unfinished = self.bundles.join(name);
        let written = self
            .copy(folder, &unfinished, digest)
            .and_then(|()| Ok(fs_err::rename(&unfinished, &target)?));
        match written {
            Ok(()) => {
                write::sync_folder(&self.bundles)?;
                Ok(true)
            }
            Err(error) => {
                // The copy is only litter now, and the reason it failed is worth more than a second error.
                let _ = fs_err::remove_dir_all(&unfinished);
                if target.is_dir() { Ok(false) } else { Err(error) }
            }
        }
    }

    async fn verify(&self, digest: &Digest) -> Result<Manifest> {
        verify_folder(&self.folder(digest), digest)
    }

    async fn open(&self, digest: &Digest) -> Result<PathBuf> {
        let folder = self.folder(digest);
        if folder.is_dir() {
            Ok(folder)
        } else {
            Err(RegistryError::ArtifactNotFound { digest: *digest, path: folder })
        }
    }

    async fn list(&self) -> Result<Vec<Digest>> {
        let mut digests: Vec<Digest> =
            names(&self.bundles)?.iter().filter_map(|name| name.parse().ok()).collect();
        digests.sort();
        Ok(digests)
    }

    async fn show(&self, digest: &Digest, folder: &str) -> Result<()> {
        let bundle = self.folder(digest);
        let manifest = bundle::read_manifest(&bundle, digest)?;
        let target = confine::resolve(&self.artifacts, folder)?;
        let listed = manifest.files.iter().map(|entry| entry.path.as_str());
        for path in listed.chain([bundle::MANIFEST]) {
            let (from, to) = (confine::join(&bundle, path)?, confine::join(&target, path)?);
            if fs_err::symlink_metadata(&to).is_ok() {
                continue;
            }
            if let Some(parent) = to.parent() {
                fs_err::create_dir_all(parent)?;
            }
            // Not every file system has hard links.
            if fs_err::hard_link(&from, &to).is_err() {
                fs_err::copy(&from, &to)?;
            }
        }
        sync_folders(&target)
    }

    async fn folders(&self, folder: &str) -> Result<Vec<String>> {
        let within = match folder {
            "" => self.artifacts.clone(),
            folder => confine::resolve(&self.artifacts, folder)?,
        };
        let mut folders = names(&within)?;
        folders.retain(|name| {
            fs_err::symlink_metadata(within.join(name)).is_ok_and(|meta| meta.is_dir())
        });
        folders.sort();
        Ok(folders)
    }

    async fn remove_folder(&self, folder: &str) -> Result<u64> {
        remove(&confine::resolve(&self.artifacts, folder)?)
    }

    async fn remove(&self, digest: &Digest) -> Result<u64> {
        let (folder, leaving) =
            (self.folder(digest), self.bundles.join(format!("{UNFINISHED}{}", digest.hex())));
        if !folder.is_dir() {
            return Ok(0);
        }
        // A bundle is there as a whole or not at all, also while it goes.
        fs_err::rename(&folder, &leaving)?;
        remove(&leaving)
    }

    fn uri(&self) -> Option<String> {
        None
    }

    fn location(&self, digest: &Digest) -> String {
        format!("{}/{}", self.location, digest.hex())
    }

    async fn sweep(&self) -> Result<()> {
        for name in names(&self.bundles)?.iter().filter(|name| name.starts_with(UNFINISHED)) {
            fs_err::remove_dir_all(self.bundles.join(name))?;
        }
        Ok(())
    }
}

/// Removes a folder and counts the bytes of its files. A link in it is removed, not followed.
fn remove(folder: &Path) -> Result<u64> {
    if !folder.is_dir() {
        return Ok(0);
    }
    let bytes = size(folder)?;
    fs_err::remove_dir_all(folder)?;
    Ok(bytes)
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let meta = fs_err::symlink_metadata(entry.path())?;
        bytes += if meta.is_dir() { size(&entry.path())? } else { meta.len() };
    }
    Ok(bytes)
}

/// Names in `folder`, none if it does not exist.
fn names(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

/// Makes the names in `folder` and the folders below it durable.
fn sync_folders(folder: &Path) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    write::sync_folder(folder)
}
