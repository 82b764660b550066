//! One file on its way from a source to disk: counted and hashed as it passes.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use gauntlet_core::{Digest, Hasher};
use gauntlet_registry::rest::unwrapped;
use gauntlet_registry::{FileStore, RegistryError, Result, resolve_inside};
use tokio::io::AsyncWriteExt as _;

/// How often a transfer that broke off is begun again, and how long to wait before.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);

/// Fetches a file into `folder`, where it has the same path. Returns its size and digest.
///
/// # Errors
/// It is not there, leaves the folder, has more than `limit` bytes, or the store or the disk failed.
pub(super) async fn save(
    files: &dyn FileStore,
    path: &str,
    folder: &Path,
    limit: u64,
) -> Result<(u64, Digest)> {
    let target = resolve_inside(folder, path)?;
    if let Some(parent) = target.parent() {
        fs_err::create_dir_all(parent)?;
    }
    let mut attempt = 1;
    loop {
        match save_once(files, path, &target, limit).await {
            Err(error) if error.retryable() && attempt < TRIES => {
                tokio::time::sleep(PAUSE * attempt).await;
                attempt += 1;
            }
            other => return other,
        }
    }
}

async fn save_once(
    files: &dyn FileStore,
    path: &str,
    target: &Path,
    limit: u64,
) -> Result<(u64, Digest)> {
    let download = files.get(path).await?;
    let mut bytes = download.bytes;
    let mut file = fs_err::tokio::File::create(target).await?;
    let (mut size, mut hasher) = (0, Hasher::default());
    while let Some(chunk) = bytes.try_next().await.map_err(unwrapped)? {
        size += chunk.len() as u64;
        if size > limit {
            return Err(too_large(path, limit));
        }
        hasher.update(&chunk);
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    Ok((size, hasher.finish()))
}

/// Reads a small file.
///
/// # Errors
/// As [`save`].
pub(super) async fn read_small(files: &dyn FileStore, path: &str, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = files.get(path).await?.bytes;
    let mut all = Vec::new();
    while let Some(chunk) = bytes.try_next().await.map_err(unwrapped)? {
        let chunk: Bytes = chunk;
        if (all.len() + chunk.len()) as u64 > limit {
            return Err(too_large(path, limit));
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

fn too_large(path: &str, limit: u64) -> RegistryError {
    let rule = format!("it has more than {limit} bytes");
    RegistryError::Invalid { field: "file", value: path.to_owned(), rule }
}
