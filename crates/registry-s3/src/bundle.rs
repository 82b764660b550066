//! A bundle's files on their way in and out: hashed as they pass, and wrong bytes never become visible.

use std::io;
use std::path::Path;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use gauntlet_core::{Digest, FileEntry, Hasher};
use gauntlet_registry::{ByteStream, Damage, RegistryError, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Bytes read from disk at once.
const CHUNK: usize = 256 << 10;

/// The bytes of a local file, failing at their end if they are not those that `entry` promises.
///
/// # Errors
/// The file cannot be opened.
pub(crate) async fn read(path: &Path, entry: &FileEntry, digest: &Digest) -> Result<ByteStream> {
    let damaged = |damage| damaged(digest, path, damage);
    let meta = fs_err::symlink_metadata(path).map_err(|_| damaged(Damage::Missing))?;
    if !meta.is_file() {
        return Err(damaged(Damage::NotAFile));
    }
    if meta.len() != entry.size {
        return Err(damaged(Damage::Size { expected: entry.size, found: meta.len() }));
    }
    let file = fs_err::tokio::File::open(path).await?;
    let bytes = futures_util::stream::try_unfold(file, |mut file| async move {
        let mut buffer = vec![0; CHUNK];
        let read = file.read(&mut buffer).await?;
        buffer.truncate(read);
        Ok::<_, io::Error>((read > 0).then(|| (Bytes::from(buffer), file)))
    });
    Ok(Box::pin(checked(bytes, path.to_owned(), entry.clone(), *digest)))
}

/// Passes bytes on and compares size and digest before the stream ends.
fn checked(
    bytes: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    path: std::path::PathBuf,
    entry: FileEntry,
    digest: Digest,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let state = (Box::pin(bytes), Hasher::default(), 0_u64);
    futures_util::stream::try_unfold(state, move |(mut bytes, mut hasher, size)| {
        let (path, entry) = (path.clone(), entry.clone());
        async move {
            let Some(chunk) = bytes.next().await.transpose()? else {
                let damage = compare(&entry, size, hasher.finish());
                return match damage {
                    None => Ok(None),
                    Some(damage) => Err(io::Error::other(damaged(&digest, &path, damage))),
                };
            };
            hasher.update(&chunk);
            let size = size + chunk.len() as u64;
            Ok(Some((chunk, (bytes, hasher, size))))
        }
    })
}

/// Hashes what comes, writing it to `to` if given; what is wrong with it, if anything.
pub(crate) async fn drain(
    mut bytes: ByteStream,
    entry: &FileEntry,
    to: Option<&Path>,
) -> Result<Option<Damage>> {
    let mut file = match to {
        Some(path) => Some(fs_err::tokio::File::create(path).await?),
        None => None,
    };
    let (mut hasher, mut size) = (Hasher::default(), 0);
    while let Some(chunk) = bytes.try_next().await.map_err(unwrapped)? {
        hasher.update(&chunk);
        size += chunk.len() as u64;
        if let Some(file) = &mut file {
            file.write_all(&chunk).await?;
        }
    }
    if let Some(file) = &mut file {
        file.flush().await?;
        file.sync_all().await?;
    }
    Ok(compare(entry, size, hasher.finish()))
}

/// A registry's error that travelled through a stream of bytes, itself again.
pub(crate) fn unwrapped(error: io::Error) -> RegistryError {
    match error.downcast::<RegistryError>() {
        Ok(error) => error,
        Err(error) => error.into(),
    }
}

fn compare(entry: &FileEntry, size: u64, found: Digest) -> Option<Damage> {
    if size != entry.size {
        return Some(Damage::Size { expected: entry.size, found: size });
    }
    (found != entry.sha256).then_some(Damage::Digest { expected: entry.sha256, found })
}

pub(crate) fn damaged(digest: &Digest, path: &Path, damage: Damage) -> RegistryError {
    RegistryError::Damaged { digest: *digest, path: path.to_owned(), damage: Box::new(damage) }
}
