//! A whole model on its way from a source into a folder, verified before anyone sees it.

use std::path::Path;

use gauntlet_core::{Digest, Hasher};
use gauntlet_registry::{
    Damage, FileStore, Kind, RegistryError, Result, read_manifest, resolve_inside, verify_folder,
};

use super::layout::{self, Layout, MANIFEST};
use super::limits;
use super::save::{read_small, save};

/// Fetches a model into the empty folder `into` and returns its digest: `expected`, where the source knows it.
///
/// # Errors
/// It is not there, is not what its manifest or the source says, is too large, or the store or the disk failed.
pub(super) async fn model(
    files: &dyn FileStore,
    expected: Option<&Digest>,
    into: &Path,
) -> Result<Digest> {
    // What has no digest may have no manifest either; MLflow answers 500 for a file that is not there.
    if expected.is_none() && files.size(MANIFEST).await?.is_none() {
        return foreign(files, &layout::foreign_files(files).await?, into).await;
    }
    match (read_small(files, MANIFEST, limits::MANIFEST).await, expected) {
        (Ok(manifest), _) => bundle(files, &manifest, expected, into).await,
        (Err(error), Some(digest)) if error.kind() == Kind::NotFound => {
            let path = files.uri().unwrap_or_default().into();
            Err(RegistryError::ArtifactNotFound { digest: *digest, path })
        }
        (Err(error), _) => Err(error),
    }
}

async fn bundle(
    files: &dyn FileStore,
    manifest: &[u8],
    expected: Option<&Digest>,
    into: &Path,
) -> Result<Digest> {
    let digest = Digest::of(manifest);
    let damaged = |path: &str, damage| RegistryError::Damaged {
        digest,
        path: Path::new(&files.uri().unwrap_or_default()).join(path),
        damage: Box::new(damage),
    };
    if let Some(expected) = expected.filter(|expected| **expected != digest) {
        let damage = Damage::Digest { expected: *expected, found: digest };
        return Err(damaged(MANIFEST, damage));
    }
    fs_err::write(into.join(MANIFEST), manifest)?;
    let manifest = read_manifest(into, &digest)?;
    let total: u64 = manifest.files.iter().map(|file| file.size).fold(0, u64::saturating_add);
    if manifest.files.len() > limits::FILES || total > limits::TOTAL {
        let damage = Damage::Manifest(format!(
            "it lists {} files of {total} bytes, more than the {} of {} that are fetched",
            manifest.files.len(),
            limits::FILES,
            limits::TOTAL
        ));
        return Err(damaged(MANIFEST, damage));
    }
    for file in &manifest.files {
        let limit = file.size.min(limits::of_file(&file.path));
        let (size, found) = match save(files, &file.path, into, limit).await {
            Err(error) if error.kind() == Kind::NotFound => {
                return Err(damaged(&file.path, Damage::Missing));
            }
            other => other?,
        };
        if size != file.size {
            return Err(damaged(&file.path, Damage::Size { expected: file.size, found: size }));
        }
        if found != file.sha256 {
            return Err(damaged(&file.path, Damage::Digest { expected: file.sha256, found }));
        }
    }
    Ok(digest)
}

/// Fetches files that no manifest lists.
pub(super) async fn foreign(
    files: &dyn FileStore,
    paths: &[String],
    into: &Path,
) -> Result<Digest> {
    let (mut fetched, mut left) = (Vec::new(), limits::TOTAL);
    for path in paths {
        let (size, digest) = save(files, path, into, limits::of_file(path).min(left)).await?;
        left -= size;
        fetched.push((path.clone(), digest));
    }
    Ok(layout::digest_of(&fetched))
}

/// Hashes all files of a model in a folder again.
///
/// # Errors
/// It is not the model called `digest`.
pub(super) fn verify(folder: &Path, digest: &Digest) -> Result<()> {
    if Layout::of(folder) == Layout::Bundle {
        return verify_folder(folder, digest).map(|_| ());
    }
    let (mut paths, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(inside) = folders.pop() {
        for entry in fs_err::read_dir(folder.join(&inside))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
            if entry.file_type()?.is_dir() { folders.push(path) } else { paths.push(path) }
        }
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let mut hasher = Hasher::default();
        hasher.update(&fs_err::read(resolve_inside(folder, &path)?)?);
        files.push((path, hasher.finish()));
    }
    let found = layout::digest_of(&files);
    if found == *digest {
        return Ok(());
    }
    let damage = Box::new(Damage::Digest { expected: *digest, found });
    Err(RegistryError::Damaged { digest: *digest, path: folder.to_owned(), damage })
}
