//! Where rows come from: absent, damaged, renamed, of other bytes, fetched and simulated.

use std::path::Path;

use serde_json::json;

use crate::loopback::{nobody, serve, zip};
use crate::project::{Project, QUICK, real_data};

/// `gauntlet prepare` on a file of one's own.
fn prepare<'a>(file: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["prepare", QUICK, "--data", "real", "--data-dir"];
    arguments.push(file.to_str().unwrap());
    arguments.extend(more);
    arguments
}

#[test]
fn real_rows_that_are_not_here_are_an_error_with_a_way_out() {
    let project = Project::new();
    project
        .gauntlet(&["run", QUICK, "--data", "real"])
        .ends_with(3)
        .warns(&["no real data for `ai4i2020`", "datasets/ai4i2020/raw/ai4i2020.csv"])
        .hints("--data simulated");
    assert!(project.is_untouched());
    assert!(!project.path("datasets/ai4i2020/simulated").exists());
}

#[test]
fn by_default_rows_that_cannot_be_had_are_simulated_and_said_to_be() {
    let project = Project::new();
    project.gauntlet(&["prepare", QUICK]).succeeds().warns(&[
        "trying the official download",
        "the download failed",
        "SIMULATED DATA",
    ]);
    assert_eq!(project.json("work/ai4i/prepare/prepared.json")["origin"], "simulated");
}

#[test]
fn a_place_that_does_not_exist_is_named_and_never_replaced() {
    let project = Project::new();
    for mode in ["auto", "real"] {
        project
            .gauntlet(&["run", QUICK, "--data", mode, "--data-dir", "absent/folder"])
            .ends_with(3)
            .warns(&["there is no file or folder absent/folder"]);
    }
    assert!(project.is_untouched());
}

#[test]
fn a_damaged_cell_is_named_by_row_and_column_and_never_simulated_over() {
    for (header, cell, problem) in [
        ("Torque [Nm]", "4x.2", "is not a number"),
        ("Torque [Nm]", "NaN", "is not a finite number"),
        ("Air temperature [K]", "", "is a missing value"),
        ("Machine failure", "2", "is neither 0 nor 1"),
        ("Type", "X", "is not one of"),
        ("Tool wear [min]", "-5", "below the smallest plausible value"),
        ("Rotational speed [rpm]", "1500.5", "is not a whole number"),
    ] {
        let project = Project::new();
        let (file, digest) = project.own_copy(300, |table| {
            let column = table.column(header);
            table.rows[122][column] = cell.to_owned();
        });
        let place = format!("line 124 (row 123), column `{header}`");
        project
            .gauntlet(&[
                "run",
                QUICK,
                "--data-dir",
                file.to_str().unwrap(),
                "--accept-sha",
                &digest,
            ])
            .ends_with(1)
            .warns(&[&place, problem, "copy/ai4i2020.csv"]);
        assert!(project.is_untouched());
        assert!(!project.path("datasets/ai4i2020/simulated").exists());
    }
}

#[test]
fn a_row_that_is_cut_short_is_named() {
    let project = Project::new();
    let (file, digest) = project.own_copy(300, |table| table.rows[299].truncate(6));
    project
        .gauntlet(&prepare(&file, &["--accept-sha", &digest]))
        .ends_with(1)
        .warns(&["line 301 (row 300) has 6 cells, the header has 14"]);
}

#[test]
fn a_missing_a_renamed_and_a_doubled_column_are_named() {
    let project = Project::new();
    let header = |change: fn(&mut Vec<String>), words: &[&str]| {
        let (file, digest) = project.own_copy(300, |table| change(&mut table.header));
        let more = ["--accept-sha", digest.as_str()];
        project.gauntlet(&prepare(&file, &more)).ends_with(1).warns(words);
    };
    header(
        |names| names[6] = "Torque_Nm".to_owned(),
        &["column `Torque [Nm]` is missing (`Torque_Nm` looks like it, renamed)"],
    );
    header(|names| names[8] = "Broken".to_owned(), &["column `Machine failure` is missing"]);
    header(|names| names[13] = "OSF".to_owned(), &["column `OSF` stands twice in the header"]);
    let (file, digest) = project.own_copy(300, |table| {
        table.header.pop();
        table.rows.iter_mut().for_each(|row| row.truncate(13));
    });
    project
        .gauntlet(&prepare(&file, &["--accept-sha", &digest]))
        .ends_with(1)
        .warns(&["column `RNF` is missing"]);
}

#[test]
fn an_empty_file_and_a_header_alone_are_errors() {
    let project = Project::new();
    let file = project.write("copy/ai4i2020.csv", "");
    project.gauntlet(&prepare(&file, &[])).ends_with(1).warns(&["the file is empty"]);
    let (file, _) = project.own_copy(300, |table| table.rows.clear());
    project.gauntlet(&prepare(&file, &[])).ends_with(1).warns(&["has a header but no rows"]);
}

#[test]
fn other_bytes_than_published_need_a_yes_and_the_report_says_that_it_was_given() {
    let project = Project::new();
    let (file, digest) = project.own_copy(4000, |_| {});
    let folder = file.parent().unwrap().to_str().unwrap();
    project
        .gauntlet(&["run", QUICK, "--data-dir", folder])
        .ends_with(1)
        .warns(&[&format!("the digest is {digest}, expected sha256:dc6630cd")])
        .hints(&format!("--accept-sha {digest}"));
    assert!(project.is_untouched());
    let wrong = format!("sha256:{}", "0".repeat(64));
    project.gauntlet(&["run", QUICK, "--data-dir", folder, "--accept-sha", &wrong]).ends_with(1);
    let note = format!("{digest} was accepted by the user");
    project
        .gauntlet(&["run", QUICK, "--data-dir", folder, "--accept-sha", &digest])
        .succeeds()
        .warns(&[&note])
        .says(&[&note, "(real data)"]);
    assert!(project.read("reports/ai4i/card.md").contains(&note));
    assert_eq!(project.aliases()["ai4i_classifier"]["champion"], 1);
}

#[test]
fn the_simulators_own_file_cannot_stand_for_measured_rows() {
    let project = Project::new();
    project.gauntlet(&["data", "simulate", "ai4i2020", "--rows", "300"]).succeeds();
    let folder = project.path("datasets/ai4i2020/simulated");
    let file = folder.join("ai4i2020.csv");
    let digest = gauntlet_core::Digest::of(&fs_err::read(&file).unwrap()).to_string();
    project
        .gauntlet(&prepare(&folder, &["--accept-sha", &digest]))
        .ends_with(1)
        .warns(&["this file is simulated"])
        .hints("--data simulated");
}

#[test]
fn datasets_are_listed_with_what_is_here() {
    let project = Project::new();
    let list = |word: &str| {
        project.gauntlet(&["data", "list"]).succeeds().says(&["ai4i2020", word]);
        project.gauntlet(&["data", "list", "--json"]).succeeds().json()
    };
    assert_eq!(list("nothing yet")[0]["real"], false);
    let simulate = ["data", "simulate", "ai4i2020", "--rows", "300", "--seed", "3"];
    project.gauntlet(&simulate).succeeds().says(&["SIMULATED, 300 rows"]);
    assert_eq!(list("simulated")[0]["simulated"], true);
    let first = project.read("datasets/ai4i2020/simulated/ai4i2020.csv");
    assert_eq!(first.lines().count(), 301);
    let again = project.gauntlet(&[&simulate[..], &["--json"]].concat()).succeeds().json();
    assert_eq!(again["origin"], "simulated");
    assert_eq!(project.read("datasets/ai4i2020/simulated/ai4i2020.csv"), first, "same seed");
}

#[test]
fn a_file_can_be_verified_without_a_run() {
    let project = Project::new();
    let (file, digest) = project.own_copy(300, |_| {});
    let file = file.to_str().unwrap();
    let verify = ["data", "verify", "ai4i2020", "--data-dir", file];
    project.gauntlet(&verify).ends_with(1).hints("--accept-sha");
    let accepted = [&verify[..], &["--accept-sha", &digest]].concat();
    project.gauntlet(&accepted).succeeds().says(&[
        "300 rows",
        "as described",
        "accepted by the user",
    ]);
    let json = project.gauntlet(&[&accepted[..], &["--json"]].concat()).succeeds().json();
    assert_eq!((&json["rows"], &json["digest"]), (&json!(300), &json!(digest)));
    project.gauntlet(&["data", "verify", "ai4i2020"]).ends_with(3).hints("--data-dir");
    project.gauntlet(&["data", "verify", "ai4i"]).ends_with(3).hints("gauntlet data list");
}

#[test]
fn a_download_of_other_bytes_is_refused_and_leaves_nothing() {
    let project = Project::new();
    let (file, _) = project.own_copy(300, |_| {});
    let mirror = serve(zip("ai4i2020.csv", &fs_err::read(file).unwrap()));
    let fetch = project.gauntlet(&["data", "fetch", "ai4i2020", "--mirror", &mirror]).ends_with(1);
    fetch.warns(&["ai4i2020.csv", "expected"]);
    assert_eq!(left_in_raw(&project), Vec::<String>::new());
}

#[test]
fn bytes_that_arrive_wrong_are_no_reason_to_simulate() {
    let project = Project::new();
    let (file, _) = project.own_copy(300, |_| {});
    let server = serve(zip("ai4i2020.csv", &fs_err::read(file).unwrap()));
    project.edit("datasets/ai4i2020/dataset.toml", |descriptor| {
        descriptor["download"][0]["url"] = format!("{server}/ai4i2020.zip").into();
    });
    project.gauntlet(&["run", QUICK, "--data", "auto"]).ends_with(1).warns(&["expected"]);
    assert!(!project.path("datasets/ai4i2020/simulated").exists());
    assert!(project.is_untouched());
}

#[test]
fn an_archive_that_is_none_or_lacks_the_file_is_refused() {
    let project = Project::new();
    let fetch = |body: Vec<u8>| {
        let mirror = serve(body);
        let ran = project.gauntlet(&["data", "fetch", "ai4i2020", "--mirror", &mirror]);
        let ran = ran.ends_with(1);
        assert!(!project.path("datasets/ai4i2020/raw/ai4i2020.csv").exists());
        ran
    };
    fetch(b"<html>not an archive</html>".to_vec()).warns(&["not a sound zip archive"]);
    fetch(zip("other.csv", b"a,b\n1,2\n")).warns(&["there is no member `ai4i2020.csv`"]);
}

#[test]
fn a_mirror_that_nobody_answers_at_is_missing_data() {
    let project = Project::new();
    project
        .gauntlet(&["data", "fetch", "ai4i2020", "--mirror", &nobody()])
        .ends_with(3)
        .warns(&["cannot connect to http://127.0.0.1:"])
        .hints("--data-dir");
}

#[test]
fn the_published_file_is_fetched_verified_and_used() {
    let Some(real) = real_data() else { return };
    let project = Project::new();
    let bytes = fs_err::read(real.join("ai4i2020/ai4i2020.csv")).unwrap();
    let mirror = serve(zip("ai4i2020.csv", &bytes));
    let fetch = ["data", "fetch", "ai4i2020", "--mirror", &mirror];
    project.gauntlet(&fetch).succeeds().says(&["is there and verified"]);
    assert_eq!(fs_err::read(project.path("datasets/ai4i2020/raw/ai4i2020.csv")).unwrap(), bytes);
    project.gauntlet(&fetch).succeeds();
    let prepared =
        project.gauntlet(&["prepare", QUICK, "--data", "real", "--json"]).succeeds().json();
    assert_eq!((&prepared["origin"], &prepared["rows"]), (&json!("real"), &json!(10_000)));
    assert_eq!(prepared["positives"], 339);
    assert_eq!(prepared["notes"], json!([]));
    project.gauntlet(&["data", "list"]).succeeds().says(&["(here: real)"]);
    project.gauntlet(&["data", "verify", "ai4i2020"]).succeeds().says(&["10000 rows"]);
}

/// The names in the folder of fetched files.
fn left_in_raw(project: &Project) -> Vec<String> {
    let raw = project.path("datasets/ai4i2020/raw");
    if !raw.exists() {
        return Vec::new();
    }
    let names = fs_err::read_dir(raw).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
