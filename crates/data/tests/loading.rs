//! From a place to a dataset: resolving, loading, verifying, refusing.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use gauntlet_core::{Digest, Origin, Seed};
use gauntlet_data::{
    DataError, Dataset, Decision, Descriptor, DigestPolicy, Mode, Source, Verification, load,
    resolve, simulate,
};
use tempfile::TempDir;

fn descriptor() -> Descriptor {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/ai4i2020/dataset.toml");
    Descriptor::read(&path).unwrap()
}

fn unpublished() -> Descriptor {
    let mut descriptor = descriptor();
    descriptor.files[0].sha256 = None;
    descriptor
}

/// A small table in the real layout, as if somebody had measured it.
fn measured(folder: &Path, seed: u64) -> PathBuf {
    let path = folder.join("ai4i2020.csv");
    fs_err::create_dir_all(folder).unwrap();
    fs_err::write(&path, simulate::ai4i::simulate(300, Seed(seed)).unwrap().bytes).unwrap();
    path
}

fn real(path: &Path) -> Source {
    Source { path: path.to_owned(), origin: Origin::Real }
}

fn load_real(descriptor: &Descriptor, path: &Path) -> Result<Dataset, DataError> {
    load(descriptor, &real(path), &DigestPolicy::default())
}

#[test]
fn other_bytes_than_published_are_refused_with_both_digests_and_the_way_to_accept_them() {
    let folder = TempDir::new().unwrap();
    let path = measured(folder.path(), 1);
    let found = Digest::of(&fs_err::read(&path).unwrap());
    let error = load_real(&descriptor(), &path).unwrap_err();
    let message = error.to_string();
    assert!(message.contains(&found.to_string()) && message.contains("dc6630cd"), "{message}");
    assert!(error.hint().unwrap().contains(&format!("--accept-sha {found}")));
    assert!(!error.is_missing());
}

#[test]
fn accepted_bytes_are_taken_and_the_dataset_says_so() {
    let folder = TempDir::new().unwrap();
    let path = measured(folder.path(), 1);
    let digest = Digest::of(&fs_err::read(&path).unwrap());
    let policy = DigestPolicy { accept: Some(digest), first_use: None };
    let dataset = load(&descriptor(), &real(&path), &policy).unwrap();
    assert_eq!(dataset.verification, Verification::Accepted);
    assert_eq!((dataset.digest, dataset.origin), (digest, Origin::Real));
    assert!(dataset.notes.iter().any(|n| n.contains("accepted")), "{:?}", dataset.notes);

    let other = DigestPolicy { accept: Some(Digest::of(b"other")), first_use: None };
    assert!(matches!(load(&descriptor(), &real(&path), &other), Err(DataError::Digest { .. })));
}

#[test]
fn a_digest_nobody_published_is_recorded_and_held_to() {
    let folder = TempDir::new().unwrap();
    let path = measured(&folder.path().join("raw"), 1);
    let record = folder.path().join("first-use.json");
    let policy = DigestPolicy { accept: None, first_use: Some(record.clone()) };
    let load = || load(&unpublished(), &real(&path), &policy);
    assert_eq!(load().unwrap().verification, Verification::FirstUse);
    assert_eq!(load().unwrap().verification, Verification::Recorded);
    measured(&folder.path().join("raw"), 2);
    assert!(matches!(load(), Err(DataError::Digest { .. })));
    fs_err::write(&record, "{").unwrap();
    assert!(load().unwrap_err().to_string().contains("first-use.json"));
}

#[test]
fn damage_is_reported_with_its_place_before_the_digest_is_looked_at() {
    let folder = TempDir::new().unwrap();
    let path = measured(folder.path(), 1);
    let text = fs_err::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let cells: Vec<&str> = lines[41].split(',').collect();
    lines[41] = [&cells[..6], &["4o.2"], &cells[7..]].concat().join(",");
    fs_err::write(&path, lines.join("\r\n")).unwrap();
    let message = load_real(&descriptor(), &path).unwrap_err().to_string();
    assert!(message.contains("ai4i2020.csv"), "{message}");
    let place = "line 42 (row 41), column `Torque [Nm]`: `4o.2` is not a number";
    assert!(message.ends_with(place), "{message}");
}

#[test]
fn a_simulated_file_is_loaded_as_simulated_with_its_groups_and_labels() {
    let folder = TempDir::new().unwrap();
    let descriptor = descriptor();
    let source = simulate::write(&descriptor, folder.path(), 2_000, Seed(7)).unwrap();
    assert_eq!(source.path, folder.path().join("simulated/ai4i2020.csv"));
    let dataset = load(&descriptor, &source, &DigestPolicy::default()).unwrap();
    assert_eq!(dataset.verification, Verification::Simulated);
    assert_eq!(dataset.origin, Origin::Simulated);
    assert_eq!(dataset.frame.rows(), 2_000);
    assert!(dataset.notes[0].contains("seed 7"), "{:?}", dataset.notes);
    assert_eq!(descriptor.labels(&dataset.frame).unwrap().len(), 2_000);
    let groups = descriptor.group.rule.groups(&dataset.frame).unwrap();
    assert!(groups.is_sorted() && groups[1_999] > 10);
}

#[test]
fn a_simulated_file_never_passes_as_real_not_even_renamed_or_accepted() {
    let folder = TempDir::new().unwrap();
    let source = simulate::write(&descriptor(), folder.path(), 300, Seed(7)).unwrap();
    let renamed = source.path.with_file_name("measured.csv");
    fs_err::copy(&source.path, &renamed).unwrap();
    let accept = Some(Digest::of(&fs_err::read(&source.path).unwrap()));
    for path in [source.path, renamed] {
        let policy = DigestPolicy { accept, first_use: None };
        let error = load(&descriptor(), &real(&path), &policy).unwrap_err();
        assert!(matches!(error, DataError::SimulatedAsReal { .. }), "{error}");
    }
}

#[test]
fn simulated_bytes_that_the_note_does_not_vouch_for_are_refused() {
    let folder = TempDir::new().unwrap();
    let source = simulate::write(&descriptor(), folder.path(), 300, Seed(7)).unwrap();
    measured(source.path.parent().unwrap(), 8);
    let load = || load(&descriptor(), &source, &DigestPolicy::default());
    assert!(matches!(load(), Err(DataError::Note { .. })));
    fs_err::remove_file(source.path.with_file_name("simulated.json")).unwrap();
    let error = load().unwrap_err();
    assert!(error.to_string().contains("simulated.json"), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn writing_twice_gives_the_same_bytes_and_leaves_nothing_else() {
    let folder = TempDir::new().unwrap();
    let read = |name: &str| fs_err::read(folder.path().join("simulated").join(name)).unwrap();
    let write = || {
        simulate::write(&descriptor(), folder.path(), 300, Seed(7)).unwrap();
        (read("ai4i2020.csv"), read("simulated.json"))
    };
    assert_eq!(write(), write());
    let files = fs_err::read_dir(folder.path().join("simulated")).unwrap().count();
    assert_eq!(files, 2);
}

#[test]
fn a_dataset_without_a_simulator_says_so() {
    let folder = TempDir::new().unwrap();
    let mut descriptor = descriptor();
    descriptor.name = "rig".into();
    let error = simulate::write(&descriptor, folder.path(), 10, Seed(1)).unwrap_err();
    assert_eq!(error.to_string(), "there is no simulator for `rig`");
}

#[test]
fn real_data_is_found_as_a_file_in_a_folder_by_dataset_and_in_raw() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let by_name = measured(&at("all/ai4i2020"), 1);
    let plain = measured(&at("plain"), 1);
    let raw = measured(&at("raw"), 1);
    let find =
        |given: Option<&Path>| resolve(&descriptor(), Mode::Auto, given, &at("raw")).unwrap();
    assert_eq!(find(Some(&plain)), Decision::Found(real(&plain)));
    assert_eq!(find(Some(&at("plain"))), Decision::Found(real(&plain)));
    assert_eq!(find(Some(&at("all"))), Decision::Found(real(&by_name)));
    assert_eq!(find(None), Decision::Found(real(&raw)));
}

#[test]
fn absent_data_may_be_simulated_unless_real_data_is_required() {
    let folder = TempDir::new().unwrap();
    let raw = folder.path().join("raw");
    for (mode, may) in [(Mode::Auto, true), (Mode::Real, false)] {
        let decision = resolve(&descriptor(), mode, Some(folder.path()), &raw).unwrap();
        let Decision::Absent(absent) = decision else { panic!("{decision:?}") };
        assert_eq!(absent.may_simulate(), may);
        let error = absent.into_error(&descriptor());
        assert!(error.is_missing());
        assert!(error.to_string().contains(&raw.display().to_string()), "{error}");
        assert!(error.hint().unwrap().contains("https://archive.ics.uci.edu/"));
    }
    measured(&raw, 1);
    let simulated = resolve(&descriptor(), Mode::Simulated, None, &raw).unwrap();
    assert_eq!(simulated, Decision::Simulate);
}

#[test]
fn a_place_that_the_user_named_and_does_not_exist_is_an_error() {
    let folder = TempDir::new().unwrap();
    let gone = folder.path().join("gone");
    let error = resolve(&descriptor(), Mode::Auto, Some(&gone), folder.path()).unwrap_err();
    assert!(error.is_missing() && error.to_string().contains("gone"), "{error}");
}

#[test]
fn damaged_real_data_is_found_and_fails_instead_of_being_simulated() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ai4i2020.csv");
    for bytes in [b"".as_slice(), b"UDI\r\n", b"PK\x03\x04\xff\xfe"] {
        fs_err::write(&path, bytes).unwrap();
        let decision = resolve(&descriptor(), Mode::Auto, None, folder.path()).unwrap();
        let Decision::Found(source) = decision else { panic!("{decision:?}") };
        let error = load(&descriptor(), &source, &DigestPolicy::default()).unwrap_err();
        assert!(matches!(error, DataError::Csv { .. }) && !error.is_missing(), "{error}");
    }
    fs_err::remove_file(&path).unwrap();
    fs_err::create_dir(&path).unwrap();
    let decision = resolve(&descriptor(), Mode::Auto, None, folder.path()).unwrap();
    assert_eq!(decision, Decision::Found(real(&path)));
    assert!(matches!(load_real(&descriptor(), &path), Err(DataError::Io(_))));
}

#[test]
fn modes_are_read_as_they_are_written() {
    for mode in [Mode::Auto, Mode::Real, Mode::Simulated] {
        assert_eq!(mode.to_string().parse(), Ok(mode));
    }
    assert!("fake".parse::<Mode>().unwrap_err().contains("`fake`"));
}
