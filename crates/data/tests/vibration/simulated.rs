//! What the simulators write, read back by the loader.

use std::path::Path;

use gauntlet_core::{Origin, Seed};
use gauntlet_data::simulate::vibration::{Note, Scale, write};
use gauntlet_data::vibration::{Recordings, Rig, channel_label, load, snapshot};
use gauntlet_features::vibration::{Extractor, peak_near};
use tempfile::TempDir;

use super::{feature, options, rig};

const SEED: Seed = Seed(11);

fn draw(rig: &Rig, folder: &Path, every: usize, samples: usize) -> Note {
    write(rig, folder, SEED, Scale { every, samples }, &|_, _| {}).unwrap()
}

fn load_simulated(rig: &Rig, folder: &Path) -> Recordings {
    load(rig, folder, Origin::Simulated, &options(0, None)).unwrap()
}

#[test]
fn the_truth_of_simulated_tests_comes_with_the_recordings() {
    let (rig, folder) = (rig("ims"), TempDir::new().unwrap());
    let note = draw(&rig, folder.path(), 60, 2048);
    let loaded = load_simulated(&rig, folder.path());
    assert_eq!(loaded.series.len(), 16);
    assert_eq!(note.bearings.iter().filter(|truth| truth.failed).count(), 4);
    for series in &loaded.series {
        let truth = note.truth(&series.run, &series.bearing).unwrap();
        assert_eq!((series.failed, series.onset_hours), (truth.failed, truth.onset_hours));
        assert_eq!(series.faults, truth.faults);
    }
    for (run, stopped) in [("1st_test", 0), ("2nd_test", 2), ("3rd_test", 1)] {
        let series = loaded.series.iter().find(|series| series.run == run).unwrap();
        assert_eq!(series.stopped.iter().filter(|&&s| s).count(), stopped, "{run}");
    }
    assert!(loaded.notes.iter().any(|note| note.starts_with("simulated by ims/1, seed 11")));
}

#[test]
fn failing_bearings_grow_far_above_survivors() {
    let (rig, folder) = (rig("ims"), TempDir::new().unwrap());
    draw(&rig, folder.path(), 60, 2048);
    let loaded = load_simulated(&rig, folder.path());
    for series in &loaded.series {
        let std = feature(&loaded, series, "std");
        let running = series.stopped.iter().filter(|stopped| !**stopped).count();
        let growth = std[running - 1] / std[0];
        if series.failed {
            assert!(growth > 2.0, "{} {}: {growth}", series.run, series.bearing);
        } else {
            assert!((0.6..3.0).contains(&growth), "{} {}: {growth}", series.run, series.bearing);
        }
    }
}

#[test]
fn healthy_channels_are_like_the_real_ones() {
    let (rig, folder) = (rig("ims"), TempDir::new().unwrap());
    draw(&rig, folder.path(), 1000, 20_480);
    let loaded = load_simulated(&rig, folder.path());
    for series in &loaded.series {
        let first = |name| feature(&loaded, series, name)[0];
        // Of the first real snapshots of sets 1 and 2: deviation .053 to .108, kurtosis .07 to 3.2.
        assert!((0.04..0.13).contains(&first("std")), "std {}", first("std"));
        assert!((-0.1..1.2).contains(&first("kurtosis")), "kurtosis {}", first("kurtosis"));
        let offset = first("mean");
        let expected = if series.run == "1st_test" { -0.094 } else { -0.008 };
        assert!((offset - expected).abs() < 0.01, "offset {offset}");
        let centroid = first("spectral_centroid_hz");
        assert!((2000.0..4500.0).contains(&centroid), "centroid {centroid}");
    }
}

#[test]
fn lines_are_as_in_the_real_files() {
    let (ims, xjtu, folder) = (rig("ims"), rig("xjtu_sy"), TempDir::new().unwrap());
    draw(&ims, folder.path(), 2000, 1024);
    let path = folder.path().join("2nd_test/2004.02.12.10.32.39");
    let text = fs_err::read_to_string(path).unwrap();
    let line = text.split_inclusive("\r\n").next().unwrap();
    let cells: Vec<&str> = line.trim_end_matches("\r\n").split('\t').collect();
    assert_eq!(cells.len(), 4);
    assert!(cells.iter().all(|cell| cell.split_once('.').unwrap().1.len() == 3), "{line}");
    assert_eq!(text.matches("\r\n").count(), 1024);
    let first = fs_err::read_dir(folder.path().join("1st_test")).unwrap().count();
    assert_eq!(first, 3);

    let folder = TempDir::new().unwrap();
    draw(&xjtu, folder.path(), 1000, 1024);
    let text = fs_err::read_to_string(folder.path().join("35Hz12kN/Bearing1_1/1.csv")).unwrap();
    let mut lines = text.split("\r\n");
    assert_eq!(lines.next(), Some("Horizontal_vibration_signals,Vertical_vibration_signals"));
    let digits = lines.next().unwrap().bytes().filter(u8::is_ascii_digit).count();
    assert!(digits >= 30, "{digits}");
}

#[test]
fn every_simulated_bearing_ends_above_20_g() {
    let (rig, folder) = (rig("xjtu_sy"), TempDir::new().unwrap());
    let note = draw(&rig, folder.path(), 1000, 4096);
    let loaded = load_simulated(&rig, folder.path());
    assert_eq!(loaded.series.len(), 30);
    for pair in loaded.series.chunks(2) {
        let peak = |at: usize| {
            pair.iter().map(|series| feature(&loaded, series, "peak")[at]).fold(0.0, f64::max)
        };
        let count = pair[0].hours.len();
        assert!(count >= 30, "{count}");
        assert!((20.0..60.0).contains(&peak(count - 1)), "{}: {}", pair[0].run, peak(count - 1));
        assert!(peak(0) < 5.0, "{}: {}", pair[0].run, peak(0));
        let onset = note.truth(&pair[0].run, &pair[0].bearing).unwrap().onset_hours.unwrap();
        assert!(onset > 0.0 && onset < *pair[0].hours.last().unwrap());
        assert!(pair[0].stopped.iter().all(|stopped| !stopped), "{}", pair[0].run);
    }
}

#[test]
fn the_named_fault_stands_out_at_its_frequency() {
    let (rig, folder) = (rig("ims"), TempDir::new().unwrap());
    draw(&rig, folder.path(), 40, 20_480);
    let loaded = load_simulated(&rig, folder.path());
    let mut named = 0;
    for series in loaded.series.iter().filter(|series| series.failed && series.channel == "1") {
        let onset = series.onset_hours.unwrap();
        let end = *series.hours.last().unwrap();
        let suffix = series.faults[0].suffix();
        let snr = feature(&loaded, series, &format!("ses_snr_{suffix}"));
        let mean = |from: f64, to: f64| {
            let within: Vec<f64> = series
                .hours
                .iter()
                .zip(snr)
                .filter(|(h, _)| (from..to).contains(*h))
                .map(|(_, s)| *s)
                .collect();
            within.iter().sum::<f64>() / within.len() as f64
        };
        let (before, after) = (mean(0.0, onset), mean(onset + 0.2 * (end - onset), end));
        named += usize::from(after > before + 3.0);
    }
    assert!(named >= 3, "{named} of 4");
}

#[test]
fn a_grown_fault_shows_within_half_a_percent_of_its_frequency() {
    let (rig, folder) = (rig("ims"), TempDir::new().unwrap());
    let note = draw(&rig, folder.path(), 100, 20_480);
    let loaded = load_simulated(&rig, folder.path());
    let mut found = Vec::new();
    for series in loaded.series.iter().filter(|series| series.failed && series.channel == "1") {
        let setup = rig.setup(&series.run);
        let orders = setup.geometry.as_ref().unwrap().orders();
        let expected = series.faults[0].frequency(&orders, setup.shaft_hz);
        let last = series.stopped.iter().filter(|stopped| !**stopped).count() - 1;
        let file = folder.path().join(&series.files[last]);
        let channels = snapshot(&rig, &file).unwrap().channels;
        let label = channel_label(&series.bearing, &series.channel);
        let samples = &channels.iter().find(|(name, _)| *name == label).unwrap().1;
        let mut extractor = Extractor::new(setup, note.samples).unwrap();
        let spectrum = extractor.envelope_spectrum(samples).unwrap();
        let peak = peak_near(&spectrum, expected, 0.03).unwrap();
        found.push((peak.frequency_hz / expected - 1.0).abs());
    }
    // Rollers are struck in turns of the cage, so the largest line may be a sideband of theirs.
    assert!(found.iter().filter(|off| **off <= 0.005).count() >= 3, "{found:?}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let rig = rig("ims");
    let with = |threads| {
        let folder = TempDir::new().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| draw(&rig, folder.path(), 300, 1024)).digest.unwrap()
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn a_finished_folder_is_kept_another_replaced_and_a_foreign_one_left_alone() {
    let (rig, folder) = (rig("ims"), TempDir::new().unwrap());
    let place = folder.path().join("simulated");
    let first = draw(&rig, &place, 1000, 1024);
    let again = write(&rig, &place, SEED, first.scale, &|_, _| panic!("nothing is drawn")).unwrap();
    assert_eq!(again, first);
    let other = write(&rig, &place, Seed(12), first.scale, &|_, _| {}).unwrap();
    assert_ne!(other.digest, first.digest);
    assert_eq!(load_simulated(&rig, &place).digest, other.digest.unwrap());

    fs_err::write(folder.path().join("mine.txt"), "x").unwrap();
    let error = write(&rig, folder.path(), SEED, first.scale, &|_, _| {}).unwrap_err();
    assert!(error.to_string().ends_with("holds files of others"), "{error}");
    assert!(write(&rig, &place, SEED, Scale { every: 0, samples: 9 }, &|_, _| {}).is_err());
}

#[test]
fn simulated_and_real_do_not_mix() {
    let (rig, folder) = (rig("ims"), TempDir::new().unwrap());
    draw(&rig, folder.path(), 1000, 1024);
    let from = |origin| load(&rig, folder.path(), origin, &options(0, None));
    let error = from(Origin::Real).unwrap_err().to_string();
    assert!(error.contains("cannot stand for real data"), "{error}");
    let file = folder.path().join("2nd_test/2004.02.12.10.32.39");
    let text = fs_err::read_to_string(&file).unwrap();
    fs_err::write(&file, text.replacen('1', "2", 1)).unwrap();
    let error = from(Origin::Simulated).unwrap_err().to_string();
    assert!(error.contains("it vouches for sha256:"), "{error}");
    fs_err::remove_file(folder.path().join("simulated.json")).unwrap();
    assert!(from(Origin::Simulated).unwrap_err().to_string().contains("there is no note"));
}
