//! The artefact store in a folder: `<root>/<artifacts>/bundles/<64 hexadecimal digits>/`.

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
    bundles: PathBuf,
    location: String,
}

impl LocalStore {
    /// The store below `artifacts`, a path relative to the registry's `root`. Nothing is created yet.
    ///
    /// # Errors
    /// `artifacts` leaves the root.
    pub fn new(root: &Path, artifacts: &str) -> Result<Self> {
        let bundles = confine::resolve(root, artifacts)?.join("bundles");
        Ok(Self { bundles, location: format!("{artifacts}/bundles") })
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
