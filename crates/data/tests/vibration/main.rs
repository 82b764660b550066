//! Recordings of bearings: loaded from folders of all layouts, damaged, cached, simulated and real.

#![allow(clippy::unwrap_used, clippy::panic)]

mod damage;
mod layouts;
mod real;
mod simulated;
mod tables;

use std::path::{Path, PathBuf};

use gauntlet_core::Origin;
use gauntlet_data::DataError;
use gauntlet_data::vibration::{Options, Recordings, Rig, Series, load};

/// The committed descriptor of `name`.
fn rig(name: &str) -> Rig {
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    Rig::read(&datasets.join(name).join("dataset.toml")).unwrap()
}

fn options(skip_damaged: usize, cache: Option<&Path>) -> Options<'_> {
    Options { skip_damaged, cache, progress: &|_, _| {} }
}

fn real_from(rig: &Rig, folder: &Path) -> Result<Recordings, DataError> {
    load(rig, folder, Origin::Real, &options(0, None))
}

/// The folder of real datasets, or nothing if there is none on this machine.
fn real_data() -> Option<PathBuf> {
    let folder = std::env::var_os("GAUNTLET_REAL_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: GAUNTLET_REAL_DATA does not name a folder with real data");
    }
    folder
}

/// The values of one feature of a series.
fn feature<'a>(recordings: &'a Recordings, series: &'a Series, name: &str) -> &'a [f64] {
    let position = recordings.features.iter().position(|feature| feature == name).unwrap();
    &series.values[position]
}

/// A press with two sensors, whose snapshots are named by number.
const PRESS: &str = r#"
    name = "press"
    title = "A press"
    summary = "One bearing."
    layout = "csv_snapshots"
    recording = { sampling_rate_hz = 8000, unit = "g", rpm = 1500 }
    snapshots = { header = true, every_seconds = 60 }
    bearings = [{ name = "drive", channels = [1] }, { name = "free", channels = [2] }]
    [origin]
    homepage = "https://example.org"
    licence = "CC0"
    citation = "nobody"
"#;

fn press(change: impl Fn(&str) -> String) -> Rig {
    Rig::parse(Path::new("dataset.toml"), &change(PRESS)).unwrap()
}

/// A file of two channels that differ from file to file.
fn two_channels(number: usize) -> String {
    let value = |row: usize, channel: usize| {
        let step = (row * (7 + channel) + number * 13) % 97;
        step as f64 / 10.0 - 4.0
    };
    let rows = (0..256).map(|row| format!("{};{}\r\n", value(row, 0), value(row, 1)));
    std::iter::once("left;right\r\n".to_owned()).chain(rows).collect()
}

/// Writes files 1 to `count` into `folder`.
fn fill(folder: &Path, count: usize) {
    fs_err::create_dir_all(folder).unwrap();
    for number in 1..=count {
        fs_err::write(folder.join(format!("{number}.csv")), two_channels(number)).unwrap();
    }
}
