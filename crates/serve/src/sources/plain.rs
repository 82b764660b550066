//! A model without a registry: a folder, an `.onnx` file, or `s3://bucket/prefix`, as `--model NAME=PLACE` names it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use gauntlet_core::{Digest, Hasher, Version};
use gauntlet_registry::{FileStore as _, LocalFiles, RegistryError, Result, Selector, local_root};

use super::layout::{MANIFEST, is_onnx};
use super::located::Located;
use super::save::read_small;
use super::stores::{Files, Stores};
use super::wanted::Wanted;
use super::{blocking, limits};

/// Models at places of their own.
#[derive(Debug)]
pub(super) struct Plain {
    stores: Arc<Stores>,
}

impl Plain {
    pub(super) fn new(stores: Arc<Stores>) -> Self {
        Self { stores }
    }

    /// What is at `place` now. A bundle is told by its manifest's digest, others by their files' sizes and times.
    pub(super) async fn locate(&self, wanted: &Wanted, place: &str) -> Result<Located> {
        let (digest, stamp) = match local(place) {
            Some(path) => blocking(move || look(&path)).await?,
            None => self.look_in_bucket(place).await?,
        };
        let version = match wanted.which {
            Selector::Number(version) => version,
            Selector::Alias(_) => Version(0),
        };
        Ok(Located {
            model: wanted.model.clone(),
            version,
            alias: wanted.alias().cloned(),
            digest,
            origin: None,
            artifact: place.to_owned(),
            stamp,
            updated_ms: 0,
            run_id: None,
            description: None,
            tags: BTreeMap::new(),
        })
    }

    pub(super) fn files(&self, place: &str) -> Result<Files> {
        match local(place) {
            Some(path) if !path.is_file() => Ok(Files::Folder(path)),
            Some(path) => {
                let folder = path.parent().unwrap_or(Path::new("."));
                // `x.onnx` alone has the empty path for a parent.
                let folder = if folder == Path::new("") { Path::new(".") } else { folder };
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                Ok(Files::File(Arc::new(LocalFiles::new(folder)), name.to_owned()))
            }
            None if is_onnx(place) => {
                let (folder, name) = place.rsplit_once('/').unwrap_or((place, ""));
                Ok(Files::File(Arc::new(self.stores.bucket(folder.parse()?)?), name.to_owned()))
            }
            None => Ok(Files::Store(Arc::new(self.stores.bucket(place.parse()?)?))),
        }
    }

    async fn look_in_bucket(&self, place: &str) -> Result<(Option<Digest>, Option<String>)> {
        let (folder, file) = match place.rsplit_once('/') {
            Some((folder, name)) if is_onnx(place) => (folder, Some(name)),
            _ => (place, None),
        };
        let bucket = self.stores.bucket(folder.parse()?)?;
        if file.is_none() {
            match read_small(&bucket, MANIFEST, limits::MANIFEST).await {
                Ok(bytes) => return Ok((Some(Digest::of(&bytes)), None)),
                Err(RegistryError::FileNotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let (mut hasher, mut found) = (Hasher::default(), false);
        for object in bucket.objects().await? {
            if file.is_none_or(|name| name == object.path) {
                found |= is_onnx(&object.path);
                let line = format!("{} {} {}\n", object.path, object.size, object.etag);
                hasher.update(line.as_bytes());
            }
        }
        if !found {
            return Err(nothing(&bucket.uri().unwrap_or_default()));
        }
        Ok((None, Some(hasher.finish().hex())))
    }
}

/// The path that a place means, unless it is a bucket.
fn local(place: &str) -> Option<PathBuf> {
    if place.starts_with("s3://") { None } else { local_root(place) }
}

fn nothing(place: &str) -> RegistryError {
    RegistryError::FileNotFound { path: format!("{place}: a bundle, or an .onnx file") }
}

/// Digest of a bundle's manifest, or a stamp of other files.
fn look(path: &Path) -> Result<(Option<Digest>, Option<String>)> {
    let manifest = path.join(MANIFEST);
    if manifest.is_file() {
        let size = fs_err::metadata(&manifest)?.len();
        if size > limits::MANIFEST {
            let rule = format!("it has more than {} bytes", limits::MANIFEST);
            let value = manifest.display().to_string();
            return Err(RegistryError::Invalid { field: "file", value, rule });
        }
        return Ok((Some(Digest::of(&fs_err::read(manifest)?)), None));
    }
    let mut paths = vec![path.to_owned()];
    if path.is_dir() {
        paths.clear();
        for entry in fs_err::read_dir(path)? {
            paths.push(entry?.path());
        }
        paths.sort();
    }
    if !paths.iter().any(|path| path.is_file() && is_onnx(&path.to_string_lossy())) {
        return Err(nothing(&path.display().to_string()));
    }
    let mut hasher = Hasher::default();
    for path in paths.iter().filter(|path| path.is_file()) {
        let meta = fs_err::metadata(path)?;
        let changed = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = format!("{} {} {}\n", path.display(), meta.len(), changed.as_nanos());
        hasher.update(line.as_bytes());
    }
    Ok((None, Some(hasher.finish().hex())))
}
