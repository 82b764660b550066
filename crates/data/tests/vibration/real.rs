//! The real files: NASA's, tables made from them, and PRONOSTIA's.

use gauntlet_core::Origin;
use gauntlet_data::vibration::{Recordings, resolve, snapshot};
use gauntlet_data::{Decision, Mode};
use gauntlet_features::vibration::Fault;

use super::{feature, real_data, real_from, rig};

fn real(name: &str) -> Option<Recordings> {
    let rig = rig(name);
    let folder = real_data()?;
    let raw = std::path::Path::new("nowhere");
    match resolve(&rig, Mode::Real, Some(&folder), raw).unwrap() {
        Decision::Found(source) => {
            assert_eq!(source.origin, Origin::Real);
            Some(real_from(&rig, &source.path).unwrap())
        }
        other => panic!("GAUNTLET_REAL_DATA is set, but: {other:?}"),
    }
}

#[test]
fn nasas_files_give_the_features_that_others_computed() {
    let (Some(ours), Some(theirs), Some(mean_abs)) =
        (real("ims"), real("ims_features"), real("ims_mean_abs"))
    else {
        return;
    };
    assert_eq!(theirs.series.len(), 4);
    assert_eq!(theirs.series[0].hours.len(), 984);
    let mut compared = 0;
    for series in ours.series.iter().filter(|series| series.run == "2nd_test") {
        let same = theirs.series.iter().find(|other| other.bearing == series.bearing).unwrap();
        let mean = mean_abs.series.iter().find(|other| other.bearing == series.bearing).unwrap();
        for (at, hours) in series.hours.iter().enumerate() {
            let near = |other: &f64| (other - hours).abs() < 1e-9;
            let row = same.hours.iter().position(near).unwrap();
            for name in ["rms", "mean", "peak", "kurtosis", "skewness"] {
                let (a, b) = (feature(&ours, series, name)[at], feature(&theirs, same, name)[row]);
                assert!((a - b).abs() < 1e-3 * b.abs().max(0.3), "{name} {a} {b}");
            }
            let (a, b) =
                (feature(&ours, series, "mean_abs")[at], feature(&mean_abs, mean, "mean_abs")[row]);
            assert!((a - b).abs() < 2e-5, "{a} {b}");
            compared += 1;
        }
    }
    assert_eq!(compared, 16);
    let first = &ours.series.iter().find(|series| series.run == "2nd_test").unwrap();
    assert_eq!(first.stopped, [false, false, false, true]);
    assert_eq!(first.faults, [Fault::OuterRace]);
    assert!((first.hours[3] - 163.833).abs() < 1e-3);
    let eight = ours.series.iter().filter(|series| series.run == "1st_test").count();
    assert_eq!(eight, 8);
}

#[test]
fn the_standstill_of_set_2_is_seen_in_tables_too() {
    let Some(theirs) = real("ims_features") else { return };
    let stopped = &theirs.series[0].stopped;
    assert_eq!(stopped.iter().filter(|&&stopped| stopped).count(), 2, "{:?}", theirs.notes);
    assert!(stopped[982] && stopped[983]);
}

#[test]
fn pronostias_bearings_have_clocks_and_temperatures() {
    let Some(loaded) = real("femto") else { return };
    let names: Vec<_> =
        loaded.series.iter().map(|s| (s.run.as_str(), s.channel.as_str(), s.hours.len())).collect();
    assert_eq!(
        names,
        [
            ("Bearing2_7", "horizontal", 230),
            ("Bearing2_7", "vertical", 230),
            ("Bearing3_3", "horizontal", 434),
            ("Bearing3_3", "vertical", 434)
        ]
    );
    for series in &loaded.series {
        assert!(series.failed && series.hours[0] == 0.0);
        let minutes = series.hours.last().unwrap() * 60.0;
        let expected = (series.hours.len() - 1) as f64 / 6.0;
        assert!((minutes - expected).abs() < 0.1, "{minutes} {expected}");
        let temperature = series.temperature.as_ref().unwrap();
        let known = temperature.iter().filter(|t| t.is_finite()).count();
        assert!(known * 10 > temperature.len() * 9, "{known}");
    }
    assert!(loaded.series[0].stopped.iter().all(|stopped| !stopped));
}

#[test]
fn every_number_of_the_real_files_is_read_as_the_standard_library_reads_it() {
    let Some(folder) = real_data() else { return };
    for (name, path) in [
        ("ims", "ims/1st_test/2003.10.22.12.06.24"),
        ("ims", "ims/2nd_test/2004.02.19.02.42.39"),
        ("femto", "femto_pronostia/Full_Test_Set/Bearing2_7/acc_00001.csv"),
    ] {
        let path = folder.join(path);
        let channels = snapshot(&rig(name), &path).unwrap().channels;
        let text = fs_err::read_to_string(&path).unwrap();
        let skipped = if name == "femto" { 4 } else { 0 };
        for (row, line) in text.lines().enumerate() {
            let cells = line.split(['\t', ',', ';']).skip(skipped);
            for (cell, (_, samples)) in cells.zip(&channels) {
                let expected: f64 = cell.parse().unwrap();
                assert_eq!(samples[row].to_bits(), expected.to_bits(), "row {row}: {cell}");
            }
        }
    }
}
