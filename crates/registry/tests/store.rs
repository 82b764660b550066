//! The local artefact store: whole bundles or none, and no byte believed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use std::path::{Path, PathBuf};

use gauntlet_core::{Digest, FileEntry, Lineage, Manifest, Origin, Seed};
use gauntlet_registry::{
    ArtifactStore, Damage, LocalStore, RegistryError, read_manifest, verify_folder,
};

/// Writes a bundle whose manifest lists `files`, and those files that have a plain path.
fn bundle(folder: &Path, files: &[(&str, &str)], change: impl Fn(&mut Manifest)) -> Digest {
    fs_err::create_dir_all(folder.join("plots")).unwrap();
    let mut manifest = Manifest {
        format: 1,
        lineage: Lineage {
            gauntlet: "g".into(),
            kind: "k".into(),
            recipe: "r".into(),
            origin: Origin::Real,
            dataset: Digest::of(b"d"),
            split: Digest::of(b"s"),
            pipeline: Digest::of(b"p"),
            seed: Seed(1),
        },
        files: vec![],
    };
    for (path, text) in files {
        fs_err::write(folder.join(path), text).unwrap();
        let sha256 = Digest::of(text.as_bytes());
        let entry = FileEntry { path: (*path).into(), size: text.len() as u64, sha256 };
        manifest.files.push(entry);
    }
    change(&mut manifest);
    let bytes = serde_json::to_vec(&manifest).unwrap();
    fs_err::write(folder.join("manifest.json"), &bytes).unwrap();
    Digest::of(&bytes)
}

const FILES: [(&str, &str); 2] = [("model.onnx", "weights"), ("plots/roc.svg", "<svg/>")];

struct Fixture {
    dir: tempfile::TempDir,
    store: LocalStore,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::new(&dir.path().join("root"), "artifacts").unwrap();
        Self { dir, store }
    }

    fn source(&self) -> PathBuf {
        self.dir.path().join("source")
    }

    fn bundles(&self) -> PathBuf {
        self.dir.path().join("root/artifacts/bundles")
    }

    fn names(&self) -> usize {
        fs_err::read_dir(self.bundles()).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn a_bundle_is_stored_once_and_found_by_its_digest() {
    let fixture = Fixture::new();
    let digest = bundle(&fixture.source(), &FILES, |_| ());
    assert!(fixture.store.put(&fixture.source(), &digest).await.unwrap());
    assert!(!fixture.store.put(&fixture.source(), &digest).await.unwrap());
    assert_eq!(fixture.store.list().await.unwrap(), [digest]);
    assert_eq!(fixture.store.verify(&digest).await.unwrap().files.len(), 2);
    let folder = fixture.store.open(&digest).await.unwrap();
    assert_eq!(folder, fixture.bundles().join(digest.hex()));
    assert_eq!(fs_err::read_to_string(folder.join("plots/roc.svg")).unwrap(), "<svg/>");
    let location = fixture.store.location(&digest);
    assert_eq!(location, format!("artifacts/bundles/{}", digest.hex()));
}

#[tokio::test]
async fn a_store_without_bundles_is_empty_and_names_what_it_lacks() {
    let fixture = Fixture::new();
    assert_eq!(fixture.store.list().await.unwrap(), []);
    fixture.store.sweep().await.unwrap();
    let digest = Digest::of(b"nothing");
    let error = fixture.store.open(&digest).await.unwrap_err();
    assert!(error.to_string().contains(&digest.hex()), "{error}");
    let error = fixture.store.verify(&digest).await.unwrap_err();
    assert!(matches!(error, RegistryError::ArtifactNotFound { .. }), "{error}");
}

#[tokio::test]
async fn a_refused_bundle_leaves_nothing_behind() {
    let fixture = Fixture::new();
    let digest = bundle(&fixture.source(), &FILES, |_| ());
    fs_err::write(fixture.source().join("model.onnx"), "weightz").unwrap();
    let error = fixture.store.put(&fixture.source(), &digest).await.unwrap_err();
    assert!(error.to_string().contains("model.onnx"), "{error}");
    let other = Digest::of(b"other");
    assert!(fixture.store.put(&fixture.source(), &other).await.is_err());
    assert_eq!(fixture.names(), 0);
}

#[tokio::test]
async fn sweeping_removes_unfinished_copies_only() {
    let fixture = Fixture::new();
    let digest = bundle(&fixture.source(), &FILES, |_| ());
    fixture.store.put(&fixture.source(), &digest).await.unwrap();
    fs_err::create_dir_all(fixture.bundles().join(".unfinished-x/plots")).unwrap();
    assert_eq!(fixture.store.list().await.unwrap(), [digest]);
    fixture.store.sweep().await.unwrap();
    assert_eq!(fixture.names(), 1);
    fixture.store.verify(&digest).await.unwrap();
}

#[test]
fn the_store_cannot_lie_outside_the_root() {
    for outside in ["../artifacts", "/etc", "a/../../b", ""] {
        assert!(LocalStore::new(Path::new("root"), outside).is_err(), "{outside}");
    }
}

/// What is wrong with the bundle that `attack` leaves.
fn damage(change: impl Fn(&mut Manifest), attack: impl Fn(&Path)) -> Damage {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("bundle");
    let digest = bundle(&folder, &FILES, change);
    attack(&folder);
    match verify_folder(&folder, &digest).unwrap_err() {
        RegistryError::Damaged { damage, .. } => *damage,
        other => panic!("expected damage, found {other}"),
    }
}

#[test]
fn every_kind_of_damage_is_told_apart() {
    let same = |_: &mut Manifest| ();
    let write = |name: &'static str, text: &'static str| {
        move |folder: &Path| fs_err::write(folder.join(name), text).unwrap()
    };
    assert!(matches!(damage(same, write("model.onnx", "Weights")), Damage::Digest { .. }));
    assert_eq!(damage(same, write("model.onnx", "weight")), Damage::Size { expected: 7, found: 6 });
    assert_eq!(damage(same, write("plots/more", "")), Damage::Unlisted);
    assert!(matches!(damage(same, write("manifest.json", "{}")), Damage::Digest { .. }));
    let remove = |folder: &Path| fs_err::remove_file(folder.join("model.onnx")).unwrap();
    assert_eq!(damage(same, remove), Damage::Missing);
    assert_eq!(damage(|m| m.format = 2, |_| ()), Damage::Format(2));
}

#[test]
fn a_manifest_that_leaves_its_folder_is_refused() {
    for path in ["../secret", "/etc/passwd", "plots/../../secret", "a\\b", "", "manifest.json"] {
        let found = damage(|m| m.files[0].path = path.into(), |_| ());
        assert_eq!(found, Damage::Path(path.into()));
    }
    let twice = damage(|m| m.files[1].path = m.files[0].path.clone(), |_| ());
    assert_eq!(twice, Damage::Path("model.onnx".into()));
}

#[cfg(unix)]
#[test]
fn links_are_no_files_of_a_bundle() {
    let attack = |folder: &Path| {
        let file = folder.join("model.onnx");
        fs_err::rename(&file, folder.join("../weights-elsewhere")).unwrap();
        std::os::unix::fs::symlink(folder.join("../weights-elsewhere"), file).unwrap();
    };
    assert_eq!(damage(|_| (), attack), Damage::NotAFile);
}

#[test]
fn a_folder_without_manifest_is_no_bundle() {
    let dir = tempfile::tempdir().unwrap();
    let error = read_manifest(dir.path(), &Digest::of(b"x")).unwrap_err();
    assert!(matches!(error, RegistryError::ArtifactNotFound { .. }), "{error}");
}
