//! Damaged files and spoilt caches.

use std::path::Path;

use gauntlet_core::Origin;
use gauntlet_data::vibration::load;
use tempfile::TempDir;

use super::{fill, options, press, real_from, two_channels};

fn spoil(folder: &Path, number: usize, change: impl Fn(String) -> String) {
    let path = folder.join(format!("{number}.csv"));
    fs_err::write(path, change(two_channels(number))).unwrap();
}

/// Replaces row `row`, which counts from 1 below the header.
fn row(text: &str, row: usize, by: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines[row] = by;
    lines.join("\r\n")
}

#[test]
fn a_damaged_file_is_an_error_with_file_and_row() {
    for (by, message) in [
        ("1;2;3", "3.csv: row 17 has 3 columns, not 2"),
        ("1", "3.csv: row 17 has 1 columns, not 2"),
        ("1;broken", "3.csv: row 17, column 2: `broken` is not a number"),
        ("NaN;1", "3.csv: row 17, column 1: `NaN` is not a finite number"),
    ] {
        let folder = TempDir::new().unwrap();
        fill(folder.path(), 4);
        spoil(folder.path(), 3, |text| row(&text, 17, by));
        let error = real_from(&press(str::to_owned), folder.path()).unwrap_err();
        assert!(error.to_string().ends_with(message), "{error}");
        assert!(error.hint().unwrap().contains("--skip-damaged 1"));
    }
}

#[test]
fn as_many_as_tolerated_are_left_out_and_one_more_names_all() {
    let folder = TempDir::new().unwrap();
    fill(folder.path(), 6);
    spoil(folder.path(), 2, |_| String::new());
    spoil(folder.path(), 5, |text| text[..1000].rsplit_once("\r\n").unwrap().0.to_owned());
    let rig = press(str::to_owned);
    let from = |skip| load(&rig, folder.path(), Origin::Real, &options(skip, None));
    let loaded = from(2).unwrap();
    assert_eq!(loaded.series[0].files, ["1.csv", "3.csv", "4.csv", "6.csv"]);
    assert!((loaded.series[0].hours[3] - 5.0 / 60.0).abs() < 1e-12);
    let damaged: Vec<String> = loaded.damaged.iter().map(ToString::to_string).collect();
    assert_eq!(damaged[0], "2.csv: the file is empty");
    assert!(damaged[1].starts_with("5.csv: the last row is "), "{damaged:?}");
    assert!(damaged[1].ends_with(", not 256"), "{damaged:?}");
    let message = from(1).unwrap_err().to_string();
    assert!(message.contains("2.csv: ") && message.contains("5.csv: "), "{message}");
}

#[test]
fn a_described_length_is_kept_to() {
    let folder = TempDir::new().unwrap();
    fill(folder.path(), 2);
    let rig = press(|text| text.replace("unit = ", "samples = 300, unit = "));
    let message = real_from(&rig, folder.path()).unwrap_err().to_string();
    assert!(message.contains("1.csv: the last row is 256, not 300"), "{message}");
}

#[test]
fn a_cache_changes_nothing_and_is_never_trusted() {
    let (folder, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fill(folder.path(), 4);
    let rig = press(str::to_owned);
    let from = || load(&rig, folder.path(), Origin::Real, &options(0, Some(cache.path()))).unwrap();
    let fresh = real_from(&rig, folder.path()).unwrap();
    assert_eq!(from(), fresh);
    assert_eq!(from(), fresh);
    for entry in fs_err::read_dir(cache.path()).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = fs_err::read(&path).unwrap();
        let half = bytes.len() / 2;
        bytes[half] ^= 4;
        fs_err::write(&path, &bytes).unwrap();
    }
    assert_eq!(from(), fresh);

    spoil(folder.path(), 2, |text| row(&text, 9, "7;7"));
    let changed = from();
    assert_eq!(changed, real_from(&rig, folder.path()).unwrap());
    assert_ne!(changed.digest, fresh.digest);
}

#[test]
fn what_the_cache_holds_is_not_computed_again() {
    let (folder, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fill(folder.path(), 3);
    let rig = press(str::to_owned);
    let load = || load(&rig, folder.path(), Origin::Real, &options(0, Some(cache.path()))).unwrap();
    load();
    let stamps = || {
        let files = fs_err::read_dir(cache.path()).unwrap();
        let stamp = |entry: std::io::Result<fs_err::DirEntry>| {
            entry.unwrap().metadata().unwrap().modified().unwrap()
        };
        files.map(stamp).collect::<Vec<_>>()
    };
    let written = stamps();
    load();
    assert_eq!(stamps(), written);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = TempDir::new().unwrap();
    fill(folder.path(), 9);
    let rig = press(str::to_owned);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| real_from(&rig, folder.path()).unwrap())
    };
    assert_eq!(with(1), with(4));
}
