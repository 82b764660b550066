//! The committed pages are the generated ones.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use gauntlet_data::Described;

fn descriptors() -> Vec<PathBuf> {
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let mut found: Vec<PathBuf> = fs_err::read_dir(datasets)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("dataset.toml"))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    found
}

#[test]
fn every_committed_descriptor_is_sound_and_named_like_its_folder() {
    let found = descriptors();
    assert!(!found.is_empty());
    for path in found {
        let described = Described::read(&path).unwrap();
        assert_eq!(path.parent().unwrap().file_name().unwrap(), described.name());
    }
}

#[test]
fn every_readme_is_current() {
    for path in descriptors() {
        let fresh = Described::read(&path).unwrap().readme();
        let readme = path.with_file_name("README.md");
        if std::env::var_os("UPDATE_README").is_some() {
            fs_err::write(&readme, &fresh).unwrap();
        }
        let committed = fs_err::read_to_string(&readme).unwrap_or_default();
        assert!(
            committed == fresh,
            "{} is stale: run `UPDATE_README=1 cargo test -p gauntlet-data`",
            readme.display()
        );
    }
}
