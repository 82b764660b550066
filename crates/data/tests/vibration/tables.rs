//! Features that were computed elsewhere.

use std::path::Path;

use gauntlet_core::Origin;
use gauntlet_data::vibration::{Recordings, Rig, load};
use tempfile::TempDir;

use super::{options, rig};

const TABLE: &str = "\
,timestamp,Bearing1_ch1_rms,Bearing1_ch1_kurt,Bearing2_ch1_rms,Bearing2_ch1_kurt,operator
0,2004-02-12 10:32:39,0.07,0.6,0.09,0.5,ann
1,2004-02-12 10:42:39,0.08,0.7,0.09,0.4,ben
2,2004-02-12 10:52:39,0.001,0.1,0.001,0.1,ben
";

fn read(rig: &Rig, file: &str, text: &str) -> Result<Recordings, String> {
    let folder = TempDir::new().unwrap();
    fs_err::write(folder.path().join(file), text).unwrap();
    load(rig, folder.path(), Origin::Real, &options(0, None)).map_err(|error| error.to_string())
}

fn features(text: &str) -> Result<Recordings, String> {
    read(&rig("ims_features"), "2nd_test_time_domain.csv", text)
}

#[test]
fn a_pattern_maps_headers_and_the_rest_is_noted() {
    let loaded = features(TABLE).unwrap();
    assert_eq!(loaded.features, ["rms", "kurtosis"]);
    assert_eq!(loaded.series.len(), 2);
    let first = &loaded.series[0];
    assert_eq!(
        (first.run.as_str(), first.bearing.as_str(), first.channel.as_str()),
        ("2nd_test", "1", "1")
    );
    assert_eq!(first.values, [vec![0.07, 0.08, 0.001], vec![0.6, 0.7, 0.1]]);
    assert!(first.failed && !loaded.series[1].failed);
    assert_eq!(first.stopped, [false, false, true]);
    assert!((first.hours[1] - 1.0 / 6.0).abs() < 1e-12);
    let notes = loaded.notes.join("\n");
    assert!(notes.contains("columns not used: column 1, operator"), "{notes}");
    assert!(
        notes.contains("run `1st_test` is not there") && notes.contains("stands still"),
        "{notes}"
    );
}

#[test]
fn wrong_cells_times_and_columns_are_named() {
    for (from, to, message) in [
        ("0.08", "NaN", "(row 2), column `Bearing1_ch1_rms`: `NaN` is"),
        ("0.08", "much", "(row 2), column `Bearing1_ch1_rms`: `much` is not a number"),
        ("0.08", "", "(row 2), column `Bearing1_ch1_rms`: `` is a missing value"),
        ("10:52:39", "10:42:39", "row 3: `2004-02-12 10:42:39` is not later than the row before"),
        ("10:52:39", "25:42:39", "row 3: `2004-02-12 25:42:39` is no time as described"),
        (
            "Bearing2_ch1_kurt",
            "Bearing2_ch1_skew",
            "bearing `1`, channel `1`: the feature `skewness` is missing",
        ),
        (
            "Bearing2_ch1_kurt",
            "other",
            "bearing `2`, channel `1`: the feature `kurtosis` is missing",
        ),
        ("timestamp", "time", "column `timestamp` is missing"),
        ("Bearing", "Lager", "no column is called like a feature"),
    ] {
        let found = features(&TABLE.replace(from, to)).unwrap_err();
        assert!(found.contains(message), "{found}");
    }
}

#[test]
fn hours_and_single_headers_will_do() {
    let text = r#"
        name = "press"
        title = "A press"
        summary = "One bearing."
        layout = "feature_table"
        runs = [{ name = "r", file = "r.csv" }]
        [table]
        time = "age"
        time_format = "hours"
        columns = [{ header = "vib", bearing = "x", channel = "axial", feature = "rms" }]
        [origin]
        homepage = "https://example.org"
        licence = "CC0"
        citation = "nobody"
    "#;
    let rig = Rig::parse(Path::new("dataset.toml"), text).unwrap();
    let loaded = read(&rig, "r.csv", "age,vib\n1.5,1\n2.25,2\n").unwrap();
    assert_eq!(loaded.series[0].hours, [0.0, 0.75]);
    assert_eq!(loaded.series[0].channel, "axial");
    assert!(read(&rig, "other.csv", "").unwrap_err().ends_with("run `r` is missing"));
}
