//! Artefacts wherever a server says they are, and files between two stores.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use gauntlet_core::{Digest, Hasher, Manifest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::MlflowClient;
use super::retry::wait;
use crate::{
    ByteStream, Damage, FileStore, LocalFiles, RegistryError, Result, bundle, read_manifest,
};

/// Is told how many more bytes have passed.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

/// Bytes read from disk at once.
const CHUNK: usize = 256 << 10;

/// How often a transfer that broke off is begun again.
const TRIES: u32 = 4;

/// Opens artefacts that lie outside a server, such as `s3://bucket/prefix`.
pub trait FileStores: Debug + Send + Sync {
    /// The files below `root`.
    ///
    /// # Errors
    /// No such store is known, or it cannot be used.
    fn open(&self, root: &str) -> Result<Arc<dyn FileStore>>;
}

/// Artefacts wherever a server says they are: behind it, in a local folder, or in another store.
#[derive(Debug, Clone)]
pub struct Everywhere {
    client: MlflowClient,
    others: Arc<dyn FileStores>,
}

impl Everywhere {
    /// Artefacts of the server that `client` speaks to; `others` opens what lies outside it.
    #[must_use]
    pub fn new(client: MlflowClient, others: Arc<dyn FileStores>) -> Self {
        Self { client, others }
    }
}

impl FileStores for Everywhere {
    fn open(&self, root: &str) -> Result<Arc<dyn FileStore>> {
        open(&self.client, self.others.as_ref(), root)
    }
}

/// The files below `root`: through the server, in a local folder, or in a store that `stores` opens.
pub(super) fn open(
    client: &MlflowClient,
    stores: &dyn FileStores,
    root: &str,
) -> Result<Arc<dyn FileStore>> {
    if let Some(rest) = root.strip_prefix("mlflow-artifacts:") {
        // `mlflow-artifacts://host:port/path` names the server a second time.
        let path = match rest.strip_prefix("//") {
            Some(rest) if !rest.starts_with('/') => {
                rest.split_once('/').map_or("", |(_, path)| path)
            }
            _ => rest,
        };
        return Ok(Arc::new(client.proxied(path)));
    }
    if let Some(folder) = crate::local_root(root) {
        return Ok(Arc::new(LocalFiles::new(folder)));
    }
    stores.open(root)
}

/// Copies a file from one store to another, and returns its size and the digest of its bytes. What breaks off
/// is begun again.
///
/// # Errors
/// The file is not there, or a store failed.
pub async fn copy_file(
    from: (&dyn FileStore, &str),
    to: (&dyn FileStore, &str),
    progress: &Progress,
) -> Result<(u64, Digest)> {
    with_retries(|| async {
        let download = from.0.get(from.1).await?;
        let hasher = Arc::new(std::sync::Mutex::new(Hasher::default()));
        let (taking, progress) = (hasher.clone(), progress.clone());
        let bytes = download.bytes.inspect_ok(move |chunk: &Bytes| {
            if let Ok(mut hasher) = taking.lock() {
                hasher.update(chunk);
            }
            progress(chunk.len() as u64);
        });
        let size = to.0.put(to.1, Box::pin(bytes)).await?;
        let hasher = hasher.lock().map(|mut hasher| std::mem::take(&mut *hasher));
        Ok((size, hasher.map(Hasher::finish).unwrap_or_else(|_| Digest::of(b""))))
    })
    .await
}

/// Does something again that may succeed later.
pub(super) async fn with_retries<T, F: Future<Output = Result<T>>>(
    work: impl Fn() -> F,
) -> Result<T> {
    let mut attempt = 0;
    loop {
        match work().await {
            Err(error) if error.retryable() && attempt + 1 < TRIES => {
                tokio::time::sleep(wait(attempt, None)).await;
                attempt += 1;
            }
            other => return other,
        }
    }
}

/// The bytes of a local file.
pub(super) async fn from_disk(path: &Path, progress: &Progress) -> Result<ByteStream> {
    let file = fs_err::tokio::File::open(path).await?;
    let progress = progress.clone();
    let bytes = stream::try_unfold(file, |mut file| async move {
        let mut buffer = vec![0; CHUNK];
        let read = file.read(&mut buffer).await?;
        buffer.truncate(read);
        Ok::<_, io::Error>((read > 0).then(|| (Bytes::from(buffer), file)))
    });
    Ok(Box::pin(bytes.inspect_ok(move |chunk| progress(chunk.len() as u64))))
}

/// A registry's error that travelled through a stream of bytes, itself again.
pub fn unwrapped(error: io::Error) -> RegistryError {
    match error.downcast::<RegistryError>() {
        Ok(error) => error,
        Err(error) => error.into(),
    }
}

/// Fetches a bundle from `files` into `cache`, where it gets its digest's name, and checks every byte.
///
/// # Errors
/// The bundle is not there, is not what its digest says, or a store failed.
pub async fn fetch_bundle(files: &dyn FileStore, digest: &Digest, cache: &Path) -> Result<PathBuf> {
    let target = cache.join(digest.hex());
    if target.is_dir() {
        return Ok(target);
    }
    fs_err::create_dir_all(cache)?;
    let unfinished = cache.join(format!(".unfinished-{}-{}", digest.short(), std::process::id()));
    if unfinished.is_dir() {
        fs_err::remove_dir_all(&unfinished)?;
    }
    fs_err::create_dir_all(&unfinished)?;
    let fetched = fetch_into(files, digest, &unfinished).await;
    let fetched = fetched.and_then(|()| Ok(fs_err::rename(&unfinished, &target)?));
    match fetched {
        Ok(()) => Ok(target),
        Err(error) => {
            // What was fetched is only litter now, and the reason is worth more than a second error.
            let _ = fs_err::remove_dir_all(&unfinished);
            if target.is_dir() { Ok(target) } else { Err(error) }
        }
    }
}

async fn fetch_into(files: &dyn FileStore, digest: &Digest, folder: &Path) -> Result<()> {
    match save(files, bundle::MANIFEST, folder).await {
        Err(RegistryError::FileNotFound { .. }) => {
            let path = files.uri().unwrap_or_default().into();
            return Err(RegistryError::ArtifactNotFound { digest: *digest, path });
        }
        other => other?,
    }
    let manifest = read_manifest(folder, digest)?;
    for entry in &manifest.files {
        match save(files, &entry.path, folder).await {
            // Whatever is missing is named by the check below.
            Err(RegistryError::FileNotFound { .. }) => {}
            other => other?,
        }
    }
    crate::verify_folder(folder, digest).map(|_| ())
}

/// Hashes every file of a bundle in `files`.
pub(super) async fn verify(files: &dyn FileStore, digest: &Digest) -> Result<()> {
    let root = PathBuf::from(files.uri().unwrap_or_default());
    let damaged = |path: &str, damage| RegistryError::Damaged {
        digest: *digest,
        path: root.join(path),
        damage: Box::new(damage),
    };
    let manifest = match hashed(files, bundle::MANIFEST, true).await {
        Ok((_, found, bytes)) if found == *digest => bytes,
        Ok((_, found, _)) => {
            return Err(damaged(bundle::MANIFEST, Damage::Digest { expected: *digest, found }));
        }
        Err(RegistryError::FileNotFound { .. }) => {
            return Err(RegistryError::ArtifactNotFound { digest: *digest, path: root });
        }
        Err(error) => return Err(error),
    };
    let manifest: Manifest = serde_json::from_slice(&manifest)
        .map_err(|error| damaged(bundle::MANIFEST, Damage::Manifest(error.to_string())))?;
    for entry in &manifest.files {
        let (size, found, _) = match hashed(files, &entry.path, false).await {
            Err(RegistryError::FileNotFound { .. }) => {
                return Err(damaged(&entry.path, Damage::Missing));
            }
            other => other?,
        };
        if size != entry.size {
            return Err(damaged(&entry.path, Damage::Size { expected: entry.size, found: size }));
        }
        if found != entry.sha256 {
            return Err(damaged(&entry.path, Damage::Digest { expected: entry.sha256, found }));
        }
    }
    Ok(())
}

/// Size and digest of a file, and its bytes if they are to be kept.
async fn hashed(files: &dyn FileStore, path: &str, keep: bool) -> Result<(u64, Digest, Vec<u8>)> {
    with_retries(|| async {
        let mut bytes = files.get(path).await?.bytes;
        let (mut size, mut hasher, mut kept) = (0, Hasher::default(), Vec::new());
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk.map_err(unwrapped)?;
            size += chunk.len() as u64;
            hasher.update(&chunk);
            if keep {
                kept.extend_from_slice(&chunk);
            }
        }
        Ok((size, hasher.finish(), kept))
    })
    .await
}

async fn save(files: &dyn FileStore, path: &str, folder: &Path) -> Result<()> {
    let target = crate::resolve_inside(folder, path)?;
    if let Some(parent) = target.parent() {
        fs_err::create_dir_all(parent)?;
    }
    with_retries(|| async {
        let mut bytes = files.get(path).await?.bytes;
        let mut file = fs_err::tokio::File::create(&target).await?;
        while let Some(chunk) = bytes.next().await {
            file.write_all(&chunk.map_err(unwrapped)?).await?;
        }
        Ok(file.flush().await?)
    })
    .await
}
