mod bucket;
mod fake;
mod folder;
mod hostile;
mod server;

use std::path::Path;

use gauntlet_core::{FileEntry, Lineage, Manifest, Origin, Seed};
use gauntlet_registry::published::{self, Pointer};
use gauntlet_registry::s3::S3Config;
use tempfile::TempDir;

use super::*;

/// A state directory, and sources over one registry.
pub(super) struct Place {
    pub(super) dir: TempDir,
    pub(super) sources: Sources,
}

impl Place {
    pub(super) fn over(registry: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sources = sources(registry, dir.path());
        Self { dir, sources }
    }

    /// What stays when this server has ended.
    pub(super) fn end(self) -> TempDir {
        self.dir
    }

    /// Names in the folder of models.
    pub(super) fn models(&self) -> Vec<String> {
        let entries = fs_err::read_dir(self.dir.path().join("bundles")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    pub(super) async fn fetch(&self, wanted: &str) -> Result<(Located, Fetched)> {
        let wanted = wanted.parse().unwrap();
        let located = self.sources.locate(&wanted).await?;
        let fetched = self.sources.fetch(&wanted, &located).await?;
        Ok((located, fetched))
    }

    pub(super) async fn serve(&self, wanted: &str) -> (Located, Fetched) {
        let (located, fetched) = self.fetch(wanted).await.unwrap();
        self.sources.keep(&wanted.parse().unwrap(), &located, &fetched).await.unwrap();
        (located, fetched)
    }
}

pub(super) fn sources(registry: &str, state: &Path) -> Sources {
    let config = S3Config { attempts: 1, ..S3Config::default() };
    let stores = Stores::with(config).unwrap();
    Sources::with(registry, State::open(Some(state.to_owned())), stores).unwrap()
}

/// Files of a bundle; what they mean is nobody's business here.
pub(super) fn bundle(text: &str) -> (Digest, Vec<(String, Vec<u8>)>) {
    let mut files = vec![
        ("MLmodel".to_owned(), b"flavors: {}\n".to_vec()),
        ("model.onnx".to_owned(), text.as_bytes().to_vec()),
    ];
    let entry = |(path, bytes): &(String, Vec<u8>)| FileEntry {
        path: path.clone(),
        size: bytes.len() as u64,
        sha256: Digest::of(bytes),
    };
    let manifest = manifest(files.iter().map(entry).collect());
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let digest = Digest::of(&bytes);
    files.push(("manifest.json".to_owned(), bytes));
    (digest, files)
}

pub(super) fn manifest(files: Vec<FileEntry>) -> Manifest {
    let lineage = Lineage {
        gauntlet: "motor".into(),
        kind: "formula".into(),
        recipe: "raw".into(),
        origin: Origin::Real,
        dataset: Digest::of(b"dataset"),
        split: Digest::of(b"split"),
        pipeline: Digest::of(b"pipeline"),
        seed: Seed(7),
    };
    Manifest { format: gauntlet_core::MANIFEST_FORMAT, lineage, files }
}

pub(super) fn write(folder: &Path, files: &[(String, Vec<u8>)]) {
    fs_err::create_dir_all(folder).unwrap();
    for (path, bytes) in files {
        fs_err::write(folder.join(path), bytes).unwrap();
    }
}

/// A pointer at a bundle below the registry's root.
pub(super) fn pointer(model: &str, alias: &str, version: u32, digest: Digest) -> Pointer {
    Pointer {
        format: published::FORMAT,
        model: model.parse().unwrap(),
        alias: alias.parse().unwrap(),
        version: gauntlet_core::Version(version),
        digest,
        artifact: format!("artifacts/bundles/{}", digest.hex()),
        origin: Origin::Real,
        updated_ms: i64::from(version),
    }
}
