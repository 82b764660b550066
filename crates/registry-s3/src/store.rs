//! Bundles by digest in a bucket: `<root>/bundles/<64 hexadecimal digits>/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use gauntlet_core::{Digest, FileEntry, Manifest};
use gauntlet_registry::{
    ArtifactStore, Damage, FileStore as _, RegistryError, Result, read_manifest, refuse_unlisted,
};

use crate::bundle::{damaged, drain, read, unwrapped};
use crate::{Location, S3Config, S3Files};

const MANIFEST: &str = "manifest.json";

/// Objects without a manifest are litter once they are this old; younger ones may be an upload from elsewhere.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// Files of one bundle that are on their way at once.
const AT_ONCE: usize = 4;

/// Bundles in a bucket, and a folder that keeps those that were opened.
#[derive(Debug, Clone)]
pub struct S3Store {
    files: S3Files,
    cache: PathBuf,
    abandoned: Duration,
}

impl S3Store {
    /// The store below `root`. Bundles that are opened are kept in the folder `cache`.
    ///
    /// # Errors
    /// Those of [`S3Files::new`].
    pub fn new(root: Location, config: &S3Config, cache: PathBuf) -> Result<Self> {
        Ok(Self { files: S3Files::new(root, config)?, cache, abandoned: ABANDONED })
    }

    /// This store, which takes what an interrupted upload left for litter after `age`.
    #[must_use]
    pub fn with_abandoned_after(mut self, age: Duration) -> Self {
        self.abandoned = age;
        self
    }

    /// The files below the store's root.
    #[must_use]
    pub fn files(&self) -> &S3Files {
        &self.files
    }

    /// Fetches and checks a bundle's manifest, into a temporary folder.
    async fn manifest(&self, digest: &Digest) -> Result<(tempfile::TempDir, Manifest)> {
        fs_err::create_dir_all(&self.cache)?;
        let scratch = tempfile::Builder::new().prefix(".unfinished-").tempdir_in(&self.cache)?;
        let path = format!("{}/{MANIFEST}", folder_of(digest));
        let bytes = match self.files.get_unchecked(&path).await {
            Ok(download) => collect(download.bytes).await?,
            Err(RegistryError::FileNotFound { .. }) => return Err(self.missing(digest)),
            Err(error) => return Err(error),
        };
        fs_err::write(scratch.path().join(MANIFEST), &bytes)?;
        let manifest = read_manifest(scratch.path(), digest).map_err(|error| match error {
            RegistryError::Damaged { digest, damage, .. } => {
                damaged(&digest, &self.shown(&digest, MANIFEST), *damage)
            }
            other => other,
        })?;
        Ok((scratch, manifest))
    }

    /// Downloads a file and hashes it.
    async fn fetch(&self, digest: &Digest, entry: &FileEntry, to: Option<PathBuf>) -> Result<()> {
        let wrong = |damage| damaged(digest, &self.shown(digest, &entry.path), damage);
        let path = format!("{}/{}", folder_of(digest), entry.path);
        let download = match self.files.get_unchecked(&path).await {
            Err(RegistryError::FileNotFound { .. }) => return Err(wrong(Damage::Missing)),
            other => other?,
        };
        if let Some(folder) = to.as_deref().and_then(Path::parent) {
            fs_err::create_dir_all(folder)?;
        }
        match drain(download.bytes, entry, to.as_deref()).await? {
            None => Ok(()),
            Some(damage) => Err(wrong(damage)),
        }
    }

    async fn send(&self, folder: &Path, digest: &Digest, entry: &FileEntry) -> Result<()> {
        let bytes = read(&folder.join(&entry.path), entry, digest).await?;
        let path = format!("{}/{}", folder_of(digest), entry.path);
        self.files.put(&path, bytes).await.map(|_| ())
    }

    fn shown(&self, digest: &Digest, path: &str) -> PathBuf {
        format!("{}/{}/{path}", self.files.root, folder_of(digest)).into()
    }

    fn missing(&self, digest: &Digest) -> RegistryError {
        let path = format!("{}/{}", self.files.root, folder_of(digest)).into();
        RegistryError::ArtifactNotFound { digest: *digest, path }
    }
}

#[async_trait]
impl ArtifactStore for S3Store {
    async fn put(&self, folder: &Path, digest: &Digest) -> Result<bool> {
        let target = format!("{}/{MANIFEST}", folder_of(digest));
        if self.files.size(&target).await?.is_some() {
            return Ok(false);
        }
        let manifest = read_manifest(folder, digest)?;
        refuse_unlisted(folder, &manifest, digest)?;
        together(manifest.files.iter().map(|entry| self.send(folder, digest, entry))).await?;
        let bytes = fs_err::read(folder.join(MANIFEST))?;
        let found = Digest::of(&bytes);
        if found != *digest {
            let damage = Damage::Digest { expected: *digest, found };
            return Err(damaged(digest, &folder.join(MANIFEST), damage));
        }
        let bytes = stream::once(async move { Ok(Bytes::from(bytes)) });
        self.files.put(&target, Box::pin(bytes)).await?;
        Ok(true)
    }

    async fn verify(&self, digest: &Digest) -> Result<Manifest> {
        let (_scratch, manifest) = self.manifest(digest).await?;
        let folder = folder_of(digest);
        let listed: BTreeSet<String> = manifest
            .files
            .iter()
            .map(|entry| entry.path.as_str())
            .chain([MANIFEST])
            .map(|path| format!("{folder}/{path}"))
            .collect();
        for object in self.files.walk(&folder).await? {
            if !listed.contains(&object.path) {
                let path = format!("{}/{}", self.files.root, object.path).into();
                let damage = Box::new(Damage::Unlisted);
                return Err(RegistryError::Damaged { digest: *digest, path, damage });
            }
        }
        together(manifest.files.iter().map(|entry| self.fetch(digest, entry, None))).await?;
        Ok(manifest)
    }

    async fn open(&self, digest: &Digest) -> Result<PathBuf> {
        let target = self.cache.join(digest.hex());
        if target.is_dir() {
            return Ok(target);
        }
        let (scratch, manifest) = self.manifest(digest).await?;
        let to = |entry: &FileEntry| Some(scratch.path().join(&entry.path));
        together(manifest.files.iter().map(|entry| self.fetch(digest, entry, to(entry)))).await?;
        let unfinished = scratch.keep();
        match fs_err::rename(&unfinished, &target) {
            Ok(()) => Ok(target),
            Err(error) => {
                // Another process may have been faster; its copy is as good.
                let _ = fs_err::remove_dir_all(&unfinished);
                if target.is_dir() { Ok(target) } else { Err(error.into()) }
            }
        }
    }

    async fn list(&self) -> Result<Vec<Digest>> {
        let objects = self.files.walk("bundles").await?;
        let mut digests: Vec<Digest> =
            objects.iter().filter_map(|object| bundle_of(&object.path)).collect();
        digests.sort();
        Ok(digests)
    }

    async fn show(&self, digest: &Digest, folder: &str) -> Result<()> {
        let (_scratch, manifest) = self.manifest(digest).await?;
        let there: BTreeMap<String, u64> =
            self.files.walk(folder).await?.into_iter().map(|o| (o.path, o.size)).collect();
        let listed = manifest.files.iter().map(|entry| (entry.path.as_str(), Some(entry.size)));
        // The manifest goes last here, too.
        for (path, size) in listed.chain([(MANIFEST, None)]) {
            let (from, to) = (format!("{}/{path}", folder_of(digest)), format!("{folder}/{path}"));
            if size.is_none() || there.get(&to).copied() != size {
                self.files.copy(&from, &to).await?;
            }
        }
        Ok(())
    }

    async fn folders(&self, folder: &str) -> Result<Vec<String>> {
        let entries = self.files.list(folder).await?;
        Ok(entries.into_iter().filter(|e| e.size.is_none()).map(|e| e.name).collect())
    }

    async fn remove_folder(&self, folder: &str) -> Result<u64> {
        self.files.root.key(folder)?;
        let objects = self.files.walk(folder).await?;
        let paths: Vec<String> = objects.iter().map(|object| object.path.clone()).collect();
        self.files.remove(&paths).await?;
        Ok(objects.iter().map(|object| object.size).sum())
    }

    async fn remove(&self, digest: &Digest) -> Result<u64> {
        let folder = folder_of(digest);
        let manifest = format!("{folder}/{MANIFEST}");
        let size = self.files.size(&manifest).await?.unwrap_or(0);
        self.files.remove(&[manifest]).await?;
        let rest = self.remove_folder(&folder).await?;
        let cached = self.cache.join(digest.hex());
        if cached.is_dir() {
            fs_err::remove_dir_all(&cached)?;
        }
        Ok(size + rest)
    }

    fn uri(&self) -> Option<String> {
        self.files.uri()
    }

    fn location(&self, digest: &Digest) -> String {
        format!("{}/{}", self.files.root, folder_of(digest))
    }

    /// Unlike a folder, a bucket has writers that no lock here knows of, so only what is old is swept.
    async fn sweep(&self) -> Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let limit = i64::try_from(now.saturating_sub(self.abandoned).as_secs()).unwrap_or(0);
        let objects = self.files.walk("bundles").await?;
        let whole: BTreeSet<Digest> =
            objects.iter().filter_map(|object| bundle_of(&object.path)).collect();
        let of_bundle = |path: &str| path.split('/').nth(1)?.parse::<Digest>().ok();
        let litter: Vec<String> = objects
            .into_iter()
            .filter(|object| object.written <= limit)
            .filter(|object| of_bundle(&object.path).is_some_and(|digest| !whole.contains(&digest)))
            .map(|object| object.path)
            .collect();
        self.files.remove(&litter).await?;
        self.files.abort_older_than("bundles", limit).await
    }
}

/// The digest of the bundle whose manifest this path is.
fn bundle_of(path: &str) -> Option<Digest> {
    path.strip_prefix("bundles/")?.strip_suffix("/manifest.json")?.parse().ok()
}

fn folder_of(digest: &Digest) -> String {
    format!("bundles/{}", digest.hex())
}

/// Does some of the work at a time, and stops at the first failure.
async fn together<F: Future<Output = Result<()>>>(work: impl Iterator<Item = F>) -> Result<()> {
    // Collected first: a closure that borrows, kept in a stream, makes the future of a trait's method not `Send`.
    let work: Vec<F> = work.collect();
    stream::iter(work).buffered(AT_ONCE).try_collect().await
}

async fn collect(bytes: gauntlet_registry::ByteStream) -> Result<Vec<u8>> {
    let chunks: Vec<Bytes> = bytes.try_collect().await.map_err(unwrapped)?;
    Ok(chunks.concat())
}
