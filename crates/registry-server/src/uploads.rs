//! Files of bundles on their way into the registry: by digest, in a folder that nobody else looks into.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use gauntlet_core::{Digest, Hasher};
use gauntlet_registry::{
    ByteStream, FileStore as _, LocalFiles, RegistryError, Result, read_manifest, resolve_inside,
};

/// Files that nobody registered for so long are removed.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Tells apart bundles that are put together at once.
static BUNDLES: AtomicU64 = AtomicU64::new(0);

/// Uploaded files.
#[derive(Debug, Clone)]
pub(crate) struct Uploads {
    root: PathBuf,
    files: LocalFiles,
}

/// A bundle that was put together of uploads; its folder goes when this does.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(crate) folder: PathBuf,
}

impl Drop for Bundle {
    fn drop(&mut self) {
        // What stays is swept later.
        let _ = fs_err::remove_dir_all(&self.folder);
    }
}

impl Uploads {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), files: LocalFiles::new(root.join("files")) }
    }

    /// Which of these files have to be uploaded.
    pub(crate) async fn missing(&self, asked: &BTreeSet<Digest>) -> Result<Vec<Digest>> {
        let mut missing = Vec::new();
        for digest in asked {
            if self.files.size(&digest.hex()).await?.is_none() {
                missing.push(*digest);
            }
        }
        Ok(missing)
    }

    /// Stores the bytes of a file and counts their digest on the way; nothing is stored if it is another one.
    pub(crate) async fn store(&self, digest: Digest, bytes: ByteStream) -> Result<u64> {
        let mut hasher = Some(Hasher::default());
        let counted = bytes.map(Some).chain(futures_util::stream::once(async { None }));
        let checked = counted.filter_map(move |piece| {
            let checked = match piece {
                Some(Ok(piece)) => {
                    if let Some(hasher) = hasher.as_mut() {
                        hasher.update(&piece);
                    }
                    Some(Ok(piece))
                }
                Some(Err(error)) => Some(Err(error)),
                None => {
                    let found = hasher.take().map(Hasher::finish);
                    let wrong =
                        || std::io::Error::new(std::io::ErrorKind::InvalidData, "other bytes");
                    (found != Some(digest)).then(|| Err(wrong()))
                }
            };
            async move { checked }
        });
        match self.files.put(&digest.hex(), Box::pin(checked)).await {
            Err(RegistryError::Io(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
                Err(RegistryError::Invalid {
                    field: "digest",
                    value: digest.to_string(),
                    rule: "the bytes have another digest".to_owned(),
                })
            }
            other => other,
        }
    }

    /// Puts the bundle called `digest` together; its manifest says of which files.
    pub(crate) fn assemble(&self, digest: Digest) -> Result<Bundle> {
        let number = BUNDLES.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{}-{number}", digest.short(), std::process::id());
        let folder = self.root.join("bundles").join(name);
        fs_err::create_dir_all(&folder)?;
        let bundle = Bundle { folder };
        let take = |file: &Digest, path: &Path| -> Result<()> {
            let from = self.root.join("files").join(file.hex());
            if !from.is_file() {
                return Err(RegistryError::FileNotFound { path: format!("files/{}", file.hex()) });
            }
            if let Some(folder) = path.parent() {
                fs_err::create_dir_all(folder)?;
            }
            // A second name costs nothing; where there are none, a copy does it.
            fs_err::hard_link(&from, path).or_else(|_| fs_err::copy(&from, path).map(drop))?;
            Ok(())
        };
        take(&digest, &bundle.folder.join("manifest.json"))?;
        for entry in read_manifest(&bundle.folder, &digest)?.files {
            take(&entry.sha256, &resolve_inside(&bundle.folder, &entry.path)?)?;
        }
        Ok(bundle)
    }

    /// Removes what was uploaded long ago.
    pub(crate) fn sweep(&self) -> Result<()> {
        let old = |meta: &std::fs::Metadata| {
            let age = meta.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
            age.is_some_and(|age| age > KEPT)
        };
        for folder in ["files", "bundles"] {
            let folder = self.root.join(folder);
            if !folder.is_dir() {
                continue;
            }
            for entry in fs_err::read_dir(&folder)? {
                let entry = entry?;
                let meta = entry.metadata()?;
                if old(&meta) && meta.is_dir() {
                    fs_err::remove_dir_all(entry.path())?;
                } else if old(&meta) {
                    fs_err::remove_file(entry.path())?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn bytes(text: &'static [u8]) -> ByteStream {
        Box::pin(stream::iter([Ok(axum::body::Bytes::from_static(text))]))
    }

    #[tokio::test]
    async fn a_file_is_stored_under_its_digest_and_never_under_another() {
        let dir = tempfile::tempdir().unwrap();
        let uploads = Uploads::new(dir.path());
        let (good, other) = (Digest::of(b"good"), Digest::of(b"other"));
        let asked = BTreeSet::from([good, other]);
        assert_eq!(uploads.missing(&asked).await.unwrap().len(), 2);
        assert_eq!(uploads.store(good, bytes(b"good")).await.unwrap(), 4);
        let error = uploads.store(other, bytes(b"good")).await.unwrap_err();
        assert!(error.to_string().contains("another digest"), "{error}");
        assert_eq!(uploads.missing(&asked).await.unwrap(), [other]);
    }

    #[tokio::test]
    async fn a_bundle_without_all_its_files_is_not_put_together() {
        let dir = tempfile::tempdir().unwrap();
        let uploads = Uploads::new(dir.path());
        assert!(uploads.assemble(Digest::of(b"nothing")).is_err());
        uploads.store(Digest::of(b"{}"), bytes(b"{}")).await.unwrap();
        assert!(uploads.assemble(Digest::of(b"{}")).is_err(), "this is no manifest");
        assert_eq!(fs_err::read_dir(dir.path().join("bundles")).unwrap().count(), 0);
    }
}
